"""
Times and lengths as calendars write them (RFC 5545, sections 3.3.4 to 3.3.9).

A `Moment` carries its own zone. Python adds and compares clock faces inside one zone, which is what rules of repetition
mean; only `utc` leaves the clock face. A time in the repeated hour is the first one, and a time in the gap uses the
offset before it (3.3.5): both are what ``fold=0`` means. Years are 1600 to 2200.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from integrations.ical.errors import Refused, Unreadable

FIRST_YEAR, LAST_YEAR = 1600, 2200

_MOMENT = re.compile(r"(\d{8})(?:(T\d{4})(\d\d)?(Z)?)?", re.ASCII | re.IGNORECASE)
_LENGTH = re.compile(
    r"([+-]?)P(?=.)(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A clock face in its zone; where `whole_day`, a day in that zone, held as its midnight."""

    at: datetime
    whole_day: bool = False

    @property
    def utc(self) -> datetime:
        return self.at.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Length:
    """How long something takes: nominal `days` by the calendar, then `exact` time (3.3.6)."""

    days: int = 0
    exact: timedelta = timedelta()

    def end_of(self, at: datetime) -> datetime:
        """Return when something that begins `at` ends, in UTC."""
        return (at + timedelta(days=self.days)).astimezone(UTC) + self.exact

    @property
    def longest(self) -> timedelta:
        """Return a bound: no day with a change of clocks makes it longer."""
        return timedelta(days=self.days + 1) + self.exact


def read_moment(text: str, *, zone: tzinfo, days: tzinfo) -> Moment:
    """
    Read a DATE-TIME, in UTC where it says so, otherwise in `zone`; or a DATE, in `days`.

    The shape of the value decides, as VALUE=DATE is often missing. Raises `Unreadable`, `Refused` for other centuries.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise Unreadable("not a date or time")
    day, clock, second, utc = found.groups()
    if not FIRST_YEAR <= int(day[:4]) <= LAST_YEAR:
        raise Refused("a year outside 1600 to 2200")
    leapless = min(second or "00", "59")  # Python's clocks have no second 60
    try:
        face = datetime.fromisoformat(f"{day}{clock.upper()}{leapless}" if clock else day)
    except ValueError:
        raise Unreadable("no such date or time") from None
    if clock is None:
        return Moment(datetime.combine(face, face.time(), days), whole_day=True)
    return Moment(datetime.combine(face, face.time(), UTC if utc else zone))


def read_length(text: str) -> Length:
    """Read a DURATION such as P1DT2H30M."""
    found = _LENGTH.fullmatch(text)
    if found is None:
        raise Unreadable("not a duration")
    sign = -1 if found[1] == "-" else 1
    weeks, days, hours, minutes, seconds = (sign * int(part or 0) for part in found.groups()[1:])
    return Length(7 * weeks + days, timedelta(hours=hours, minutes=minutes, seconds=seconds))


def length_between(start: Moment, end: Moment) -> Length:
    """
    Return how long it is from `start` to `end`: exact, or in days where `start` is one.

    A day that ends before or when it begins is one day, as everybody shows it.
    """
    if not start.whole_day:
        return Length(exact=end.utc - start.utc)
    days = (end.at.date() - start.at.date()).days
    return Length(max(1, days + (end.at.time() > time())))


def length_from(start: Moment, length: Length) -> Length:
    """Return `length` as it applies to `start`: a day has no hours, so they are rounded up to days."""
    if not start.whole_day:
        return length
    return Length(max(1, length.days - (-length.exact // timedelta(days=1))))
