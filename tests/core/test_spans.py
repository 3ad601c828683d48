"""Packed times: they say what intervals say, and a timeline that was changed is the one that would be made anew."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service.core.interval import Interval, intersect, merge
from service.core.slots import find_slots
from service.core.spans import (
    Span,
    Timeline,
    as_interval,
    as_spans,
    find_free,
    intersect_spans,
    lay,
    merge_spans,
    pad_spans,
    sort_spans,
    touching,
    unpack,
)

ORIGIN = int(datetime(2026, 12, 1, tzinfo=UTC).timestamp())

# few different ends, so that many touch and many are the same
spans = st.tuples(st.integers(0, 40), st.integers(1, 8)).map(
    lambda drawn: (ORIGIN + drawn[0] * 900, ORIGIN + sum(drawn) * 900)
)
heaps = st.lists(spans, max_size=60)


@given(heaps)
def test_what_is_packed_comes_back(heap: list[Span]) -> None:
    assert list(unpack(sort_spans(heap).pack())) == sorted(heap)


def test_starts_come_first_in_little_endian_numbers_of_eight_bytes() -> None:
    packed = sort_spans([(2**33, 2**33 + 1), (1, 2)]).pack()
    assert packed.hex() == "0100000000000000000000000200000002000000000000000100000002000000"


@given(heaps)
def test_spans_merge_as_intervals_do(heap: list[Span]) -> None:
    merged = merge_spans(sorted(heap))
    assert [as_interval(each) for each in merged] == merge(map(as_interval, heap))
    assert as_spans(map(as_interval, merged)) == list(merged)


@given(heaps, st.integers(0, 3_600), st.integers(0, 3_600))
def test_what_is_padded_is_longer_at_its_two_ends(heap: list[Span], before: int, after: int) -> None:
    padded = pad_spans(merge_spans(sorted(heap)), before=timedelta(seconds=before), after=timedelta(seconds=after))
    assert list(padded) == list(merge_spans(sorted((start - before, end + after) for start, end in heap)))


@given(heaps, spans)
def test_what_touches_a_stretch_is_found(heap: list[Span], within: Span) -> None:
    merged = merge_spans(sorted(heap))
    assert list(touching(merged, within=within)) == [
        each for each in merged if each[0] < within[1] > within[0] < each[1]
    ]


@given(heaps, heaps, heaps, st.integers(0, 120))
def test_free_time_is_what_slots_are(windows: list[Span], one: list[Span], other: list[Span], minutes: int) -> None:
    kept = merge(map(as_interval, windows))
    shortest = timedelta(minutes=minutes)
    found = find_free(kept, taken=[merge_spans(sorted(each)) for each in (one, other)], shortest=shortest)
    assert found == find_slots(kept, busy=map(as_interval, one + other), shortest=shortest)


def test_a_window_that_begins_within_a_second_keeps_its_ends() -> None:
    window = Interval(datetime(2026, 12, 1, 17, 0, 0, 500, UTC), datetime(2026, 12, 1, 18, 0, 0, 500, UTC))
    assert find_free([window], taken=[], shortest=timedelta(minutes=20)) == [window]


@given(st.data(), heaps, heaps)
def test_a_timeline_that_was_changed_is_the_one_that_would_be_made_anew(
    data: st.DataObject, heap: list[Span], into: list[Span]
) -> None:
    out = data.draw(st.lists(st.sampled_from(heap), unique_by=id, max_size=5) if heap else st.just([]))
    out = list((Counter(out) & Counter(heap)).elements())
    left = (Counter(heap) - Counter(out) + Counter(into)).elements()
    assert _content(lay(heap).change(out=out, into=into)) == _content(lay(left))


@given(st.lists(spans, min_size=41, max_size=60), spans)
def test_one_change_among_many_mends_only_what_is_next_to_it(heap: list[Span], come: Span) -> None:
    gone = heap[0]
    changed = lay(heap).change(out=[gone], into=[come])
    assert _content(changed) == _content(lay([*heap[1:], come]))


def _content(timeline: Timeline) -> tuple[list[Span], list[Span]]:
    return sorted(timeline.every), list(timeline.merged)


@given(heaps, heaps)
def test_what_two_have_in_common_is_what_intervals_say(one: list[Span], other: list[Span]) -> None:
    first, second = (merge_spans(sorted(heap)) for heap in (one, other))
    times = ([as_interval(span) for span in each] for each in (first, second))
    assert [as_interval(span) for span in intersect_spans(first, second)] == intersect(*times)
