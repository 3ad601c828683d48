"""The whole CalDAV client against real Radicale and Xandikos."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from integrations.caldav.client import Account, CalDav, connect
from integrations.caldav.discover import discover
from integrations.caldav.objects import find_url, read, remove, write
from integrations.caldav.sync import Changes, read_changes
from integrations.egress import Egress
from integrations.errors import Conflict, LoginRefused, NotThere, Unreachable
from integrations.http import GuardedClient
from tests.servers import CalendarServer, radicale

pytestmark = pytest.mark.servers

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T180000Z\r\nDTEND:20260105T190000Z\r\n"
    "SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def make_event(title: str = "something") -> str:
    return EVENT.format(uid=uuid4().hex, title=title)


class CountingClient(GuardedClient):
    """The guarded client, which here also remembers what it was asked."""

    def __init__(self, egress: Egress) -> None:
        super().__init__(egress)
        self.methods: list[str] = []

    async def send(self, request: httpx.Request, **rest: object) -> httpx.Response:
        self.methods.append(request.method)
        return await super().send(request, **rest)  # type: ignore[arg-type]


@dataclass
class Place:
    """A calendar on a real server, seen by the service (`caldav`) and by the owner's own app (`server`)."""

    server: CalendarServer
    user: str
    url: str
    http: CountingClient
    caldav: CalDav

    def put(self, name: str, text: str) -> str:
        return self.server.put(self.url + name, text, user=self.user)

    async def changes(self, since: Changes | None = None, *, known: dict[str, str] | None = None) -> Changes:
        return await read_changes(self.caldav, self.url, known=known or {}, token=since.token if since else None)


@pytest.fixture(params=["radicale", "xandikos"])
async def place(request: pytest.FixtureRequest) -> AsyncIterator[Place]:
    server: CalendarServer = request.getfixturevalue(f"{request.param}_server")
    home = "ana" if request.param == "radicale" else "ana/calendars"
    url = make_calendar(server, f"{home}/{uuid4().hex}/")
    async with CountingClient(Egress.parse(server.opening)) as http:
        account = Account(server.url, "ana", "secret")
        yield Place(server, "ana", url, http, connect(http, account))


def make_calendar(server: CalendarServer, path: str) -> str:
    user, _, name = path.strip("/").partition("/")
    return server.make_calendar(user, name)


def known_after(changes: Changes) -> dict[str, str]:
    return {each.href: each.etag for each in changes.fetched}


async def test_calendars_are_found_from_the_servers_address(place: Place) -> None:
    found = {each.url: each for each in await discover(place.caldav)}
    assert place.url in found
    assert found[place.url].writable
    assert found[place.url].sync_collection


async def test_the_address_of_a_calendar_finds_that_calendar_only(place: Place) -> None:
    caldav = connect(place.http, Account(place.url, "ana", "secret"))
    assert [each.url for each in await discover(caldav)] == [place.url]


async def test_the_first_sync_brings_everything(place: Place) -> None:
    place.put("one.ics", make_event())
    place.put("two with a space & äö.ics", make_event())
    changes = await place.changes()
    path = httpx.URL(place.url).path
    assert {each.href for each in changes.fetched} == {f"{path}one.ics", f"{path}two with a space & äö.ics"}
    assert all(b"BEGIN:VEVENT" in each.data for each in changes.fetched)
    assert changes.whole
    assert changes.token


async def test_nothing_changed_costs_one_request(place: Place) -> None:
    place.put("one.ics", make_event())
    first = await place.changes()
    place.http.methods.clear()
    changes = await place.changes(first, known=known_after(first))
    assert place.http.methods == ["REPORT"]
    assert (changes.fetched, changes.gone, changes.unread) == ((), (), ())


async def test_one_change_costs_two_requests(place: Place) -> None:
    place.put("one.ics", make_event())
    place.put("two.ics", make_event())
    first = await place.changes()
    text = make_event("before")
    place.server.delete(place.url + "two.ics", user="ana")
    place.put("two.ics", text)
    place.http.methods.clear()
    changes = await place.changes(first, known=known_after(first))
    assert place.http.methods == ["REPORT", "REPORT"]
    assert [each.href.rpartition("/")[2] for each in changes.fetched] == ["two.ics"]
    assert b"SUMMARY:before" in changes.fetched[0].data
    assert not changes.whole


