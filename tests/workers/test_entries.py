"""Bringing an entry to what the date is now, on real Radicale and Xandikos."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from integrations.caldav.client import Account, CalDav, connect
from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.invite import Entry as Object
from integrations.ical.invite import Status, read_entry
from service.store.entries import Entry, EntryState
from tests.servers import CalendarServer, radicale, xandikos
from tests.workers.wanted import EVENING, bring_to, make_entry, want

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module", params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarServer]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    opened = radicale(folder, accounts={"ana": "secret"}) if request.param == "radicale" else xandikos(folder)
    with opened as server:
        yield server


@dataclass
class Place:
    """One entry's place in a new calendar on a real server."""

    server: CalendarServer
    caldav: CalDav
    collection: str
    url: str

    async def bring(self, entry: Entry, *, wanted: Object, is_live: bool = True) -> Entry:
        return await bring_to(self.caldav, self.url, entry=entry, wanted=wanted, is_live=is_live)

    def objects(self) -> list[str]:
        return self.server.list_objects(self.collection, user="ana")

    def edit(self, old: str, new: str) -> None:
        """Change the entry as its owner's calendar app would."""
        [text] = self.objects()
        self.server.put(self.url, text.replace(old, new), user="ana")


@pytest.fixture
async def place(server: CalendarServer) -> AsyncIterator[Place]:
    home = "ana" if server.accounts else "ana/calendars"
    collection = server.make_calendar(*f"{home}/{uuid4().hex}".split("/", 1))
    async with GuardedClient(Egress.parse(server.opening)) as http:
        caldav = connect(http, Account(server.url, "ana", "secret"))
        yield Place(server, caldav, collection, f"{collection}{uuid4().hex}.ics")


async def test_an_entry_is_created_confirmed_and_withdrawn(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    assert (created.applied, created.state, len(place.objects())) == (0, EntryState.OPEN, 1)
    confirmed = await place.bring(created, wanted=want(entry, sequence=1, status=Status.CONFIRMED))
    [text] = place.objects()
    seen = read_entry(text.encode())
    assert (seen.status, seen.sequence, confirmed.applied) == (Status.CONFIRMED, 1, 1)
    assert seen.start == EVENING.start + timedelta(days=1)
    gone = await place.bring(confirmed, wanted=want(entry, sequence=2), is_live=False)
    assert (gone.state, place.objects()) == (EntryState.WITHDRAWN, [])


async def test_what_was_brought_already_is_not_touched(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    place.edit("SUMMARY:Time together", "SUMMARY:Just us")
    again = await place.bring(created, wanted=want(entry))
    assert (again.applied, again.state) == (0, EntryState.OPEN)
    assert "SUMMARY:Just us" in place.objects()[0]


async def test_a_write_whose_answer_was_lost_finds_its_own_object(place: Place) -> None:
    entry = make_entry()
    await place.bring(entry, wanted=want(entry))
    again = await place.bring(entry, wanted=want(entry))
    assert (again.applied, len(place.objects())) == (0, 1)
    moved = await place.bring(again, wanted=want(entry, sequence=1))
    assert (moved.applied, len(place.objects())) == (1, 1)


class Heedless(httpx.AsyncHTTPTransport):
    """The way to a server that pays no heed to If-None-Match, as some do."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers.pop("If-None-Match", None)
        return await super().handle_async_request(request)


async def test_a_heedless_server_does_not_lose_what_the_person_changed_meanwhile(place: Place) -> None:
    entry = make_entry()
    await place.bring(entry, wanted=want(entry))
    place.edit("SUMMARY:Time together", "SUMMARY:Just us")
    async with GuardedClient(Egress.parse(place.server.opening), transport=Heedless()) as http:
        caldav = connect(http, Account(place.server.url, "ana", "secret"))
        again = await bring_to(caldav, place.url, entry=entry, wanted=want(entry, sequence=1))
    assert again.applied == 1
    assert "SUMMARY:Just us" in place.objects()[0]


async def test_an_older_write_whose_answer_was_lost_is_brought_up_to_date(place: Place) -> None:
    entry = make_entry()
    await place.bring(entry, wanted=want(entry))
    await place.bring(entry, wanted=want(entry, sequence=1, status=Status.CONFIRMED))
    [text] = place.objects()
    seen = read_entry(text.encode())
    assert (seen.status, seen.sequence) == (Status.CONFIRMED, 1)


async def test_an_entry_that_was_moved_and_moved_back_meanwhile_has_the_sequence_of_its_date(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    again = await place.bring(created, wanted=replace(want(entry), sequence=2))
    [text] = place.objects()
    assert (read_entry(text.encode()).sequence, again.applied) == (2, 2)


async def test_the_persons_edits_are_kept(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    place.edit("SUMMARY:Time together", "SUMMARY:Just us\r\nLOCATION:The old pier")
    confirmed = await place.bring(created, wanted=want(entry, sequence=1, status=Status.CONFIRMED))
    [text] = place.objects()
    assert all(line in text for line in ("SUMMARY:Just us", "LOCATION:The old pier", "STATUS:CONFIRMED", "SEQUENCE:1"))
    moved = await place.bring(confirmed, wanted=want(entry, sequence=2))
    assert moved.applied == 2


async def test_an_idea_is_filled_in_where_the_entry_is_as_we_left_it(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    idea = replace(want(entry), sequence=1, title="Soup and a candle", description="One pot.", stand_in="Time together")
    filled = await place.bring(created, wanted=idea)
    [text] = place.objects()
    assert "SUMMARY:Soup and a candle" in text
    assert "DESCRIPTION:One pot." in text
    place.edit("SUMMARY:Soup and a candle", "SUMMARY:Just us")
    again = await place.bring(filled, wanted=replace(idea, sequence=2))
    [text] = place.objects()
    assert "SUMMARY:Just us" in text
    assert again.applied == 2


async def test_what_the_person_removed_is_not_written_again(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    place.server.delete(place.url, user="ana")
    removed = await place.bring(created, wanted=want(entry, sequence=1))
    assert removed.state is EntryState.REMOVED
    again = await place.bring(removed, wanted=want(entry, sequence=2))
    assert (again.state, place.objects()) == (EntryState.REMOVED, [])


async def test_withdrawing_what_the_person_changed_or_removed_is_done(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    place.edit("SUMMARY:Time together", "SUMMARY:Just us")
    gone = await place.bring(created, wanted=want(entry, sequence=1), is_live=False)
    assert (gone.state, place.objects()) == (EntryState.WITHDRAWN, [])
    again = await place.bring(created, wanted=want(entry, sequence=1), is_live=False)
    assert again.state is EntryState.WITHDRAWN


async def test_an_entry_without_an_etag_is_read_before_it_is_written(place: Place) -> None:
    entry = make_entry()
    created = await place.bring(entry, wanted=want(entry))
    place.edit("SUMMARY:Time together", "SUMMARY:Just us")
    moved = await place.bring(replace(created, etag=None), wanted=want(entry, sequence=1))
    assert moved.applied == 1
    assert "SUMMARY:Just us" in place.objects()[0]
