"""Small gestures: when a reminder comes, and which one. Quiet hours are wall time, everything else is UTC."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.errors import Invalid
from service.core.gestures import (
    CHANNELS,
    CUES,
    MOST_A_WEEK,
    Gesture,
    Wishes,
    choose_gesture,
    first_welcome,
    is_welcome,
    next_due,
)
from service.core.hours import EVERY_DAY, Window, open_hours
from service.core.interval import Interval
from tests.core.times import MINUTE, utc, zones

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 30, 12)
WEEK = timedelta(days=7)
MONDAY_OF_CELLS = utc(2024, 1, 1)
NIGHT = Window(EVERY_DAY, time(21, 30), time(7, 30))
WISHES = Wishes(3, channels=frozenset(CHANNELS), quiet=NIGHT, zone=BERLIN)

quiets = st.none() | st.builds(
    Window,
    st.just(EVERY_DAY),
    st.sampled_from((time(20), time(22, 30), time(0))),
    st.sampled_from((time(6, 15), time(9), time(19))),
)
wishes = st.builds(
    Wishes,
    st.integers(1, MOST_A_WEEK),
    channels=st.just(frozenset(CHANNELS)),
    quiet=quiets,
    zone=zones,
)
moments = st.builds(lambda n: utc(2025, 12, 29) + n * MINUTE, st.integers(0, 60 * 24 * 400))
busy_times = st.lists(
    st.builds(lambda start, n: Interval(start, start + n * 15 * MINUTE), moments, st.integers(1, 96)), max_size=6
)
seeds = st.text("abc", max_size=5)


def every_moment(wishes: Wishes, *, weeks: int, seed: str, avoid: Iterable[Interval] = ()) -> list[datetime]:
    """Return the moments of so many weeks, each asked for when the one before has come."""
    came: list[datetime] = []
    now, last = NOW, None
    while now < NOW + weeks * WEEK:
        due = next_due(now, last=last, wishes=wishes, avoid=avoid, seed=seed)
        assert due is not None
        came.append(due)
        now = last = due
    return came


@settings(max_examples=60)
@given(moments, wishes, busy_times, seeds)
def test_a_moment_lies_ahead_and_is_welcome(now: datetime, wished: Wishes, avoid: list[Interval], seed: str) -> None:
    due = next_due(now, last=None, wishes=wished, avoid=avoid, seed=seed)
    assert due is not None
    assert due >= now
    assert is_welcome(due, wishes=wished, avoid=avoid)
    assert not any(each.start <= due < each.end for each in avoid)
    if wished.quiet is not None:
        around = Interval(due, due + MINUTE)
        assert not open_hours([wished.quiet], zone=wished.zone, during=around)


@settings(max_examples=40)
@given(moments, wishes, busy_times, seeds)
def test_the_same_arguments_give_the_same_moment(
    now: datetime, wished: Wishes, avoid: list[Interval], seed: str
) -> None:
    first = next_due(now, last=None, wishes=wished, avoid=avoid, seed=seed)
    assert next_due(now, last=None, wishes=wished, avoid=avoid[::-1], seed=seed) == first


@settings(max_examples=40)
@given(moments, moments, wishes, seeds)
def test_the_next_moment_comes_after_the_last_one_and_in_another_cell(
    now: datetime, last: datetime, wished: Wishes, seed: str
) -> None:
    due = next_due(now, last=last, wishes=wished, avoid=(), seed=seed)
    assert due is not None
    cell = WEEK / wished.per_week
    assert (due - MONDAY_OF_CELLS) // cell > (last - MONDAY_OF_CELLS) // cell


@settings(max_examples=15)
@given(wishes, seeds)
def test_a_week_from_monday_on_never_holds_more_than_were_wished_for(wished: Wishes, seed: str) -> None:
    came = every_moment(wished, weeks=6, seed=seed)
    weeks = Counter((moment - MONDAY_OF_CELLS) // WEEK for moment in came)
    assert max(weeks.values()) <= wished.per_week
    # where nothing stands in the way, whole weeks hold exactly that many
    assert [count for _, count in sorted(weeks.items())][1:-1] == [wished.per_week] * (len(weeks) - 2)


def most_in_any_week(came: list[datetime]) -> int:
    return max(sum(start <= moment < start + WEEK for moment in came) for start in came)


@settings(max_examples=15)
@given(wishes, seeds)
def test_any_seven_days_hold_at_most_one_more(wished: Wishes, seed: str) -> None:
    assert most_in_any_week(every_moment(wished, weeks=6, seed=seed)) <= wished.per_week + 1


@pytest.mark.parametrize("per_week", [1, 3, 7])
def test_seven_days_that_begin_within_a_week_do_hold_one_more_now_and_then(per_week: int) -> None:
    came = every_moment(replace(WISHES, per_week=per_week), weeks=30, seed="s")
    assert most_in_any_week(came) == per_week + 1


def test_moments_keep_to_no_hour() -> None:
    came = every_moment(WISHES, weeks=50, seed="s")
    hours = Counter(moment.astimezone(BERLIN).hour for moment in came)
    assert len(hours) >= 12
    assert max(hours.values()) <= len(came) / 5
    assert len({moment.astimezone(BERLIN).weekday() for moment in came}) == 7


def test_two_people_are_not_reminded_together() -> None:
    mine, yours = (every_moment(WISHES, weeks=20, seed=seed) for seed in ("a", "b"))
    assert not set(mine) & set(yours)


def test_moments_come_one_after_another() -> None:
    assert all(before < after for before, after in pairwise(every_moment(WISHES, weeks=50, seed="s")))


def test_a_full_calendar_moves_a_reminder_and_never_drops_it_for_good() -> None:
    away = [Interval(NOW, NOW + 3 * WEEK)]
    due = next_due(NOW, last=None, wishes=WISHES, avoid=away, seed="s")
    assert due is not None
    assert due >= away[0].end


@pytest.mark.parametrize(
    "wished",
    [
        replace(WISHES, per_week=0),
        replace(WISHES, channels=frozenset[str]()),
        replace(WISHES, quiet=Window(EVERY_DAY, time(0), time(0))),
        replace(WISHES, quiet=Window(EVERY_DAY, time(7), time(6, 56))),
    ],
    ids=["none a week", "of no kind", "always quiet", "four minutes a day"],
)
def test_where_none_is_wished_for_or_possible_there_is_none(wished: Wishes) -> None:
    assert next_due(NOW, last=None, wishes=wished, avoid=(), seed="s") is None


def test_a_moment_leaves_the_time_to_read_it_and_do_it() -> None:
    short = replace(WISHES, quiet=Window(EVERY_DAY, time(7), time(6, 55)))
    due = next_due(NOW, last=None, wishes=short, avoid=(), seed="s")
    assert due is not None
    assert due.astimezone(BERLIN).time() == time(6, 55)


@pytest.mark.parametrize("per_week", [-1, 8])
def test_more_than_one_a_day_or_less_than_none_is_refused(per_week: int) -> None:
    with pytest.raises(Invalid):
        replace(WISHES, per_week=per_week)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid):
        replace(WISHES, channels=frozenset({"money"}))


@given(moments, wishes, busy_times)
def test_the_first_welcome_moment_is_welcome_and_none_before_it_is(
    at: datetime, wished: Wishes, avoid: list[Interval]
) -> None:
    first = first_welcome(at, wishes=wished, avoid=avoid)
    assert first is not None
    assert at <= first < at + WEEK
    assert is_welcome(first, wishes=wished, avoid=avoid)
    assert (first == at) is is_welcome(at, wishes=wished, avoid=avoid)
    assert first == at or not is_welcome(first - MINUTE, wishes=wished, avoid=avoid)


def test_in_the_night_the_first_welcome_moment_is_the_morning() -> None:
    assert first_welcome(utc(2026, 12, 4, 23), wishes=WISHES, avoid=()) == utc(2026, 12, 5, 6, 30)


def test_where_no_moment_is_welcome_within_a_week_there_is_none() -> None:
    assert first_welcome(NOW, wishes=WISHES, avoid=[Interval(NOW, NOW + WEEK)]) is None


def test_nothing_is_welcome_just_before_something_begins() -> None:
    begins = Interval(NOW + 4 * MINUTE, NOW + 60 * MINUTE)
    assert not is_welcome(NOW, wishes=WISHES, avoid=[begins])
    assert is_welcome(NOW, wishes=WISHES, avoid=[Interval(NOW + 5 * MINUTE, begins.end)])


gestures = st.builds(
    Gesture,
    st.text("abcdef", min_size=1, max_size=4),
    title=st.just("Tea"),
    line=st.just("Make a cup of tea."),
    minutes=st.just(5),
    channel=st.sampled_from(CHANNELS),
    cue=st.sampled_from(CUES),
    repeat_after_days=st.integers(0, 30),
    only_if_welcome=st.booleans(),
)
catalogs = st.lists(gestures, max_size=10, unique_by=lambda gesture: gesture.id)


@given(catalogs, st.frozensets(st.sampled_from(CHANNELS)), st.data(), seeds)
def test_a_gesture_is_of_a_wanted_kind_not_unwanted_and_not_lately_suggested(
    catalog: list[Gesture], channels: frozenset[str], data: st.DataObject, seed: str
) -> None:
    ids = st.sampled_from([gesture.id for gesture in catalog]) if catalog else st.nothing()
    never = data.draw(st.frozensets(ids))
    latest = data.draw(st.dictionaries(ids, st.integers(0, 40).map(lambda days: NOW - timedelta(days=days))))
    fitting = [
        each
        for each in catalog
        if each.channel in channels
        and each.id not in never
        and (each.id not in latest or (NOW - latest[each.id]).days >= each.repeat_after_days)
    ]
    chosen = choose_gesture(catalog, channels=channels, never=never, latest=latest, now=NOW, seed=seed)
    assert chosen in fitting if fitting else chosen is None
    again = choose_gesture(catalog[::-1], channels=channels, never=never, latest=latest, now=NOW, seed=seed)
    assert again == chosen


def test_a_gesture_comes_again_when_its_pause_is_over() -> None:
    tea = Gesture(
        "tea", "Tea", "Make tea.", minutes=5, channel="acts", cue="weekend", repeat_after_days=10, only_if_welcome=False
    )
    days = {
        day: choose_gesture(
            [tea], channels=CHANNELS, never=(), latest={"tea": NOW - timedelta(days=day)}, now=NOW, seed="s"
        )
        for day in (0, 9, 10)
    }
    assert days == {0: None, 9: None, 10: tea}


def test_every_gesture_has_its_turn() -> None:
    tea = Gesture(
        "tea", "Tea", "Make tea.", minutes=5, channel="acts", cue="weekend", repeat_after_days=0, only_if_welcome=False
    )
    catalog = [replace(tea, id=str(number)) for number in range(8)]
    chosen = {
        choose_gesture(catalog, channels=CHANNELS, never=(), latest={}, now=NOW + day * timedelta(days=1), seed="s")
        for day in range(60)
    }
    assert chosen == set(catalog)
