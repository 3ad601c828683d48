"""When polling ends until the owner acts, what that keeps from being asked, and how it goes on."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
from sqlalchemy import update

from service.actions import calendars as actions
from service.actions.calendars import Choices
from service.store import calendars
from service.store.calendars import Calendar, Treat
from service.store.tables import calendars as table
from service.workers.sync import Syncer
from tests.households import between
from tests.workers.shelf import Shelf, nothing_else
from tests.workers.test_sync_spells import answer_with, waiting
from tests.workers.world import Home, make_object

MINUTE = timedelta(minutes=1)
refuse = answer_with(401, **{"WWW-Authenticate": "Basic"})


async def read_now(home: Home, calendar: Calendar) -> None:
    await actions.sync_now(home.house, partner=home.ana, calendar_id=calendar.id, now=home.clock())


async def connect_again(home: Home, calendar: Calendar) -> None:
    """Give the calendar the login it has."""
    partner_id, vault = home.ana.id, home.house.vault
    async with home.house.database.write() as tx:
        access = await calendars.find_access(tx, partner_id=partner_id, calendar_id=calendar.id, vault=vault)
        await calendars.reconnect(tx, partner_id=partner_id, access=access, vault=vault, now=home.clock())


async def choose(home: Home, calendar: Calendar, treat: Treat) -> None:
    version = (await home.see(calendar)).version
    choices = Choices(tentative=treat)
    await actions.change_calendar(
        home.house, partner=home.ana, calendar_id=calendar.id, version=version, choices=choices
    )


async def let_be_refused(home: Home, calendar: Calendar, shelf: Shelf) -> None:
    """Let a calendar that was read be refused, and forget what was asked there."""
    await home.sync()
    shelf.before = refuse
    home.clock.step(20 * MINUTE)
    await home.sync()
    assert (await home.see(calendar)).next_sync_at is None
    shelf.asked.clear()


async def let_be_refused_often(home: Home, calendar: Calendar, shelf: Shelf) -> Syncer:
    """Let the owner ask again and again for a calendar whose login is refused; returns the worker that remembers."""
    syncer = home.syncer()
    shelf.before = refuse
    for minutes in (0, 1, 2, 4, 8, 16):
        home.clock.step(minutes * MINUTE)
        await read_now(home, calendar)
        await syncer.run()
    return syncer


async def pass_minutes(home: Home, minutes: int, *, run: Callable[[], Awaitable[object]]) -> None:
    for _ in range(minutes):
        home.clock.step(MINUTE)
        await run()


async def test_a_login_that_is_taken_again_is_tried_within_minutes_of_connecting_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    syncer = await let_be_refused_often(home, calendar, shelf)
    shelf.before = nothing_else
    await connect_again(home, calendar)
    await pass_minutes(home, 6, run=syncer.run)
    seen = await home.see(calendar)
    assert (seen.problem, seen.synced_at is not None) == (None, True)


async def test_a_login_that_is_still_refused_is_tried_once_after_connecting_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    syncer = await let_be_refused_often(home, calendar, shelf)
    shelf.asked.clear()
    await connect_again(home, calendar)
    await pass_minutes(home, 60, run=syncer.run)
    assert len(shelf.asked) == 1
    assert (await home.see(calendar)).next_sync_at is None


async def test_another_policy_holds_without_trying_a_refused_login_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("maybe.ics", make_object("STATUS:TENTATIVE"))
    await let_be_refused(home, calendar, shelf)
    for treat, busy in ((Treat.FREE, []), (Treat.BUSY, [between(4, 20, 21)])):
        home.clock.step(60 * MINUTE)
        await choose(home, calendar, treat)
        await home.sync()
        seen = await home.see(calendar)
        assert await home.busy_of(home.ana) == busy
        assert (seen.problem, seen.next_sync_at, shelf.asked) == ("calendar_auth", None, [])


async def test_another_policy_lets_a_calendar_of_a_refused_neighbor_be_laid_out_all_the_same(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    other, beside = await home.connect_beside(home.ana, "work")
    beside.put("maybe.ics", make_object("STATUS:TENTATIVE"))
    await let_be_refused(home, calendar, shelf)
    beside.asked.clear()
    await choose(home, other, Treat.FREE)
    await read_now(home, calendar)
    await home.sync()
    await home.sync()
    assert await home.busy_of(home.ana) == []
    assert beside.asked == []


async def test_connecting_again_is_not_lost_to_another_policy_that_follows_at_once(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    await let_be_refused(home, calendar, shelf)
    shelf.before = nothing_else
    home.clock.step(60 * MINUTE)
    await connect_again(home, calendar)
    await choose(home, calendar, Treat.FREE)
    await home.sync()
    assert (await home.see(calendar)).problem is None


async def test_connecting_again_after_another_policy_is_not_lost_to_it(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    await let_be_refused(home, calendar, shelf)
    shelf.before = nothing_else
    home.clock.step(60 * MINUTE)
    await choose(home, calendar, Treat.FREE)
    await connect_again(home, calendar)
    await home.sync()
    assert (await home.see(calendar)).problem is None


async def spoil(home: Home, *spoiled: Calendar) -> None:
    """Let the logins of these calendars open no more."""
    async with home.house.database.write() as tx:
        ids = [each.id for each in spoiled]
        await tx.execute(update(table).where(table.c.id.in_(ids)).values(account=b"another key's"))


async def test_logins_that_cannot_be_opened_are_told_once_and_end_the_polling(home: Home) -> None:
    first, shelf = await home.connect(home.ana)
    second, _ = await home.connect_beside(home.ana, "work")
    await home.sync()
    await spoil(home, first, second)
    shelf.asked.clear()
    await pass_minutes(home, 60, run=home.sync)
    for calendar in (first, second):
        seen = await home.see(calendar)
        assert (seen.problem, seen.next_sync_at) == ("calendar_auth", None)
    assert [(each.partner_id, each.detail) for each in await waiting(home)] == [(home.ana.id, "calendar_auth")]
    assert shelf.asked == []


async def test_a_neighbor_whose_login_cannot_be_opened_keeps_no_trouble_from_being_recorded(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    spoiled, _ = await home.connect_beside(home.ana, "work")
    await home.sync()
    await spoil(home, spoiled)
    shelf.before = lambda _: httpx.Response(502)
    home.clock.step(20 * MINUTE)
    await home.sync()
    assert (await home.see(calendar)).problem == "calendar_unreachable"
