"""
Slots: the stretches in which both partners are free, and how good each one is.

Whose busy time it was is not an argument anywhere here, so it cannot show in an answer. All times are UTC; scores look
at every partner's local clock and keep the worse of them, which makes them the same when the partners change places.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, islice, zip_longest
from zoneinfo import ZoneInfo

from service.core.cover import Cover
from service.core.errors import Invalid
from service.core.interval import Interval, by_start, clip, merge, touching
from service.core.reasons import NOT_THIRD, SOON, WORTH, Days, days_of, has_neighbors, is_third, read_clocks

APART = timedelta(minutes=90)
AROUND = timedelta(days=4)  # holds two whole days on any clock, and what is left of the day itself
_SOON = timedelta(days=7)
_FAR = 28  # days
_BEST = 1000  # what everything together is worth; of it nearness is a tenth, and soft time costs two fifths
_NEARNESS = 100
_SOFT_PENALTY = 400
_QUARTER = timedelta(minutes=15)
_ONE_DAY = timedelta(days=1)
_LOOKED_THROUGH = timedelta(days=7)
_EPOCH = datetime.min.replace(tzinfo=UTC)
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Slot:
    """
    A stretch both are free in; `score` is 0 to 1, `why` its reasons as codes, best first.

    `cover` tells who minds the children meanwhile.
    """

    time: Interval
    score: float
    why: tuple[str, ...]
    cover: Cover = Cover.NONE_NEEDED

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


def next_quarter(moment: datetime) -> datetime:
    """Return the next quarter of an hour, or the moment itself: in UTC, and so on every clock in use today."""
    return moment + (_EPOCH - moment) % _QUARTER


def find_slots(windows: Iterable[Interval], *, busy: Iterable[Interval], shortest: timedelta) -> list[Interval]:
    """
    Return the stretches in which both partners are free, soonest first.

    `windows` are the hours the couple keeps for each other, sorted and disjoint; `busy` is both partners' busy time in
    one heap: whose it is must not change the answer, nor show in it. A stretch shorter than `shortest` is left out.
    """
    found: list[Interval] = []
    waiting = iter(sorted(busy, key=by_start))
    taken = next(waiting, None)
    free_from = _EPOCH
    for window in windows:
        free_from = max(free_from, window.start)
        while taken is not None and taken.start < window.end:
            if free_from < taken.end:
                if free_from < taken.start and taken.start - free_from >= shortest:
                    found.append(Interval(free_from, taken.start))
                free_from = taken.end
            taken = next(waiting, None)
        if free_from < window.end and window.end - free_from >= shortest:
            found.append(Interval(free_from, window.end))
    return found


def rank_slots(
    gaps: Iterable[Interval],
    *,
    zones: Iterable[ZoneInfo],
    soft: Iterable[Interval],
    now: datetime,
    dates: Iterable[Interval] = (),
    length: timedelta | None = None,
    limit: int | None = None,
) -> list[Slot]:
    """
    Return `gaps` as scored slots, best first, equals soonest first, at most `limit` of them.

    `soft` is time that either partner may still need, in one heap. It puts a slot further back, but shows neither in
    its score nor in a word of why: either would tell one partner something about the other's calendar. `dates` are the
    couple's own, up to `AROUND` before and after the gaps. Where the `length` of a date is named and every gap has had
    its place, later times of that length in long gaps follow: first the best one of each gap, then the second best.
    """
    clocks = frozenset(zones)
    scale = _Scale(clocks, merge(soft), days_of(dates, clocks=clocks), now)
    whole = sorted(scale.weigh(gap) for gap in gaps)
    later = () if length is None else _later_turns(whole, length=length, scale=scale)
    return [Slot(time, worth / _BEST, why) for _, time, worth, why in islice(chain(whole, later), limit)]


_Weighed = tuple[float, Interval, int, tuple[str, ...]]
"""A time as it is sorted: what puts it back, the time itself, what it is worth, and why."""


def _by_worth(weighed: _Weighed) -> tuple[int, Interval]:
    _, time, worth, _ = weighed
    return -worth, time


@dataclass(frozen=True, slots=True)
class _Scale:
    """What all times of one question are weighed by."""

    clocks: frozenset[ZoneInfo]
    maybe: Sequence[Interval]
    days: Days
    now: datetime

    def weigh(self, time: Interval) -> _Weighed:
        facts = read_clocks(time, clocks=self.clocks)
        why, worth = facts.why, facts.worth
        ahead = time.start - self.now
        if ahead <= _SOON:
            why, worth = (*why, SOON), worth + WORTH[SOON]
        if ahead.days < _FAR:
            worth += _NEARNESS - _NEARNESS * max(ahead.days, 0) // _FAR
        if not self.days or not is_third(facts, among=self.days):
            worth += WORTH[NOT_THIRD]
            # far from any date it goes without saying
            if self.days and has_neighbors(facts, among=self.days):
                why = (*why, NOT_THIRD)
        return (_SOFT_PENALTY * self._share(time) if self.maybe else 0) - worth, time, worth, why

    def _share(self, time: Interval) -> float:
        soft = clip(touching(self.maybe, time), to=time)
        return sum((each.length for each in soft), timedelta(0)) / time.length


def _later_turns(whole: Sequence[_Weighed], *, length: timedelta, scale: _Scale) -> Iterator[_Weighed]:
    """Yield what long gaps hold besides: of every gap in turn its next later time, the best first in each turn."""
    for turn in zip_longest(*(_later_times(gap, length=length, scale=scale) for _, gap, *_ in whole)):
        # by worth alone: their order is seen, and soft time in it would show between one quarter hour and the next
        yield from sorted(filter(None, turn), key=_by_worth)


def _later_times(gap: Interval, *, length: timedelta, scale: _Scale) -> Iterator[_Weighed]:
    """
    Yield times of `length` that begin later in a long gap, on a quarter of an hour, in the order to offer them.

    They keep `APART` from each other's beginning and from that of the gap, for closer ones are one evening told twice;
    so a gap is long where it holds `length` and that. In a gap of several days other days come first. They are chosen
    without a look at soft time: beginnings that step around it would draw its edges.
    """
    first = next_quarter(gap.start + APART)
    last = min(gap.end - length, gap.start + _LOOKED_THROUGH)
    starts = (first + number * _QUARTER for number in range((last - first) // _QUARTER + 1))
    weighed = sorted((scale.weigh(Interval(start, start + length)) for start in starts), key=_by_worth)
    begun = [gap.start]
    for apart in (_ONE_DAY, APART):
        for each in weighed:
            start = each[1].start
            if all(abs(start - other) >= apart for other in begun):
                begun.append(start)
                yield each
