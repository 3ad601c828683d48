"""`/v1/calendars`: connect an account on a real server, choose how it counts, and what goes wrong on the way."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from integrations.egress import Egress
from integrations.http import GuardedClient
from tests.households import Household, Person, open_household
from tests.outside.wire import listening
from tests.servers import CalendarServer, find_free_port, radicale

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarServer]:
    with radicale(tmp_path_factory.mktemp("radicale"), accounts={"ana": PASSWORD, "ben": "other"}) as server:
        server.make_calendar("ana", "private")
        server.make_calendar("ana", "work")
        yield server


@pytest.fixture
async def reachable(migrated: Path, tmp_path: Path) -> AsyncIterator[Household]:
    """Yield a household that may call this machine, and waits half a second for answers."""
    http = GuardedClient(Egress.parse("127.0.0.1"), deadline=timedelta(seconds=0.5))
    async with open_household(tmp_path, migrated=migrated, http=http) as home:
        yield home


async def connect(home: Household, person: Person, **asked: str) -> httpx.Response:
    async with home.client(person) as client:
        return await client.post("/v1/calendars", json={"username": "ana", "password": PASSWORD} | asked)


async def assert_refused(home: Household, *, status: int, code: str, **asked: str) -> None:
    """Check that connecting is refused in one sentence, that nothing was kept, and that nothing comes back."""
    ana, _ = await home.settle()
    before = await home.count_rows()
    answer = await connect(home, ana, **asked)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code), answer.text
    assert "\n" not in problem["detail"]
    assert problem["detail"].endswith(".")
    assert not [each for each in (*asked.values(), PASSWORD) if each and each in answer.text]
    assert await home.count_rows() == before


@pytest.mark.servers
async def test_an_account_is_connected_and_its_password_never_comes_out(
    reachable: Household, server: CalendarServer
) -> None:
    ana, ben = await reachable.settle()
    answer = await connect(reachable, ana, url=server.url)
    assert answer.status_code == 201, answer.text
    calendars = answer.json()["data"]
    assert {each["name"] for each in calendars} == {"ana/private", "ana/work"}
    assert [each["receives_dates"] for each in calendars] == [True, False]
    assert {each["status"] for each in calendars} == {"new"}
    async with reachable.client(ana) as client:
        listed = await client.get("/v1/calendars")
        assert [each["name"] for each in listed.json()["data"]] == [None, None]
        one = await client.get(f"/v1/calendars/{calendars[0]['id']}")
        assert one.headers["ETag"] == '"1"'
        tested = await client.post(f"/v1/calendars/{calendars[0]['id']}/test")
        assert tested.status_code == 200, tested.text
        assert PASSWORD not in answer.text + listed.text + one.text + tested.text
        again = await connect(reachable, ana, url=server.url)
        assert [each["id"] for each in again.json()["data"]] == [each["id"] for each in calendars]
        assert (await reachable.count_rows())["calendars"] == 2
    async with reachable.client(ben) as client:
        assert (await client.get("/v1/calendars")).json()["data"] == []


@pytest.mark.servers
async def test_a_wrong_password_is_named_as_such(reachable: Household, server: CalendarServer) -> None:
    await assert_refused(reachable, status=424, code="calendar_auth", url=server.url, password="wrong-password")


@pytest.mark.servers
async def test_a_place_without_a_calendar_is_named_as_such(reachable: Household, server: CalendarServer) -> None:
    await assert_refused(
        reachable, status=422, code="calendar_not_found", url=f"{server.url}ben/", username="ben", password="other"
    )


async def test_a_server_of_pages_is_no_calendar(reachable: Household) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline() != b"\r\n":
            pass
        page = b"<!doctype html><title>Welcome</title>"
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/html\r\n")
        writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(page), page))
        await writer.drain()

    async with listening(answer) as listener:
        await assert_refused(reachable, status=422, code="not_a_calendar", url=f"{listener.url}calendars/")


async def test_a_server_that_hangs_is_too_slow(reachable: Household) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(hang) as listener:
        await assert_refused(reachable, status=503, code="calendar_too_slow", url=f"{listener.url}calendars/")


async def test_a_server_that_is_not_there_is_unreachable(reachable: Household) -> None:
    url = f"http://127.0.0.1:{find_free_port()}/calendars/"
    await assert_refused(reachable, status=503, code="calendar_unreachable", url=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.7/calendars/",
        "http://127.0.0.1:1/calendars/",
        "https://[::1]/calendars/",
        "https://169.254.169.254/latest/meta-data",
        "https://ana:pass-in-url@192.168.0.1/",
        "https://localhost/calendars",
        "ftp://192.168.0.1/calendars/",
        "file:///etc/passwd",
        "http://[half/",
    ],
)
async def test_an_address_that_may_not_be_called_is_refused(home: Household, url: str) -> None:
    await assert_refused(home, status=422, code="address_not_allowed", url=url)


@pytest.mark.parametrize("asked", [{"url": ""}, {"provider": "nobody-knows-it"}])
async def test_an_account_without_an_address_is_not_found(home: Household, asked: dict[str, str]) -> None:
    await assert_refused(home, status=422, code="calendar_not_found", **asked)


@pytest.mark.parametrize(
    "asked", [{}, {"kind": "exchange"}, {"url": "x" * 2001}, {"password": ["a", "list"]}, {"url": "https://a/\ud800"}]
)
async def test_an_account_that_does_not_fit_is_refused(ana: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    whole = {"url": "https://example.org/", "username": "ana", "password": PASSWORD} | asked
    answer = await ana.post(
        "/v1/calendars", content=json.dumps(whole if asked else {}), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert PASSWORD not in answer.text


async def test_how_a_calendar_counts_is_its_owners_choice(home: Household) -> None:
    ana, _ = await home.settle()
    calendar = await home.add_calendar(ana)
    path = f"/v1/calendars/{calendar.id}"
    choices = {"role": "ignore", "tentative": "soft", "unanswered": "free", "all_day": "free", "receives_dates": True}
    async with home.client(ana) as client:
        assert (await client.patch(path, json=choices)).status_code == 428
        assert (await client.patch(path, json=choices, headers={"If-Match": '"9"'})).status_code == 412
        answer = await client.patch(path, json=choices, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
        assert choices.items() <= answer.json().items()
        assert (await client.get(path)).json() == answer.json()
        wrong = await client.patch(path, json={"tentative": "maybe"}, headers={"If-Match": '"2"'})
        assert wrong.json()["code"] == "invalid"


async def test_dates_go_into_one_calendar_at_most(home: Household) -> None:
    ana, _ = await home.settle()
    first, second = await home.add_calendar(ana), await home.add_calendar(ana)
    async with home.client(ana) as client:
        for calendar in (first, second):
            path = f"/v1/calendars/{calendar.id}"
            version = {"If-Match": (await client.get(path)).headers["ETag"]}
            await client.patch(path, json={"receives_dates": True}, headers=version)
        listed = (await client.get("/v1/calendars")).json()["data"]
    assert [each["id"] for each in listed if each["receives_dates"]] == [second.id]


async def test_a_calendar_that_fails_tells_its_owner_what_to_do(home: Household) -> None:
    ana, _ = await home.settle()
    calendar = await home.add_calendar(ana, problem="calendar_auth", unreadable=1)
    async with home.client(ana) as client:
        seen = (await client.get(f"/v1/calendars/{calendar.id}")).json()
        assert seen["status"] == "failing"
        assert [each["code"] for each in seen["problems"]] == ["calendar_auth", "entries_unreadable"]
        assert all(each["detail"].endswith(".") for each in seen["problems"])
        home.clock.step(timedelta(hours=72))
        assert (await client.get(f"/v1/calendars/{calendar.id}")).json()["status"] == "unknown"


async def test_a_calendar_that_is_read_for_the_first_time_tells_how_far_it_is(home: Household) -> None:
    ana, _ = await home.settle()
    calendar = await home.add_calendar(ana, synced_at=None, objects_listed=4, objects_read=1)
    async with home.client(ana) as client:
        seen = (await client.get(f"/v1/calendars/{calendar.id}")).json()
    assert (seen["status"], seen["progress"]) == ("new", 0.25)


async def test_a_calendar_is_read_when_its_owner_asks_and_gone_when_they_say_so(home: Household) -> None:
    ana, _ = await home.settle()
    calendar = await home.add_calendar(ana)
    async with home.client(ana) as client:
        asked = await client.post(f"/v1/calendars/{calendar.id}/sync")
        assert (asked.status_code, asked.json()["id"]) == (202, calendar.id)
        assert (await client.delete(f"/v1/calendars/{calendar.id}")).status_code == 204
        assert (await client.get(f"/v1/calendars/{calendar.id}")).status_code == 404
    rows = await home.count_rows()
    assert (rows["calendars"], rows["objects"]) == (0, 0)
