"""A date in a person's calendar, on every server: created, confirmed, moved, taken back, and theirs to change."""

from dataclasses import replace

import pytest

from integrations.ical.errors import Unreadable
from integrations.ical.invite import Entry as Object
from integrations.ical.invite import Status, read_entry
from service.store.entries import Entry, EntryState
from tests.outside.suite import faults
from tests.outside.suite.places import Place, Tangle
from tests.workers.wanted import bring_to, make_entry, want

pytestmark = pytest.mark.servers

NAME = "ours.ics"


async def put(place: Place, entry: Entry, *, wanted: Object, is_live: bool = True) -> Entry:
    return await bring_to(place.caldav, place.url + NAME, entry=entry, wanted=wanted, is_live=is_live)


def only_object(place: Place) -> str:
    [text] = place.server.objects(place.direct).values()
    return text


@pytest.mark.step("a date")
async def test_a_date_is_pencilled_in_confirmed_moved_and_taken_back(place: Place) -> None:
    entry = make_entry()
    wishes = [want(entry), want(entry, sequence=1, status=Status.CONFIRMED), want(entry, sequence=2)]
    for wish in wishes:
        entry = await put(place, entry, wanted=wish)
        seen = read_entry(only_object(place).encode())
        assert (seen.uid, seen.sequence, seen.status) == (wish.uid, wish.sequence, wish.status)
        assert (seen.start, seen.end) == (wish.start, wish.end)
        assert "CLASS:PRIVATE" in only_object(place)
        assert "SUMMARY:Time together" in only_object(place)
    gone = await put(place, entry, wanted=want(entry, sequence=3), is_live=False)
    assert gone.state is EntryState.WITHDRAWN
    assert place.server.objects(place.direct) == {}


@pytest.mark.step("a date")
async def test_what_the_person_changed_in_it_stays(place: Place) -> None:
    entry = make_entry()
    created = await put(place, entry, wanted=want(entry))
    place.put(NAME, only_object(place).replace("SUMMARY:Time together", "SUMMARY:Just us\r\nLOCATION:The old pier"))
    await put(place, created, wanted=want(entry, sequence=1, status=Status.CONFIRMED))
    text = only_object(place)
    assert all(line in text for line in ("SUMMARY:Just us", "LOCATION:The old pier", "STATUS:CONFIRMED"))


@pytest.mark.step("a date")
async def test_what_the_person_removed_is_not_written_again(place: Place) -> None:
    entry = make_entry()
    created = await put(place, entry, wanted=want(entry))
    place.delete(NAME)
    removed = await put(place, created, wanted=want(entry, sequence=1))
    assert removed.state is EntryState.REMOVED
    assert place.server.objects(place.direct) == {}


@pytest.mark.step("a date")
async def test_a_write_whose_answer_was_lost_finds_its_own_entry(place: Place) -> None:
    entry = make_entry()
    await put(place, entry, wanted=want(entry))
    again = await put(place, replace(entry, etag=None), wanted=want(entry, sequence=1))
    assert again.applied == 1
    assert read_entry(only_object(place).encode()).start == want(entry, sequence=1).start


@pytest.mark.step("truncated")
async def test_an_entry_that_came_cut_short_is_not_written_back(tangle: Tangle) -> None:
    async with tangle(faults.only("GET", faults.cut_neatly)) as place:
        entry = make_entry()
        created = await put(place, entry, wanted=want(entry))
        before = only_object(place)
        with pytest.raises(Unreadable):
            await put(place, created, wanted=want(entry, sequence=1))
        assert only_object(place) == before
