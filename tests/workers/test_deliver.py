"""The worker that delivers entries: once in the calendar whatever happens on the way."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import timedelta
from itertools import pairwise

import httpx

from service.actions import calendars as own_calendars
from service.actions import dates as actions
from service.core.dates import PartStat
from service.store.entries import EntryState
from service.store.outbox import State
from service.workers.deliver import LEASE
from tests.workers.shelf import Shelf, nothing_else, nothing_more
from tests.workers.world import LATER, Home, PowerCut

HALF_A_MINUTE = timedelta(seconds=30)


def cut_power_after(method: str) -> Callable[[httpx.Request], None]:
    """Let the worker die once the server has done what it was asked with `method`."""

    def cut(request: httpx.Request) -> None:
        if request.method == method:
            raise PowerCut

    return cut


async def pencil_in(home: Home) -> tuple[Shelf, str]:
    """Pencil in a date that Ana's calendar is about to receive; return her shelf and the date's id."""
    _, shelf = await home.connect(home.ana)
    await home.sync()
    kept = await home.pencil_in()
    return shelf, kept.date.id


async def accept(home: Home, date_id: str) -> None:
    now = home.clock()
    await actions.answer(home.house, partner=home.ben, date_id=date_id, partstat=PartStat.ACCEPTED, sequence=0, now=now)


async def call_off(home: Home, date_id: str) -> None:
    await actions.call_off(home.house, partner=home.ana, date_id=date_id, version=None, now=home.clock())


def held(shelf: Shelf) -> str:
    [text] = shelf.objects.values()
    return text


async def test_an_entry_is_written_once_and_recorded(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await home.courier().run()
    entry = await home.entry(home.ana, date_id)
    assert (entry.applied, entry.state) == (0, EntryState.OPEN)
    assert entry.etag == shelf.etag(entry.href or "")
    assert "STATUS:TENTATIVE" in held(shelf)
    assert await home.courier().run() == 0


async def test_a_worker_that_dies_after_the_put_leaves_one_entry(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    shelf.after = cut_power_after("PUT")
    with suppress(PowerCut):
        await home.courier(owner="one").run()
    shelf.after = nothing_more
    assert await home.courier(owner="two").run() == 0
    home.clock.step(LEASE)
    assert await home.courier(owner="two").run() >= 1
    assert len(shelf.objects) == 1
    entry = await home.entry(home.ana, date_id)
    assert (entry.applied, entry.etag) == (0, shelf.etag(entry.href or ""))


async def test_an_answer_that_gets_lost_leaves_one_entry(home: Home) -> None:
    shelf, date_id = await pencil_in(home)

    def lose(request: httpx.Request) -> None:
        if request.method == "PUT":
            raise httpx.ReadError("lost", request=request)

    shelf.after = lose
    await home.courier().run()
    assert (await home.entry(home.ana, date_id)).applied is None
    shelf.after = nothing_more
    home.clock.step(HALF_A_MINUTE)
    await home.courier().run()
    assert (await home.entry(home.ana, date_id)).applied == 0
    assert len(shelf.objects) == 1


async def test_a_worker_that_dies_after_the_delete_leaves_no_entry(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await home.courier().run()
    await call_off(home, date_id)
    shelf.after = cut_power_after("DELETE")
    with suppress(PowerCut):
        await home.courier().run()
    shelf.after = nothing_more
    home.clock.step(LEASE)
    await home.courier().run()
    assert shelf.objects == {}
    assert (await home.entry(home.ana, date_id)).state is EntryState.WITHDRAWN


async def test_a_date_called_off_before_it_was_delivered_is_never_written(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await call_off(home, date_id)
    await home.courier().run()
    assert "PUT" not in shelf.asked
    assert (await home.entry(home.ana, date_id)).state is EntryState.WITHDRAWN


async def test_a_confirmed_date_is_the_same_entry_with_the_next_sequence(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await home.courier().run()
    before = list(shelf.objects)
    await accept(home, date_id)
    await home.courier().run()
    assert list(shelf.objects) == before
    assert "STATUS:CONFIRMED" in held(shelf)
    assert "SEQUENCE:1" in held(shelf)


async def test_what_the_person_changed_in_their_entry_is_kept(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await home.courier().run()
    [name] = shelf.objects
    shelf.put(name, held(shelf).replace("SUMMARY:Time together", "SUMMARY:Just us\r\nLOCATION:The old pier"))
    await accept(home, date_id)
    await home.courier().run()
    for line in ("SUMMARY:Just us", "LOCATION:The old pier", "STATUS:CONFIRMED", "SEQUENCE:1"):
        assert f"{line}\r\n" in held(shelf)
    assert (await home.entry(home.ana, date_id)).etag == shelf.etag(name)


async def test_what_the_person_removed_is_never_written_again(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await home.courier().run()
    [name] = shelf.objects
    shelf.delete(name)
    await accept(home, date_id)
    await home.courier().run()
    assert (await home.entry(home.ana, date_id)).state is EntryState.REMOVED
    now = home.clock()
    await actions.move(home.house, partner=home.ana, date_id=date_id, time=LATER, version=None, now=now)
    await home.courier().run()
    assert shelf.objects == {}
    assert await home.count(State.WAITING) == 0


async def test_an_entry_the_person_changed_is_withdrawn_all_the_same(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await home.courier().run()
    [name] = shelf.objects
    shelf.put(name, held(shelf).replace("SUMMARY:Time together", "SUMMARY:Just us"))
    await call_off(home, date_id)
    await home.courier().run()
    assert shelf.objects == {}


async def test_several_parcels_about_one_date_leave_what_it_is_now(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    await accept(home, date_id)
    now = home.clock()
    await actions.move(home.house, partner=home.ana, date_id=date_id, time=LATER, version=None, now=now)
    await home.courier().run()
    assert "DTSTART;TZID=Europe/Berlin:20261205T190000" in held(shelf)
    assert "SEQUENCE:2" in held(shelf)
    assert (await home.entry(home.ana, date_id)).applied == 2


async def test_a_server_that_is_down_is_tried_with_doubling_waits(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(502)
    await home.courier().run()
    tries = [len(shelf.asked)]
    for seconds in (29, 1, 59, 1, 119, 1):
        home.clock.step(timedelta(seconds=seconds))
        await home.courier().run()
        tries.append(len(shelf.asked))
    assert [after - before for before, after in pairwise(tries)] == [0, 1, 0, 1, 0, 1]
    shelf.before = nothing_else
    home.clock.step(timedelta(hours=1))
    await home.courier().run()
    assert (await home.entry(home.ana, date_id)).applied == 0


async def test_what_the_server_asks_us_to_wait_is_waited(home: Home) -> None:
    shelf, _ = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(429, headers={"Retry-After": "900"})
    await home.courier().run()
    before = len(shelf.asked)
    home.clock.step(timedelta(seconds=899))
    await home.courier().run()
    assert len(shelf.asked) == before
    home.clock.step(timedelta(seconds=1))
    await home.courier().run()
    assert len(shelf.asked) == before + 1


async def test_a_server_that_is_down_for_two_days_is_given_up(home: Home) -> None:
    shelf, _ = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(502)
    for _ in range(30):
        await home.courier().run()
        home.clock.step(timedelta(hours=6))
    assert await home.count(State.WAITING) == 0
    assert len(shelf.asked) < 30


async def test_an_entry_waits_for_a_new_password(home: Home) -> None:
    shelf, date_id = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(401)
    await home.courier().run()
    assert await home.count(State.WAITING) == 1
    shelf.before = nothing_else
    home.clock.step(HALF_A_MINUTE)
    await home.courier().run()
    assert (await home.entry(home.ana, date_id)).applied == 0


async def test_a_date_that_moves_while_it_is_written_is_brought_up_to_date(home: Home) -> None:
    shelf, date_id = await pencil_in(home)

    async def move() -> None:
        now = home.clock()
        await actions.move(home.house, partner=home.ana, date_id=date_id, time=LATER, version=None, now=now)

    shelf.meanwhile = move
    await home.courier().run()
    await home.courier().run()
    assert "DTSTART;TZID=Europe/Berlin:20261205T190000" in held(shelf)
    assert await home.count(State.WAITING) == 0


async def test_one_calendar_that_is_down_does_not_keep_the_other_waiting(home: Home) -> None:
    _, bens = await home.connect(home.ben)
    shelf, date_id = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(502)
    await home.courier().run()
    assert len(bens.objects) == 1
    assert await home.count(State.WAITING) == 1
    shelf.before = nothing_else
    home.clock.step(HALF_A_MINUTE)
    await home.courier().run()
    assert len(shelf.objects) == 1
    assert await home.count(State.WAITING) == 0
    assert (await home.entry(home.ana, date_id)).applied == 0


async def test_parcels_of_a_removed_calendar_end(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    await home.sync()
    await home.pencil_in()
    await own_calendars.remove_calendar(home.house, partner=home.ana, calendar_id=calendar.id)
    await home.courier().run()
    assert await home.count(State.WAITING) == 0
    assert shelf.objects == {}


async def test_a_worker_that_comes_late_and_the_one_in_its_place_leave_one_entry(home: Home) -> None:
    shelf, date_id = await pencil_in(home)

    async def deliver_in_its_place() -> None:
        home.clock.step(LEASE)
        await home.courier(owner="two").run()

    shelf.meanwhile = deliver_in_its_place
    await home.courier(owner="one").run()
    await home.courier(owner="two").run()
    entry = await home.entry(home.ana, date_id)
    assert (entry.applied, entry.etag) == (0, shelf.etag(entry.href or ""))
    assert len(shelf.objects) == 1
    assert await home.count(State.WAITING) == 0


async def test_where_nothing_is_due_the_database_is_not_locked(home: Home) -> None:
    await pencil_in(home)
    await home.courier().run()
    with closing(sqlite3.connect(home.house.database.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(5):
            assert await home.courier().run() == 0
        other.execute("ROLLBACK")
