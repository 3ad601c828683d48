"""The hold of a couple with children lies where somebody minds them, and asks nobody for it."""

from datetime import time

from service.actions import people
from service.core.cover import CoverPlan, State
from service.core.hours import Window
from service.store import covers
from service.store.outbox import Kind
from tests.workers.weeks import DAY, HOUR, all_dates, hold_of, live, read_parcels, step, switch
from tests.workers.world import Home

ASLEEP = CoverPlan(children=True, asleep_from=time(20))
SUNDAYS = CoverPlan(children=True, helper_hours=(Window(frozenset({6}), time(18), time(23)),))
NOBODY = CoverPlan(children=True)


async def plan(home: Home, cover: CoverPlan) -> None:
    couple = await people.see_couple(home.house, partner=home.ana)
    await people.change_couple(home.house, partner=home.ana, version=couple.version, cover=cover)


async def state_of(home: Home, date_id: str) -> State:
    async with home.house.database.read() as tx:
        return (await covers.find(tx, couple_id=home.ana.couple_id, date_id=date_id)).cover.state


async def test_while_they_sleep_a_hold_begins_once_they_do(home: Home) -> None:
    await plan(home, ASLEEP)
    await switch(home)
    await step(home, HOUR)
    hold = await hold_of(home)
    assert all(hold.time.start.astimezone(each.zone).time() >= time(20) for each in (home.ana, home.ben))
    assert await state_of(home, hold.id) is State.COVERED


async def test_helper_hours_decide_the_day_of_a_hold(home: Home) -> None:
    await plan(home, SUNDAYS)
    await switch(home)
    await step(home, HOUR)
    assert (await hold_of(home)).time.start.weekday() == 6


async def test_where_nobody_minds_them_there_is_no_hold_and_nobody_is_asked(home: Home) -> None:
    await plan(home, NOBODY)
    await switch(home)
    await step(home, DAY)
    assert await live(home) == []
    assert await read_parcels(home, Kind.HELPER) == []


async def test_a_hold_follows_who_minds_the_children(home: Home) -> None:
    await switch(home)
    await step(home, HOUR)
    before = await hold_of(home)
    await plan(home, SUNDAYS)
    await step(home, HOUR)
    after = await hold_of(home)
    assert (after.id, after.time.start.weekday()) == (before.id, 6)
    assert await state_of(home, after.id) is State.COVERED
    assert len(await all_dates(home)) == 1
