"""Intervals against sets of minutes: what the arithmetic says has to be what counting minutes says."""

from datetime import timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import EmptyWindow
from service.core.interval import Interval, clip, cut, intersect, merge, pad, subtract, touching
from tests.core.times import MINUTE, MONDAY, minutes, span, spans

heaps = st.lists(spans, max_size=8)


@given(heaps)
def test_merged_time_is_the_same_time(heap: list[Interval]) -> None:
    assert minutes(merge(heap)) == minutes(heap)


@given(heaps)
def test_merged_intervals_are_sorted_and_never_touch(heap: list[Interval]) -> None:
    assert all(before.end < after.start for before, after in pairwise(merge(heap)))


@given(heaps.flatmap(lambda heap: st.tuples(st.just(heap), st.permutations(heap))))
def test_merging_does_not_depend_on_the_order(heaps: tuple[list[Interval], list[Interval]]) -> None:
    heap, shuffled = heaps
    assert merge(shuffled) == merge(heap) == merge(merge(heap))


@given(spans, heaps)
def test_what_is_left_is_the_window_without_what_is_taken(window: Interval, heap: list[Interval]) -> None:
    assert minutes(subtract(window, merge(heap))) == minutes([window]) - minutes(heap)


@given(spans, heaps)
def test_what_is_left_and_what_is_taken_cover_the_window(window: Interval, heap: list[Interval]) -> None:
    left = list(subtract(window, merge(heap)))
    assert merge([*left, *clip(merge(heap), to=window)]) == [window]


@given(heaps, heaps)
def test_shared_time_is_in_both(first: list[Interval], second: list[Interval]) -> None:
    both = intersect(merge(first), merge(second))
    assert minutes(both) == minutes(first) & minutes(second)
    assert both == sorted(both)
    assert both == intersect(merge(second), merge(first))


@given(heaps, spans)
def test_clipped_time_lies_inside_and_keeps_its_order(heap: list[Interval], window: Interval) -> None:
    clipped = clip(heap, to=window)
    assert minutes(clipped) == minutes(heap) & minutes([window])
    assert clipped == [part for each in heap for part in clip([each], to=window)]


@given(spans, spans)
def test_overlap_and_containment_are_what_the_minutes_say(one: Interval, other: Interval) -> None:
    assert one.overlaps(other) is bool(minutes([one]) & minutes([other]))
    assert one.contains(other) is (minutes([other]) <= minutes([one]))


@given(heaps, spans)
def test_what_touches_a_stretch_is_whole_and_in_its_order(heap: list[Interval], stretch: Interval) -> None:
    kept = merge(heap)
    assert touching(kept, stretch) == [each for each in kept if minutes([each]) & minutes([stretch])]


@given(heaps, spans)
def test_cutting_takes_the_same_from_sorted_time_as_clipping_does(heap: list[Interval], stretch: Interval) -> None:
    kept = merge(heap)
    assert cut(kept, to=stretch) == clip(kept, to=stretch)


@given(spans, st.integers(0, 30), st.integers(0, 30))
def test_padding_reaches_out_at_both_ends(one: Interval, before: int, after: int) -> None:
    (padded,) = pad([one], before=before * MINUTE, after=after * MINUTE)
    assert (one.start - padded.start, padded.end - one.end) == (before * MINUTE, after * MINUTE)


def test_intervals_that_touch_do_not_overlap_but_merge() -> None:
    assert not span(0, 10).overlaps(span(10, 20))
    assert merge([span(10, 20), span(0, 10)]) == [span(0, 20)]


def test_length_is_real_time() -> None:
    assert span(0, 90).length == timedelta(minutes=90)


@pytest.mark.parametrize("minute", [0, -1])
def test_a_stretch_without_time_is_refused(minute: int) -> None:
    with pytest.raises(EmptyWindow):
        span(0, minute)


@pytest.mark.parametrize(
    "zone", [None, ZoneInfo("Europe/Berlin"), ZoneInfo("UTC"), timezone(timedelta(hours=1))], ids=str
)
def test_only_utc_is_taken(zone: ZoneInfo | timezone | None) -> None:
    elsewhere = MONDAY.replace(tzinfo=zone)
    later = elsewhere + timedelta(hours=1)
    with pytest.raises(ValueError, match="UTC"):
        Interval(elsewhere, later)
    with pytest.raises(ValueError, match="UTC"):
        Interval(MONDAY - timedelta(days=1), elsewhere)


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        span(0, 1).start = MONDAY  # type: ignore[misc]
