"""
Realistic calendars by seed: 15 in 100 entries repeat, some of those with a moved instance, three zones, notes, guests.

Entries lie within five years around `middle`; about 2.2 kB each, as calendars of people who work have them; brief ones,
of 0.9 kB, have no notes. Every series begins with a day of its own rule, so that all who read it
agree: RFC 5545, 3.8.5.3, leaves the rest undefined.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random

ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "Europe/London", "America/New_York")
_CHANGES = {
    "Europe/Berlin": (
        "+0100",
        "+0200",
        "19810329T020000;BYMONTH=3;BYDAY=-1SU",
        "19961027T030000;BYMONTH=10;BYDAY=-1SU",
    ),
    "Europe/London": (
        "+0000",
        "+0100",
        "19810329T010000;BYMONTH=3;BYDAY=-1SU",
        "19961027T020000;BYMONTH=10;BYDAY=-1SU",
    ),
    "America/New_York": (
        "-0500",
        "-0400",
        "20070311T020000;BYMONTH=3;BYDAY=2SU",
        "20071104T020000;BYMONTH=11;BYDAY=1SU",
    ),
}
_RULES: dict[str, Callable[[date], bool]] = {
    "FREQ=WEEKLY;BYDAY=MO,WE": lambda day: day.weekday() in {0, 2},
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH": lambda day: day.weekday() == 3,
    "FREQ=DAILY;COUNT=30": lambda _: True,
    "FREQ=MONTHLY;BYDAY=1TU": lambda day: day.weekday() == 1 and day.day <= 7,
    "FREQ=MONTHLY;BYMONTHDAY=15": lambda day: day.day == 15,
    "FREQ=YEARLY": lambda _: True,
}
_NOTE = "Agenda, notes and the usual link to the room. "
_GUEST = "ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;CN=Person {0}:mailto:person{0}@example.org"
_ALARM = ("BEGIN:VALARM", "ACTION:DISPLAY", "DESCRIPTION:Soon", "TRIGGER:-P0DT0H10M0S", "END:VALARM")
_SPAN_DAYS = 5 * 365


def make_objects(*, count: int, seed: int, middle: date) -> Iterator[tuple[str, bytes]]:
    """Yield `count` names and calendar objects, one entry with its zone and its overrides each."""
    zones = {name: "\r\n".join(_make_zone(name)) for name in _CHANGES}
    for uid, zone, lines in _make_entries(count=count, seed=seed, middle=middle, brief=False):
        text = "\r\n".join([_HEAD, zones[zone], *lines, "END:VCALENDAR", ""])
        yield f"{uid}.ics", text.encode()


def make_feed(*, count: int, seed: int, middle: date, brief: bool = False) -> bytes:
    """Return one calendar file that holds as many entries."""
    lines = [_HEAD, *(line for name in _CHANGES for line in _make_zone(name))]
    for _, _, entry in _make_entries(count=count, seed=seed, middle=middle, brief=brief):
        lines += entry
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


_HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN"


def _make_zone(name: str) -> Iterator[str]:
    """Write a VTIMEZONE by its two yearly rules, as calendar apps do."""
    winter, summer, spring, autumn = _CHANGES[name]
    yield from ("BEGIN:VTIMEZONE", f"TZID:{name}", f"X-LIC-LOCATION:{name}")
    for kind, change, before, after in (("DAYLIGHT", spring, winter, summer), ("STANDARD", autumn, summer, winter)):
        start, _, days = change.partition(";")
        yield from (f"BEGIN:{kind}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", f"DTSTART:{start}")
        yield from (f"RRULE:FREQ=YEARLY;{days}", f"END:{kind}")
    yield "END:VTIMEZONE"


def _make_entries(*, count: int, seed: int, middle: date, brief: bool) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the uid, the zone and the lines of each entry."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    for number in range(count):
        uid, zone = f"{seed}-{number}@bench", random.choice(ZONES)
        rule = random.choice(list(_RULES)) if random.random() < 0.15 else None
        start = _draw_start(random, rule=rule, middle=middle)
        length = timedelta(minutes=random.choice((15, 30, 30, 45, 60, 60, 90, 120)))
        told = list(_tell(random, brief=brief))
        extra = [f"RRULE:{rule}"] if rule else []
        lines = _make_event(uid, zone=zone, start=start, length=length, extra=[*extra, *told])
        if rule == "FREQ=DAILY;COUNT=30" and random.random() < 0.5:
            original = start + timedelta(days=7)
            extra = [f"RECURRENCE-ID;TZID={zone}:{original:%Y%m%dT%H%M%S}"]
            moved = original + timedelta(hours=1)
            lines += _make_event(uid, zone=zone, start=moved, length=length, extra=[*extra, *told])
        yield uid, zone, lines


def _draw_start(random: Random, *, rule: str | None, middle: date) -> datetime:
    day = middle + timedelta(days=random.randint(-_SPAN_DAYS // 2, _SPAN_DAYS // 2))
    while rule and not _RULES[rule](day):
        day += timedelta(days=1)
    return datetime.combine(day, time(random.randint(7, 20), random.choice((0, 15, 30, 45))))


def _tell(random: Random, *, brief: bool) -> Iterator[str]:
    """Yield what people write into an entry and does not decide busy time."""
    if not brief:
        yield from _fold("DESCRIPTION:" + _NOTE * random.randint(8, 48))
    yield "ORGANIZER;CN=Office:mailto:office@example.org"
    for number in range(random.randint(2, 6)):
        yield from _fold(_GUEST.format(number))
    if random.random() < 0.5:
        yield from _ALARM


def _make_event(uid: str, *, zone: str, start: datetime, length: timedelta, extra: list[str]) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        "CREATED:20260101T000000Z",
        "LAST-MODIFIED:20260101T000000Z",
        "SEQUENCE:0",
        f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID={zone}:{start + length:%Y%m%dT%H%M%S}",
        "SUMMARY:Meeting about the next meeting",
        "LOCATION:Room 4",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        *extra,
        "END:VEVENT",
    ]


def _fold(line: str) -> Iterator[str]:
    yield line[:74]
    for start in range(74, len(line), 73):
        yield " " + line[start : start + 73]
