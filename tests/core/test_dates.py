"""The life of a date: every cell of its tables, and what stays true whatever the two of them do."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

import pytest

from service.core.dates import (
    ANSWER_AHEAD,
    LIFE,
    STATUS_OF,
    TIME_TO_ANSWER,
    TURN_OF,
    Date,
    Happening,
    PartStat,
    Stage,
    Status,
    Turn,
    Via,
    answer,
    call_off,
    fill_in,
    happened,
    let_pass,
    move,
    pencil_in,
)
from service.core.errors import DateOver, Invalid, NotFound, StaleReply
from service.core.interval import Interval
from tests.core.times import span, utc

NOW = utc(2026, 11, 20)
TIME, LATER = span(0, 90), span(1440, 1530)
CELLS = list(product(Stage, Turn))
BY_PARTNERS = (Turn.AGREE, Turn.DECLINE, Turn.RESCHEDULE, Turn.CALL_OFF)
PAIRS = list(product(PartStat, PartStat))
SAID = {  # two answers with which a date has that status
    Status.TENTATIVE: (PartStat.ACCEPTED, PartStat.NEEDS_ACTION),
    Status.CONFIRMED: (PartStat.ACCEPTED, PartStat.ACCEPTED),
    Status.CANCELLED: (PartStat.ACCEPTED, PartStat.DECLINED),
}


def pencilled(*, by: str | None = "a") -> Date:
    return pencil_in("d", couple_id="c", time=TIME, idea_id="tea", by=by, partners=("a", "b"), now=NOW)


def at_stage(stage: Stage) -> Date:
    said = SAID[STATUS_OF[stage]]
    return replace(pencilled(), stage=stage, answers=dict(zip("ab", said, strict=True)), sequence=3, timed=2)


def do(turn: Turn, date: Date, *, now: datetime = NOW) -> Date:
    """Let that happen to the date, by what partner b does or by time; return the same date where nothing does."""
    match turn:
        case Turn.AGREE | Turn.DECLINE:
            partstat = PartStat.ACCEPTED if turn is Turn.AGREE else PartStat.DECLINED
            return answer(date, by="b", partstat=partstat, sequence=date.sequence, now=now)
        case Turn.RESCHEDULE:
            return move(date, by="b", time=LATER, now=now)
        case Turn.CALL_OFF:
            return call_off(date, by="b", now=now)
        case Turn.SILENCE:
            return let_pass(date, now=date.answer_by)
        case Turn.END:
            return let_pass(date, now=date.time.end)


@pytest.mark.parametrize(("stage", "turn"), CELLS)
def test_every_cell_of_the_table_leads_where_it_says_or_is_refused(stage: Stage, turn: Turn) -> None:
    before = at_stage(stage)
    leads_to = LIFE[stage].get(turn)
    if leads_to is not None:
        assert do(turn, before).stage is leads_to
    elif turn in BY_PARTNERS and not LIFE[stage]:
        with pytest.raises(DateOver):
            do(turn, before)
    elif (stage, turn) == (Stage.CONFIRMED, Turn.AGREE):
        assert do(turn, before) is before
    elif (stage, turn) in {(Stage.PENCILLED, Turn.END), (Stage.MOVED, Turn.END)}:
        assert do(turn, before).stage is Stage.LAPSED  # its last moment to answer was long before
    else:
        assert do(turn, before) is before


@pytest.mark.parametrize(("stage", "turn"), list(product(Stage, BY_PARTNERS)))
def test_nobody_changes_a_date_whose_time_is_over(stage: Stage, turn: Turn) -> None:
    over = replace(at_stage(stage), time=Interval(NOW - timedelta(hours=2), NOW))
    with pytest.raises(DateOver):
        do(turn, over)


@pytest.mark.parametrize(("stage", "turn"), list(product(Stage, BY_PARTNERS)))
def test_to_anybody_else_there_is_no_such_date(stage: Stage, turn: Turn) -> None:
    foreign = replace(at_stage(stage), answers={"c": PartStat.ACCEPTED, "d": PartStat.NEEDS_ACTION})
    with pytest.raises(NotFound):
        do(turn, foreign)


@pytest.mark.parametrize("stage", Stage)
def test_time_changes_a_date_at_its_next_moment_and_not_before(stage: Stage) -> None:
    date = at_stage(stage)
    if date.next_at is None:
        assert not date.is_open
        assert let_pass(date, now=date.time.end + timedelta(days=9)) is date
        return
    assert let_pass(date, now=date.next_at - timedelta(seconds=1)) is date
    assert not let_pass(date, now=date.next_at).is_open


@pytest.mark.parametrize(
    ("ahead", "until"),
    [
        (timedelta(days=3), timedelta(days=3) - ANSWER_AHEAD),
        (timedelta(minutes=150), TIME_TO_ANSWER),
        (timedelta(minutes=30), timedelta(minutes=30)),
    ],
    ids=["far ahead", "soon", "sooner than an answer takes"],
)
def test_there_is_time_to_answer_until_two_hours_before_or_at_least_an_hour(ahead: timedelta, until: timedelta) -> None:
    time = Interval(NOW + ahead, NOW + ahead + timedelta(hours=1))
    date = pencil_in("d", couple_id="c", time=time, idea_id=None, by="a", partners="ab", now=NOW)
    assert date.answer_by == NOW + until
    assert move(replace(pencilled()), by="b", time=time, now=NOW).answer_by == NOW + until


def test_what_nobody_penciled_in_asks_both() -> None:
    hold = pencilled(by=None)
    assert set(hold.answers.values()) == {PartStat.NEEDS_ACTION}
    one = answer(hold, by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW)
    assert (one.stage, one.sequence) == (Stage.PENCILLED, 0)
    assert answer(one, by="a", partstat=PartStat.ACCEPTED, sequence=0, now=NOW).stage is Stage.CONFIRMED


def test_each_answer_remembers_the_way_it_came_by_until_the_time_changes() -> None:
    date = answer(pencilled(), by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW, via=Via.MAIL)
    assert date.ways == {"a": Via.API, "b": Via.MAIL}
    assert move(date, by="b", time=LATER, now=NOW, via=Via.CALENDAR).ways == {"b": Via.CALENDAR}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_answers_make_one_turn_whosever_they_are(one: PartStat, other: PartStat) -> None:
    expected = {
        (True, False): Turn.DECLINE,
        (True, True): Turn.DECLINE,
        (False, True): Turn.AGREE,
        (False, False): None,
    }[PartStat.DECLINED in (one, other), one is other is PartStat.ACCEPTED]
    assert TURN_OF[frozenset({one, other})] is expected
    assert TURN_OF[frozenset({other, one})] is expected


def test_the_tables_have_no_other_cells() -> None:
    assert set(LIFE) == set(STATUS_OF) == set(Stage)
    assert set(TURN_OF) == {frozenset(pair) for pair in PAIRS}


@pytest.mark.parametrize(("mine", "yours"), [pair for pair in PAIRS if PartStat.NEEDS_ACTION not in pair])
def test_each_answer_leads_to_the_status_of_both(mine: PartStat, yours: PartStat) -> None:
    asked = replace(pencilled(), answers=dict.fromkeys("ab", PartStat.NEEDS_ACTION))
    after_mine = answer(asked, by="a", partstat=mine, sequence=0, now=NOW)
    assert after_mine.stage is stage_after(mine, PartStat.NEEDS_ACTION)
    if after_mine.is_open:
        after_yours = answer(after_mine, by="b", partstat=yours, sequence=0, now=NOW)
        assert after_yours.stage is stage_after(mine, yours)


def stage_after(*said: PartStat) -> Stage:
    turn = TURN_OF[frozenset(said)]
    return Stage.PENCILLED if turn is None else LIFE[Stage.PENCILLED][turn]


def test_penciling_in_is_the_first_yes() -> None:
    date = pencilled(by="b")
    assert date.answers == {"a": PartStat.NEEDS_ACTION, "b": PartStat.ACCEPTED}
    assert (date.status, date.sequence, date.timed) == (Status.TENTATIVE, 0, 0)
    assert (date.created_at, date.changed_at) == (NOW, NOW)


def test_a_second_yes_confirms() -> None:
    confirmed = answer(pencilled(), by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW)
    assert (confirmed.status, confirmed.sequence, confirmed.timed) == (Status.CONFIRMED, 1, 0)


@pytest.mark.parametrize("stage", [Stage.PENCILLED, Stage.MOVED, Stage.CONFIRMED])
def test_the_same_answer_twice_changes_nothing(stage: Stage) -> None:
    date = at_stage(stage)
    later = NOW + timedelta(hours=1)
    assert answer(date, by="a", partstat=date.answers["a"], sequence=date.sequence, now=later) is date


def test_a_no_after_a_yes_calls_the_date_off() -> None:
    confirmed = at_stage(Stage.CONFIRMED)
    declined = answer(confirmed, by="a", partstat=PartStat.DECLINED, sequence=3, now=NOW)
    assert (declined.status, declined.sequence) == (Status.CANCELLED, 4)


def test_a_move_asks_the_other_anew() -> None:
    moved = move(at_stage(Stage.CONFIRMED), by="b", time=LATER, now=NOW)
    assert moved.answers == {"a": PartStat.NEEDS_ACTION, "b": PartStat.ACCEPTED}
    assert (moved.status, moved.time, moved.sequence, moved.timed) == (Status.TENTATIVE, LATER, 4, 4)


def test_a_move_to_the_same_time_changes_nothing() -> None:
    date = at_stage(Stage.CONFIRMED)
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


def test_what_nobody_moved_asks_both_anew() -> None:
    moved = move(at_stage(Stage.CONFIRMED), by=None, time=LATER, now=NOW)
    assert moved.answers == dict.fromkeys("ab", PartStat.NEEDS_ACTION)
    assert (moved.ways, moved.stage, moved.timed) == ({}, Stage.MOVED, 4)


def test_an_idea_is_filled_in_without_asking_again() -> None:
    confirmed = replace(at_stage(Stage.CONFIRMED), idea_id=None)
    filled = fill_in(confirmed, idea_id="walk", now=NOW)
    assert filled == replace(confirmed, idea_id="walk", sequence=4, changed_at=NOW)
    assert happened(confirmed, filled) is Happening.FILLED_IN
    assert answer(filled, by="b", partstat=PartStat.DECLINED, sequence=2, now=NOW).status is Status.CANCELLED
    assert fill_in(filled, idea_id="tea", now=NOW) is filled


@pytest.mark.parametrize("stage", [Stage.CALLED_OFF, Stage.LAPSED, Stage.OVER])
def test_what_can_no_longer_be_gets_no_idea(stage: Stage) -> None:
    with pytest.raises(DateOver):
        fill_in(at_stage(stage), idea_id="walk", now=NOW)
