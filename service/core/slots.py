"""
Slots: the stretches in which both partners are free, and how good each one is.

Whose busy time it was is not an argument anywhere here, so it cannot show in an answer. All times are UTC; scores look
at every partner's local clock and keep the worse of them, which makes them the same when the partners change places.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.core.errors import Invalid
from service.core.interval import Interval, clip, merge, subtract

_DINNER = timedelta(hours=2)
_SOON = timedelta(days=7)
_FAR = timedelta(days=28)
_FRIDAY, _SATURDAY = 4, 5
_SOFT_PENALTY = 0.4
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch both are free in; `score` is 0 to 1, `why` its reasons as codes, best first."""

    time: Interval
    score: float
    why: tuple[str, ...]

    @property
    def id(self) -> str:
        """Name the slot by its two ends, so that asking again gives the same name and nothing needs to be kept."""
        return f"{self.time.start:{_STAMP}}-{self.time.end:{_STAMP}}"


def parse_slot_id(text: str) -> Interval:
    """Return the time a slot id names; raises `Invalid`."""
    try:
        start, end = (datetime.strptime(part, _STAMP).replace(tzinfo=UTC) for part in text.split("-"))
    except ValueError:
        raise Invalid("That is not the id of a slot.") from None
    return Interval(start, end)


def find_slots(windows: Iterable[Interval], *, busy: Iterable[Interval], shortest: timedelta) -> list[Interval]:
    """
    Return the stretches in which both partners are free, soonest first.

    `windows` are the hours the couple keeps for each other; `busy` is both partners' busy time in one heap: whose it is
    must not change the answer, nor show in it. A stretch shorter than `shortest` is left out.
    """
    taken = merge(busy)
    free = (gap for window in sorted(windows) for gap in subtract(window, taken))
    return [gap for gap in free if gap.length >= shortest]


def rank_slots(
    gaps: Iterable[Interval], *, zones: Sequence[ZoneInfo], soft: Iterable[Interval], now: datetime
) -> list[Slot]:
    """
    Return `gaps` as scored slots, best first, equals soonest first.

    `soft` is time that either partner may still need, in one heap. It puts a slot further back, but shows neither in
    its score nor in a word of why: either would tell one partner something about the other's calendar.
    """
    maybe = merge(soft)
    slots = [_score(gap, zones=zones, now=now) for gap in gaps]
    return sorted(slots, key=lambda slot: (_SOFT_PENALTY * _share(maybe, of=slot.time) - slot.score, slot.time))


def _share(soft: list[Interval], *, of: Interval) -> float:
    return sum((each.length for each in clip(soft, to=of)), timedelta(0)) / of.length


def _score(gap: Interval, *, zones: Sequence[ZoneInfo], now: datetime) -> Slot:
    why = tuple(code for code, holds in _ON_THE_CLOCK.items() if all(holds(_local(gap, zone=zone)) for zone in zones))
    ahead = max(gap.start - now, timedelta(0))
    if ahead <= _SOON:
        why += ("soon",)
    score = sum(_WEIGHT[code] for code in why) + 0.2 * max(0.0, 1 - ahead / _FAR)
    return Slot(gap, score=round(min(score, 1.0), 3), why=why)


@dataclass(frozen=True, slots=True)
class _Local:
    """A gap as one partner's clock shows it; `length` is real time."""

    start: datetime
    end: datetime
    length: timedelta


def _local(gap: Interval, *, zone: ZoneInfo) -> _Local:
    return _Local(gap.start.astimezone(zone), gap.end.astimezone(zone), gap.length)


def _is_rested(local: _Local) -> bool:
    return time(8) <= local.start.time() <= time(20)


def _is_friday_evening(local: _Local) -> bool:
    # the end may lie past midnight, where its time of day alone would say nothing
    return local.start.weekday() == _FRIDAY and local.end > local.start.replace(hour=17, minute=0, second=0)


def _is_weekend(local: _Local) -> bool:
    return local.start.weekday() >= _SATURDAY


def _holds_dinner(local: _Local) -> bool:
    latest = local.start.replace(hour=20, minute=0, second=0)
    earliest = local.start.replace(hour=17, minute=0, second=0)
    # wall times of one day: the clocks do not change around dinner in any zone
    return min(local.end, latest + _DINNER) - max(local.start, earliest) >= _DINNER and local.length >= _DINNER


_ON_THE_CLOCK: dict[str, Callable[[_Local], bool]] = {
    "both_rested": _is_rested,
    "friday_evening": _is_friday_evening,
    "weekend": _is_weekend,
    "long_enough_for_dinner": _holds_dinner,
}
_WEIGHT = {"both_rested": 0.3, "friday_evening": 0.2, "weekend": 0.2, "long_enough_for_dinner": 0.2, "soon": 0.1}
