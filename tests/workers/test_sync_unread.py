"""Entries that cannot be read, and a reader that is ill: neither ever sets its owner free."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx

from integrations.errors import IntegrationError
from integrations.ical.bounded import BoundedReader
from integrations.ical.busy import Reading
from integrations.ical.errors import Unreadable
from integrations.ical.stripped import Taken
from service.actions import calendars as actions
from service.actions.calendars import Choices
from service.core.sync import EMPTY_AGAIN, Known
from service.store import busy
from service.store.calendars import Calendar, Treat
from service.workers.keeping import AT_ONCE
from tests.households import between
from tests.workers.world import Home, make_object

SOON = timedelta(minutes=20)
TWO_HOURS = timedelta(hours=2)
ONE_HOUR = between(4, 20, 21)
OTHER = between(5, 20, 21)
OTHER_TEXT = make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="other")
MOVED = make_object("DTSTART:20261204T180000Z", "DURATION:PT1H")
BROKEN = make_object("DTSTART:whenever")


class Puzzled(BoundedReader):
    """A reader that understands less than the next version will."""

    async def read_many(self, objects: Sequence[bytes], **_: Any) -> list[Taken | IntegrationError]:
        return [Unreadable() for _ in objects]

    async def read_stripped_many(self, contents: Sequence[bytes], **_: Any) -> list[Reading | IntegrationError]:
        return [Unreadable() for _ in contents]


async def sync_with(home: Home, reader: BoundedReader) -> None:
    await replace(home.syncer(), reader=reader).run()


async def sync_ill(home: Home) -> None:
    """Read what is due with a reader that has no process."""
    ill = BoundedReader()
    ill.stop()
    await sync_with(home, ill)


async def sync_puzzled(home: Home) -> None:
    puzzled = Puzzled()
    await sync_with(home, puzzled)
    puzzled.stop()


async def read_after(home: Home, wait: timedelta) -> None:
    home.clock.step(wait)
    await home.sync()


async def known_of(home: Home, calendar: Calendar) -> dict[str, Known]:
    async with home.house.database.read() as tx:
        return await busy.known_objects(tx, calendar_id=calendar.id)


async def test_a_first_sync_with_an_ill_reader_fails_and_is_tried_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await sync_ill(home)
    failing = await home.see(calendar)
    assert (failing.problem, failing.synced_at, failing.sync_token) == ("calendar_unreachable", None, None)
    assert not failing.is_known(now=home.clock())
    await read_after(home, SOON)
    healthy = await home.see(calendar)
    assert (healthy.problem, healthy.unreadable, healthy.synced_at) == (None, 0, home.clock())
    assert await home.busy_of(home.ana) == [ONE_HOUR]


async def test_what_changed_while_the_reader_was_ill_keeps_its_last_times_and_is_read_when_it_is_well(
    home: Home,
) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    token = (await home.see(calendar)).sync_token
    shelf.put("one.ics", MOVED)
    home.clock.step(SOON)
    await sync_ill(home)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert (await home.see(calendar)).sync_token == token
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [between(4, 18, 19)]


async def test_another_policy_waits_for_an_ill_reader_and_the_last_times_stay(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("maybe.ics", make_object("STATUS:TENTATIVE"))
    await home.sync()
    choices = Choices(tentative=Treat.FREE)
    await actions.change_calendar(home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=choices)
    await sync_ill(home)
    ill = await home.see(calendar)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert (ill.unreadable, ill.read_edition) == (0, ill.edition - 1)
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == []
    well = await home.see(calendar)
    assert (well.problem, well.read_edition) == (None, well.edition)


async def test_what_cannot_be_laid_out_in_another_policy_keeps_its_last_times_and_is_read_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("maybe.ics", make_object("STATUS:TENTATIVE"))
    await home.sync()
    choices = Choices(tentative=Treat.FREE)
    await actions.change_calendar(home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=choices)
    await sync_puzzled(home)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert (await home.see(calendar)).unreadable == 1
    await read_after(home, TWO_HOURS)
    assert await home.busy_of(home.ana) == []
    assert (await home.see(calendar)).unreadable == 0


async def test_an_entry_that_cannot_be_read_any_more_keeps_its_last_times_and_is_counted(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    for broken in (BROKEN, "<html>"):
        shelf.put("one.ics", broken)
        await read_after(home, SOON)
        assert await home.busy_of(home.ana) == [ONE_HOUR]
        seen = await home.see(calendar)
        assert (seen.unreadable, seen.problem) == (1, None)
    shelf.put("one.ics", MOVED)
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [between(4, 18, 19)]
    assert (await home.see(calendar)).unreadable == 0


async def test_what_could_not_be_read_is_read_again_within_two_hours_though_its_server_names_no_change(
    home: Home,
) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await sync_puzzled(home)
    assert (await home.see(calendar)).unreadable == 1
    assert await known_of(home, calendar) == {"one.ics": Known("", b"")}
    await read_after(home, TWO_HOURS)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert (await home.see(calendar)).unreadable == 0


async def test_an_entry_that_is_broken_in_itself_is_asked_for_again_as_well(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("broken.ics", BROKEN)
    await home.sync()
    assert await known_of(home, calendar) == {"broken.ics": Known("", b"")}
    assert (await home.see(calendar)).unreadable == 1


async def test_what_is_not_handed_out_stays_counted_whatever_else_changes(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    shelf.put("other.ics", OTHER_TEXT)
    await home.sync()
    shelf.put("one.ics", MOVED)
    shelf.withheld.add("one.ics")
    await read_after(home, SOON)
    assert (await home.see(calendar)).unreadable == 1
    shelf.put("other.ics", make_object("DTSTART:20261205T190000Z", "DURATION:PT2H", uid="other"))
    await read_after(home, SOON)
    assert (await home.see(calendar)).unreadable == 1
    choices = Choices(all_day=Treat.FREE)
    await actions.change_calendar(home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=choices)
    await home.sync()
    assert (await home.see(calendar)).unreadable == 1
    assert await home.busy_of(home.ana) == [ONE_HOUR, between(5, 19, 21)]
    shelf.withheld.clear()
    await read_after(home, TWO_HOURS)
    assert (await home.see(calendar)).unreadable == 0
    assert await home.busy_of(home.ana) == [between(4, 18, 19), between(5, 19, 21)]


async def test_what_is_gone_counts_until_all_that_may_replace_it_is_written(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.put("old.ics", make_object())
    await home.sync()
    shelf.delete("old.ics")
    for number in range(AT_ONCE + 200):
        shelf.put(f"n{number:04}.ics", make_object("DTSTART:20200101T100000Z", "DURATION:PT1H", uid=f"n{number}"))
    shelf.put("z-new.ics", make_object())

    def break_off(request: httpx.Request) -> httpx.Response | None:
        asks_last = b"calendar-multiget" in request.content and b"z-new.ics" in request.content
        return httpx.Response(500) if asks_last else None

    well, shelf.before = shelf.before, break_off
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    shelf.before = well
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    shelf.delete("z-new.ics")
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == []


async def test_a_calendar_in_which_nothing_but_our_date_is_left_is_doubted_as_well(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.takes_tokens = False
    shelf.put("other.ics", OTHER_TEXT)
    await home.sync()
    await home.pencil_in()
    await home.courier().run()
    await read_after(home, SOON)
    assert len(shelf.objects) == 2
    shelf.delete("other.ics")
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [OTHER]
    assert (await home.see(calendar)).emptied_at == home.clock()
    await read_after(home, EMPTY_AGAIN)
    assert await home.busy_of(home.ana) == []
