"""When to try again: waits grow, never beyond six hours, and end after two days; who is silent is left alone."""

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.core.retry import (
    FIRST_WAIT,
    LONG_ENOUGH,
    LONGEST_WAIT,
    PROBE,
    Breaker,
    is_worth_retrying,
    wait_after,
)
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


@given(attempts, asked, st.floats(0, 1, exclude_max=True))
def test_a_spread_wait_is_at_most_a_quarter_longer_and_never_shorter(
    number: int, wish: timedelta | None, spread: float
) -> None:
    plain = wait_after(number, asked=wish)
    assert plain <= wait_after(number, asked=wish, spread=spread) <= 1.25 * plain


NOW = utc(2026, 12, 4)


def test_who_did_not_answer_three_times_in_a_row_is_left_alone_and_ever_longer() -> None:
    breaker = Breaker()
    until = []
    for _ in range(6):
        breaker = breaker.after_failure(now=NOW, trips_at=3)
        until.append(breaker.until)
    assert until == [None, None, *(NOW + number * FIRST_WAIT for number in (1, 2, 4, 8))]


@given(asked)
def test_who_asks_to_be_left_alone_is_for_as_long_as_they_ask(wish: timedelta | None) -> None:
    breaker = Breaker().after_failure(now=NOW, trips_at=1, asked=wish)
    assert breaker.until == NOW + wait_after(1, asked=wish)


def test_once_the_wait_is_over_one_visitor_goes_in_and_the_others_wait_a_moment_more() -> None:
    breaker = Breaker().after_failure(now=NOW, trips_at=1)
    later = NOW + FIRST_WAIT
    assert breaker.is_open(now=later - timedelta(seconds=1))
    assert not breaker.is_open(now=later)
    while_one_looks = breaker.let_one_in(now=later)
    assert while_one_looks.is_open(now=later)
    assert not while_one_looks.is_open(now=later + PROBE)  # should the visitor never come back


def test_a_few_failures_keep_nobody_waiting() -> None:
    breaker = Breaker().after_failure(now=NOW, trips_at=3)
    assert not breaker.is_open(now=NOW)
    assert breaker.let_one_in(now=NOW) == breaker
