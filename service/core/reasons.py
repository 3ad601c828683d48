"""
Reasons: what speaks for a stretch of time on the clocks of both partners, as codes, and what each of them is worth.

A code holds on every clock or not at all, so the worse clock decides and it does not matter whose it is. Days are
those on a clock, as ordinals; an evening is named by the day on which it begins. Stretches are in UTC. What a code is
worth is in thousandths of the best score there is: whole numbers add up the same in every order.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from service.core.interval import Interval

SOON = "soon"
NOT_THIRD = "not_third_evening_in_a_row"
Days = Mapping[ZoneInfo, frozenset[int]]
"""On each clock, the days on which the couple has dates."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DINNER = timedelta(hours=2)
_SOME_EVENING = timedelta(hours=1)
_FRIDAY, _SATURDAY = 4, 5
_REMEMBERED = 8192  # stretches, a quarter of a kilobyte each


@dataclass(frozen=True, slots=True)
class Facts:
    """The codes that a stretch has from the clocks alone, what they are worth, and the day on which it begins."""

    why: tuple[str, ...]
    worth: int
    days: tuple[tuple[ZoneInfo, int], ...]


def read_clocks(time: Interval, *, clocks: frozenset[ZoneInfo]) -> Facts:
    """Read a stretch on the clocks."""
    # a length of time is hashed in a third of the time that a moment takes
    return _read_clocks(time.start - _EPOCH, time.end - time.start, clocks)


@lru_cache(maxsize=_REMEMBERED)
def _read_clocks(begins: timedelta, length: timedelta, clocks: frozenset[ZoneInfo]) -> Facts:
    """Read what is remembered, because calendars mostly have the same gaps the next time somebody asks."""
    start, end = _EPOCH + begins, _EPOCH + begins + length
    shown = [_Local(start.astimezone(zone), end.astimezone(zone), length) for zone in clocks]
    why = tuple(code for code, holds in _ON_THE_CLOCK.items() if all(holds(local) for local in shown))
    days = tuple((zone, local.start.toordinal()) for zone, local in zip(clocks, shown, strict=True))
    return Facts(why, sum(WORTH[code] for code in why), days)


def days_of(dates: Iterable[Interval], *, clocks: Iterable[ZoneInfo]) -> Days:
    times = tuple(dates)
    return {zone: frozenset(each.start.astimezone(zone).toordinal() for each in times) for zone in clocks if times}


def is_third(facts: Facts, *, among: Days) -> bool:
    """Return whether a date then would make three evenings in a row, on any of the clocks."""
    return any(_completes_three(day, among[zone]) for zone, day in facts.days)


def has_neighbors(facts: Facts, *, among: Days) -> bool:
    """Return whether there is a date so near that a third evening in a row can be the question at all."""
    return any(not among[zone].isdisjoint(range(day - 2, day + 3)) for zone, day in facts.days)


def _completes_three(day: int, taken: frozenset[int]) -> bool:
    return any(taken.issuperset({first, first + 1, first + 2} - {day}) for first in (day - 2, day - 1, day))


@dataclass(frozen=True, slots=True)
class _Local:
    """A stretch as one partner's clock shows it; `length` is real time."""

    start: datetime
    end: datetime
    length: timedelta


def _is_rested(local: _Local) -> bool:
    return time(8) <= local.start.time() <= time(20)


def _is_friday_evening(local: _Local) -> bool:
    if local.start.weekday() != _FRIDAY:
        return False
    # the end may lie past midnight, where its time of day alone would say nothing
    return local.end - local.start.replace(hour=17, minute=0, second=0) >= min(local.length, _SOME_EVENING)


def _is_weekend(local: _Local) -> bool:
    return local.start.weekday() >= _SATURDAY


def _holds_dinner(local: _Local) -> bool:
    if local.length < _DINNER:
        return False
    latest = local.start.replace(hour=20, minute=0, second=0)
    earliest = local.start.replace(hour=17, minute=0, second=0)
    # wall times of one day: the clocks do not change around dinner in any zone
    return min(local.end, latest + _DINNER) - max(local.start, earliest) >= _DINNER


_ON_THE_CLOCK: dict[str, Callable[[_Local], bool]] = {
    "both_rested": _is_rested,
    "friday_evening": _is_friday_evening,
    "weekend": _is_weekend,
    "long_enough_for_dinner": _holds_dinner,
}
WORTH = {
    "both_rested": 300,
    "friday_evening": 200,
    "weekend": 200,
    "long_enough_for_dinner": 200,
    SOON: 100,
    NOT_THIRD: 100,
}
