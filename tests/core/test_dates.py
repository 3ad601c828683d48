"""The life of a date: every cell of its tables, and what stays true whatever the two of them do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.core.dates import (
    ALLOWED,
    STATUS_OF,
    Date,
    Happening,
    Move,
    PartStat,
    Status,
    answer,
    call_off,
    happened,
    move,
    pencil_in,
)
from service.core.errors import DateOver, Invalid, NotFound, Refusal, StaleReply
from service.core.interval import Interval
from tests.core.times import span, utc

NOW = utc(2026, 11, 20)
TIME, LATER = span(0, 90), span(1440, 1530)
STEPS = list(product(Status, Move))
PAIRS = list(product(PartStat, PartStat))
SAID = {  # two answers with which a date has that status
    Status.TENTATIVE: (PartStat.ACCEPTED, PartStat.NEEDS_ACTION),
    Status.CONFIRMED: (PartStat.ACCEPTED, PartStat.ACCEPTED),
    Status.CANCELLED: (PartStat.ACCEPTED, PartStat.DECLINED),
}


def pencilled(*, by: str = "a") -> Date:
    return pencil_in("d", couple_id="c", time=TIME, idea_id="tea", by=by, partners=("a", "b"), now=NOW)


def in_status(status: Status) -> Date:
    return replace(pencilled(), status=status, answers=dict(zip("ab", SAID[status], strict=True)), sequence=3, timed=2)


def make(step: Move, date: Date) -> Date:
    """Do that step with the date as partner b, in a way that changes something."""
    if step is Move.ANSWER:
        other = PartStat.DECLINED if date.answers.get("b") is PartStat.ACCEPTED else PartStat.ACCEPTED
        return answer(date, by="b", partstat=other, sequence=date.sequence, now=NOW)
    if step is Move.RESCHEDULE:
        return move(date, by="b", time=LATER, now=NOW)
    return call_off(date, by="b", now=NOW)


@pytest.mark.parametrize(("status", "step"), STEPS)
def test_a_step_is_taken_where_the_table_allows_it_and_refused_where_not(status: Status, step: Move) -> None:
    before = in_status(status)
    if step in ALLOWED[status]:
        assert make(step, before) != before
    else:
        with pytest.raises(DateOver):
            make(step, before)


@pytest.mark.parametrize(("status", "step"), STEPS)
def test_no_step_is_taken_with_a_date_that_is_over(status: Status, step: Move) -> None:
    over = replace(in_status(status), time=Interval(NOW - timedelta(hours=2), NOW))
    with pytest.raises(DateOver):
        make(step, over)


@pytest.mark.parametrize(("status", "step"), STEPS)
def test_to_anybody_else_there_is_no_such_date(status: Status, step: Move) -> None:
    foreign = replace(in_status(status), answers={"c": PartStat.ACCEPTED, "d": PartStat.NEEDS_ACTION})
    with pytest.raises(NotFound):
        make(step, foreign)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_answers_make_one_status_whosever_they_are(one: PartStat, other: PartStat) -> None:
    expected = {
        (True, False): Status.CANCELLED,
        (True, True): Status.CANCELLED,
        (False, True): Status.CONFIRMED,
        (False, False): Status.TENTATIVE,
    }[PartStat.DECLINED in (one, other), one is other is PartStat.ACCEPTED]
    assert STATUS_OF[frozenset({one, other})] is expected
    assert STATUS_OF[frozenset({other, one})] is expected


def test_the_tables_have_no_other_cells() -> None:
    assert set(ALLOWED) == set(Status)
    assert set(STATUS_OF) == {frozenset(pair) for pair in PAIRS}


@pytest.mark.parametrize(("mine", "yours"), [pair for pair in PAIRS if PartStat.NEEDS_ACTION not in pair])
def test_each_answer_leads_to_the_status_of_both(mine: PartStat, yours: PartStat) -> None:
    asked = replace(pencilled(), answers=dict.fromkeys("ab", PartStat.NEEDS_ACTION))
    after_mine = answer(asked, by="a", partstat=mine, sequence=0, now=NOW)
    assert after_mine.status is STATUS_OF[frozenset({mine, PartStat.NEEDS_ACTION})]
    if after_mine.status is not Status.CANCELLED:
        after_yours = answer(after_mine, by="b", partstat=yours, sequence=0, now=NOW)
        assert after_yours.status is STATUS_OF[frozenset({mine, yours})]


def test_penciling_in_is_the_first_yes() -> None:
    date = pencilled(by="b")
    assert date.answers == {"a": PartStat.NEEDS_ACTION, "b": PartStat.ACCEPTED}
    assert (date.status, date.sequence, date.timed) == (Status.TENTATIVE, 0, 0)
    assert (date.created_at, date.changed_at) == (NOW, NOW)


def test_a_second_yes_confirms() -> None:
    confirmed = answer(pencilled(), by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW)
    assert (confirmed.status, confirmed.sequence, confirmed.timed) == (Status.CONFIRMED, 1, 0)


@pytest.mark.parametrize("status", [Status.TENTATIVE, Status.CONFIRMED])
def test_the_same_answer_twice_changes_nothing(status: Status) -> None:
    date = in_status(status)
    later = NOW + timedelta(hours=1)
    assert answer(date, by="a", partstat=date.answers["a"], sequence=date.sequence, now=later) is date


def test_a_no_after_a_yes_calls_the_date_off() -> None:
    confirmed = in_status(Status.CONFIRMED)
    declined = answer(confirmed, by="a", partstat=PartStat.DECLINED, sequence=3, now=NOW)
    assert (declined.status, declined.sequence) == (Status.CANCELLED, 4)


def test_a_move_asks_the_other_anew() -> None:
    moved = move(in_status(Status.CONFIRMED), by="b", time=LATER, now=NOW)
    assert moved.answers == {"a": PartStat.NEEDS_ACTION, "b": PartStat.ACCEPTED}
    assert (moved.status, moved.time, moved.sequence, moved.timed) == (Status.TENTATIVE, LATER, 4, 4)


def test_a_move_to_the_same_time_changes_nothing() -> None:
    date = in_status(Status.CONFIRMED)
    assert move(date, by="b", time=TIME, now=NOW + timedelta(hours=1)) is date


def test_an_answer_to_the_time_before_a_move_is_stale() -> None:
    moved = move(pencilled(), by="a", time=LATER, now=NOW)
    with pytest.raises(StaleReply):
        answer(moved, by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW)


def test_an_answer_to_the_present_time_counts_though_the_date_was_revised_since() -> None:
    confirmed = answer(pencilled(), by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW)
    declined = answer(confirmed, by="b", partstat=PartStat.DECLINED, sequence=0, now=NOW)
    assert declined.status is Status.CANCELLED


def test_an_answer_to_what_was_never_sent_is_refused() -> None:
    with pytest.raises(Invalid):
        answer(pencilled(), by="b", partstat=PartStat.ACCEPTED, sequence=1, now=NOW)


def test_nobody_can_take_an_answer_back_to_nothing() -> None:
    with pytest.raises(Invalid):
        answer(pencilled(), by="a", partstat=PartStat.NEEDS_ACTION, sequence=0, now=NOW)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(minutes=-1)])
def test_a_date_begins_in_the_future(ahead: timedelta) -> None:
    begun = Interval(NOW + ahead, NOW + timedelta(hours=1))
    with pytest.raises(Invalid):
        pencil_in("d", couple_id="c", time=begun, idea_id=None, by="a", partners="ab", now=NOW)
    with pytest.raises(Invalid):
        move(pencilled(), by="a", time=begun, now=NOW)


def test_a_date_can_be_called_off_while_it_goes_on() -> None:
    halfway = TIME.start + timedelta(minutes=30)
    assert call_off(pencilled(), by="b", now=halfway).status is Status.CANCELLED


def test_each_step_is_called_what_it_is_to_the_outside() -> None:
    date = pencilled()
    confirmed = answer(date, by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW)
    assert happened(None, date) is Happening.PENCILLED
    assert happened(date, confirmed) is Happening.CONFIRMED
    assert happened(date, move(date, by="b", time=LATER, now=NOW)) is Happening.MOVED
    assert happened(confirmed, move(confirmed, by="b", time=LATER, now=NOW)) is Happening.MOVED
    assert happened(confirmed, call_off(confirmed, by="a", now=NOW)) is Happening.CALLED_OFF


def test_what_changes_nothing_is_nothing_to_the_outside() -> None:
    off = call_off(pencilled(), by="a", now=NOW)
    assert happened(off, off) is None
    assert happened(pencilled(), pencilled()) is None


MIRROR = {"a": "b", "b": "a", "stranger": "stranger"}
people = st.sampled_from(sorted(MIRROR))
partstats = st.sampled_from(PartStat)


class Life(RuleBasedStateMachine):
    """Two people do what they like with a date; beside it a second couple does the same the other way round."""

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.date, self.mirrored = pencilled(by="a"), pencilled(by="b")
        self.before = self.date

    @rule(by=people, partstat=partstats, behind=st.integers(-1, 2))
    def answer(self, by: str, partstat: PartStat, behind: int) -> None:
        sequence = self.date.sequence - behind
        self.step(
            lambda date, who: answer(date, by=who, partstat=partstat, sequence=sequence, now=self.now),
            by=by,
        )

    @rule(by=people, hours=st.integers(-1, 72))
    def move(self, by: str, hours: int) -> None:
        start = self.now + timedelta(hours=hours)
        time = Interval(start, start + timedelta(hours=2))
        self.step(lambda date, who: move(date, by=who, time=time, now=self.now), by=by)

    @rule(by=people)
    def call_off(self, by: str) -> None:
        self.step(lambda date, who: call_off(date, by=who, now=self.now), by=by)

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def the_sequence_never_falls(self) -> None:
        assert self.before.sequence <= self.date.sequence <= self.before.sequence + 1
        assert self.before.timed <= self.date.timed <= self.date.sequence

    @invariant()
    def the_status_is_that_of_the_answers(self) -> None:
        assert self.date.status in (STATUS_OF[frozenset(self.date.answers.values())], Status.CANCELLED)

    @invariant()
    def what_was_called_off_stays_so(self) -> None:
        if self.before.status is Status.CANCELLED:
            assert self.date is self.before

    @invariant()
    def every_change_outside_has_a_sequence_of_its_own(self) -> None:
        assert (happened(self.before, self.date) is None) is (self.before.sequence == self.date.sequence)

    @invariant()
    def both_partners_are_alike(self) -> None:
        swapped = {MIRROR[who]: partstat for who, partstat in self.mirrored.answers.items()}
        assert replace(self.mirrored, answers=swapped) == self.date

    def step(self, do: Callable[[Date, str], Date], *, by: str) -> None:
        self.before = self.date
        outcomes = [outcome(do, date, by=who) for date, who in ((self.date, by), (self.mirrored, MIRROR[by]))]
        refusals = {type(each) for each in outcomes if isinstance(each, Refusal)}
        if refusals:
            assert len(refusals) == 1
            assert all(isinstance(each, Refusal) for each in outcomes)
        else:
            self.date, self.mirrored = (each for each in outcomes if isinstance(each, Date))


def outcome(do: Callable[[Date, str], Date], date: Date, *, by: str) -> Date | Refusal:
    try:
        return do(date, by)
    except Refusal as refused:
        return refused


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
