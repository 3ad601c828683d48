"""What a calendar server has to do for us, step by step, and what it may do in its own way."""

from uuid import uuid4

import httpx
import pytest

from integrations.caldav.discover import discover
from integrations.caldav.objects import read, remove, write
from integrations.caldav.sync import read_changes
from integrations.errors import Conflict, IntegrationError, LoginRefused, NotThere
from tests.outside.suite.places import How, Place, fetched_names, known_after, make_event, names_of, not_known
from tests.outside.suite.servers import OWNER, STRANGER, Repeats

pytestmark = pytest.mark.servers


@pytest.mark.step("connect")
async def test_a_calendar_is_found_from_the_servers_address(place: Place) -> None:
    found = {each.url: each for each in await discover(place.caldav)}
    assert place.url in found
    assert found[place.url].writable
    assert found[place.url].sync_collection


@pytest.mark.step("connect")
async def test_the_address_of_a_calendar_finds_that_calendar_only(place: Place) -> None:
    caldav = place.as_user(OWNER)
    caldav.start = place.url
    assert [each.url for each in await discover(caldav)] == [place.url]


@pytest.mark.step("wrong password")
async def test_a_wrong_password_is_refused_after_one_request(place: Place, how: How) -> None:
    with pytest.raises(LoginRefused):
        await discover(place.as_user(OWNER, password="wrong"))
    assert place.http.methods == ["PROPFIND"]
    how(place.http.statuses[-1])


@pytest.mark.step("list")
async def test_a_listing_by_propfind_tells_what_a_report_tells(place: Place) -> None:
    place.put("one.ics", make_event())
    by_report = await place.changes()
    place.http.forget()
    by_listing = await read_changes(place.caldav, place.url, known={}, token=None, sync_collection=False)
    assert place.http.methods == ["PROPFIND", "REPORT"]
    assert by_listing.fetched == by_report.fetched
    assert by_listing.token is None


@pytest.mark.step("initial sync")
async def test_the_first_sync_brings_everything(place: Place) -> None:
    place.put("one.ics", make_event())
    place.put("two with a space & äö.ics", make_event())
    changes = await place.changes()
    path = httpx.URL(place.url).path
    assert {each.href for each in changes.fetched} == {f"{path}one.ics", f"{path}two with a space & äö.ics"}
    assert all(b"BEGIN:VEVENT" in each.data for each in changes.fetched)
    assert changes.whole
    assert changes.token


@pytest.mark.step("initial sync")
async def test_a_key_leads_back_to_its_object(place: Place) -> None:
    place.put("a date & äöü @home.ics", make_event("found"))
    key = (await place.changes()).fetched[0].href
    url = str(httpx.URL(place.url).copy_with(path=key))
    assert b"SUMMARY:found" in (await read(place.caldav, url)).data


@pytest.mark.step("nothing changed")
async def test_nothing_changed_costs_one_request(place: Place, how: How) -> None:
    place.put("one.ics", make_event())
    first = await place.changes()
    place.http.forget()
    changes = await place.changes(first)
    again = place.server.facts.repeats is Repeats.ALWAYS
    assert place.http.methods == (["REPORT", "REPORT"] if again else ["REPORT"])
    assert changes.fetched == (first.fetched if again else ())
    assert (changes.gone, changes.unread) == ((), ())
    how("2 requests, the last second again" if again else "1 request")


@pytest.mark.step("1 change")
async def test_one_change_costs_two_requests(place: Place) -> None:
    text = make_event("before")
    place.put("one.ics", make_event())
    place.put("two.ics", text)
    first = await place.changes()
    place.put("two.ics", text.replace("before", "after"))
    place.http.forget()
    changes = await place.changes(first)
    assert place.http.methods == ["REPORT", "REPORT"]
    new = not_known(changes, first)
    assert fetched_names(new) == ["two.ics"]
    assert b"SUMMARY:after" in new[0].data
    assert new == changes.fetched or place.server.facts.repeats is not Repeats.NEVER
    assert not changes.whole


@pytest.mark.step("50 changes")
async def test_fifty_changes_cost_two_requests(place: Place) -> None:
    texts = {f"{number:02}.ics": make_event(f"after {number}") for number in range(50)}
    changed = sorted(texts)
    for name in changed[:10]:
        place.put(name, texts[name].replace("after", "before"))
    place.put("kept.ics", make_event())
    first = await place.changes()
    for name in changed:
        place.put(name, texts[name])
    place.http.forget()
    changes = await place.changes(first)
    assert place.http.methods == ["REPORT", "REPORT"]
    new = not_known(changes, first)
    assert fetched_names(new) == changed
    assert all(b"SUMMARY:after" in each.data for each in new)
    assert new == changes.fetched or place.server.facts.repeats is not Repeats.NEVER
    assert (changes.gone, changes.unread) == ((), ())


@pytest.mark.step("deleted")
async def test_a_deleted_object_is_gone(place: Place) -> None:
    place.put("one.ics", make_event())
    place.put("two.ics", make_event())
    first = await place.changes()
    place.delete("one.ics")
    changes = await place.changes(first)
    assert names_of(changes.gone) == ["one.ics"]
    assert not_known(changes, first) == ()


@pytest.mark.step("made anew")
async def test_an_object_deleted_and_made_anew_is_read_again(
    place: Place, how: How, request: pytest.FixtureRequest
) -> None:
    place.put("one.ics", make_event("before"))
    first = await place.changes()
    place.delete("one.ics")
    place.put("one.ics", make_event("after"))
    [(_, etag)] = known_after(await place.changes()).items()
    returned = etag == first.fetched[0].etag
    assert returned == place.server.facts.etags_return
    how("same ETag" if returned else "new ETag")
    changes = await place.changes(first)
    assert [each.data.count(b"SUMMARY:after") for each in changes.fetched] == [1]


