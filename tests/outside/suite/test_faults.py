"""What goes wrong between us and a calendar server: told apart, cut off in time, never half-believed, and then over."""

import time
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest

from integrations.caldav.objects import read, remove, write
from integrations.errors import (
    AddressRefused,
    Conflict,
    LoginRefused,
    NotCalDav,
    Throttled,
    TooLarge,
    TooSlow,
    Unreachable,
)
from tests.outside.suite import faults
from tests.outside.suite.places import Place, Tangle, fetched_names, make_event, names_of
from tests.outside.suite.proxy import Fault
from tests.outside.wire import answer_ok, listening

pytestmark = pytest.mark.servers

LIST = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
SHORT = timedelta(seconds=0.5)
ONE_AFTER_ANOTHER = 12


async def all_is_well(place: Place, *names: str) -> None:
    """Assert that the next reading, with nothing in its way, brings exactly these objects."""
    assert place.proxy is not None
    place.proxy.choose = faults.always(faults.pass_on)
    changes = await place.changes()
    assert fetched_names(changes.fetched) == sorted(names)
    assert (changes.gone, changes.unread) == ((), ())


@pytest.mark.step("throttled")
async def test_a_server_that_is_busy_says_when_to_come_back(tangle: Tangle) -> None:
    later = faults.refuse(429, {"Retry-After": "600"})
    async with tangle(faults.only("REPORT", later, times=1)) as place:
        place.put("one.ics", make_event())
        with pytest.raises(Throttled) as raised:
            await place.changes()
        assert raised.value.retry_after == timedelta(minutes=10)
        assert place.http.methods == ["REPORT"]
        await all_is_well(place, "one.ics")


@pytest.mark.step("dropped keep-alive")
async def test_connections_that_are_dropped_while_idle_lose_and_double_nothing(tangle: Tangle) -> None:
    async with tangle(faults.always(faults.drop_after)) as place:
        place.put("one.ics", make_event())
        first = await place.changes()
        for number in range(ONE_AFTER_ANOTHER):
            url, data = f"{place.url}{number}.ics", make_event("ours").encode()
            await write(place.caldav, url, data=data, etag=None)
            etag = (await read(place.caldav, url)).etag
            if number % 2:
                await remove(place.caldav, url, etag=etag)
        changes = await place.changes(first)
        kept = [f"{number}.ics" for number in range(0, ONE_AFTER_ANOTHER, 2)]
        assert set(fetched_names(changes.fetched)) - {"one.ics"} == set(kept)
        assert sorted(place.server.objects(place.direct)) == sorted([*kept, "one.ics"])


@pytest.mark.step("slow drip")
async def test_an_answer_that_drips_is_cut_off_in_time(tangle: Tangle) -> None:
    async with tangle(faults.only("REPORT", faults.drip), deadline=SHORT) as place:
        place.put("one.ics", make_event())
        begun = time.monotonic()
        with pytest.raises(TooSlow):
            await place.changes()
        assert time.monotonic() - begun < 2
        await all_is_well(place, "one.ics")


@pytest.mark.step("slow drip")
async def test_an_answer_that_comes_late_but_in_time_is_read(tangle: Tangle) -> None:
    async with tangle(faults.always(faults.delay(0.2))) as place:
        place.put("one.ics", make_event())
        assert fetched_names((await place.changes()).fetched) == ["one.ics"]


@pytest.mark.step("huge answer")
async def test_an_answer_that_does_not_end_is_cut_off(tangle: Tangle) -> None:
    async with tangle(faults.only("REPORT", faults.pour), largest=100_000) as place:
        place.put("one.ics", make_event())
        with pytest.raises(TooLarge):
            await place.changes()
        await all_is_well(place, "one.ics")


@pytest.mark.step("private redirect")
@pytest.mark.parametrize("method", ["REPORT", "GET", "PUT", "DELETE"])
async def test_a_redirect_to_a_private_address_reaches_nobody(tangle: Tangle, method: str) -> None:
    async with listening(answer_ok) as inside:
        async with tangle(faults.only(method, faults.send_to(inside.url))) as place:
            place.put("one.ics", make_event())
            with pytest.raises((AddressRefused, NotCalDav)):  # what changes something is not sent on at all
                await do(place, method)
            await all_is_well(place, "one.ics")
        assert inside.connections == 0


@pytest.mark.step("moved calendar")
async def test_a_calendar_whose_old_address_sends_on_to_the_new_one_is_read_there(tangle: Tangle) -> None:
    async with tangle(faults.always(faults.pass_on)) as place:
        there = place.server.make_calendar()
        place.server.put(f"{there}one.ics", make_event())
        assert place.proxy is not None
        here, new = httpx.URL(place.url).path, place.proxy.at(there)
        place.proxy.choose = lambda asked: faults.send_to(new) if asked.path == here else faults.pass_on
        changes = await place.changes()
        assert fetched_names(changes.fetched) == ["one.ics"]


