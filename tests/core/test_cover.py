"""Who minds the children: what covers a time, and every cell of the life of a date's cover."""

from dataclasses import replace
from datetime import time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.content import load_content
from service.core.cover import (
    ANSWER_AHEAD,
    CARE,
    TIME_TO_ANSWER,
    TURN_TO,
    WHAT_COVERS,
    Cover,
    CoverPlan,
    DateCover,
    Place,
    Sources,
    State,
    Turn,
    answer_by,
    coverable,
    covered_times,
    find_cover,
    hear,
    look_again,
    lose,
    place_of,
    settle,
    stay_home,
    wait_no_longer,
)
from service.core.dates import Happening, happened
from service.core.errors import CoverSettled, Invalid, Refusal
from service.core.hours import Window
from service.core.interval import Interval, merge
from service.core.spans import as_spans, lay
from tests.core.test_dates import pencilled
from tests.core.times import MINUTE, minutes, some_windows, span, spans, utc, zones

UTC_ONLY = frozenset({ZoneInfo("UTC")})
EVENING = span(19 * 60, 22 * 60)  # Monday
LATE = span(20 * 60, 22 * 60)
ASLEEP = CoverPlan(children=True, asleep_from=time(20))
MONDAYS = CoverPlan(children=True, helper_hours=(Window(frozenset({0}), time(18), time(21)),))
BOTH = replace(ASLEEP, helper_hours=MONDAYS.helper_hours)
NOW = utc(2026, 11, 27, 12)

plans = st.builds(
    CoverPlan,
    children=st.just(True),
    asleep_from=st.none() | st.sampled_from([time(18, 30), time(20), time(23, 45)]),
    helper_hours=some_windows.map(tuple),
)
some_sources = st.builds(
    Sources,
    plans,
    st.frozensets(zones, min_size=1, max_size=2),
    st.lists(st.lists(spans, max_size=4), max_size=2).map(lambda each: tuple(lay(as_spans(t)).merged for t in each)),
    can_ask=st.booleans(),
    gone=st.frozensets(st.sampled_from([Cover.HOURS, Cover.CALENDAR, Cover.ASLEEP]), max_size=2),
)
times = st.builds(lambda first, length: span(first, first + length), st.integers(0, 4000), st.integers(1, 300))
places = st.sampled_from(Place)
date_covers = st.builds(
    DateCover, st.sampled_from(State), st.sampled_from([None, *Cover]), st.sampled_from([None, "h", "i"]), st.booleans()
)


def sources(plan: CoverPlan, *, can_ask: bool = False) -> Sources:
    return Sources(plan, UTC_ONLY, can_ask=can_ask)


def find(time: Interval, *, of: Sources, place: Place = Place.HOME) -> Cover | None:
    return find_cover(time, place=place, sources=of)


def test_a_couple_without_children_needs_no_cover() -> None:
    assert find(EVENING, of=sources(CoverPlan())) is Cover.NONE_NEEDED
    assert covered_times(EVENING, place=Place.AWAY, sources=sources(CoverPlan())) == [EVENING]


def test_sleeping_children_cover_a_date_at_home_and_none_away() -> None:
    assert find(LATE, of=sources(ASLEEP)) is Cover.ASLEEP
    assert find(LATE, of=sources(ASLEEP), place=Place.AWAY) is None
    assert find(EVENING, of=sources(ASLEEP)) is None


def test_children_sleep_until_the_morning() -> None:
    night = span(23 * 60, 30 * 60)
    assert find(night, of=sources(ASLEEP)) is Cover.ASLEEP
    assert find(Interval(night.start, night.end + MINUTE), of=sources(ASLEEP)) is None


def test_helper_hours_cover_a_date_anywhere() -> None:
    early = span(18 * 60, 21 * 60)
    for place in Place:
        assert find(early, of=sources(MONDAYS), place=place) is Cover.HOURS
        assert find(EVENING, of=sources(MONDAYS), place=place) is None


