"""A date about every so many days: where its hold lies, whatever the two did before, and whichever of them is which."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.dates import Date, Origin, PartStat, Stage, Status
from service.core.errors import Invalid
from service.core.interval import Interval
from service.core.rhythm import (
    IDEA_AHEAD,
    NOTICE,
    SHORT,
    Due,
    Outlook,
    Rhythm,
    choose_hold,
    is_soft,
    look_ahead,
    next_look,
    next_window,
    wants_idea,
)
from service.core.slots import Slot
from tests.core.evenings import (
    BERLIN,
    DAY,
    HOUR,
    NOW,
    OURS,
    WEEKLY,
    couples,
    dates,
    day,
    evening,
    hours,
    lengths,
    on,
    rhythms,
    slots,
)
from tests.core.times import utc


def look(*dates: Date, now: datetime = NOW, rhythm: Rhythm = WEEKLY) -> Outlook:
    return look_ahead(dates, rhythm=rhythm, now=now, zones=OURS)


def due_of(outlook: Outlook) -> Due:
    assert outlook.due is not None
    return outlook.due


def choose(
    slots: Sequence[Slot], *, due: Due, length: timedelta = HOUR, soft: Sequence[Interval] = ()
) -> Interval | None:
    return choose_hold(slots, due=due, length=length, zones=OURS, soft=soft)


@pytest.mark.parametrize("days", [(7, 0, 10), (7, 8, 10), (7, 5, 6), (7, 5, 61), (4, 5, 10), (-1, -2, 3)])
def test_a_rhythm_out_of_order_is_refused(days: tuple[int, int, int]) -> None:
    about, least, most = days
    with pytest.raises(Invalid):
        Rhythm(about, least_days=least, most_days=most)


def test_the_next_hold_lies_five_to_ten_days_after_the_last_date_best_after_seven() -> None:
    due = next_window(day(-1).time.start, rhythm=WEEKLY, now=NOW, zones=[BERLIN])
    assert due.window == Interval(utc(2026, 12, 4, 23), utc(2026, 12, 10, 23))
    assert due.target == utc(2026, 12, 6, 23)


def test_after_a_long_gap_it_begins_with_the_next_day_and_catches_up_on_nothing() -> None:
    for last in (None, NOW - 100 * DAY):
        due = next_window(last, rhythm=WEEKLY, now=NOW, zones=[BERLIN])
        assert due.window == Interval(NOW + NOTICE, utc(2026, 12, 7, 23))
        assert due.target == utc(2026, 12, 3, 23)


def test_where_the_clocks_differ_the_later_one_decides() -> None:
    due = next_window(day(-1).time.start, rhythm=WEEKLY, now=NOW, zones=OURS)
    assert due.window == Interval(utc(2026, 12, 5), utc(2026, 12, 11))


@given(st.none() | hours, rhythms, couples)
def test_a_window_leaves_notice_and_is_as_long_as_the_rhythm_is_loose(
    last: int | None, rhythm: Rhythm, clocks: tuple[ZoneInfo, ZoneInfo]
) -> None:
    before = None if last is None else NOW + last * HOUR
    due = next_window(before, rhythm=rhythm, now=NOW, zones=clocks)
    assert due.window.start >= NOW + NOTICE
    assert due.window.length <= (rhythm.most_days - rhythm.least_days + 3) * DAY
    for zone in clocks:
        if before is not None:
            days = (due.window.start.astimezone(zone).date() - before.astimezone(zone).date()).days
            assert days >= rhythm.least_days
    assert due == next_window(before, rhythm=rhythm, now=NOW, zones=clocks[::-1])


def test_a_date_ahead_keeps_the_rhythm_whoever_pencilled_it_in() -> None:
    for origin in Origin:
        date = replace(day(6), origin=origin)
        assert look(day(-1), date) == Outlook(next=date)


def test_a_date_that_is_going_on_keeps_it_until_it_is_over() -> None:
    date = on(0)
    assert look(date, now=NOW + HOUR / 2) == Outlook(next=date)
    assert look(date, now=NOW + HOUR).due is not None


def test_a_date_moved_by_hand_counts_from_where_it_is() -> None:
    assert due_of(look(day(-1))).window.start == utc(2026, 12, 5)
    assert due_of(look(day(-1, hour=-40))).window.start == utc(2026, 12, 3)


def test_a_date_far_ahead_leaves_room_for_one_before_it() -> None:
    due = due_of(look(day(-1), day(13)))
    assert due.window == Interval(utc(2026, 12, 5), utc(2026, 12, 9, 23))


def test_between_two_dates_that_are_near_enough_there_is_none() -> None:
    last, following = day(-1), day(8)
    assert look(last, following, rhythm=Rhythm(6, least_days=6, most_days=7)) == Outlook(next=following)


@pytest.mark.parametrize("stage", [Stage.CALLED_OFF, Stage.LAPSED])
def test_what_came_to_nothing_is_followed_by_quiet_and_then_by_the_least_days(stage: Stage) -> None:
    off = day(6, stage=stage)
    assert look(day(-1), off) == Outlook()
    assert look(day(-1), off, now=off.time.end - timedelta(seconds=1)) == Outlook()
    after = due_of(look(day(-1), off, now=off.time.end))
    assert after.window.start == utc(2026, 12, 12)  # the seventh, and five days


@given(dates, rhythms, couples, slots, lengths)
def test_a_hold_lies_in_its_window_apart_from_every_date(
    known: list[Date], rhythm: Rhythm, clocks: tuple[ZoneInfo, ZoneInfo], free: list[Slot], length: timedelta
) -> None:
    outlook = look_ahead(known, rhythm=rhythm, now=NOW, zones=clocks)
    if outlook.due is None:
        assert outlook.next is None or outlook.next in known
        return
    hold = choose_hold(free, due=outlook.due, length=length, zones=clocks)
    if hold is None:
        return
    assert outlook.due.window.contains(hold)
    assert hold.start >= NOW + NOTICE
    assert any(slot.time.contains(hold) for slot in free)
    for date in known:
        if date.status is not Status.CANCELLED or date.time.end <= NOW:
            apart = [
                abs((hold.start.astimezone(zone).date() - date.time.start.astimezone(zone).date()).days)
                for zone in clocks
            ]
            assert min(apart) >= rhythm.least_days


@given(slots, lengths, couples, st.lists(st.integers(0, 700), max_size=3))
def test_there_is_a_hold_where_there_are_twenty_minutes_and_a_long_one_where_it_fits(
    free: list[Slot], length: timedelta, clocks: tuple[ZoneInfo, ZoneInfo], perhaps: list[int]
) -> None:
    due = next_window(None, rhythm=WEEKLY, now=NOW, zones=clocks)
    soft = [Interval(NOW + at * HOUR, NOW + (at + 2) * HOUR) for at in perhaps]
    hold = choose_hold(free, due=due, length=length, zones=clocks, soft=soft)
    room = [
        min(slot.time.end, due.window.end) - max(slot.time.start, due.window.start)
        for slot in free
        if slot.time.overlaps(due.window)
    ]
    longest = max(room, default=timedelta(0))
    expected = length if longest >= length else SHORT if longest >= SHORT else None
    assert (None if hold is None else hold.length) == expected


@given(dates, slots, lengths, couples)
def test_the_partners_can_change_places(
    known: list[Date], free: list[Slot], length: timedelta, clocks: tuple[ZoneInfo, ZoneInfo]
) -> None:
    answers = []
    for both in (clocks, clocks[::-1]):
        outlook = look_ahead(known, rhythm=WEEKLY, now=NOW, zones=both)
        due = outlook.due
        answers.append((outlook, due and choose_hold(free, due=due, length=length, zones=both)))
    assert answers[0] == answers[1]


DUE = next_window(day(-1).time.start, rhythm=WEEKLY, now=NOW, zones=OURS)  # 5 to 10 December, best on the 7th


def test_the_day_nearest_to_the_best_one_is_chosen_among_equals() -> None:
    hold = choose([evening(4), evening(5), evening(9)], due=DUE)
    assert hold == Interval(utc(2026, 12, 6, 18), utc(2026, 12, 6, 19))


def test_a_much_better_evening_is_worth_a_day_or_two() -> None:
    good, near = evening(4, score=0.9), evening(6, score=0.5)
    assert choose([near, good], due=DUE) == Interval(good.time.start, good.time.start + HOUR)
    far = evening(9, score=0.6)
    assert choose([near, far], due=DUE) == Interval(near.time.start, near.time.start + HOUR)


def test_time_that_may_still_be_needed_comes_later() -> None:
    near, other = evening(6), evening(8)
    soft = [Interval(near.time.end - HOUR / 4, near.time.end)]
    assert choose([near, other], due=DUE, soft=soft) == Interval(other.time.start, other.time.start + HOUR)
    assert choose([near], due=DUE, soft=soft) == Interval(near.time.start, near.time.start + HOUR)


def test_a_hold_begins_on_the_quarter_of_an_hour_where_it_can() -> None:
    odd = Interval(utc(2026, 12, 7, 18, 7), utc(2026, 12, 7, 20))
    assert choose([Slot(odd, 0.5, ())], due=DUE) == Interval(utc(2026, 12, 7, 18, 15), utc(2026, 12, 7, 19, 15))
    exact = Interval(odd.start, odd.start + HOUR)
    assert choose([Slot(exact, 0.5, ())], due=DUE) == exact


def test_twenty_minutes_count_where_there_is_no_more() -> None:
    short = evening(6, length=timedelta(minutes=35))
    assert choose([short], due=DUE) == Interval(short.time.start, short.time.start + SHORT)


def test_a_window_without_room_has_no_hold() -> None:
    assert choose([], due=DUE) is None
    assert choose([evening(6, length=timedelta(minutes=19)), evening(2), evening(12)], due=DUE) is None


def test_a_hold_is_soft_until_somebody_says_yes_or_it_is_near() -> None:
    hold = day(2)
    assert is_soft(hold, now=NOW)
    assert not is_soft(hold, now=hold.time.start - NOTICE + timedelta(minutes=1))
    assert not is_soft(replace(hold, answers={"a": PartStat.ACCEPTED, "b": PartStat.NEEDS_ACTION}), now=NOW)
    assert not is_soft(replace(hold, origin=Origin.PARTNER), now=NOW)
    assert not is_soft(replace(hold, stage=Stage.CONFIRMED), now=NOW)
    assert not is_soft(replace(hold, stage=Stage.LAPSED), now=NOW)


@given(st.integers(0, 60 * 48), couples)
def test_a_hold_that_is_soft_is_never_out_of_its_own_window(minutes: int, clocks: tuple[ZoneInfo, ZoneInfo]) -> None:
    now = NOW + minutes * timedelta(minutes=1)
    hold = day(2)
    if is_soft(hold, now=now):
        due = look_ahead([], rhythm=WEEKLY, now=now, zones=clocks).due
        assert due is not None
        assert due.window.contains(hold.time)


def test_an_idea_is_filled_in_three_days_before() -> None:
    hold = day(6)
    at = hold.time.start - IDEA_AHEAD
    assert next_look(hold, now=NOW) == at
    assert [wants_idea(hold, now=now) for now in (at - HOUR, at, hold.time.start)] == [False, True, False]
    assert next_look(hold, now=at) == hold.time.end
    filled = replace(hold, idea_id="tea")
    assert next_look(filled, now=NOW) == hold.time.end
    assert not wants_idea(filled, now=at)
    assert not wants_idea(replace(hold, origin=Origin.PARTNER), now=at)
    assert not wants_idea(replace(hold, stage=Stage.CALLED_OFF), now=at)
