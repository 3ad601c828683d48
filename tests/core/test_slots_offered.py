"""
What is offered of the gaps: whole ones first, later times in long ones, and no third evening in a row before others.

The last test walks the whole way from windows and busy times to an answer, with the partners in both places. Ten
thousand examples of it are a long run: ``pytest --hypothesis-profile=long tests/core/test_slots_offered.py``.
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.buffers import Buffers
from service.core.hours import Window, shared_hours
from service.core.interval import Interval, merge
from service.core.slots import APART, Slot, next_quarter, rank_slots
from service.core.spans import as_spans, find_free, lay
from tests.core.times import MINUTE, MONDAY, some_windows, span, utc, zones

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = 60 * MINUTE
NOW = utc(2026, 11, 20)
SATURDAY = Interval(utc(2026, 12, 5, 8), utc(2026, 12, 5, 22))  # 09:00 to 23:00 in Berlin
NOT_THIRD = "not_third_evening_in_a_row"

moments = st.integers(0, 10 * 24 * 60)
times = st.builds(lambda first, length: span(first, first + length), moments, st.integers(1, 20 * 60))
free_times = st.lists(times, max_size=4).map(merge)
lengths = st.integers(20, 4 * 60).map(lambda minutes: minutes * MINUTE)


def offer(
    gaps: list[Interval],
    *,
    length: timedelta | None = 2 * HOUR,
    limit: int | None = None,
    dates: list[Interval] | None = None,
    soft: list[Interval] | None = None,
) -> list[Slot]:
    return rank_slots(
        gaps, zones=[BERLIN, BERLIN], soft=soft or [], now=NOW, dates=dates or [], length=length, limit=limit
    )


def begins(slots: list[Slot]) -> list[str]:
    return [f"{slot.time.start.astimezone(BERLIN):%a %H:%M}" for slot in slots]


def evening(day: int) -> Interval:
    """Return 19:00 to 22:00 in Berlin of that day in December 2026."""
    return Interval(utc(2026, 12, day, 18), utc(2026, 12, day, 21))


def test_a_free_saturday_is_offered_whole_and_then_from_its_best_hours_on() -> None:
    whole, *later = offer([SATURDAY])
    assert whole.time == SATURDAY
    assert begins(later) == ["Sat 17:00", "Sat 18:30", "Sat 20:00", "Sat 10:30", "Sat 12:00", "Sat 13:30", "Sat 15:00"]
    assert {slot.time.length for slot in later} == {2 * HOUR}


def test_nothing_but_whole_gaps_is_offered_where_no_length_is_named() -> None:
    assert [slot.time for slot in offer([SATURDAY], length=None)] == [SATURDAY]


@pytest.mark.parametrize(("spare", "count"), [(89, 0), (90, 1), (104, 1), (180, 2)])
def test_a_gap_is_long_where_a_date_may_begin_an_hour_and_a_half_later(spare: int, count: int) -> None:
    gap = Interval(SATURDAY.start, SATURDAY.start + 2 * HOUR + spare * MINUTE)
    assert len(offer([gap])) == 1 + count


def test_a_later_time_begins_on_the_quarter_wherever_the_gap_begins() -> None:
    gap = Interval(SATURDAY.start + 7 * MINUTE, SATURDAY.start + 4 * HOUR)
    assert begins(offer([gap])) == ["Sat 09:07", "Sat 10:45"]


def test_every_gap_has_its_place_before_a_second_time_in_one() -> None:
    gaps = [evening(1), SATURDAY, evening(8)]
    slots = offer(gaps, length=HOUR)
    assert {slot.time for slot in slots[:3]} == set(gaps)
    assert begins(slots[3:6]) == ["Sat 10:30", "Tue 20:30", "Tue 20:30"]
    assert {f"{slot.time.start:%a}" for slot in slots[6:]} == {"Sat"}


def test_a_gap_of_several_days_offers_other_days_before_other_hours() -> None:
    whole, *later = offer([Interval(SATURDAY.start, SATURDAY.start + timedelta(days=3))])
    assert begins(later)[:3] == ["Sun 17:00", "Mon 17:00", "Sat 17:00"]
    assert len(later) > 10
    assert whole.time.length == timedelta(days=3)


@given(free_times, lengths)
def test_later_times_lie_in_their_gap_on_the_quarter_and_apart(gaps: list[Interval], length: timedelta) -> None:
    free = [gap for gap in gaps if gap.length >= length]
    slots = offer(free, length=length)
    whole, later = slots[: len(free)], slots[len(free) :]
    assert [slot.time for slot in whole] == [slot.time for slot in offer(free, length=None)]
    for gap in free:
        inside = [slot.time for slot in later if gap.contains(slot.time)]
        assert all(time.length == length and next_quarter(time.start) == time.start for time in inside)
        pairs = combinations([gap.start, *(time.start for time in inside)], 2)
        assert all(abs(one - other) >= APART for one, other in pairs)
        assert inside or next_quarter(gap.start + APART) + length > gap.end
    assert all(any(gap.contains(slot.time) for gap in free) for slot in later)


@given(free_times, lengths, st.integers(1, 12))
def test_a_limit_cuts_the_answer_and_changes_nothing_else(gaps: list[Interval], length: timedelta, limit: int) -> None:
    assert offer(gaps, length=length, limit=limit) == offer(gaps, length=length)[:limit]


@given(free_times, lengths, st.lists(times, max_size=4))
def test_time_that_may_be_needed_moves_no_beginning(
    gaps: list[Interval], length: timedelta, soft: list[Interval]
) -> None:
    clear, doubtful = (offer(gaps, length=length, soft=each) for each in ([], soft))
    assert sorted(slot.id for slot in clear) == sorted(slot.id for slot in doubtful)


@given(moments, zones)
def test_a_quarter_of_an_hour_is_one_on_every_clock(minute: int, zone: ZoneInfo) -> None:
    found = next_quarter(span(minute, minute + 1).start)
    assert found.astimezone(zone).minute % 15 == 0
    assert timedelta(0) <= found - span(minute, minute + 1).start < 15 * MINUTE


def test_a_third_evening_in_a_row_comes_after_one_that_is_not() -> None:
    wednesday, thursday = evening(2), evening(3)
    free, taken = [wednesday, thursday], [evening(30), evening(1)]
    assert [slot.time for slot in offer(free, length=None)] == free
    first, second = offer(free, length=None, dates=[evening(4), evening(5)])
    assert (first.time, second.time) == (wednesday, thursday)
    assert (NOT_THIRD in first.why, NOT_THIRD in second.why) == (True, False)
    first, second = offer(free, length=None, dates=[Interval(utc(2026, 11, 30, 18), utc(2026, 11, 30, 20)), taken[1]])
    assert (first.time, second.time) == (thursday, wednesday)
    assert (NOT_THIRD in first.why, NOT_THIRD in second.why) == (True, False)
    assert first.score > second.score


def test_far_from_any_date_it_goes_without_saying_that_it_is_no_third() -> None:
    (alone,), (far,), (near,) = (
        offer([evening(10)], length=None, dates=dates) for dates in ([], [evening(7)], [evening(8)])
    )
    assert alone == far
    assert near.why == (*alone.why, NOT_THIRD)
    assert near.score == alone.score


@dataclass(frozen=True, slots=True)
class Side:
    """What one partner brings into a question."""

    zone: ZoneInfo
    busy: list[Interval]
    soft: list[Interval]
    buffers: Buffers


@dataclass(frozen=True, slots=True)
class Couple:
    """What the two have in common; times are in minutes of `NOW` and the ten days after it."""

    windows: list[Window]
    dates: list[Interval]
    length: timedelta
    limit: int


half_hours = st.integers(0, 6).map(lambda number: number * 30 * MINUTE)
sides = st.builds(
    Side,
    zone=zones,
    busy=st.lists(times, max_size=6),
    soft=st.lists(times, max_size=3),
    buffers=st.builds(Buffers, half_hours, half_hours),
)
couples = st.builds(
    Couple, windows=some_windows, dates=st.lists(times, max_size=3), length=lengths, limit=st.integers(1, 12)
)


def answer(couple: Couple, *partners: Side) -> list[Slot]:
    clocks = [side.zone for side in partners]
    hours = shared_hours(couple.windows, zones=clocks, during=Interval(MONDAY, MONDAY + timedelta(days=10)))
    busy = [side.buffers.around(lay(as_spans(side.busy)).merged) for side in partners]
    soft = [time for side in partners for time in side.soft]
    gaps = find_free(hours, taken=[*busy, lay(as_spans(couple.dates)).merged], shortest=couple.length)
    return rank_slots(
        gaps, zones=clocks, soft=soft, now=MONDAY, dates=couple.dates, length=couple.length, limit=couple.limit
    )


@given(couples, sides, sides)
def test_partners_who_change_places_get_the_same_slots_scores_reasons_and_order(
    couple: Couple, one: Side, other: Side
) -> None:
    assert answer(couple, one, other) == answer(couple, other, one)


def test_soft_time_does_not_show_in_the_order_of_later_times() -> None:
    gaps = [Interval(MONDAY + timedelta(days=day, hours=17), MONDAY + timedelta(days=day, hours=23)) for day in (1, 2)]
    soft = Interval(MONDAY + timedelta(days=1, hours=18, minutes=30), MONDAY + timedelta(days=1, hours=20))
    without, known = (
        rank_slots(gaps, soft=each, zones=[ZoneInfo("UTC")], now=MONDAY, length=timedelta(hours=1), limit=12)
        for each in ([], [soft])
    )
    assert len(known) > len(gaps)
    assert known[len(gaps) :] == without[len(gaps) :]
