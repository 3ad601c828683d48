"""The rhythm as the two live it: one hold ahead and its idea, over weeks that a clock steps through."""

from datetime import timedelta

import pytest

from service.actions import rhythm
from service.core.dates import Origin, PartStat, Stage
from service.core.interval import Interval
from service.core.rhythm import IDEA_AHEAD, Rhythm
from service.store.outbox import Kind
from service.workers.rhythm import keep_rhythms
from tests.workers.weeks import (
    DAY,
    HOUR,
    WEEK,
    Meet,
    agree,
    days_between,
    decline,
    fill_evenings,
    hold_of,
    live,
    live_on,
    move_on,
    read_parcels,
    say,
    say_nothing,
    see,
    step,
    switch,
)
from tests.workers.world import Home


async def test_over_twelve_weeks_there_is_about_one_date_a_week_and_never_two(home: Home) -> None:
    await switch(home)
    found = await live_on(home, weeks=12, meet=agree)
    assert {each.stage for each in found} == {Stage.OVER}
    assert {each.origin for each in found} == {Origin.RHYTHM}
    assert 11 <= len(found) <= 13
    assert all(5 <= days <= 10 for days in days_between(found))
    assert all(each.idea_id is not None for each in found)
    assert len({each.idea_id for each in found}) == len(found)


async def test_spacing_is_kept_from_where_a_date_was_moved_to(home: Home) -> None:
    await switch(home)
    found = await live_on(home, weeks=12, meet=move_on)
    assert {each.stage for each in found} == {Stage.OVER}
    assert 8 <= len(found) <= 12
    assert all(5 + 2 <= days <= 10 + 2 for days in days_between(found))


@pytest.mark.parametrize(("meet", "stage"), [(decline, Stage.CALLED_OFF), (say_nothing, Stage.LAPSED)])
async def test_who_does_not_want_to_is_asked_once_a_week_at_most(home: Home, meet: Meet, stage: Stage) -> None:
    await switch(home)
    found = await live_on(home, weeks=12, meet=meet)
    assert {each.stage for each in found} == {stage}
    assert all(each >= 5 for each in days_between(found))
    made = sorted(each.created_at for each in found)
    ends = sorted(each.time.end for each in found)
    assert all(later >= end for later, end in zip(made[1:], ends, strict=False))  # quiet until its evening is over


async def test_a_hold_asks_both_and_has_no_idea_yet(home: Home) -> None:
    await fill_evenings(home, home.ana, 1, 2, 3)
    await switch(home)
    hold = await hold_of(home)
    assert (hold.origin, hold.stage, hold.idea_id) == (Origin.RHYTHM, Stage.PENCILLED, None)
    assert set(hold.answers.values()) == {PartStat.NEEDS_ACTION}
    assert hold.time.length == HOUR
    notices = await read_parcels(home, Kind.NOTICE)
    assert [(each.partner_id, each.detail) for each in notices if each.date_id == hold.id] == [
        (home.ana.id, "pencilled")  # Ben has no calendar, and his invitation says it
    ]


async def test_its_idea_comes_three_days_before_once_for_both(home: Home) -> None:
    await fill_evenings(home, home.ana, 1, 2, 3)
    await fill_evenings(home, home.ben, 40)
    await switch(home)
    hold = await hold_of(home)
    await agree(home, hold)
    await read_parcels(home, Kind.ENTRY)
    home.clock.moment = hold.time.start - IDEA_AHEAD - HOUR
    assert await keep_rhythms(home.house) == 1  # what happened since is looked at, and nothing is due yet
    assert (await hold_of(home)).idea_id is None
    await step(home, HOUR)
    filled = await hold_of(home)
    assert filled.idea_id in home.house.library.ideas
    assert (filled.sequence, filled.timed, filled.stage) == (2, 0, Stage.CONFIRMED)
    assert [each.partner_id for each in await read_parcels(home, Kind.ENTRY)] == sorted([home.ana.id, home.ben.id])
    await step(home, HOUR)
    assert (await hold_of(home)) == filled


async def test_a_look_that_comes_twice_changes_nothing(home: Home) -> None:
    await switch(home)
    before = await home.household.count_rows()
    kept = await hold_of(home)
    for _ in range(3):
        await rhythm.keep(home.house, couple_id=home.ana.couple_id, now=home.clock())
    assert await hold_of(home) == kept
    assert await home.household.count_rows() == before


async def test_once_nothing_is_to_be_done_it_is_looked_at_when_its_idea_or_its_end_is_due(home: Home) -> None:
    await fill_evenings(home, home.ana, 1, 2, 3)
    await switch(home)
    assert [await keep_rhythms(home.house) for _ in range(2)] == [1, 0]
    hold = await hold_of(home)
    for at in (hold.time.start - IDEA_AHEAD, hold.time.end):
        home.clock.moment = at - timedelta(seconds=1)
        await keep_rhythms(home.house)
        assert await keep_rhythms(home.house) == 0
        home.clock.moment = at
        assert await keep_rhythms(home.house) == 1


async def test_a_date_of_their_own_takes_the_place_of_a_hold_without_a_word(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    time = Interval(hold.time.start + DAY, hold.time.end + DAY)
    own = await home.pencil_in(time=time)
    await read_parcels(home, Kind.NOTICE)
    await keep_rhythms(home.house)
    assert [each.id for each in await live(home)] == [own.date.id]
    assert (await see(home, hold.id)).stage is Stage.CALLED_OFF
    assert await read_parcels(home, Kind.NOTICE) == []


async def test_switching_it_off_takes_back_what_nobody_said_yes_to(home: Home) -> None:
    await switch(home)
    await switch(home, on=False)
    assert await live(home) == []
    home.clock.step(WEEK)
    assert await keep_rhythms(home.house) == 0


async def test_switching_it_off_leaves_a_date_that_one_has_said_yes_to(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    await say(home, home.ana, hold, PartStat.ACCEPTED)
    await switch(home, on=False)
    assert [each.id for each in await live(home)] == [hold.id]


async def test_a_slower_rhythm_moves_its_hold(home: Home) -> None:
    await switch(home)
    first = await hold_of(home)
    await agree(home, first)
    home.clock.moment = first.time.end
    await keep_rhythms(home.house)
    hold = await hold_of(home)
    await switch(home, rhythm_of=Rhythm(14, least_days=12, most_days=16))
    moved = await hold_of(home)
    assert moved.id == hold.id
    assert 12 <= days_between([first, moved])[0] <= 16
