"""When a reminder comes. Quiet hours and cues are wall time, everything else is UTC."""

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
from service.core.gestures import CHANNELS, CUES
from service.core.hours import EVERY_DAY, Window, open_hours
from service.core.interval import Interval
from service.core.reminders import (
    ANY_HOUR,
    MOST_A_WEEK,
    Own,
    Rota,
    Wishes,
    cues_at,
    first_welcome,
    is_welcome,
    next_due,
    soon,
)
from service.core.spans import as_spans, merge_spans
from tests.core.times import MINUTE, utc, zones

BERLIN = ZoneInfo("Europe/Berlin")
NOW = utc(2026, 11, 30, 12)
WEEK = timedelta(days=7)
MONDAY_OF_CELLS = utc(2024, 1, 1)
NIGHT = Window(EVERY_DAY, time(21, 30), time(7, 30))
WISHES = Wishes(3, channels=frozenset(CHANNELS), quiet=NIGHT, zone=BERLIN)
ROTA = Rota("couple", is_second=False)
OWN = Own(WISHES, ROTA, taken=())

quiets = st.none() | st.builds(
    Window,
    st.just(EVERY_DAY),
    st.sampled_from((time(20), time(22, 30), time(0), time(12))),
    st.sampled_from((time(6, 15), time(9), time(13), time(17))),
)
wishes = st.builds(
    Wishes,
    st.integers(1, MOST_A_WEEK),
    channels=st.just(frozenset(CHANNELS)),
    quiet=quiets,
    zone=zones,
)
moments = st.builds(lambda n: utc(2025, 12, 29) + n * MINUTE, st.integers(0, 60 * 24 * 400))
calendars = st.lists(
    st.lists(
        st.builds(lambda start, n: Interval(start, start + n * 15 * MINUTE), moments, st.integers(1, 96)), max_size=6
    ),
    max_size=3,
)
seeds = st.text("abc", max_size=5)
rotas = st.builds(Rota, seeds, is_second=st.booleans())
some_cues = st.frozensets(st.sampled_from(CUES), min_size=1)


def own_of(wished: Wishes, *, rota: Rota = ROTA, kept: Iterable[Iterable[Interval]] = ()) -> Own:
    return Own(wished, rota, taken=tuple(merge_spans(sorted(as_spans(each))) for each in kept))


def every_moment(own: Own, *, weeks: int, seed: str = "s") -> list[datetime]:
    """Return the moments of so many weeks, each asked for when the one before has come."""
    came: list[datetime] = []
    now, last = NOW, None
    while now < NOW + weeks * WEEK:
        due = next_due(now, last=last, own=own, cues=CUES, seed=seed)
        if due is None:
            break
        came.append(due)
        now = last = due
    return came


