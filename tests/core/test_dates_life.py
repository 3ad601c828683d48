"""What stays true of a date whatever the two of them do, and whenever they do it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from service.core.dates import (
    TURN_OF,
    Date,
    PartStat,
    Status,
    Turn,
    answer,
    call_off,
    fill_in,
    happened,
    let_pass,
    move,
)
from service.core.errors import Refusal
from service.core.interval import Interval
from tests.core.test_dates import NOW, pencilled

MIRROR = {"a": "b", "b": "a", "stranger": "stranger"}
people = st.sampled_from(sorted(MIRROR))
partstats = st.sampled_from(PartStat)


class Life(RuleBasedStateMachine):
    """Two people do what they like with a date; beside it a second couple does the same the other way round."""

    @initialize()
    def begin(self) -> None:
        self.now = NOW
        self.date, self.mirrored = (replace(pencilled(by=who), idea_id=None) for who in "ab")
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

    @rule(idea_id=st.sampled_from(["tea", "walk"]))
    def fill_in(self, idea_id: str) -> None:
        self.step(lambda date, _who: fill_in(date, idea_id=idea_id, now=self.now), by="a")

    @rule(hours=st.integers(1, 72))
    def lay_elsewhere(self, hours: int) -> None:
        time = Interval(self.now + timedelta(hours=hours), self.now + timedelta(hours=hours + 1))
        self.step(lambda date, _who: move(date, by=None, time=time, now=self.now), by="a")

    @rule(hours=st.integers(1, 30))
    def wait(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.step(lambda date, _who: let_pass(date, now=self.now), by="a")

    @invariant()
    def the_sequence_never_falls(self) -> None:
        assert self.before.sequence <= self.date.sequence <= self.before.sequence + 1
        assert self.before.timed <= self.date.timed <= self.date.sequence

    @invariant()
    def the_status_is_that_of_the_answers(self) -> None:
        turn = TURN_OF[frozenset(self.date.answers.values())]
        said = {None: Status.TENTATIVE, Turn.AGREE: Status.CONFIRMED, Turn.DECLINE: Status.CANCELLED}[turn]
        assert self.date.status in (said, Status.CANCELLED)

    @invariant()
    def what_was_called_off_stays_so(self) -> None:
        if self.before.status is Status.CANCELLED:
            assert self.date is self.before

    @invariant()
    def every_change_outside_has_a_sequence_of_its_own(self) -> None:
        assert (happened(self.before, self.date) is None) is (self.before.sequence == self.date.sequence)

    @invariant()
    def both_partners_are_alike(self) -> None:
        answers = {MIRROR[who]: partstat for who, partstat in self.mirrored.answers.items()}
        ways = {MIRROR[who]: way for who, way in self.mirrored.ways.items()}
        assert replace(self.mirrored, answers=answers, ways=ways) == self.date

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