async def test_a_deleted_object_is_gone(place: Place) -> None:
    place.put("one.ics", make_event())
    first = await place.changes()
    place.server.delete(place.url + "one.ics", user="ana")
    changes = await place.changes(first, known=known_after(first))
    assert changes.gone == (first.fetched[0].href,)


async def test_a_token_that_is_not_known_costs_a_listing_and_no_download(place: Place) -> None:
    place.put("one.ics", make_event())
    place.put("two.ics", make_event())
    first = await place.changes()
    place.server.delete(place.url + "one.ics", user="ana")
    bad = "http://radicale.org/ns/sync/" + "0" * 64
    known = known_after(first)
    changes = await read_changes(place.caldav, place.url, known=known, token=bad)
    assert changes.whole
    assert changes.fetched == ()
    assert [href.rpartition("/")[2] for href in changes.gone] == ["one.ics"]
    assert changes.token not in {None, bad}


async def test_a_listing_by_propfind_tells_the_same(place: Place) -> None:
    place.put("one.ics", make_event())
    by_report = await place.changes()
    place.http.methods.clear()
    by_listing = await read_changes(place.caldav, place.url, known={}, token=None, sync_collection=False)
    assert place.http.methods == ["PROPFIND", "REPORT"]
    assert by_listing.fetched == by_report.fetched
    assert by_listing.token is None


async def test_an_object_is_created_changed_and_removed(place: Place) -> None:
    url, text = place.url + "date.ics", make_event("first")
    etag = await write(place.caldav, url, data=text.encode(), etag=None)
    created = await read(place.caldav, url)
    assert etag == created.etag
    assert b"SUMMARY:first" in created.data
    changed = await write(place.caldav, url, data=text.replace("first", "second").encode(), etag=created.etag)
    assert changed != etag
    assert b"SUMMARY:second" in (await read(place.caldav, url)).data
    await remove(place.caldav, url, etag=changed)
    with pytest.raises(NotThere):
        await read(place.caldav, url)
    await remove(place.caldav, url, etag=changed)


async def test_a_new_object_never_replaces_one_that_is_there(place: Place) -> None:
    place.put("date.ics", make_event("theirs"))
    with pytest.raises(Conflict):
        await write(place.caldav, place.url + "date.ics", data=make_event("ours").encode(), etag=None)
    assert "SUMMARY:theirs" in place.server.get(place.url + "date.ics", user="ana")


async def test_an_edit_of_theirs_is_neither_overwritten_nor_removed(place: Place) -> None:
    url, text = place.url + "date.ics", make_event("ours")
    etag = await write(place.caldav, url, data=text.encode(), etag=None)
    place.put("date.ics", text.replace("ours", "theirs"))
    with pytest.raises(Conflict):
        await write(place.caldav, url, data=text.encode(), etag=etag)
    with pytest.raises(Conflict):
        await remove(place.caldav, url, etag=etag)
    assert "SUMMARY:theirs" in place.server.get(url, user="ana")


async def test_a_key_leads_back_to_its_object(place: Place) -> None:
    place.put("a date & äöü @home.ics", make_event("found"))
    key = (await place.changes()).fetched[0].href
    assert b"SUMMARY:found" in (await read(place.caldav, find_url(place.url, key))).data


async def test_a_wrong_password_is_refused_after_one_request(radicale_server: CalendarServer) -> None:
    async with CountingClient(Egress.parse(radicale_server.opening)) as http:
        caldav = connect(http, Account(radicale_server.url, "ana", "wrong"))
        with pytest.raises(LoginRefused):
            await discover(caldav)
        assert http.methods == ["PROPFIND"]
        assert not http.is_closed


async def test_a_server_that_dies_is_unreachable_and_works_again_when_it_is_back(tmp_path: Path) -> None:
    with radicale(tmp_path, accounts={"ana": "secret"}) as server:
        url = server.make_calendar("ana", "calendar")
        async with GuardedClient(Egress.parse(server.opening), deadline=timedelta(seconds=5)) as http:
            caldav = connect(http, Account(server.url, "ana", "secret"))
            etag = await write(caldav, url + "date.ics", data=make_event().encode(), etag=None)
            await asyncio.to_thread(server.stop)
            with pytest.raises(Unreachable):
                await read(caldav, url + "date.ics")
            await asyncio.to_thread(server.start)
            assert (await read(caldav, url + "date.ics")).etag == etag
