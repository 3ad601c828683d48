"""
Hours of the week on a clock on the wall, and what they are in UTC.

A `Window` has no date and no zone of its own: it is the same wall time every week, on whichever clock it is read. Wall
times that a change of clocks skips move forward by the skipped hour; of a time that comes twice the first one counts
(RFC 5545, 3.3.5).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache, reduce
from zoneinfo import ZoneInfo

from service.core.errors import EmptyWindow, Invalid, UnknownZone
from service.core.interval import Interval, cut, intersect, merge

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = frozenset(range(7))
_ONE_DAY = timedelta(days=1)
_MIDNIGHT = time(0)
_HOURS = re.compile(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*", re.ASCII)
_FORM = "Hours look like 17:00-23:00, days like mon,tue,sun."
# found in many systems' zone folders; they are what a machine is set to, or count leap seconds as time
_NO_PLACES = re.compile(r"localtime|posixrules|Factory|(posix|right)/.*")


@dataclass(frozen=True, slots=True)
class Window:
    """
    Wall-clock hours on some days of the week (Monday is 0); an end at or before the start is on the next day.

    From midnight to midnight is the whole day. Raises `EmptyWindow` where start and end are any other same time,
    `Invalid` where no day of the week is named.
    """

    days: frozenset[int]
    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start == self.end != _MIDNIGHT:
            raise EmptyWindow
        if not self.days or not self.days <= EVERY_DAY:
            raise Invalid("Please name at least one day of the week, from mon to sun.")


@cache
def find_zone(name: str) -> ZoneInfo:
    """Return the zone of that IANA name; raises `UnknownZone`."""
    if _NO_PLACES.fullmatch(name):
        raise UnknownZone
    try:
        return ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError only where tzdata is missing too
        raise UnknownZone from None
    except KeyError:
        raise UnknownZone from None


def parse_window(hours: str, *, days: str = ",".join(DAYS)) -> Window:
    """Read ``17:00-23:00`` and ``mon,tue``; raises `Invalid` or `EmptyWindow`. ``24:00`` is the day's end."""
    written = _HOURS.fullmatch(hours)
    if written is None:
        raise Invalid(_FORM)
    try:
        start = time.fromisoformat(written[1])
        end = _MIDNIGHT if written[2] == "24:00" else time.fromisoformat(written[2])
        named = frozenset(DAYS.index(day.strip().lower()) for day in days.split(","))
    except ValueError:
        raise Invalid(_FORM) from None
    if written[1] == written[2]:
        raise EmptyWindow
    return Window(named, start, end)


def format_window(window: Window) -> tuple[str, str]:
    """Return the hours and the days as `parse_window` reads them."""
    end = "24:00" if window.end == _MIDNIGHT else f"{window.end:%H:%M}"
    return f"{window.start:%H:%M}-{end}", ",".join(DAYS[day] for day in sorted(window.days))


def to_utc(day: date, wall: time, *, zone: ZoneInfo) -> datetime:
    """Return the moment when clocks in `zone` show `wall` on `day`."""
    return datetime.combine(day, wall, zone).astimezone(UTC)


def open_hours(windows: Iterable[Window], *, zone: ZoneInfo, during: Interval) -> list[Interval]:
    """Return the hours of `windows` that touch `during`, whole, merged and sorted; the clock is that of `zone`."""
    return merge(
        Interval(start, end)
        for window in windows
        for day in _days_around(during, zone=zone)
        if day.weekday() in window.days
        for start, end in [_bounds(window, day, zone=zone)]
        if start < end and start < during.end and during.start < end
    )


def find_quiet_end(now: datetime, *, quiet: str | None, zone: ZoneInfo) -> datetime | None:
    """Return when the quiet hours end that it is now, written as `parse_window` reads them; None where it is none."""
    during = Interval(now, now + timedelta(seconds=1))
    hours = [] if quiet is None else open_hours([parse_window(quiet)], zone=zone, during=during)
    return hours[0].end if hours else None


def shared_hours(windows: Iterable[Window], *, zones: Iterable[ZoneInfo], during: Interval) -> list[Interval]:
    """Return the hours inside `during` that lie within `windows` on every one of the clocks."""
    days = during.start.date(), during.end.date() + _ONE_DAY
    return cut(_hours_of_days(tuple(windows), frozenset(zones), *days), to=during)


@lru_cache(maxsize=256)
def _hours_of_days(
    windows: tuple[Window, ...], zones: frozenset[ZoneInfo], first: date, last: date
) -> tuple[Interval, ...]:
    """Return the shared hours from midnight to midnight UTC, without the day `last`; the same are asked for again."""
    days = Interval(datetime.combine(first, _MIDNIGHT, UTC), datetime.combine(last, _MIDNIGHT, UTC))
    return tuple(reduce(intersect, [open_hours(windows, zone=zone, during=days) for zone in zones], [days]))


def _bounds(window: Window, day: date, *, zone: ZoneInfo) -> tuple[datetime, datetime]:
    last = day if window.end > window.start else day + _ONE_DAY
    return to_utc(day, window.start, zone=zone), to_utc(last, window.end, zone=zone)


def _days_around(during: Interval, *, zone: ZoneInfo) -> Iterator[date]:
    day = during.start.astimezone(zone).date() - _ONE_DAY  # the night before may reach into the first day
    last = during.end.astimezone(zone).date()
    while day <= last:
        yield day
        day += _ONE_DAY
