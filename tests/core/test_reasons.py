"""Reasons: the same for remembered stretches, and three evenings in a row counted on every clock."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.interval import Interval
from service.core.reasons import WORTH, days_of, has_neighbors, is_third, read_clocks
from tests.core.times import MINUTE, MONDAY, span, utc, zones

UTC_CLOCK = frozenset([ZoneInfo("UTC")])
LONGEST_RUN = 3


def evening(day: int) -> Interval:
    """Return 18:00 to 20:00 UTC of the day so many after a Monday."""
    return span((24 * day + 18) * 60, (24 * day + 20) * 60)


def third(day: int, *, among: list[int], clocks: frozenset[ZoneInfo] = UTC_CLOCK) -> bool:
    facts = read_clocks(evening(day), clocks=clocks)
    return is_third(facts, among=days_of([evening(each) for each in among], clocks=clocks))


@pytest.mark.parametrize(
    ("taken", "expected"),
    [([8, 9], True), ([9, 11], True), ([11, 12], True), ([8, 11], False), ([8, 12], False), ([9], False)],
    ids=["the third", "the second", "the first", "a day between", "days between", "a second"],
)
def test_the_third_in_a_row_may_be_first_second_or_last(taken: list[int], expected: bool) -> None:
    assert third(10, among=taken) is expected


@given(st.integers(0, 20), st.lists(st.integers(0, 20), min_size=1, max_size=9))
def test_an_evening_is_a_third_where_it_makes_a_run_of_three(day: int, taken: list[int]) -> None:
    evenings = {day, *taken}
    longest = max(len(run) for run in runs_with(day, evenings))
    assert third(day, among=taken) is (longest >= LONGEST_RUN)


def runs_with(day: int, evenings: set[int]) -> list[range]:
    """Return every stretch of days that holds `day` and is all evenings."""
    return [
        range(first, last + 1)
        for first in range(day - 3, day + 1)
        for last in range(day, day + 4)
        if evenings.issuperset(range(first, last + 1))
    ]


def test_one_clock_is_enough_to_make_a_third() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    # 23:00 in Tokyo is 14:00 in UTC; an hour and a half later it is the next day there
    dates = [span((24 * day + 14) * 60, (24 * day + 15) * 60) for day in (0, 1)]
    late = read_clocks(span((24 * 1 + 15) * 60 + 30, (24 * 1 + 17) * 60), clocks=frozenset([*UTC_CLOCK, tokyo]))
    assert is_third(late, among=days_of(dates, clocks=[ZoneInfo("UTC"), tokyo]))
    assert not is_third(
        read_clocks(span((24 * 1 + 15) * 60 + 30, (24 * 1 + 17) * 60), clocks=UTC_CLOCK),
        among=days_of(dates, clocks=UTC_CLOCK),
    )


@pytest.mark.parametrize(
    ("distance", "expected"), [(-3, False), (-2, True), (-1, True), (0, True), (2, True), (3, False)]
)
def test_dates_within_two_days_are_neighbors(distance: int, expected: bool) -> None:
    days = days_of([evening(10 + distance)], clocks=UTC_CLOCK)
    assert has_neighbors(read_clocks(evening(10), clocks=UTC_CLOCK), among=days) is expected


@given(zones, zones, st.integers(0, 40 * 96), st.integers(1, 96))
def test_reading_again_and_the_other_way_round_says_the_same(
    one: ZoneInfo, other: ZoneInfo, start: int, length: int
) -> None:
    time = Interval(MONDAY + start * 15 * MINUTE, MONDAY + (start + length) * 15 * MINUTE)
    there, back = (read_clocks(time, clocks=frozenset(clocks)) for clocks in ([one, other], [other, one]))
    assert (there.why, there.worth, dict(there.days)) == (back.why, back.worth, dict(back.days))
    assert dict(there.days) == {zone: time.start.astimezone(zone).toordinal() for zone in (one, other)}


def test_everything_a_slot_can_have_is_worth_no_more_than_the_best_score() -> None:
    either = min(WORTH["weekend"], WORTH["friday_evening"])
    nearness = 100
    assert sum(WORTH.values()) - either + nearness == 1000


def test_a_second_before_eight_is_too_early() -> None:
    starts = [utc(2026, 12, 2, 8) - timedelta(seconds=1), utc(2026, 12, 2, 8)]
    why = [read_clocks(Interval(start, start + timedelta(hours=1)), clocks=UTC_CLOCK).why for start in starts]
    assert why == [(), ("both_rested",)]