@pytest.mark.step("bad token")
async def test_a_token_that_was_never_given_costs_a_listing_and_no_download(place: Place, how: How) -> None:
    place.put("one.ics", make_event())
    place.put("two.ics", make_event())
    first = await place.changes()
    known = known_after(first)
    place.delete("one.ics")
    stale = place.server.facts.stale_token
    place.http.forget()
    changes = await read_changes(place.caldav, place.url, known=known, token=stale)
    assert not_known(changes, first) == ()
    assert changes.fetched == () or not changes.whole
    assert changes.whole == place.server.facts.refuses_stale_token
    how(place.http.statuses[0] if changes.whole else "never refused")
    whole = await place.changes(known=known)  # as once a day, whatever the server remembers
    assert names_of(whole.gone) == ["one.ics"]
    assert whole.token not in {None, stale}


@pytest.mark.step("moved calendar")
async def test_a_calendar_that_was_moved_is_not_there_and_is_found_where_it_is(place: Place) -> None:
    place.put("one.ics", make_event())
    first = await place.changes()
    place.server.delete(place.direct)
    there = place.server.make_calendar()
    place.server.put(f"{there}one.ics", make_event())
    with pytest.raises(NotThere):
        await place.changes(first)
    found = [each.url for each in await discover(place.caldav)]
    assert there in found
    assert place.url not in found


@pytest.mark.step("PUT")
async def test_an_object_is_created_and_changed(place: Place, how: How) -> None:
    url, data = place.url + "date.ics", make_event("first").encode()
    etag = await write(place.caldav, url, data=data, etag=None)
    created = await read(place.caldav, url)
    assert etag in {created.etag, None}
    assert b"SUMMARY:first" in created.data
    assert (created.data == data) == place.server.facts.keeps_bytes
    changed = await write(place.caldav, url, data=data.replace(b"first", b"second"), etag=created.etag)
    assert changed != created.etag
    assert b"SUMMARY:second" in (await read(place.caldav, url)).data
    how(f"{'ETag' if etag else 'no ETag'}, bytes {'kept' if created.data == data else 'rewritten'}")


@pytest.mark.step("conflict")
async def test_a_new_object_replaces_one_that_is_there_only_where_the_server_ignores_the_condition(
    place: Place, how: How
) -> None:
    uid = uuid4().hex
    place.put("date.ics", make_event("theirs", uid=uid))
    refused = False
    try:
        await write(place.caldav, place.url + "date.ics", data=make_event("ours", uid=uid).encode(), etag=None)
    except Conflict:
        refused = True
    assert refused == place.server.facts.honors_if_none_match
    assert ("SUMMARY:theirs" in place.server.get(place.direct + "date.ics")) == refused
    how(place.http.statuses[-1] if refused else "If-None-Match ignored")


@pytest.mark.step("conflict")
async def test_an_edit_of_theirs_is_not_overwritten(place: Place) -> None:
    url, text = place.url + "date.ics", make_event("ours")
    await write(place.caldav, url, data=text.encode(), etag=None)
    etag = (await read(place.caldav, url)).etag
    place.put("date.ics", text.replace("ours", "theirs"))
    with pytest.raises(Conflict):
        await write(place.caldav, url, data=text.encode(), etag=etag)
    assert "SUMMARY:theirs" in place.server.get(place.direct + "date.ics")


@pytest.mark.step("DELETE")
async def test_an_object_is_removed_and_removing_it_again_is_done(place: Place) -> None:
    url = place.url + "date.ics"
    place.put("date.ics", make_event())
    etag = (await read(place.caldav, url)).etag
    await remove(place.caldav, url, etag=etag)
    with pytest.raises(NotThere):
        await read(place.caldav, url)
    await remove(place.caldav, url, etag=etag)


@pytest.mark.step("DELETE")
async def test_an_edit_of_theirs_is_removed_only_where_the_server_ignores_the_condition(place: Place, how: How) -> None:
    url, text = place.url + "date.ics", make_event("ours")
    place.put("date.ics", text)
    etag = (await read(place.caldav, url)).etag
    place.put("date.ics", text.replace("ours", "theirs"))
    refused = False
    try:
        await remove(place.caldav, url, etag=etag)
    except Conflict:
        refused = True
    assert refused == place.server.facts.honors_if_match_delete
    assert ("date.ics" in place.server.objects(place.direct)) == refused
    how(place.http.statuses[-1] if refused else "If-Match ignored")


@pytest.mark.step("same UID")
async def test_a_second_object_with_the_same_uid_is_refused_or_a_second_one(place: Place, how: How) -> None:
    uid = uuid4().hex
    place.put("one.ics", make_event(uid=uid))
    refusal: type[IntegrationError] | None = None
    try:
        await write(place.caldav, place.url + "two.ics", data=make_event(uid=uid).encode(), etag=None)
    except IntegrationError as error:
        refusal = type(error)
    assert refusal == place.server.facts.same_uid
    assert len(place.server.objects(place.direct)) == (2 if refusal is None else 1)
    how("stored twice" if refusal is None else place.http.statuses[-1])


@pytest.mark.step("somebody else's")
async def test_somebody_elses_object_is_not_handed_out(place: Place, how: How) -> None:
    place.put("one.ics", make_event())
    with pytest.raises(place.server.facts.foreign):
        await read(place.as_user(STRANGER), place.url + "one.ics")
    how(place.http.statuses[-1])
