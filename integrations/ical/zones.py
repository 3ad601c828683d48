"""
Time zones by name.

No name ever reaches a library that keeps what one calendar says about it for all the others: a name means the zone of
the IANA database, or what the calendar's own VTIMEZONE says. `vtimezone` is the way back: what we write about a zone.
"""

import re
import zoneinfo
from calendar import monthcalendar
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from importlib import resources
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from integrations.ical.errors import Unreadable
from integrations.ical.offsets import Observed, read_vtimezone
from integrations.ical.rules import WEEKDAYS

_FIXED = re.compile(r"(?:GMT|UTC)?([+-])([01]?\d|2[0-3])(?::?([0-5]\d))?", re.IGNORECASE | re.ASCII)

_CHANGE = r"M\d+\.[1-5]\.[0-6](?:/(?:[01]?\d|2[0-3])(?::\d\d)?)?"  # an hour outside its day would need another weekday
_POSIX = re.compile(
    r"(?P<std><[^>]+>|[A-Za-z]+)(?P<std_offset>[+-]?\d+(?::\d\d)?)"
    rf"(?:(?P<dst><[^>]+>|[A-Za-z]+)(?P<dst_offset>[+-]?\d+(?::\d\d)?)?,(?P<begins>{_CHANGE}),(?P<ends>{_CHANGE}))?",
    re.ASCII,
)


def find_zone(name: str, *, definitions: Mapping[str, tuple[str, ...]]) -> tzinfo:
    """
    Return the zone that a calendar calls `name`; `definitions` are the lines of its own VTIMEZONEs.

    A name that everybody knows means what everybody knows, whatever the calendar says it is. Raises `Unreadable`.
    """
    if known := find_known(name):
        return known
    if texts := definitions.get(name):
        return read_vtimezone(texts)
    if found := _FIXED.fullmatch(name):
        size = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-size if found[1] == "-" else size)
    raise Unreadable("a time zone that is not known")


@lru_cache(maxsize=1024)
def find_known(name: str) -> ZoneInfo | None:
    """Return the IANA zone of `name`: plain, in any case, behind a vendor's prefix, or by its Windows name."""
    plain = name.strip().replace(" ", "_").lower()
    parts = plain.split("/")
    shortest = 1 if plain.startswith("/") else 2  # "/vendor/version/UTC" names a zone, "My/UTC" is somebody's own
    suffixes = ["/".join(parts[n:]) for n in range(len(parts) - shortest + 1)]
    for each in [plain, *suffixes]:
        if each in _iana():
            return ZoneInfo(_iana()[each])
    windows = WINDOWS_TO_OLSON.get(name.strip())
    return ZoneInfo(windows) if windows else None


@cache
def _iana() -> dict[str, str]:
    """Return every IANA name by its lower case; asking here first keeps strange names away from the file system."""
    return {"z": "UTC"} | {name.lower(): name for name in zoneinfo.available_timezones() if name != "localtime"}


def vtimezone(zone: ZoneInfo, *, at: datetime) -> tuple[str, ...] | None:
    """
    Return the content lines of a compact VTIMEZONE, true from `at` for a year at least, or None where there is none.

    Exchange understands a yearly rule with one BYDAY, and no lists of dates, so it is made from the last line of the
    zone's TZif file, a POSIX rule (RFC 8536, section 3.3). A few zones cannot be said like this, and those that are
    always at UTC need nothing said: write UTC there. A year, because a moved entry keeps what was said of its zone.
    """
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return _write_vtimezone(zone.key, first)


@lru_cache(maxsize=1024)
def _write_vtimezone(key: str, since: datetime) -> tuple[str, ...] | None:
    posix = _POSIX.fullmatch(_read_footer(key))
    if posix is None:
        return None
    standard = _read_posix_offset(posix["std_offset"])
    if posix["dst"] is None and not standard:
        return None
    if posix["dst"] is None:
        parts = _write_part("STANDARD", posix["std"], before=standard, after=standard, onset=None)
    else:
        other = _read_posix_offset(posix["dst_offset"]) if posix["dst_offset"] else standard + timedelta(hours=1)
        kinds = ("DAYLIGHT", "STANDARD") if other > standard else ("STANDARD", "DAYLIGHT")  # Dublin's winter is the DST
        parts = (
            *_write_part(kinds[0], posix["dst"], before=standard, after=other, onset=posix["begins"]),
            *_write_part(kinds[1], posix["std"], before=other, after=standard, onset=posix["ends"]),
        )
    lines = ("BEGIN:VTIMEZONE", f"TZID:{key}", *parts, "END:VTIMEZONE")
    return lines if _agree(read_vtimezone(lines), ZoneInfo(key), since=since) else None


def _read_footer(key: str) -> str:
    """Return the last line of the TZif file that `ZoneInfo` itself would read."""
    paths = (Path(root, key) for root in zoneinfo.TZPATH)
    path = next((path for path in paths if path.is_file()), None)
    data = (path or resources.files("tzdata").joinpath("zoneinfo", key)).read_bytes()
    return data.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", errors="replace")


def _read_posix_offset(text: str) -> timedelta:
    """Read an offset as POSIX writes it: hours west of Greenwich."""
    hours, _, minutes = text.lstrip("+-").partition(":")
    west = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return west if text.startswith("-") else -west


def _write_part(kind: str, name: str, *, before: timedelta, after: timedelta, onset: str | None) -> tuple[str, ...]:
    """Return one STANDARD or DAYLIGHT; `onset` is a change such as ``M10.5.0/3``, None where clocks never change."""
    return (
        f"BEGIN:{kind}",
        *(_write_onset(onset) if onset else ("DTSTART:19700101T000000",)),
        f"TZNAME:{name.strip('<>')}",
        f"TZOFFSETFROM:{_write_offset(before)}",
        f"TZOFFSETTO:{_write_offset(after)}",
        f"END:{kind}",
    )


def _write_onset(onset: str) -> tuple[str, str]:
    """Return DTSTART, the first time since 1970, and RRULE."""
    month, week, weekday, clock = re.split(r"[./]", f"{onset[1:]}/2", maxsplit=3)
    hour, minute = re.match(r"(\d+):?(\d*)", clock).groups()  # type: ignore[union-attr]  # as _POSIX has it
    monday_based = (int(weekday) - 1) % 7
    days = [days[monday_based] for days in monthcalendar(1970, int(month)) if days[monday_based]]
    day = days[-1] if week == "5" else days[int(week) - 1]
    nth = "-1" if week == "5" else week
    return (
        f"DTSTART:1970{int(month):02}{day:02}T{int(hour):02}{int(minute or 0):02}00",
        f"RRULE:FREQ=YEARLY;BYDAY={nth}{WEEKDAYS[monday_based]};BYMONTH={month}",
    )


def _write_offset(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}"


def _agree(ours: Observed, theirs: tzinfo, *, since: datetime) -> bool:
    """Tell whether two zones show one clock face on every day from the first of a month on, and around our turns."""
    first, days = since - timedelta(hours=12), 13 * 31  # noon of the day before: it may still be the last of the month
    noons = (first + timedelta(days=n) for n in range(days))
    turns = [turn.at for turn in ours.turns if first <= turn.at < first + timedelta(days=days)]
    before = (turn - timedelta(seconds=1) for turn in turns)
    return all(_face(at, ours) == _face(at, theirs) for at in chain(noons, turns, before))


def _face(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=UTC, fold=0)
