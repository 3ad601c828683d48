"""
Times in whole seconds since 1970 UTC, packed: what an index keeps of a calendar and how a question reads it.

A thousand `Interval`s cost more than all the rest of a question, so times stay numbers until one of them is an answer.
Packed, all the starts come first and then all the ends, as little-endian 64-bit integers: 32 bits end in 2038.
"""

import sys
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain

from service.core.interval import Interval

Span = tuple[int, int]
"""A stretch of time, ``start <= t < end``."""

_FEW = 16  # changes in as many times: from there on sorting all of them is quicker


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans, sorted by their starts; those that are merged are disjoint and so sorted by their ends as well."""

    starts: "array[int]"
    ends: "array[int]"

    def __iter__(self) -> Iterator[Span]:
        return zip(self.starts, self.ends, strict=True)

    def pack(self) -> bytes:
        return _in_order(self.starts + self.ends).tobytes()

    def copy(self) -> "Spans":
        return Spans(self.starts[:], self.ends[:])


def unpack(packed: bytes) -> Spans:
    numbers = _in_order(array("q", packed))
    middle = len(numbers) // 2
    return Spans(numbers[:middle], numbers[middle:])


def sort_spans(spans: Iterable[Span]) -> Spans:
    ordered = sorted(spans)
    return Spans(array("q", [start for start, _ in ordered]), array("q", [end for _, end in ordered]))


def as_spans(times: Iterable[Interval]) -> list[Span]:
    """Return `times` to the second."""
    return [(int(each.start.timestamp()), int(each.end.timestamp())) for each in times]


def as_interval(span: Span) -> Interval:
    return Interval(_moment(span[0]), _moment(span[1]))


def merge_spans(spans: Iterable[Span]) -> Spans:
    """Return the same time as few spans as possible; `spans` must be sorted by their starts."""
    merged = sort_spans(())
    for start, end in spans:
        if merged.ends and start <= merged.ends[-1]:
            merged.ends[-1] = max(merged.ends[-1], end)
        else:
            merged.starts.append(start)
            merged.ends.append(end)
    return merged


def pad_spans(merged: Spans, *, before: timedelta, after: timedelta) -> Spans:
    """Return merged spans with so much more before and after each of them, merged."""
    earlier, later = int(before.total_seconds()), int(after.total_seconds())
    return merge_spans((start - earlier, end + later) for start, end in merged)


def touching(merged: Spans, *, within: Span) -> Spans:
    """Return those of merged spans that overlap `within`."""
    first = bisect_right(merged.ends, within[0])
    last = bisect_left(merged.starts, within[1], first)
    return Spans(merged.starts[first:last], merged.ends[first:last])


def find_free(windows: Sequence[Interval], *, taken: Iterable[Spans], shortest: timedelta) -> list[Interval]:
    """
    Return what of `windows`, sorted and disjoint, nobody has taken: what `find_slots` returns, from merged spans.

    Each of `taken` is one calendar's; whose it is does not show. A stretch shorter than `shortest` is left out.
    """
    edges, least = as_spans(windows), max(shortest.total_seconds(), 1)
    gaps = find_gaps(taken, within=(edges[0][0], edges[-1][1]), least=least) if edges else []
    free: list[Interval] = []
    place = 0
    for window, (first, last) in zip(windows, edges, strict=True):
        while place < len(gaps) and gaps[place][0] < last:
            start, end = gaps[place]
            if min(end, last) - max(start, first) >= least:
                since = window.start if start <= first else _moment(start)
                free.append(Interval(since, window.end if end >= last else _moment(end)))
            if end > last:
                break  # the next window may lie in it as well
            place += 1
    return free


def find_gaps(taken: Iterable[Spans], *, within: Span, least: float) -> list[Span]:
    """Return the stretches of `within` of at least `least` seconds that no span covers."""
    near = [touching(each, within=within) for each in taken]
    starts = sorted(chain.from_iterable(each.starts for each in near))
    ends = sorted(chain.from_iterable(each.ends for each in near))
    # all are free exactly where as many spans have ended as will ever have begun until the next one does
    return [
        (end, start)
        for end, start in zip(chain(within[:1], ends), chain(starts, within[1:]), strict=True)
        if start - end >= least
    ]


def intersect_spans(first: Iterable[Span], second: Iterable[Span]) -> list[Span]:
    """Return the time that is in both; each side must be sorted and disjoint."""
    both: list[Span] = []
    lefts, rights = iter(first), iter(second)
    left, right = next(lefts, None), next(rights, None)
    while left is not None and right is not None:
        start, end = max(left[0], right[0]), min(left[1], right[1])
        if start < end:
            both.append((start, end))
        if left[1] <= right[1]:
            left = next(lefts, None)
        else:
            right = next(rights, None)
    return both


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every span that the objects of a calendar contribute, sorted by start, and the same time merged."""

    every: Spans
    merged: Spans

    def change(self, *, out: Iterable[Span], into: Iterable[Span]) -> "Timeline":
        """
        Return the timeline without the spans `out`, all of which must be in it, and with `into`.

        Few changes touch only what lies next to them.
        """
        before, after = Counter(out), Counter(into)
        gone, come = list((before - after).elements()), list((after - before).elements())
        if (len(gone) + len(come)) * _FEW > len(self.every.starts):
            return lay((Counter(self.every) - Counter(gone) + Counter(come)).elements())
        every, merged = self.every.copy(), self.merged.copy()
        for span in gone:
            _remove(every, span)
            _mend(merged, every=every, around=span)
        for span in come:
            _insert(every, span)
            _mend(merged, every=every, around=span)
        return Timeline(every, merged)


def lay(spans: Iterable[Span]) -> Timeline:
    every = sort_spans(spans)
    return Timeline(every, merge_spans(every))


def _remove(every: Spans, span: Span) -> None:
    place = bisect_left(every.starts, span[0])
    while every.ends[place] != span[1]:
        place += 1
    del every.starts[place], every.ends[place]


def _insert(every: Spans, span: Span) -> None:
    place = bisect_right(every.starts, span[0])
    every.starts.insert(place, span[0])
    every.ends.insert(place, span[1])


def _mend(merged: Spans, *, every: Spans, around: Span) -> None:
    """Merge anew what touches `around`: spans that touch what is merged begin within it."""
    first = bisect_left(merged.ends, around[0])
    last = bisect_right(merged.starts, around[1], first)
    start = min(around[0], merged.starts[first]) if first < last else around[0]
    end = max(around[1], merged.ends[last - 1]) if first < last else around[1]
    near = slice(bisect_left(every.starts, start), bisect_right(every.starts, end))
    anew = merge_spans(zip(every.starts[near], every.ends[near], strict=True))
    merged.starts[first:last], merged.ends[first:last] = anew.starts, anew.ends


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _in_order(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
