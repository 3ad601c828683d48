"""
A hold makes way while nobody has said yes to it, for meetings and days away, and nothing tells for whose.

The two keep 18:00 to 22:30 on both clocks, which is 18:00 to 21:30 UTC, and have no calendar until a test gives one.
"""

from datetime import time, timedelta

import pytest

from service.actions import clashes as clash_actions
from service.actions import people
from service.core.dates import PartStat, Status
from service.core.hours import Window
from service.core.rhythm import NOTICE, SHORT
from service.store import clashes, dates, entries
from service.store.couples import Partner
from service.store.outbox import Kind
from service.workers.rhythm import keep_rhythms
from tests.households import NOW
from tests.workers.weeks import (
    DAY,
    HOUR,
    WEEK,
    agree,
    all_dates,
    fill_evenings,
    go_away,
    hold_of,
    live,
    live_on,
    read_parcels,
    say,
    step,
    switch,
)
from tests.workers.world import Home, make_object


@pytest.mark.parametrize("who", ["ana", "ben"])
async def test_a_meeting_that_lands_on_a_hold_moves_it_before_anybody_is_asked(home: Home, who: str) -> None:
    partner: Partner = getattr(home, who)
    await switch(home)
    hold = await hold_of(home)
    await fill_evenings(home, partner, (hold.time.start.date() - NOW.date()).days)
    assert await hold_of(home) == hold
    await step(home, clash_actions.HOLDS_MOVE_AFTER)
    moved = await hold_of(home)
    assert moved.id == hold.id
    assert not moved.time.overlaps(hold.time)
    assert set(moved.answers.values()) == {PartStat.NEEDS_ACTION}
    async with home.house.database.read() as tx:
        assert await clashes.find(tx, partner_id=partner.id, date_id=hold.id) is None
        assert not await clash_actions.is_open(tx, partner=partner, date=moved)
    assert [each for each in await read_parcels(home, Kind.NOTICE) if each.detail == "moved"] == []


async def test_where_there_is_no_other_slot_who_has_the_meeting_is_asked(home: Home) -> None:
    await fill_evenings(home, home.ana, *range(1, 3), *range(4, 20))
    await switch(home)
    hold = await hold_of(home)
    await fill_evenings(home, home.ben, 3)
    await step(home, clash_actions.HOLDS_MOVE_AFTER)
    assert await hold_of(home) == hold
    asked = [each for each in await read_parcels(home, Kind.NOTICE) if each.detail == clash_actions.CLASH]
    assert [each.partner_id for each in asked] == [home.ben.id]


async def test_nothing_moves_by_itself_within_a_day(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    home.clock.moment = hold.time.start - NOTICE
    await fill_evenings(home, home.ana, (hold.time.start.date() - NOW.date()).days)
    await step(home, HOUR)
    assert (await hold_of(home)).time == hold.time


async def test_a_date_that_one_has_said_yes_to_never_moves_by_itself(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    await say(home, home.ben, hold, PartStat.ACCEPTED)
    await fill_evenings(home, home.ana, (hold.time.start.date() - NOW.date()).days)
    await step(home, HOUR)
    assert (await hold_of(home)).time == hold.time


@pytest.mark.parametrize("who", ["ana", "ben"])
async def test_days_away_of_either_are_skipped(home: Home, who: str) -> None:
    await switch(home)
    hold = await hold_of(home)
    day = hold.time.start.date()
    await go_away(home, getattr(home, who), day - DAY, day + DAY)
    await step(home, HOUR)
    moved = await hold_of(home)
    assert not day - DAY <= moved.time.start.date() <= day + DAY
    assert moved.id == hold.id


async def test_a_hold_goes_quietly_where_all_its_days_are_away(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    await read_parcels(home, Kind.NOTICE)
    await go_away(home, home.ana, NOW.date(), NOW.date() + 20 * DAY)
    await step(home, HOUR)
    assert await live(home) == []
    assert await read_parcels(home, Kind.NOTICE) == []
    found = await live_on(home, weeks=4, meet=agree)
    later = [each for each in found if each.status is not Status.CANCELLED]
    assert hold not in later
    assert {each.time.start.date() > NOW.date() + 20 * DAY for each in later} == {True}


async def test_twenty_minutes_count_where_no_evening_has_more(home: Home) -> None:
    midnight = NOW.replace(hour=0)
    _, shelf = await home.connect(home.ana)
    start, end = midnight + 17 * HOUR, midnight + 21 * HOUR + timedelta(minutes=5)  # leaves 25 minutes of each evening
    line = (f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}", "RRULE:FREQ=DAILY")
    shelf.put("late.ics", make_object(*line))
    await home.sync()
    await switch(home)
    assert (await hold_of(home)).time.length == SHORT


@pytest.mark.parametrize("who", ["ana", "ben"])
async def test_neither_a_full_week_nor_a_calendar_that_is_not_known_leaves_a_hold(home: Home, who: str) -> None:
    partner: Partner = getattr(home, who)
    await home.connect(partner)  # not read yet
    await switch(home)
    assert await all_dates(home) == []
    await fill_evenings(home, partner, *range(12))
    await step(home, 2 * HOUR)
    assert await all_dates(home) == []


async def test_a_hold_is_laid_within_two_hours_once_there_is_room(home: Home) -> None:
    calendar, _ = await home.connect(home.ana)
    await switch(home)
    assert await all_dates(home) == []
    await home.sync()
    assert (await home.see(calendar)).synced_at is not None
    await step(home, 2 * HOUR)
    assert len(await live(home)) == 1


async def test_a_hold_stays_while_a_calendar_cannot_be_relied_on(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    await home.connect(home.ana)  # not read yet
    await go_away(home, home.ben, NOW.date(), NOW.date() + 20 * DAY)
    await step(home, HOUR)
    assert await hold_of(home) == hold


async def test_entries_of_a_hold_are_taken_back_where_they_were_written(home: Home) -> None:
    await fill_evenings(home, home.ana, 40)
    await switch(home)
    hold = await hold_of(home)
    await switch(home, on=False)
    async with home.house.database.read() as tx:
        entry = await entries.find(tx, partner_id=home.ana.id, date_id=hold.id)
    assert entry.href is not None
    withdrawn = [each for each in await read_parcels(home, Kind.ENTRY) if each.date_id == hold.id]
    assert [each.sequence for each in withdrawn] == [0, 1]


async def test_one_couples_rhythm_is_nobody_elses(home: Home) -> None:
    other = await home.household.let_in("Cleo")
    both = [other, await home.household.invite(other, "Dan")]
    for person in both:
        await home.household.do_without(person)
    await switch(home)
    home.clock.step(WEEK)
    await keep_rhythms(home.house)
    async with home.house.database.read() as tx:
        theirs = await dates.ending_after(tx, couple_id=other.partner.couple_id, since=NOW)
    assert theirs == []


async def test_a_hold_follows_the_hours_the_two_keep(home: Home) -> None:
    await switch(home)
    hold = await hold_of(home)
    weekday = frozenset({(hold.time.start.weekday() + 1) % 7})
    await people.change_couple(home.house, partner=home.ana, version=1, windows=[Window(weekday, time(19), time(22))])
    await keep_rhythms(home.house)
    moved = await hold_of(home)
    assert (moved.id, moved.time.start) == (hold.id, hold.time.start + DAY + HOUR)
