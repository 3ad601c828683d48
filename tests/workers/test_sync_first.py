"""A calendar's first sync: the next two weeks first, then the rest, bit by bit."""

from datetime import timedelta

import httpx
import pytest

from service.store import calendars
from service.store.calendars import FIRST_ANSWER, FOREVER
from service.workers import keeping
from tests.households import NOW, between
from tests.workers.shelf import Shelf, nothing_else
from tests.workers.world import Home, PowerCut, make_object

SOON = timedelta(minutes=20)
ONE_HOUR = between(4, 20, 21)


def is_listing(request: httpx.Request) -> bool:
    return b"sync-collection" in request.content


def refuse_listing(request: httpx.Request) -> httpx.Response | None:
    return httpx.Response(502) if is_listing(request) else None


def fill(shelf: Shelf) -> None:
    """Put an entry on Friday, which is near, and many that are far away."""
    shelf.put("near.ics", make_object())
    for number in range(keeping.AT_ONCE + 50):
        shelf.put(f"{number}.ics", make_object("DTSTART:20270601T100000Z", "DURATION:PT1H", uid=f"far{number}"))
    shelf.near.add("near.ics")


async def test_the_next_two_weeks_are_known_before_the_rest_is_read(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)
    shelf.before = refuse_listing
    await home.sync()
    seen = await home.see(calendar)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert not seen.is_known(now=NOW)
    assert seen.known_until(now=NOW) == NOW + FIRST_ANSWER
    assert calendars.known_until([seen], now=NOW) == NOW + FIRST_ANSWER


async def test_the_first_answer_is_not_asked_for_again(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    fill(shelf)
    shelf.before = refuse_listing
    await home.sync()
    shelf.asked.clear()
    home.clock.step(timedelta(minutes=1))
    await home.sync()
    assert shelf.asked == ["REPORT"]


async def test_once_all_is_read_the_whole_calendar_is_known(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)
    await home.sync()
    seen = await home.see(calendar)
    assert (seen.known_until(now=NOW), seen.first_until, seen.progress) == (FOREVER, None, None)
    assert seen.objects_read == seen.objects_listed == keeping.AT_ONCE + 51


async def test_a_first_sync_that_is_cut_off_goes_on_where_it_was(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)
    multigets = 0

    def cut_off(request: httpx.Request) -> httpx.Response | None:
        nonlocal multigets
        multigets += b"calendar-multiget" in request.content
        return httpx.Response(502) if multigets == 6 else None

    shelf.before = cut_off
    await home.sync()
    seen = await home.see(calendar)
    assert seen.synced_at is None
    assert seen.progress is not None
    assert 0.5 < seen.progress < 1
    shelf.before = nothing_else
    shelf.asked.clear()
    home.clock.step(timedelta(minutes=1))
    await home.sync()
    assert shelf.asked == ["REPORT", "REPORT"]  # the list, and the last objects
    assert (await home.see(calendar)).synced_at == home.clock()


async def test_a_server_that_cannot_search_by_time_is_read_whole(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    shelf.before = lambda request: httpx.Response(501) if b"calendar-query" in request.content else None
    await home.sync()
    assert (await home.see(calendar)).synced_at == NOW
    assert await home.busy_of(home.ana) == [ONE_HOUR]


async def test_the_first_answer_counts_no_longer_than_other_last_known_times(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)
    shelf.before = refuse_listing
    await home.sync()
    seen = await home.see(calendar)
    assert seen.known_until(now=NOW + timedelta(hours=71)) is not None
    assert seen.known_until(now=NOW + timedelta(hours=72)) is None


async def test_who_dies_between_two_writes_leaves_nothing_that_is_not_read_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)

    def die(request: httpx.Request) -> None:
        if b"/600.ics" in request.content or b"/520.ics" in request.content:
            raise PowerCut

    shelf.after = die
    with pytest.raises(PowerCut):
        await home.sync()
    shelf.after = lambda _: None
    home.clock.step(SOON)
    await home.sync()
    seen = await home.see(calendar)
    assert seen.synced_at == home.clock()
    shelf.put("late.ics", make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="late"))
    home.clock.step(SOON)
    await home.sync()
    assert between(5, 20, 21) in await home.busy_of(home.ana)
