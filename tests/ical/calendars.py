"""Calendars for tests, written as short as they can be read."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from integrations.ical.busy import ALL_BUSY, Busy, Policy, Reading, read_busy

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 1, tzinfo=UTC)
END = datetime(2027, 3, 1, tzinfo=UTC)
ME = ("alex@example.org",)


def event(*lines: str, uid: str = "one") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"])


def calendar(*parts: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *parts, "END:VCALENDAR", ""]).encode()


def read(data: bytes, *, policy: Policy = ALL_BUSY, start: datetime = START, end: datetime = END) -> Reading:
    return read_busy(data, start=start, end=end, zone=BERLIN, me=ME, policy=policy)


def busy_of(*parts: str) -> tuple[Busy, ...]:
    """Return what the events in `parts` make of the winter of 2026, all of them readable."""
    reading = read(calendar(*parts))
    assert reading.unreadable == 0
    return reading.busy


def utc(day: int, hour: int, minute: int = 0, *, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def zone_definition(name: str, *, offset: str) -> str:
    return "\r\n".join(
        [
            "BEGIN:VTIMEZONE",
            f"TZID:{name}",
            "BEGIN:STANDARD",
            "DTSTART:19700101T000000",
            f"TZOFFSETFROM:{offset}",
            f"TZOFFSETTO:{offset}",
            "END:STANDARD",
            "END:VTIMEZONE",
        ]
    )
