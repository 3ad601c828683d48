"""What `test_life` found, each as small as it can be told."""

from datetime import timedelta

from service.actions import calendars as own_calendars
from service.actions import dates as actions
from service.core.dates import Stage
from service.store.dates import Kept
from service.store.entries import EntryState
from tests.workers.shelf import Shelf
from tests.workers.world import LATER, Home

A_WHILE = timedelta(minutes=2)


async def deliver_one(home: Home) -> tuple[Kept, Shelf, str]:
    """Deliver a date into Ana's calendar; return it, her shelf and the entry's name there."""
    _, shelf = await home.connect(home.ana)
    await home.sync()
    kept = await home.pencil_in()
    await home.courier().run()
    [name] = shelf.objects
    return kept, shelf, name


async def move(home: Home, kept: Kept) -> None:
    now = home.clock()
    await actions.move(home.house, partner=home.ben, date_id=kept.date.id, time=LATER, version=None, now=now)


async def call_off(home: Home, kept: Kept) -> None:
    now = home.clock()
    await actions.call_off(home.house, partner=home.ben, date_id=kept.date.id, version=None, now=now)


async def disconnect(home: Home) -> None:
    [calendar] = await own_calendars.list_calendars(home.house, partner=home.ana, now=home.clock())
    await own_calendars.remove_calendar(home.house, partner=home.ana, calendar_id=calendar.id)


async def live_on(home: Home, *waits: timedelta) -> None:
    """Let the workers do what is due after each wait."""
    for wait in waits:
        home.clock.step(wait)
        await home.sync()
        await home.courier().run()


async def see(home: Home, kept: Kept) -> Kept:
    return await actions.see(home.house, partner=home.ana, date_id=kept.date.id)


async def test_an_entry_brought_back_after_its_date_was_called_off_goes_again(home: Home) -> None:
    kept, shelf, name = await deliver_one(home)
    text = shelf.objects[name]
    shelf.delete(name)
    await call_off(home, kept)
    await home.courier().run()
    shelf.put(name, text)
    await live_on(home, timedelta(minutes=20))
    assert shelf.objects == {}
    assert (await home.entry(home.ana, kept.date.id)).state is EntryState.WITHDRAWN


async def test_an_entry_brought_back_after_its_date_moved_follows_and_moves_nothing_back(home: Home) -> None:
    kept, shelf, name = await deliver_one(home)
    text = shelf.objects[name]
    shelf.delete(name)
    await move(home, kept)
    await home.courier().run()
    shelf.put(name, text)
    await live_on(home, timedelta(minutes=5), timedelta(minutes=20))
    assert (await see(home, kept)).date.time == LATER
    assert "DTSTART;TZID=Europe/Berlin:20261205T190000" in shelf.objects[name]
    assert (await home.entry(home.ana, kept.date.id)).state is EntryState.OPEN


async def test_an_entry_in_a_calendar_that_is_connected_again_follows_its_date(home: Home) -> None:
    kept, shelf, name = await deliver_one(home)
    await disconnect(home)
    await move(home, kept)
    await home.courier().run()
    await home.connect_again(home.ana, shelf, calendar_id="again")
    await live_on(home, A_WHILE)
    assert "DTSTART;TZID=Europe/Berlin:20261205T190000" in shelf.objects[name]


async def test_an_entry_in_a_calendar_that_is_connected_again_goes_with_its_date(home: Home) -> None:
    kept, shelf, _ = await deliver_one(home)
    await disconnect(home)
    await call_off(home, kept)
    await home.courier().run()
    await home.connect_again(home.ana, shelf, calendar_id="again")
    await live_on(home, A_WHILE)
    assert shelf.objects == {}


async def test_a_removed_entry_is_still_an_answer_after_its_date_moved(home: Home) -> None:
    kept, shelf, name = await deliver_one(home)
    shelf.delete(name)
    await move(home, kept)
    await live_on(home, A_WHILE, timedelta(minutes=6), timedelta(minutes=6))
    assert (await see(home, kept)).date.stage is Stage.CALLED_OFF
