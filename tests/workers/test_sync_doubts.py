"""What a server says is not always so: emptied calendars, forgotten deletions, ETags that come back, no tokens."""

from dataclasses import replace
from datetime import timedelta

import pytest

from integrations.ical.bounded import BoundedReader
from service.core.sync import EMPTY_AGAIN
from service.store import busy
from service.store.calendars import Calendar
from tests.households import between
from tests.workers.shelf import Shelf
from tests.workers.world import Home, make_object

SOON = timedelta(minutes=20)
TWO_DAYS = timedelta(days=2)
ONE_HOUR = between(4, 20, 21)
TWO_HOURS = make_object("DTSTART:20261204T190000Z", "DURATION:PT2H")


async def read_once(home: Home) -> tuple[Calendar, Shelf]:
    """Connect a calendar with one entry, read it, and forget what that took."""
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.asked.clear()
    return calendar, shelf


async def read_after(home: Home, wait: timedelta) -> None:
    home.clock.step(wait)
    await home.sync()


async def test_a_calendar_that_was_emptied_is_believed_when_it_is_so_twice(home: Home) -> None:
    calendar, shelf = await read_once(home)
    shelf.delete("one.ics")
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    doubted = await home.see(calendar)
    assert (doubted.emptied_at, doubted.next_sync_at) == (home.clock(), home.clock() + EMPTY_AGAIN)
    await read_after(home, EMPTY_AGAIN)
    assert await home.busy_of(home.ana) == []
    assert (await home.see(calendar)).emptied_at is None


async def test_looking_again_at_once_is_no_second_time(home: Home) -> None:
    _, shelf = await read_once(home)
    shelf.delete("one.ics")
    await read_after(home, SOON)
    await read_after(home, EMPTY_AGAIN - timedelta(minutes=1))
    assert await home.busy_of(home.ana) == [ONE_HOUR]


async def test_a_calendar_whose_entries_come_back_was_never_empty(home: Home) -> None:
    calendar, shelf = await read_once(home)
    text = shelf.objects["one.ics"]
    shelf.delete("one.ics")
    await read_after(home, SOON)
    shelf.put("one.ics", text)
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert (await home.see(calendar)).emptied_at is None
    shelf.delete("one.ics")
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]


async def test_an_emptied_calendar_of_a_server_without_tokens_is_doubted_as_well(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.takes_tokens = False
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.delete("one.ics")
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == []
    assert (await home.see(calendar)).problem is None


async def test_a_deletion_the_server_forgot_is_found_within_two_days(home: Home) -> None:
    _, shelf = await read_once(home)
    shelf.put("other.ics", make_object(uid="other"))
    await read_after(home, SOON)
    shelf.forgets = True
    shelf.delete("one.ics")
    shelf.objects["other.ics"] = make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="other")
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    await read_after(home, TWO_DAYS)
    assert await home.busy_of(home.ana) == [between(5, 20, 21)]


async def test_all_is_compared_once_a_day_and_not_more_often(home: Home) -> None:
    calendar, _ = await read_once(home)
    compared = []
    for _ in range(4 * 24 * 3):
        await read_after(home, SOON)
        compared.append((await home.see(calendar)).compared_at)
    assert 3 <= len(set(compared)) <= 6


async def test_a_token_from_the_future_is_replaced_by_the_daily_comparison(home: Home) -> None:
    calendar, shelf = await read_once(home)
    shelf.changed += ["never.ics"] * 50
    await read_after(home, SOON)
    del shelf.changed[1:]
    shelf.put("new.ics", make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="new"))
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    await read_after(home, TWO_DAYS)
    assert await home.busy_of(home.ana) == [ONE_HOUR, between(5, 20, 21)]
    assert (await home.see(calendar)).sync_token == "2"


@pytest.mark.parametrize("wait", [SOON, TWO_DAYS], ids=["at the next poll", "at the daily comparison"])
async def test_an_object_that_was_made_again_with_the_etag_it_had_is_read(home: Home, wait: timedelta) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.frozen = "gcs00000000"
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.delete("one.ics")
    shelf.put("one.ics", TWO_HOURS)
    await read_after(home, wait)
    [found] = await home.busy_of(home.ana)
    assert found.length == timedelta(hours=2)


async def test_a_server_without_tokens_is_asked_for_its_ctag_and_no_more_while_that_stands(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.takes_tokens = False
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.asked.clear()
    await read_after(home, SOON)
    assert shelf.asked == ["PROPFIND"]
    shelf.put("one.ics", TWO_HOURS)
    shelf.asked.clear()
    await read_after(home, SOON)
    assert shelf.asked == ["PROPFIND", "PROPFIND", "REPORT"]
    [found] = await home.busy_of(home.ana)
    assert found.length == timedelta(hours=2)


async def test_bytes_that_did_not_change_are_not_read_again(home: Home) -> None:
    calendar, shelf = await read_once(home)
    shelf.put("one.ics", shelf.objects["one.ics"])
    home.clock.step(SOON)
    stopped = BoundedReader()
    stopped.stop()
    await replace(home.syncer(), reader=stopped).run()
    seen = await home.see(calendar)
    assert (seen.problem, seen.unreadable, seen.synced_at) == (None, 0, home.clock())
    async with home.house.database.read() as tx:
        known = await busy.known_objects(tx, calendar_id=calendar.id)
    assert known["one.ics"].etag == shelf.etag("one.ics")
