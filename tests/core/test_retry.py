"""When to try again: waits grow, never beyond six hours, and end after two days."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.core.retry import FIRST_WAIT, LONG_ENOUGH, LONGEST_WAIT, is_worth_retrying, wait_after
from tests.core.times import utc

attempts = st.integers(1, 10_000)
asked = st.none() | st.timedeltas(timedelta(days=-3), timedelta(days=30))


@given(attempts, asked)
def test_a_wait_is_never_shorter_than_the_first_nor_longer_than_the_longest(
    number: int, wish: timedelta | None
) -> None:
    assert FIRST_WAIT <= wait_after(number, asked=wish) <= LONGEST_WAIT


@given(attempts, st.timedeltas(timedelta(0), LONGEST_WAIT))
def test_a_wait_is_at_least_what_the_other_side_asked_for(number: int, wish: timedelta) -> None:
    assert wait_after(number, asked=wish) >= wish


def test_waits_double_until_they_are_long_enough() -> None:
    waits = [wait_after(number) for number in range(1, 20)]
    assert waits[0] == FIRST_WAIT
    assert all(after == min(2 * before, LONGEST_WAIT) for before, after in pairwise(waits))
    assert waits[-1] == LONGEST_WAIT


def test_a_wish_for_a_month_is_cut_to_six_hours() -> None:
    assert wait_after(1, asked=timedelta(days=30)) == LONGEST_WAIT


def test_after_two_days_it_is_enough() -> None:
    since = utc(2026, 12, 4)
    almost = since + LONG_ENOUGH - timedelta(seconds=1)
    assert [is_worth_retrying(since=since, now=now) for now in (since, almost, since + LONG_ENOUGH)] == [
        True,
        True,
        False,
    ]


def test_two_days_are_a_dozen_tries_and_no_storm() -> None:
    waited, number = timedelta(0), 0
    while waited < LONG_ENOUGH:
        number += 1
        waited += wait_after(number)
    assert 12 <= number <= 20
