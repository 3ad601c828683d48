"""Reading changes, against handler functions that do what few servers do."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from integrations.caldav.client import Account, connect
from integrations.caldav.multistatus import read_multistatus
from integrations.caldav.objects import remove, write
from integrations.caldav.sync import Changes, Fetched, read_changes, read_near
from integrations.egress import Egress
from integrations.errors import AccessRefused, Conflict, LoginRefused, NotCalDav, Throttled, Unreachable
from integrations.http import GuardedClient
from tests.outside.test_caldav_discover import multistatus, response

URL = "https://calendar.example/cal/"
ETAG = "<getetag>&quot;{}&quot;</getetag>"

Handler = Callable[[httpx.Request], httpx.Response]


def status(href: str, code: int) -> str:
    return f"<response><href>{href}</href><status>HTTP/1.1 {code} Whatever</status></response>"


def listed(name: str, etag: str = "1") -> str:
    return response(f"/cal/{name}", ETAG.format(etag))


def token(text: str) -> str:
    return f"<sync-token>{text}</sync-token>"


def give(request: httpx.Request) -> httpx.Response:
    """Answer a multiget with an object for each href that was asked for."""
    hrefs = [each.text or "" for each in etree.fromstring(request.content).iterfind("{DAV:}href")]
    data = "<C:calendar-data>BEGIN:VCALENDAR</C:calendar-data>"
    return multistatus(*(response(href, ETAG.format("1") + data) for href in hrefs))


def is_multiget(request: httpx.Request) -> bool:
    return b"calendar-multiget" in request.content


async def read_from(
    handler: Handler, *, known: dict[str, str] | None = None, since: str | None = None, sync_collection: bool = True
) -> Changes:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        caldav = connect(http, Account(URL, "ana", "secret"))
        return await read_changes(caldav, URL, known=known or {}, token=since, sync_collection=sync_collection)


@pytest.mark.parametrize("refusal", [403, 409, 410, 412, 418, 500])
async def test_a_refused_token_costs_a_listing(refusal: int) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if is_multiget(request):
            return give(request)
        if b"old" in request.content:
            return httpx.Response(refusal)
        return multistatus(listed("kept.ics"), listed("new.ics"), token("next"))

    changes = await read_from(handler, known={"/cal/kept.ics": '"1"', "/cal/away.ics": '"1"'}, since="old")
    assert [each.href for each in changes.fetched] == ["/cal/new.ics"]
    assert changes.gone == ("/cal/away.ics",)
    assert changes.token == "next"
    assert changes.whole


async def test_one_bad_moment_of_the_server_is_not_a_bad_token() -> None:
    moments = iter([httpx.Response(500), multistatus(token("next"))])
    changes = await read_from(lambda _: next(moments), since="old")
    assert changes.token == "next"
    assert not changes.whole


async def test_a_server_without_sync_collection_is_listed_by_propfind() -> None:
    methods: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        if request.method == "PROPFIND":
            assert request.headers["Depth"] == "1"
            return multistatus(listed("", "c"), listed("a.ics"), listed("b.ics", "2"))
        return give(request) if is_multiget(request) else httpx.Response(403)

    known = {"/cal/a.ics": '"1"', "/cal/b.ics": '"1"', "/cal/c.ics": '"1"'}
    changes = await read_from(handler, known=known)
    assert methods == ["REPORT", "PROPFIND", "REPORT"]
    assert [each.href for each in changes.fetched] == ["/cal/b.ics"]
    assert changes.gone == ("/cal/c.ics",)
    assert changes.token is None


async def test_a_calendar_we_may_not_read_is_refused() -> None:
    with pytest.raises(AccessRefused):
        await read_from(lambda _: httpx.Response(403))


async def test_a_collection_that_lists_itself_is_skipped() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        itself = (listed("", "9"), response("https://calendar.example/cal", ETAG.format("9")), listed("sub/", "9"))
        return give(request) if is_multiget(request) else multistatus(*itself, listed("a%20b.ics"), token("t"))

    changes = await read_from(handler)
    assert [each.href for each in changes.fetched] == ["/cal/a b.ics"]


async def test_objects_are_asked_for_by_the_hrefs_the_server_wrote() -> None:
    asked: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if not is_multiget(request):
            return multistatus(listed("a%2Fb%26&amp;.ics"), token("t"))
        asked.append(request.content)
        return give(request)

    await read_from(handler)
    assert b"<href>/cal/a%2Fb%26%26.ics</href>" in asked[0]


async def test_a_hundred_objects_are_asked_for_at_a_time() -> None:
    sizes: list[int] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if not is_multiget(request):
            return multistatus(*(listed(f"{number}.ics") for number in range(250)), token("t"))
        sizes.append(request.content.count(b"<href>"))
        return give(request)

    changes = await read_from(handler)
    assert sizes == [100, 100, 50]
    assert len(changes.fetched) == 250


async def test_our_reports_ask_for_nothing_that_costs_servers_dearly() -> None:
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return give(request) if is_multiget(request) else multistatus(listed("a.ics"), token("t"))

    await read_from(handler)
    for word in (b"schedule-tag", b"limit", b"expand"):
        assert all(word not in body for body in bodies)


async def test_an_object_that_is_listed_and_then_not_found_is_unread() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if is_multiget(request):
            return multistatus(status("/cal/a.ics", 404), status("/cal/b.ics", 404))
        return multistatus(listed("a.ics", "2"), listed("b.ics"), token("t"))

    changes = await read_from(handler, known={"/cal/a.ics": '"1"'})
    assert changes.gone == ()
    assert changes.unread == ("/cal/a.ics", "/cal/b.ics")


async def test_one_object_that_spoils_the_answer_does_not_hide_the_others() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if not is_multiget(request):
            return multistatus(*(listed(f"{number}.ics") for number in range(10)), token("t"))
        if b"/cal/7.ics" in request.content:
            return httpx.Response(207, content=b"<multistatus xmlns='DAV:'>\x0bPlanted title</multistatus>")
        return give(request)

    changes = await read_from(handler)
    assert len(changes.fetched) == 9
    assert changes.unread == ("/cal/7.ics",)


@pytest.mark.parametrize("withheld", [status("/cal/a.ics", 403), status("/cal/a.ics", 500), ""])
async def test_an_object_that_is_not_handed_out_is_unread(withheld: str) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return multistatus(withheld) if is_multiget(request) else multistatus(listed("a.ics"), token("t"))

    changes = await read_from(handler)
    assert changes.unread == ("/cal/a.ics",)


@pytest.mark.parametrize(
    ("answer", "error"),
    [(401, LoginRefused), (429, Throttled), (503, Throttled), (502, Unreachable), (302, NotCalDav), (200, NotCalDav)],
)
async def test_what_goes_wrong_is_told_apart(answer: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        await read_from(lambda _: httpx.Response(answer), since="old")


def test_fetched_bytes_are_never_shown() -> None:
    assert "Planted title" not in repr(Fetched("/cal/a.ics", '"1"', b"Planted title"))


@pytest.mark.parametrize(("etag", "expected"), [('"2"', '"2"'), ('W/"2"', None), ("", None)])
async def test_writing_returns_an_etag_only_where_a_condition_can_name_it(etag: str, expected: str | None) -> None:
    conditions: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        conditions.append(request.headers["If-Match"])
        return httpx.Response(204, headers={"ETag": etag} if etag else {})

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        caldav = connect(http, Account(URL, "ana", "secret"))
        assert await write(caldav, f"{URL}a.ics", data=b"x", etag='"1"') == expected
    assert conditions == ['"1"']


@pytest.mark.parametrize("code", [409, 412])
async def test_a_condition_that_fails_is_a_conflict(code: int) -> None:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(lambda _: httpx.Response(code))) as http:
        with pytest.raises(Conflict):
            await write(connect(http, Account(URL, "ana", "secret")), f"{URL}a.ics", data=b"x", etag=None)


@pytest.mark.parametrize("code", [404, 410])
async def test_removing_what_is_gone_is_done(code: int) -> None:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(lambda _: httpx.Response(code))) as http:
        await remove(connect(http, Account(URL, "ana", "secret")), f"{URL}a.ics", etag=None)


@given(st.binary())
def test_no_bytes_break_the_reader(body: bytes) -> None:
    for text in (body, b"<multistatus xmlns='DAV:'><response>" + body + b"</response></multistatus>"):
        with suppress(NotCalDav):
            read_multistatus(text)


async def test_what_a_server_names_is_fetched_though_its_etag_is_the_one_we_know() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return give(request) if is_multiget(request) else multistatus(listed("a.ics"), token("t2"))

    changes = await read_from(handler, known={"/cal/a.ics": '"1"'}, since="t1")
    assert [each.href for each in changes.fetched] == ["/cal/a.ics"]


async def test_an_answer_that_is_cut_off_as_a_whole_is_listed_otherwise() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if is_multiget(request):
            return give(request)
        return httpx.Response(507) if request.method == "REPORT" else multistatus(listed("a.ics"))

    changes = await read_from(handler, since="t1")
    assert (changes.whole, [each.href for each in changes.fetched]) == (True, ["/cal/a.ics"])


OBJECT = ETAG.format("1") + "<C:calendar-data>BEGIN:VCALENDAR</C:calendar-data>"


async def read_near_from(handler: Handler) -> tuple[Fetched, ...]:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        caldav = connect(http, Account(URL, "ana", "secret"))
        start, end = datetime(2026, 12, 1, 9, tzinfo=UTC), datetime(2026, 12, 15, 9, tzinfo=UTC)
        return await read_near(caldav, URL, start=start, end=end)


async def test_what_is_near_is_asked_for_by_event_and_time() -> None:
    bodies: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content)
        return multistatus(listed(""), response("/cal/a%20b.ics", OBJECT))

    near = await read_near_from(handler)
    assert [(each.href, each.etag) for each in near] == [("/cal/a b.ics", '"1"')]
    assert b'<C:time-range start="20261201T090000Z" end="20261215T090000Z"/>' in bodies[0]
    assert b'<C:comp-filter name="VEVENT">' in bodies[0]


@pytest.mark.parametrize(
    "missing",
    [
        listed("without.ics"),
        status("/cal/a.ics", 403),
        status("/cal/a.ics", 507),
        status("/cal/", 507),
        status("/cal", 500),
    ],
)
async def test_what_is_near_is_told_whole_or_not_at_all(missing: str) -> None:
    with pytest.raises(NotCalDav):
        await read_near_from(lambda _: multistatus(response("/cal/b.ics", OBJECT), missing))