@pytest.mark.step("HTML")
@pytest.mark.parametrize("method", ["REPORT", "GET", "PUT", "DELETE"])
async def test_a_page_in_place_of_an_answer_is_not_believed(tangle: Tangle, method: str) -> None:
    async with tangle(faults.only(method, faults.show_a_page)) as place:
        place.put("one.ics", make_event())
        with pytest.raises(NotCalDav):
            await do(place, method)
        await all_is_well(place, "one.ics")


@pytest.mark.step("HTML")
async def test_a_deed_whose_empty_answer_is_called_html_is_done(tangle: Tangle) -> None:
    async with tangle(faults.always(faults.call_it_html)) as place:
        url = f"{place.url}one.ics"
        await write(place.caldav, url, data=make_event("ours").encode(), etag=None)
        assert "one.ics" in place.server.objects(place.direct)
        await remove(place.caldav, url, etag=None)
        assert place.server.objects(place.direct) == {}


@pytest.mark.step("credentials revoked")
@pytest.mark.parametrize("requests", [0, 1])
async def test_a_login_that_ends_midway_is_told_and_nothing_is_half_told(tangle: Tangle, requests: int) -> None:
    denial = faults.refuse(401, {"WWW-Authenticate": 'Basic realm="calendars"'})
    names = ["one.ics", "two.ics"]
    async with tangle(faults.after(requests, denial)) as place:
        for name in names:
            place.put(name, make_event())
        with pytest.raises(LoginRefused):
            await place.changes()
        assert len(place.http.methods) == requests + 1
        await all_is_well(place, *names)


@pytest.mark.step("truncated")
@pytest.mark.parametrize(
    ("method", "fault"),
    [
        ("PROPFIND", faults.cut),
        ("PROPFIND", faults.cut_neatly),
        ("REPORT", faults.cut),
        ("REPORT", faults.cut_neatly),
        ("GET", faults.cut),
    ],
)
async def test_half_an_answer_is_no_answer(tangle: Tangle, method: str, fault: Fault) -> None:
    async with tangle(faults.only(method, fault)) as place:
        place.put("one.ics", make_event())
        with pytest.raises((Unreachable, NotCalDav)):
            await do(place, method)
        await all_is_well(place, "one.ics")


@pytest.mark.step("reset")
@pytest.mark.parametrize("fault", [faults.reset, faults.lose_the_answer])
@pytest.mark.parametrize("method", ["REPORT", "GET", "PUT", "DELETE"])
async def test_a_connection_that_breaks_is_an_error_or_made_good(tangle: Tangle, method: str, fault: Fault) -> None:
    async with tangle(faults.only(method, fault, times=2)) as place:
        place.put("one.ics", make_event("theirs"))
        with suppress(Unreachable, Conflict):
            await do(place, method)
        was_deleted = method == "DELETE" and "one.ics" not in place.server.objects(place.direct)
        await all_is_well(place, *([] if was_deleted else ["one.ics"]))


@pytest.mark.step("500")
@pytest.mark.parametrize("status", [500, 502, 504])
async def test_a_server_that_fails_is_unreachable_for_now(tangle: Tangle, status: int) -> None:
    async with tangle(faults.always(faults.refuse(status))) as place:
        place.put("one.ics", make_event())
        for method in ("REPORT", "GET", "PUT", "DELETE"):
            with pytest.raises(Unreachable):
                await do(place, method)
        await all_is_well(place, "one.ics")


@pytest.mark.step("507 pages")
async def test_a_listing_in_pages_is_read_to_its_end(tangle: Tangle) -> None:
    names = [f"{number:02}.ics" for number in range(20)]
    async with tangle(faults.Pages(7)) as place:
        for name in names:
            place.put(name, make_event())
        first = await place.changes()
        assert fetched_names(first.fetched) == names
        assert first.whole
        for name in names[:10]:
            place.delete(name)
        changes = await place.changes(first)
        assert names_of(changes.gone) == names[:10]
        assert not changes.whole


async def do(place: Place, method: str) -> None:
    """Do to ``one.ics`` whatever needs a request of that method."""
    url = f"{place.url}one.ics"
    match method:
        case "GET":
            await read(place.caldav, url)
        case "PUT":
            await write(place.caldav, url, data=make_event("ours").encode(), etag='"never"')
        case "DELETE":
            await remove(place.caldav, url, etag=None)
        case "PROPFIND":
            await place.caldav.ask(method, place.url, body=LIST, depth=1)
        case _:
            await place.changes()
