"""
Room: why a day has none, and what of one's own would have to move to make some.

Each partner is told of their own busy times only. Of the other's an answer holds a bare yes or no: whether they are
free for long enough somewhere in a stretch. Stretches are cut by the shared hours and by one's own times alone, and
those of a day are chosen without a look at the other's, so that no answer shows where the other's time begins or ends.

All times are UTC. Hours are sorted and do not overlap; cut at midnight they may touch. Busy times may overlap; what
overlaps or touches is one thing. Busy times that are None are those of a calendar nobody can rely on: its owner counts
as unavailable to the other, and is told nothing that would be a guess.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, islice

from service.core.interval import Interval, intersect, merge, touching
from service.core.slots import find_slots

MOST = 6  # answers; more would draw a map of the partner's day


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch in which `blockers`, one's own times, stand in the way; the partner has room somewhere in it or not."""

    stretch: Interval
    blockers: tuple[Interval, ...]
    partner_is_free: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """
    Why a day has room or has none, as one of the two may know it.

    `room` is what both are free in already. `mine` are one's own busy times within the hours, None where they are not
    known. `candidates` are empty where there is room.
    """

    room: tuple[Interval, ...]
    mine: tuple[Interval, ...] | None
    partner_is_free: bool
    candidates: tuple[Candidate, ...]


def explain(
    hours: Sequence[Interval],
    *,
    mine: Iterable[Interval] | None,
    other: Iterable[Interval] | None,
    shortest: timedelta,
    limit: int = MOST,
) -> Explanation:
    """
    Tell one partner why the shared `hours` of a day have no room of at least `shortest`, if they have none.

    Candidates come by the fewest blockers, then by the least of one's own time to move, then soonest first. `limit`
    counts them before those are left out that would move more than another which is enough.
    """
    theirs = _within(hours, hours if other is None else other)
    is_free = _has_room(hours, taken=theirs, shortest=shortest)
    if mine is None:
        return Explanation((), None, is_free, ())
    own = _within(hours, mine)
    room = find_slots(hours, busy=[*own, *theirs], shortest=shortest)
    chosen = [] if room else list(islice(_by_sacrifice(hours, own=own, shortest=shortest), limit))
    return Explanation(tuple(room), tuple(own), is_free, _judge(chosen, theirs=theirs, shortest=shortest))


def find_nearest(
    days: Sequence[Sequence[Interval]],
    *,
    mine: Iterable[Interval] | None,
    other: Iterable[Interval] | None,
    shortest: timedelta,
    limit: int = MOST,
) -> tuple[Candidate, ...]:
    """
    Return where moving one thing of one's own would make room on a day without any: the least to move first.

    `days` are the shared hours of each day, soonest first. Each day has one answer at most; equals come soonest first.
    """
    if mine is None or other is None:
        return ()
    hours = list(chain.from_iterable(days))
    own, theirs = _within(hours, mine), _within(hours, other)
    found: list[_Freed] = []
    for day in days:
        taken = [time for each in day for time in (*touching(own, each), *touching(theirs, each))]
        if not find_slots(day, busy=taken, shortest=shortest):
            freed = _free_up(day, own=own, count=1, shortest=shortest)
            found += islice((each for each in freed if _has_room(each[:1], taken=theirs, shortest=shortest)), 1)
    return tuple(Candidate(*freed, partner_is_free=True) for freed in sorted(found, key=_sacrifice)[:limit])


_Freed = tuple[Interval, tuple[Interval, ...]]
"""A stretch, and the own times in it."""


def _by_sacrifice(hours: Sequence[Interval], *, own: Sequence[Interval], shortest: timedelta) -> Iterator[_Freed]:
    for count in range(1, len(own) + 1):
        yield from _free_up(hours, own=own, count=count, shortest=shortest)


def _free_up(hours: Sequence[Interval], *, own: Sequence[Interval], count: int, shortest: timedelta) -> list[_Freed]:
    """Return each stretch that `count` neighbors of `own` keep from being long enough, the least to move first."""
    found: list[_Freed] = []
    for each in hours:
        times = touching(own, each)
        starts = [each.start, *(time.end for time in times)]
        ends = [*(time.start for time in times), each.end]
        for first in range(len(times) - count + 1):
            blockers = tuple(times[first : first + count])
            stretch = Interval(starts[first], ends[first + count])
            # blockers that lie further apart are never in the way of the same date
            if stretch.length >= shortest and blockers[-1].start - blockers[0].end < shortest:
                found.append((stretch, blockers))
    return sorted(found, key=_sacrifice)


def _sacrifice(freed: _Freed) -> tuple[timedelta, Interval]:
    stretch, blockers = freed
    return sum((each.length for each in blockers), timedelta(0)), stretch


def _judge(chosen: Iterable[_Freed], *, theirs: Sequence[Interval], shortest: timedelta) -> tuple[Candidate, ...]:
    """Add whether the partner is free, and leave out what moves more than another that is enough."""
    candidates: list[Candidate] = []
    for stretch, blockers in chosen:
        if not any(each.partner_is_free and stretch.contains(each.stretch) for each in candidates):
            is_free = _has_room([stretch], taken=theirs, shortest=shortest)
            candidates.append(Candidate(stretch, blockers, is_free))
    return tuple(candidates)


def _has_room(stretches: Iterable[Interval], *, taken: Sequence[Interval], shortest: timedelta) -> bool:
    return any(find_slots([each], busy=touching(taken, each), shortest=shortest) for each in stretches)


def _within(hours: Sequence[Interval], busy: Iterable[Interval]) -> list[Interval]:
    return intersect(merge(busy), hours)
