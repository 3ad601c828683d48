"""`POST /v1/calendars` by provider, by mail address and by published link, and what each cause of failure says."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.caldav.login import Login
from integrations.egress import Egress
from integrations.http import GuardedClient
from service.actions.connect import account_of
from service.store import calendars
from tests.households import Household, Person, open_household
from tests.ical.calendars import calendar as ics
from tests.ical.calendars import event
from tests.outside.test_caldav_discover import calendar, multistatus
from tests.outside.wire import listening, read_request

ACCOUNT = {"username": "ana@example.org", "password": "correct-horse-battery"}
LINK = "webcal://feeds.example/private-secret-key/basic.ics"
FEED = ics(event("DTSTART:20261204T180000Z", "DTEND:20261204T190000Z", "SUMMARY:Planted title"))

Handler = Callable[[httpx.Request], httpx.Response]


class Outside:
    """Answers in place of the internet, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Handler = lambda _: httpx.Response(404)
        self.seen: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return self.answer(request)


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
async def home(migrated: Path, tmp_path: Path, outside: Outside) -> AsyncIterator[Household]:
    http = GuardedClient(Egress(), transport=httpx.MockTransport(outside))
    async with open_household(tmp_path, migrated=migrated, http=http) as home:
        yield home


async def connect(home: Household, person: Person, asked: Mapping[str, Any]) -> httpx.Response:
    async with home.client(person) as client:
        return await client.post("/v1/calendars", json=asked)


async def assert_refused(home: Household, asked: Mapping[str, Any], *, status: int, code: str) -> str:
    """Check that it is refused in plain words, that nothing was kept or repeated; return the words."""
    ana, _ = await home.settle()
    before = await home.count_rows()
    answer = await connect(home, ana, asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await home.count_rows() == before
    assert not [each for each in (ACCOUNT["password"], "private-secret-key", "Planted") if each in answer.text]
    detail: str = answer.json()["detail"]
    return detail


def refusing(status: int, *, offer: str = "") -> Handler:
    return lambda _: httpx.Response(status, headers={"WWW-Authenticate": offer} if offer else {})


async def test_a_mail_address_is_enough_to_find_the_provider(home: Household, outside: Outside) -> None:
    ana, _ = await home.settle()
    outside.answer = lambda _: multistatus(calendar("/dav/calendars/user/ana/one/"))
    answer = await connect(home, ana, ACCOUNT | {"username": "ana@fastmail.com"})
    assert answer.status_code == 201, answer.text
    assert {request.url.host for request in outside.seen} == {"caldav.fastmail.com"}
    async with home.house.database.read() as tx:
        access = await calendars.find_access(
            tx, partner_id=ana.partner.id, calendar_id=answer.json()["data"][0]["id"], vault=home.house.vault
        )
    assert access.provider == "fastmail"
    assert account_of(access).username == "ana@fastmail.com"


async def test_how_to_sign_in_is_kept_with_the_password(home: Household, outside: Outside) -> None:
    ana, _ = await home.settle()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization", "").startswith("Digest "):
            return multistatus(calendar("/dav/"))
        return httpx.Response(401, headers={"WWW-Authenticate": 'Digest realm="a", nonce="1", qop="auth"'})

    outside.answer = answer
    connected = await connect(home, ana, ACCOUNT | {"url": "https://dav.example/dav/"})
    assert connected.status_code == 201, connected.text
    assert not [each for each in outside.seen if each.headers.get("Authorization", "").startswith("Basic")]
    async with home.house.database.read() as tx:
        access = await calendars.find_access(
            tx, partner_id=ana.partner.id, calendar_id=connected.json()["data"][0]["id"], vault=home.house.vault
        )
    assert account_of(access).login is Login.DIGEST
    outside.seen.clear()
    async with home.client(ana) as client:
        tested = await client.post(f"/v1/calendars/{connected.json()['data'][0]['id']}/test")
    assert tested.status_code == 200, tested.text
    assert {each.headers["Authorization"].partition(" ")[0] for each in outside.seen} == {"Digest"}


@pytest.mark.parametrize(
    ("asked", "help_page"),
    [
        ({"provider": "icloud"}, "https://support.apple.com/102654"),
        ({"username": "ana@yahoo.com"}, "https://help.yahoo.com/kb/SLN15241.html"),
        ({"url": "https://caldav.fastmail.com/dav/"}, "https://www.fastmail.help/hc/en-us/articles/360058752854"),
    ],
)
async def test_a_provider_that_wants_an_app_password_says_how_to_make_one(
    home: Household, outside: Outside, asked: dict[str, str], help_page: str
) -> None:
    outside.answer = refusing(401, offer='Basic realm="a"')
    detail = await assert_refused(home, ACCOUNT | asked, status=424, code="app_password_needed")
    assert f" {help_page} " in detail


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (refusing(401, offer='Basic realm="a"'), 424, "calendar_auth"),
        (refusing(401), 424, "calendar_auth"),
        (refusing(401, offer="Bearer"), 424, "calendar_method"),
        (refusing(401, offer="Negotiate"), 424, "calendar_method"),
        (refusing(403), 424, "calendar_forbidden"),
        (refusing(404), 422, "calendar_not_found"),
        (refusing(405), 422, "not_a_calendar"),
        (refusing(429), 503, "calendar_unreachable"),
        (refusing(502), 503, "calendar_unreachable"),
        (lambda _: httpx.Response(200, html="<title>Planted</title>"), 422, "not_a_calendar"),
    ],
)
async def test_each_cause_has_its_own_code(
    home: Household, outside: Outside, answer: Handler, status: int, code: str
) -> None:
    outside.answer = answer
    await assert_refused(home, ACCOUNT | {"url": "https://dav.example/dav/"}, status=status, code=code)


