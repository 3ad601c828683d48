"""A calendar's first sync: the next two weeks first, then the rest, bit by bit."""

from datetime import UTC, datetime, time, timedelta

import httpx
import pytest

from integrations.caldav.sync import BATCH
from service.store import calendars
from service.store.calendars import FIRST_ANSWER, FOREVER
from service.workers import keeping
from tests.households import NOW, between
from tests.workers.shelf import Shelf, nothing_else
from tests.workers.world import Home, PowerCut, make_object

SOON = timedelta(minutes=20)
ONE_HOUR = between(4, 20, 21)
TWO_WEEKS = datetime.combine(NOW + FIRST_ANSWER, time(), UTC)  # whole days of them


def is_listing(request: httpx.Request) -> bool:
    return b"sync-collection" in request.content


LAST = -(-(keeping.AT_ONCE + 50) // BATCH)  # multiget of what `fill` puts there, after some of it was written


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
    assert seen.known_until(now=NOW) == TWO_WEEKS
    assert calendars.known_until([seen], now=NOW) == TWO_WEEKS


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
        return httpx.Response(502) if multigets == LAST else None

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
    counts = TWO_WEEKS - FIRST_ANSWER + timedelta(hours=72)
    assert seen.known_until(now=counts - timedelta(seconds=1)) is not None
    assert seen.known_until(now=counts) is None
    assert counts <= NOW + timedelta(hours=72)


async def test_who_dies_between_two_writes_leaves_nothing_that_is_not_read_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)

    multigets = 0

    def die(request: httpx.Request) -> None:
        nonlocal multigets
        multigets += b"calendar-multiget" in request.content
        if multigets == LAST:
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


@pytest.mark.parametrize("later", [timedelta(), timedelta(hours=11, minutes=7, seconds=23), timedelta(hours=15)])
async def test_how_far_the_first_answer_reaches_tells_the_day_of_connecting_at_most(
    home: Home, later: timedelta
) -> None:
    home.clock.step(later)
    calendar, shelf = await home.connect(home.ana)
    fill(shelf)
    shelf.before = refuse_listing
    await home.sync()
    until = (await home.see(calendar)).known_until(now=home.clock())
    assert until is not None
    assert until.timetz() == time(tzinfo=UTC)
    assert timedelta() <= home.clock() + FIRST_ANSWER - until < timedelta(days=1)


@pytest.mark.parametrize(
    "missing",
    [
        "<href>/ana/home/other.ics</href><propstat><status>HTTP/1.1 200 OK</status><prop><getetag/></prop></propstat>",
        "<href>/ana/home/other.ics</href><status>HTTP/1.1 403 Forbidden</status>",
        "<href>/ana/home/</href><status>HTTP/1.1 507 Insufficient Storage</status>",
    ],
)
async def test_a_first_answer_in_which_something_is_missing_is_none(home: Home, missing: str) -> None:
    calendar, shelf = await home.connect(home.ana)
    answer = f'<multistatus xmlns="DAV:"><response>{missing}</response></multistatus>'

    def withhold(request: httpx.Request) -> httpx.Response:
        return httpx.Response(207, text=answer) if b"calendar-query" in request.content else httpx.Response(502)

    shelf.before = withhold
    await home.sync()
    seen = await home.see(calendar)
    assert (seen.known_until(now=NOW), seen.first_until) == (None, None)


@pytest.mark.parametrize("status", ["403 Forbidden", "423 Locked", "500 Internal Server Error"])
async def test_an_object_listed_with_an_error_keeps_its_last_known_times(home: Home, status: str) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.takes_tokens = False
    shelf.put("near.ics", make_object())
    await home.sync()
    shelf.put("two.ics", make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="two"))
    shelf.withheld.add("near.ics")
    answer = (
        '<multistatus xmlns="DAV:"><response><href>/ana/home/near.ics</href>'
        f"<status>HTTP/1.1 {status}</status></response><response><href>/ana/home/two.ics</href><propstat>"
        '<status>HTTP/1.1 200 OK</status><prop><getetag>"1"</getetag></prop></propstat></response></multistatus>'
    )
    listed = httpx.Response(207, text=answer)
    shelf.before = lambda each: listed if each.method == "PROPFIND" and each.headers["Depth"] == "1" else None
    home.clock.step(SOON)
    await home.sync()
    assert await home.busy_of(home.ana) == [ONE_HOUR, between(5, 20, 21)]
    assert (await home.see(calendar)).unreadable == 1
