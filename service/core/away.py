"""
Days on which a partner is away: whole days on their own clock, the first and the last included.

They are one person's own, and known to the other only as time that is not free.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from service.core.errors import Invalid
from service.core.hours import to_utc
from service.core.interval import Interval, merge

MOST = 50
_YEARS = range(2000, 2200)
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Away:
    """The days from `first` to `last`, both included; raises `Invalid`."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if not self.first <= self.last or self.first.year not in _YEARS or self.last.year not in _YEARS:
            raise Invalid("Days away go from the first to the last, such as 2026-12-20 to 2026-12-27.")


def keep_ahead(away: Iterable[Away], *, today: date) -> tuple[Away, ...]:
    """Return what is not over by `today`, soonest first; raises `Invalid` for more than 50."""
    ahead = sorted({each for each in away if each.last >= today})
    if len(ahead) > MOST:
        raise Invalid(f"Up to {MOST} times away can be kept.")
    return tuple(ahead)


def as_times(away: Iterable[Away], *, zone: ZoneInfo) -> list[Interval]:
    """Return the days as time, from midnight to midnight on the clock of `zone`, merged."""
    return merge(
        Interval(to_utc(each.first, time(0), zone=zone), to_utc(each.last + _ONE_DAY, time(0), zone=zone))
        for each in away
    )
