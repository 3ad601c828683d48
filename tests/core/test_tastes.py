"""Tastes: what counts of all that somebody said, from when on, and when they are asked. Times are UTC."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import Invalid
from service.core.ideas import Idea
from service.core.tastes import (
    CONCERN,
    LESS,
    LEVELS,
    NO_TASTE,
    Said,
    Taste,
    begin_of_week,
    latest_taste,
    may_ask,
    say,
    subject_of_concern,
    subject_of_idea,
    subject_of_kind,
    taste_of,
)
from tests.core.some_ideas import TEA, moments

SUNDAY = datetime(2026, 12, 6, 23, 59, tzinfo=UTC)
MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
DAY = timedelta(days=1)
TEA_SUBJECT = subject_of_idea("tea")


def test_what_is_said_counts_from_monday_on() -> None:
    said = [say(TEA_SUBJECT, "love", earlier=None, now=SUNDAY)]
    assert taste_of(said, now=SUNDAY) == NO_TASTE
    assert taste_of(said, now=MONDAY) == Taste(loved=frozenset({"tea"}))


def test_until_then_what_was_said_before_counts() -> None:
    love = say(TEA_SUBJECT, "love", earlier=None, now=SUNDAY - 7 * DAY)
    no = say(TEA_SUBJECT, "not_for_me", earlier=love, now=SUNDAY)
    assert taste_of([no], now=SUNDAY).loved == {"tea"}
    assert taste_of([no], now=MONDAY) == Taste(vetoed=frozenset({"tea"}))


def test_several_words_in_a_week_are_one_and_the_last_of_them_counts() -> None:
    said = say(TEA_SUBJECT, "love", earlier=None, now=SUNDAY - DAY)
    for answer in ("not_for_me", "fine", None, "love"):
        said = say(TEA_SUBJECT, answer, earlier=said, now=SUNDAY)
        assert taste_of([said], now=SUNDAY) == NO_TASTE
    assert taste_of([said], now=MONDAY).loved == {"tea"}


def test_what_was_taken_back_and_what_is_fine_count_as_nothing() -> None:
    for answer in ("fine", None):
        assert taste_of([say(TEA_SUBJECT, answer, earlier=None, now=SUNDAY)], now=MONDAY) == NO_TASTE


def test_whoever_said_it_sees_it_at_once() -> None:
    said = [
        say(TEA_SUBJECT, "love", earlier=None, now=SUNDAY),
        say(subject_of_kind("touch"), LESS, earlier=None, now=SUNDAY),
        say(subject_of_concern("cold"), CONCERN, earlier=None, now=SUNDAY),
    ]
    latest = Taste(loved=frozenset({"tea"}), less=frozenset({"touch"}), concerns=frozenset({"cold"}))
    assert latest_taste(said) == taste_of(said, now=MONDAY) == latest


@pytest.mark.parametrize(
    ("subject", "answer"),
    [
        (TEA_SUBJECT, "hate"),
        (TEA_SUBJECT, LESS),
        (subject_of_kind("rest"), "love"),
        (subject_of_kind("dancing"), LESS),
        (subject_of_concern("cold"), "love"),
        (subject_of_concern("boredom"), CONCERN),
    ],
)
def test_what_is_no_answer_to_its_subject_is_refused(subject: str, answer: str) -> None:
    with pytest.raises(Invalid):
        say(subject, answer, earlier=None, now=SUNDAY)


answers = st.lists(st.tuples(st.sampled_from((*LEVELS, None)), moments), min_size=1, max_size=8)


@given(answers)
def test_within_a_week_nothing_that_is_said_changes_what_counts(spoken: list[tuple[str | None, datetime]]) -> None:
    kept: Said | None = None
    for answer, now in sorted(spoken, key=lambda each: each[1]):
        before = NO_TASTE if kept is None else taste_of([kept], now=now)
        kept = say(TEA_SUBJECT, answer, earlier=kept, now=now)
        assert taste_of([kept], now=now) == before
        assert taste_of([kept], now=now + 7 * DAY) == latest_taste([kept])


@given(moments)
def test_a_week_begins_on_monday_and_lasts_seven_days(moment: datetime) -> None:
    monday = begin_of_week(moment)
    assert monday.weekday() == 0
    assert monday <= moment < monday + 7 * DAY
    assert begin_of_week(monday) == monday


@pytest.mark.parametrize(
    ("idea", "asked", "said", "days", "expected"),
    [
        (TEA, False, [], 0, True),
        (TEA, False, [subject_of_kind("rest")], 2, True),
        (TEA, False, [], -1, False),
        (TEA, False, [], 3, False),
        (TEA, True, [], 0, False),
        (TEA, False, [TEA_SUBJECT], 0, False),
        (None, False, [], 0, False),
    ],
)
def test_somebody_is_asked_once_soon_after_and_only_of_what_they_said_nothing_of(
    idea: Idea | None, asked: bool, said: list[str], days: int, expected: bool
) -> None:
    assert may_ask(idea, ended_at=SUNDAY, asked=asked, said=said, now=SUNDAY + days * DAY) is expected
