"""
Stretches of time and their arithmetic.

Every `Interval` is half-open, ``start <= t < end``, and in UTC: Python subtracts clock faces inside one zone and gets a
night of changing clocks wrong, so local zones live in `service.core.hours` and `service.core.gestures` only.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from service.core.errors import EmptyWindow

by_start = attrgetter("start")
by_end = attrgetter("end")
"""Keys to sort and to search by, which take a tenth of the time that comparing two intervals does."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """
    A stretch of time, ``start <= t < end``, both in UTC.

    Raises `EmptyWindow` where it would hold no time, and `ValueError` where an end is not in UTC: that is our own
    mistake, never a person's.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("an Interval is in UTC")
        if self.start >= self.end:
            raise EmptyWindow

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "Interval") -> bool:
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Interval") -> bool:
        return self.start <= other.start and other.end <= self.end


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """Return the same time as few intervals as possible: sorted, disjoint, not even touching."""
    merged: list[Interval] = []
    for interval in sorted(intervals, key=by_start):
        if merged and interval.start <= merged[-1].end:
            if interval.end > merged[-1].end:
                merged[-1] = Interval(merged[-1].start, interval.end)
        else:
            merged.append(interval)
    return merged


def subtract(window: Interval, taken: Iterable[Interval]) -> Iterator[Interval]:
    """Yield what is left of `window` without `taken`, which must be sorted and disjoint as `merge` returns it."""
    start = window.start
    for busy in taken:
        if busy.end <= start:
            continue
        if busy.start >= window.end:
            break
        if start < busy.start:
            yield Interval(start, busy.start)
        start = max(start, busy.end)
    if start < window.end:
        yield Interval(start, window.end)


def intersect(first: Iterable[Interval], second: Iterable[Interval]) -> list[Interval]:
    """Return the time that is in both; each side must be sorted and disjoint as `merge` returns it."""
    both: list[Interval] = []
    lefts, rights = iter(first), iter(second)
    left, right = next(lefts, None), next(rights, None)
    while left is not None and right is not None:
        if left.overlaps(right):
            both.append(Interval(max(left.start, right.start), min(left.end, right.end)))
        if left.end <= right.end:
            left = next(lefts, None)
        else:
            right = next(rights, None)
    return both


def clip(intervals: Iterable[Interval], *, to: Interval) -> list[Interval]:
    """Return what of `intervals` lies inside `to`, in their order; they may overlap."""
    return [Interval(max(each.start, to.start), min(each.end, to.end)) for each in intervals if each.overlaps(to)]


def touching(intervals: Sequence[Interval], stretch: Interval) -> Sequence[Interval]:
    """Return those of `intervals`, sorted and disjoint, that overlap the stretch, whole."""
    first = bisect_right(intervals, stretch.start, key=by_end)
    last = bisect_left(intervals, stretch.end, key=by_start)
    return intervals[first:last]


def cut(intervals: Sequence[Interval], *, to: Interval) -> list[Interval]:
    """Return what of `intervals`, sorted and disjoint, lies inside `to`."""
    found = touching(intervals, to)
    # only the outermost two can reach out of it
    return [*clip(found[:1], to=to), *found[1:-1], *clip(found[1:][-1:], to=to)]


def pad(intervals: Iterable[Interval], *, before: timedelta, after: timedelta) -> list[Interval]:
    """Return each interval made longer at its two ends: the time it takes to get there and back."""
    return [Interval(each.start - before, each.end + after) for each in intervals]