def test_sources_take_turns_and_the_last_one_is_named() -> None:
    assert find(EVENING, of=sources(BOTH)) is Cover.ASLEEP
    assert find(EVENING, of=sources(BOTH), place=Place.AWAY) is None


def test_what_a_cover_calendar_holds_covers_a_date_anywhere() -> None:
    held = replace(sources(CoverPlan(children=True)), calendars=(lay(as_spans([EVENING])).merged,))
    for place in Place:
        assert find(LATE, of=held, place=place) is Cover.CALENDAR
        assert find(span(18 * 60, 20 * 60), of=held, place=place) is None


def test_what_nothing_covers_can_be_asked_for_where_there_is_a_helper() -> None:
    assert find(EVENING, of=sources(ASLEEP, can_ask=True)) is Cover.TO_ASK
    assert find(LATE, of=sources(ASLEEP, can_ask=True)) is Cover.ASLEEP


def test_hours_hold_on_both_clocks() -> None:
    apart = Sources(ASLEEP, frozenset({ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Lisbon")}))
    assert find(span(20 * 60, 22 * 60), of=apart) is Cover.ASLEEP
    assert find(span(19 * 60, 22 * 60), of=apart) is None  # in Lisbon it is 19:00


def test_children_do_not_go_to_sleep_in_the_morning() -> None:
    with pytest.raises(Invalid):
        CoverPlan(children=True, asleep_from=time(7))


def test_where_a_date_is_follows_from_its_idea() -> None:
    ideas = load_content().ideas.values()
    assert place_of(None) is Place.HOME
    assert {place_of(each) for each in ideas if each.sleeping_children_ok} == {Place.HOME}
    assert {place_of(each) for each in ideas if not each.sleeping_children_ok} == {Place.AWAY}


@given(some_sources, times, places)
def test_a_time_is_covered_where_every_minute_of_it_is(of: Sources, time: Interval, place: Place) -> None:
    counting = [cover for cover in WHAT_COVERS[place] if cover not in of.gone]
    covered = minutes(each for cover in counting for each in of.lay(cover, during=time))
    found = find(time, of=of, place=place)
    assert (found in (None, Cover.TO_ASK)) is (covered != minutes([time]))
    assert (found is Cover.TO_ASK) <= of.can_ask
    assert minutes(covered_times(time, place=place, sources=of)) == covered


@given(some_sources, times, places)
def test_swapping_the_partners_changes_no_cover(of: Sources, time: Interval, place: Place) -> None:
    swapped = replace(of, zones=frozenset(sorted(of.zones, key=str, reverse=True)), calendars=of.calendars[::-1])
    assert find(time, of=swapped, place=place) is find(time, of=of, place=place)


@given(some_sources, times)
def test_what_covers_a_date_away_covers_it_at_home_too(of: Sources, time: Interval) -> None:
    if find(time, of=of, place=Place.AWAY) not in (None, Cover.TO_ASK):
        assert find(time, of=of) is find(time, of=of, place=Place.AWAY)


@given(some_sources, st.lists(times, max_size=4), places)
def test_hours_that_can_be_covered_are_each_covered_or_to_be_asked_for(
    of: Sources, hours: list[Interval], place: Place
) -> None:
    merged = merge(hours)
    left = coverable(merged, place=place, sources=of)
    assert all(find(each, of=of, place=place) is not None for each in left)
    assert minutes(left) <= minutes(merged)
    if of.can_ask:
        assert left == merged


def do(turn: Turn, cover: DateCover) -> DateCover:
    """Let that happen to the cover of a date."""
    match turn:
        case Turn.ACCEPT | Turn.DECLINE:
            return hear(cover, yes=turn is Turn.ACCEPT)
        case Turn.LOSE:
            return lose(cover, noticed=True)
    found = next(found for found, leads in TURN_TO.items() if leads is turn)
    return settle(cover, found, helper_id="h")


@pytest.mark.parametrize(("state", "turn"), list(product(State, Turn)))
def test_every_turn_leads_where_the_table_says(state: State, turn: Turn) -> None:
    cover = DateCover(state, helper_id="h")
    leads = CARE[state].get(turn)
    if leads is None:
        with pytest.raises(CoverSettled):
            do(turn, cover)
    else:
        assert do(turn, cover).state is leads


@given(date_covers, st.sampled_from(Turn))
def test_a_date_names_its_source_or_its_helper_as_far_as_it_has_one(cover: DateCover, turn: Turn) -> None:
    try:
        after = do(turn, cover)
    except Refusal:
        return
    if turn in (Turn.FIND, Turn.FREE):
        assert (after.helper_id, after.by is not None, after.noticed) == (None, turn is Turn.FIND, False)
    if turn is Turn.ASK:
        assert (after.helper_id, after.by) == ("h", None)
    if turn in (Turn.ACCEPT, Turn.DECLINE):
        assert after.helper_id == cover.helper_id


@given(date_covers, st.booleans())
def test_the_same_answer_twice_changes_nothing(cover: DateCover, yes: bool) -> None:
    if Turn.ACCEPT in CARE[cover.state]:
        once = hear(cover, yes=yes)
        assert hear(once, yes=yes) == once


def test_a_date_whose_source_is_gone_has_lost_its_cover_and_finds_it_again() -> None:
    covered = DateCover(State.COVERED, by=Cover.HOURS)
    nothing, again = sources(CoverPlan(children=True), can_ask=True), sources(MONDAYS)
    early = span(18 * 60, 21 * 60)
    lost = look_again(covered, time=early, place=Place.AWAY, sources=nothing)
    assert lost == DateCover(State.LOST, by=Cover.HOURS, noticed=True)
    assert look_again(lost, time=early, place=Place.AWAY, sources=nothing) == lost
    assert look_again(lost, time=early, place=Place.AWAY, sources=again) == covered


def test_what_a_partner_said_to_be_gone_does_not_come_back_by_itself() -> None:
    said = lose(DateCover(State.COVERED, by=Cover.HOURS), noticed=False)
    assert look_again(said, time=span(18 * 60, 21 * 60), place=Place.AWAY, sources=sources(MONDAYS)) == said


@pytest.mark.parametrize("state", [State.NONE_NEEDED, State.ASKED, State.ARRANGED])
def test_a_change_of_sources_takes_no_helper_away(state: State) -> None:
    cover = DateCover(state, helper_id="h")
    assert look_again(cover, time=EVENING, place=Place.AWAY, sources=sources(CoverPlan(children=True))) == cover


@given(date_covers)
def test_without_children_nobody_is_needed(cover: DateCover) -> None:
    assert look_again(cover, time=EVENING, place=Place.AWAY, sources=sources(CoverPlan())) == DateCover()


def test_a_helper_is_waited_for_until_the_day_before_and_may_still_answer() -> None:
    asked = DateCover(State.ASKED, helper_id="h", answer_by=answer_by(EVENING, now=NOW))
    assert asked.answer_by == EVENING.start - ANSWER_AHEAD
    assert wait_no_longer(asked, now=EVENING.start - ANSWER_AHEAD - MINUTE) == asked
    silent = wait_no_longer(asked, now=EVENING.start - ANSWER_AHEAD)
    assert silent.state is State.LOST
    assert hear(silent, yes=True) == DateCover(State.ARRANGED, helper_id="h")


@pytest.mark.parametrize(("hours", "left"), [(1, 1), (5, 3), (26, 3), (40, 16)])
def test_a_helper_has_some_hours_to_answer_where_the_date_is_near(hours: int, left: int) -> None:
    now = EVENING.start - timedelta(hours=hours)
    assert answer_by(EVENING, now=now) == now + timedelta(hours=left)
    assert timedelta(hours=3) == TIME_TO_ANSWER


def test_staying_home_is_a_change_outside_and_keeps_the_time_and_the_answers() -> None:
    date = pencilled()
    home = stay_home(date, idea_id="cocoa", now=NOW)
    assert happened(date, home) is Happening.CHANGED
    assert (home.time, home.answers, home.timed, home.sequence) == (date.time, date.answers, 0, 1)
