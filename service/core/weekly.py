"""A mail about the week: on which day, at which hour. The hour is wall time of whoever gets it; moments are UTC."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.core.errors import Invalid
from service.core.hours import EVERY_DAY, to_utc
from service.core.interval import Interval

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_HOURS = range(24)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A full hour of one day of the week; Monday is 0. Raises `Invalid`."""

    day: int
    hour: int

    def __post_init__(self) -> None:
        if self.day not in EVERY_DAY or self.hour not in _HOURS:
            raise Invalid("Choose a day of the week and a full hour, from 0 to 23.")


def next_moment(now: datetime, *, wish: Weekly, zone: ZoneInfo) -> datetime:
    """Return the next time that it is that hour of that day in `zone`, after `now`."""
    today = now.astimezone(zone).date()
    day = today + (wish.day - today.weekday()) % 7 * _DAY
    moment = to_utc(day, time(wish.hour), zone=zone)
    return moment if moment > now else to_utc(day + _WEEK, time(wish.hour), zone=zone)


def days_ahead(now: datetime) -> Interval:
    """Return the two weeks that the mail speaks of."""
    return Interval(now, now + 2 * _WEEK)