@settings(max_examples=150)
@given(moments, wishes, rotas, calendars, some_cues, seeds)
def test_a_moment_is_welcome_on_every_count(
    now: datetime, wished: Wishes, rota: Rota, kept: list[list[Interval]], cues: frozenset[str], seed: str
) -> None:
    own = own_of(wished, rota=rota, kept=kept)
    due = next_due(now, last=None, own=own, cues=cues, seed=seed)
    if due is None:  # what is left of the day is no hour of theirs
        return
    assert due >= now
    assert is_welcome(due, own=own, cues=cues)
    stretch = Interval(due, due + 5 * MINUTE)
    assert not any(each.overlaps(stretch) for times in kept for each in times)
    assert cues & cues_at(due, zone=wished.zone)
    assert rota.is_mine(int(due.timestamp()) // 3600)
    if wished.quiet is not None:
        assert not open_hours([wished.quiet], zone=wished.zone, during=stretch)


@settings(max_examples=60)
@given(wishes, wishes, calendars, calendars, seeds)
def test_the_two_of_a_couple_never_share_an_hour_and_neither_gets_more_than_wished_for(
    hers: Wishes, his: Wishes, her_times: list[list[Interval]], his_times: list[list[Interval]], seed: str
) -> None:
    both = [
        own_of(hers, rota=Rota(seed, is_second=False), kept=her_times),
        own_of(his, rota=Rota(seed, is_second=True), kept=his_times),
    ]
    came = [every_moment(own, weeks=4, seed=f"{seed}{number}") for number, own in enumerate(both)]
    hours = [{int(each.timestamp()) // 3600 for each in moments} for moments in came]
    assert not hours[0] & hours[1]
    for own, moments in zip(both, came, strict=True):
        weeks = Counter((moment - MONDAY_OF_CELLS) // WEEK for moment in moments)
        assert max(weeks.values(), default=0) <= own.wishes.per_week


@settings(max_examples=60)
@given(moments, wishes, rotas, calendars, seeds)
def test_the_same_arguments_give_the_same_moment(
    now: datetime, wished: Wishes, rota: Rota, kept: list[list[Interval]], seed: str
) -> None:
    one, other = (own_of(wished, rota=rota, kept=each) for each in (kept, kept[::-1]))
    first, again = (next_due(now, last=None, own=each, cues=CUES, seed=seed) for each in (one, other))
    assert first == again


@settings(max_examples=40)
@given(moments, moments, wishes, rotas, seeds)
def test_the_next_moment_comes_after_the_last_one_and_in_another_cell(
    now: datetime, last: datetime, wished: Wishes, rota: Rota, seed: str
) -> None:
    due = next_due(now, last=last, own=own_of(wished, rota=rota), cues=CUES, seed=seed)
    if due is not None:
        cell = WEEK / wished.per_week
        assert (due - MONDAY_OF_CELLS) // cell > (last - MONDAY_OF_CELLS) // cell
        assert due >= last + timedelta(hours=6)


@settings(max_examples=20)
@given(st.integers(1, MOST_A_WEEK), zones, rotas, seeds)
def test_where_nothing_stands_in_the_way_whole_weeks_hold_as_many_as_were_wished_for(
    per_week: int, zone: ZoneInfo, rota: Rota, seed: str
) -> None:
    own = own_of(replace(WISHES, per_week=per_week, zone=zone), rota=rota)
    weeks = Counter((moment - MONDAY_OF_CELLS) // WEEK for moment in every_moment(own, weeks=6, seed=seed))
    assert [count for _, count in sorted(weeks.items())][1:-1] == [per_week] * (len(weeks) - 2)


@pytest.mark.parametrize("per_week", [1, 3, 7])
def test_seven_days_that_begin_within_a_week_hold_one_more_at_most(per_week: int) -> None:
    came = every_moment(own_of(replace(WISHES, per_week=per_week)), weeks=30)
    assert max(sum(start <= moment < start + WEEK for moment in came) for start in came) == per_week + 1


def test_moments_keep_to_no_hour() -> None:
    came = every_moment(OWN, weeks=50)
    hours = Counter(moment.astimezone(BERLIN).hour for moment in came)
    assert len(hours) >= 12
    assert max(hours.values()) <= len(came) / 5
    assert len({moment.astimezone(BERLIN).weekday() for moment in came}) == 7


def test_each_of_the_two_has_half_of_the_hours_and_none_of_them_every_day() -> None:
    one, other = (Rota("couple", is_second=second) for second in (False, True))
    hours = range(24 * 100)
    assert all(one.is_mine(hour) is not other.is_mine(hour) for hour in hours)
    evenings = [one.is_mine(hour) for hour in hours if hour % 24 == 18]
    assert 35 <= sum(evenings) <= 65


def test_moments_come_one_after_another() -> None:
    assert all(before < after for before, after in pairwise(every_moment(OWN, weeks=50)))


def test_a_full_calendar_moves_a_reminder_and_never_drops_it_for_good() -> None:
    away = Interval(NOW, NOW + 3 * WEEK)
    due = next_due(NOW, last=None, own=own_of(WISHES, kept=[[away]]), cues=CUES, seed="s")
    assert due is not None
    assert due >= away.end


@pytest.mark.parametrize(
    "wished",
    [
        replace(WISHES, per_week=0),
        replace(WISHES, quiet=Window(EVERY_DAY, time(0), time(0))),
        replace(WISHES, quiet=Window(EVERY_DAY, time(7), time(6, 56))),
    ],
    ids=["none a week", "always quiet", "four minutes a day"],
)
def test_where_none_is_wished_for_or_possible_there_is_none(wished: Wishes) -> None:
    assert next_due(NOW, last=None, own=own_of(wished), cues=CUES, seed="s") is None


def test_where_no_gesture_is_left_there_is_no_moment() -> None:
    assert next_due(NOW, last=None, own=OWN, cues=(), seed="s") is None


def test_a_moment_leaves_the_time_to_read_it_and_do_it() -> None:
    short = replace(WISHES, quiet=Window(EVERY_DAY, time(7), time(6, 55)))
    due = next_due(NOW, last=None, own=own_of(short), cues=CUES, seed="s")
    assert due is not None
    assert due.astimezone(BERLIN).time() == time(6, 55)


@pytest.mark.parametrize("per_week", [-1, 8])
def test_more_than_one_a_day_or_less_than_none_is_refused(per_week: int) -> None:
    with pytest.raises(Invalid):
        replace(WISHES, per_week=per_week)


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(Invalid):
        replace(WISHES, channels=frozenset({"money"}))


@settings(max_examples=60)
@given(moments, wishes, calendars)
def test_the_first_welcome_moment_is_welcome_and_none_before_it_is(
    at: datetime, wished: Wishes, kept: list[list[Interval]]
) -> None:
    own = own_of(wished, kept=kept)
    first = first_welcome(at, own=own)
    assert first is not None
    assert at <= first < at + WEEK
    assert is_welcome(first, own=own, cues=ANY_HOUR)
    assert (first == at) is is_welcome(at, own=own, cues=ANY_HOUR)
    assert first == at or not is_welcome(first - MINUTE, own=own, cues=ANY_HOUR)


@settings(max_examples=60)
@given(moments, wishes, rotas, calendars, st.sampled_from(CUES), seeds)
def test_what_is_put_off_comes_on_the_first_day_that_suits_its_cue(
    at: datetime, wished: Wishes, rota: Rota, kept: list[list[Interval]], cue: str, seed: str
) -> None:
    own = own_of(wished, rota=rota, kept=kept)
    due = soon(at, own=own, cue=cue, seed=seed)
    if due is None:
        return
    assert at <= due < at + 2 * WEEK
    assert is_welcome(due, own=own, cues={cue})
    quarter = 15 * MINUTE
    day_before = (at + number * quarter for number in range(int((due - timedelta(hours=12) - at) / quarter)))
    assert not any(is_welcome(moment, own=own, cues={cue}) for moment in day_before)


def test_a_moment_that_is_named_is_taken_at_any_hour_but_a_quiet_one() -> None:
    assert first_welcome(utc(2026, 12, 4, 23), own=OWN) == utc(2026, 12, 5, 6, 30)
    assert all(is_welcome(utc(2026, 12, 4, hour), own=OWN, cues=ANY_HOUR) for hour in range(7, 20))


def test_where_no_moment_is_welcome_within_a_week_there_is_none() -> None:
    away = own_of(WISHES, kept=[[Interval(NOW, NOW + 2 * WEEK)]])
    assert first_welcome(NOW, own=away) is None
    assert soon(NOW, own=away, cue="lunch_message", seed="s") is None


def test_nothing_is_welcome_just_before_something_begins() -> None:
    begins = Interval(NOW + 4 * MINUTE, NOW + 60 * MINUTE)
    assert not is_welcome(NOW, own=own_of(WISHES, kept=[[begins]]), cues=ANY_HOUR)
    late = Interval(NOW + 5 * MINUTE, begins.end)
    assert is_welcome(NOW, own=own_of(WISHES, kept=[[late]]), cues=ANY_HOUR)


@pytest.mark.parametrize(
    ("at", "cues"),
    [
        ((2026, 12, 4, 7), {"morning_coffee"}),
        ((2026, 12, 4, 10), {"lunch_message"} - {"lunch_message"}),
        ((2026, 12, 4, 11), {"lunch_message"}),
        ((2026, 12, 4, 17, 45), {"at_the_door", "after_dinner"}),
        ((2026, 12, 5, 10), {"weekend"}),
        ((2026, 12, 6, 19, 45), {"after_dinner", "before_sleep"}),
        ((2026, 12, 6, 22), set()),
    ],
)
def test_a_cue_means_hours_of_the_persons_clock(at: tuple[int, ...], cues: set[str]) -> None:
    assert cues_at(utc(*at), zone=BERLIN) == cues


def test_the_weekend_is_saturday_and_sunday() -> None:
    weekends = (next_due(NOW + n * WEEK, last=None, own=OWN, cues={"weekend"}, seed="s") for n in range(20))
    assert {each.astimezone(BERLIN).weekday() for each in weekends if each} == {5, 6}