@pytest.mark.parametrize("username", ["ana@gmail.com", "ana@outlook.com"])
async def test_a_provider_without_caldav_is_not_asked_but_its_link_is(
    home: Household, outside: Outside, username: str
) -> None:
    detail = await assert_refused(home, ACCOUNT | {"username": username}, status=422, code="calendar_link_needed")
    assert "https://support." in detail
    assert outside.seen == []


async def test_a_published_link_is_connected_and_never_comes_out(home: Household, outside: Outside) -> None:
    ana, ben = await home.settle()
    outside.answer = lambda _: httpx.Response(200, content=FEED)
    answer = await connect(home, ana, {"kind": "ics", "url": LINK})
    assert answer.status_code == 201, answer.text
    (connected,) = answer.json()["data"]
    kept = {key: connected[key] for key in ("kind", "writable", "receives_dates", "status", "name")}
    assert kept == {"kind": "ics", "writable": False, "receives_dates": False, "status": "new", "name": None}
    assert [(request.method, str(request.url)) for request in outside.seen] == [
        ("GET", LINK.replace("webcal", "https"))
    ]
    path = f"/v1/calendars/{connected['id']}"
    async with home.client(ana) as client:
        listed = await client.get("/v1/calendars")
        tested = await client.post(f"{path}/test")
        refused = await client.patch(path, json={"receives_dates": True}, headers={"If-Match": '"1"'})
        assert (tested.status_code, refused.status_code) == (200, 422)
        assert "secret-key" not in answer.text + listed.text + tested.text + refused.text
    again = await connect(home, ana, {"kind": "ics", "url": LINK.replace("webcal", "https"), "provider": "google"})
    assert [each["id"] for each in again.json()["data"]] == [connected["id"]]
    async with home.client(ben) as client:
        assert (await client.get("/v1/calendars")).json()["data"] == []
        assert (await client.post(f"{path}/test")).status_code == 404


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (lambda _: httpx.Response(200, html="<title>Planted</title>"), 422, "not_a_calendar"),
        (lambda _: httpx.Response(200, content=FEED[:-30]), 422, "not_a_calendar"),
        (refusing(404), 422, "calendar_not_found"),
        (refusing(401), 424, "calendar_forbidden"),
        (refusing(500), 503, "calendar_unreachable"),
    ],
)
async def test_a_link_that_opens_no_calendar_is_refused(
    home: Household, outside: Outside, answer: Handler, status: int, code: str
) -> None:
    outside.answer = answer
    await assert_refused(home, {"kind": "ics", "url": LINK}, status=status, code=code)


async def test_a_wrong_link_of_a_known_provider_says_where_the_right_one_is(home: Household, outside: Outside) -> None:
    outside.answer = lambda _: httpx.Response(200, html="<title>Planted</title>")
    asked = {"kind": "ics", "url": "https://calendar.google.com/calendar/u/0?cid=private-secret-key"}
    detail = await assert_refused(home, asked, status=422, code="not_a_calendar")
    assert "https://support.google.com/calendar/answer/37648" in detail


@asynccontextmanager
async def open_at_home(migrated: Path, folder: Path) -> AsyncIterator[Household]:
    http = GuardedClient(Egress.parse("127.0.0.1"), deadline=timedelta(seconds=0.5))
    async with open_household(folder, migrated=migrated, http=http) as home:
        yield home


async def test_a_feed_of_a_real_server_is_connected(migrated: Path, tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(FEED), FEED))
        await writer.drain()

    async with open_at_home(migrated, tmp_path) as home, listening(serve) as listener:
        ana, _ = await home.settle()
        assert (await connect(home, ana, {"kind": "ics", "url": listener.url})).status_code == 201


async def test_a_feed_that_never_comes_is_too_slow(migrated: Path, tmp_path: Path) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with open_at_home(migrated, tmp_path) as home, listening(hang) as listener:
        await assert_refused(home, {"kind": "ics", "url": listener.url}, status=503, code="calendar_too_slow")


@pytest.mark.parametrize(
    "url", ["webcal://10.0.0.7/x.ics", "webcal://ana:word@feeds.example/x", "webcal://", "ftp://a/x"]
)
async def test_a_link_that_may_not_be_called_is_refused(migrated: Path, tmp_path: Path, url: str) -> None:
    async with open_at_home(migrated, tmp_path) as home:
        await assert_refused(home, {"kind": "ics", "url": url}, status=422, code="address_not_allowed")


@pytest.mark.parametrize(
    "asked",
    [
        {"kind": "ics"},
        {"kind": "ics", "url": ""},
        {"kind": "ics", "url": LINK} | ACCOUNT,
        {"kind": "ics", "url": LINK, "password": "correct-horse-battery"},
        {"url": "https://dav.example/"},
        {"url": "https://dav.example/", "username": "ana"},
        {"url": "https://dav.example/", "password": "correct-horse-battery"},
    ],
)
async def test_each_kind_has_its_own_fields(home: Household, outside: Outside, asked: dict[str, str]) -> None:
    await assert_refused(home, asked, status=422, code="invalid")
    assert outside.seen == []


async def test_the_providers_are_listed_with_what_they_want(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        listed = {each["id"]: each for each in (await client.get("/v1/providers")).json()["data"]}
    assert (listed["icloud"]["app_password"], listed["icloud"]["needs_url"]) == (True, False)
    assert (listed["google"]["kind"], listed["google"]["needs_url"]) == ("ics", True)
    assert listed["nextcloud"]["username"] == "user name"
