"""Listing what changed: by token, by ctag, by everything, against handler functions that do what few servers do."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from integrations.caldav.client import LONG_ANSWER, Account, connect
from integrations.caldav.listing import MOST_OBJECTS, Listing, Mark, list_changes
from integrations.egress import Egress
from integrations.errors import TooLarge
from integrations.http import GuardedClient
from tests.outside.test_caldav_discover import multistatus, response
from tests.outside.test_caldav_sync import URL, Handler, give, is_multiget, listed, read_from, status, token


async def list_from(handler: Handler, *, mark: Mark, sync_collection: bool = True, anew: bool = False) -> Listing:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        caldav = connect(http, Account(URL, "ana", "secret"))
        return await list_changes(caldav, URL, mark=mark, sync_collection=sync_collection, anew=anew)


def ctag(text: str) -> str:
    return response("/cal/", f"<S:getctag xmlns:S='http://calendarserver.org/ns/'>{text}</S:getctag>")


async def test_a_truncated_answer_is_read_on_page_by_page() -> None:
    pages = {
        b"<sync-token></sync-token>": multistatus(listed("a.ics"), listed("b.ics"), status("/cal/", 507), token("p1")),
        b"<sync-token>p1</sync-token>": multistatus(listed("c.ics"), status("/cal/", 507), token("p2")),
        b"<sync-token>p2</sync-token>": multistatus(status("/cal/a.ics", 404), listed("d.ics"), token("p3")),
    }

    def handler(request: httpx.Request) -> httpx.Response:
        return next((page for key, page in pages.items() if key in request.content), None) or give(request)

    changes = await read_from(handler, known={"/cal/a.ics": '"1"'})
    assert {each.href for each in changes.fetched} == {"/cal/b.ics", "/cal/c.ics", "/cal/d.ics"}
    assert changes.gone == ("/cal/a.ics",)
    assert changes.token == "p3"


async def test_a_truncated_answer_whose_token_stands_still_is_not_asked_for_ever() -> None:
    reports = 0

    def handler(request: httpx.Request) -> httpx.Response:
        nonlocal reports
        if request.method == "PROPFIND":
            return multistatus(listed("a.ics"), listed("b.ics"))
        if is_multiget(request):
            return give(request)
        reports += 1
        return multistatus(listed("a.ics"), status("/cal/", 507), token("same"))

    changes = await read_from(handler, since="same")
    assert reports == 3  # the token once; from the beginning, one page and its repetition
    assert {each.href for each in changes.fetched} == {"/cal/a.ics", "/cal/b.ics"}
    assert changes.whole


async def test_a_ctag_that_stands_is_the_only_question() -> None:
    depths: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        depths.append(request.headers["Depth"])
        return multistatus(ctag("7"))

    listing = await list_from(handler, mark=Mark(ctag="7"), sync_collection=False)
    assert depths == ["0"]
    assert (listing.whole, listing.etags, listing.mark) == (False, {}, Mark(ctag="7"))


async def test_a_ctag_that_moved_costs_a_list_and_the_one_from_before_the_list_is_kept() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.headers["Depth"] == "0":
            return multistatus(ctag("8"))
        return multistatus(ctag("9"), listed("a.ics"))

    listing = await list_from(handler, mark=Mark(ctag="7"), sync_collection=False)
    assert listing.whole
    assert listing.etags == {"/cal/a.ics": '"1"'}
    assert listing.mark == Mark(ctag="8")


async def test_a_server_that_once_gave_a_ctag_is_not_asked_for_tokens_before_all_is_compared() -> None:
    methods: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        methods.append(request.method)
        return httpx.Response(403) if request.method == "REPORT" else multistatus(ctag("7"))

    await list_from(handler, mark=Mark(ctag="7"))
    assert methods == ["PROPFIND"]
    methods.clear()
    await list_from(handler, mark=Mark(ctag="7"), anew=True)
    assert methods == ["REPORT", "PROPFIND"]


async def test_comparing_anew_hears_what_changed_lists_everything_and_takes_the_new_token() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if b"<sync-token>old" in request.content:
            return multistatus(listed("named.ics"), token("still old"))
        return multistatus(listed("named.ics"), listed("a.ics"), token("new"))

    listing = await list_from(handler, mark=Mark("old"), anew=True)
    assert listing.whole
    assert listing.named == {"/cal/named.ics"}
    assert set(listing.etags) == {"/cal/named.ics", "/cal/a.ics"}
    assert listing.mark == Mark("new")


WITHOUT_ETAG = (
    "<response><href>/cal/a.ics</href><propstat><prop><getetag/></prop><status>{}</status></propstat></response>"
)


@pytest.mark.parametrize(
    "entry",
    [
        *(status("/cal/a.ics", code) for code in (403, 423, 500)),
        *(WITHOUT_ETAG.format(f"HTTP/1.1 {code} Whatever") for code in (403, 404, 410, 500)),
        response("/cal/a.ics", ""),
    ],
)
@pytest.mark.parametrize("sync_collection", [True, False])
async def test_an_object_listed_with_an_error_is_there_and_asked_for(entry: str, *, sync_collection: bool) -> None:
    answer = multistatus(entry, listed("b.ics"), token("t"))
    listing = await list_from(lambda _: answer, mark=Mark(), sync_collection=sync_collection)
    assert listing.whole
    assert listing.etags == {"/cal/a.ics": "", "/cal/b.ics": '"1"'}
    assert listing.hrefs["/cal/a.ics"] == "/cal/a.ics"
    assert listing.gone == set()


@pytest.mark.parametrize("code", [404, 410])
async def test_only_an_object_that_is_itself_not_found_is_gone(code: int) -> None:
    answer = multistatus(status("/cal/a.ics", code), listed("b.ics"), token("t"))
    listing = await list_from(lambda _: answer, mark=Mark("since"))
    assert listing.gone == {"/cal/a.ics"}
    assert set(listing.etags) == {"/cal/b.ics"}


@pytest.mark.parametrize("href", ["/cal/", "/cal", "/cal/b.ics"])
async def test_a_list_that_a_server_cuts_short_is_no_list(href: str) -> None:
    with pytest.raises(TooLarge):
        await list_from(lambda _: multistatus(listed("a.ics"), status(href, 507)), mark=Mark(), sync_collection=False)


async def test_the_end_of_a_page_is_no_object_whatever_its_address() -> None:
    pages = iter([multistatus(status("/elsewhere", 507), token("1")), multistatus(listed("a.ics"), token("2"))])
    listing = await list_from(lambda _: next(pages), mark=Mark())
    assert set(listing.etags) == {"/cal/a.ics"}


async def test_what_is_gone_counts_like_what_is_there() -> None:
    many = "".join(status(f"/cal/{number}.ics", 404) for number in range(MOST_OBJECTS))
    with pytest.raises(TooLarge):
        await list_from(lambda _: multistatus(many, listed("a.ics"), token("t")), mark=Mark("since"))


class Counting(ThreadPoolExecutor):
    """Counts what is done beside the loop."""

    def __init__(self) -> None:
        super().__init__(max_workers=1)
        self.count = 0

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        self.count += 1
        return super().submit(*args, **kwargs)


@pytest.mark.parametrize("sync_collection", [True, False])
@pytest.mark.parametrize(("size", "beside"), [(1, 0), (5_000, 2)])  # read, and walked through
async def test_a_long_answer_is_read_beside_the_loop(size: int, beside: int, *, sync_collection: bool) -> None:
    counting = Counting()
    asyncio.get_running_loop().set_default_executor(counting)
    answer = multistatus(*(listed(f"{number}.ics") for number in range(size)), token("t"))
    assert (len(answer.content) > LONG_ANSWER) is (beside > 0)
    listing = await list_from(lambda _: answer, mark=Mark(), sync_collection=sync_collection)
    assert len(listing.etags) == size
    assert counting.count == beside
