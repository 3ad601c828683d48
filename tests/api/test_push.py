"""`/v1/me/push`: endpoints are added, tested and removed by their owner, and their addresses shown to nobody."""

import secrets
from typing import Any

import httpx
import pytest

from service.store import outbox
from service.store.outbox import Kind
from tests.households import NOW, Household
from tests.outside.browsers import Browser

NTFY = {"kind": "ntfy", "url": "https://ntfy.example.org/ana-xyzzy", "token": "tk_plugh"}
HTTP = {"kind": "http", "url": "https://home.example.org/hook"}


def browser() -> dict[str, Any]:
    subscription = Browser().subscription("https://push.example.org/send/xyzzy")
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    return {"kind": "web_push", "url": subscription.url, "keys": keys}


async def test_endpoints_are_listed_without_their_addresses(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    answers = [await ana.post("/v1/me/push", json=each) for each in (NTFY, HTTP, browser())]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    listed = await ana.get("/v1/me/push")
    assert {each["id"]: each for each in listed.json()["data"]} == {
        answer.json()["id"]: {"id": answer.json()["id"], "kind": kind, "working": True}
        for answer, kind in zip(answers, ("ntfy", "http", "web_push"), strict=True)
    }
    assert not any(word in answer.text for answer in (*answers, listed) for word in ("xyzzy", "plugh", "hook"))
    assert (await ben.get("/v1/me/push")).json()["data"] == []


async def test_a_browser_is_given_a_key_to_subscribe_with(ana: httpx.AsyncClient) -> None:
    key = (await ana.get("/v1/me/push")).json()["web_push_key"]
    assert len(key) == 87


async def test_a_new_endpoint_is_tried_at_once_and_again_when_asked(home: Household, ana: httpx.AsyncClient) -> None:
    added = (await ana.post("/v1/me/push", json=NTFY)).json()
    again = await ana.post(f"/v1/me/push/{added['id']}/test")
    assert (again.status_code, again.json()) == (202, added)
    async with home.house.database.write() as tx:
        waiting = await outbox.claim(tx, owner="test", now=NOW, lease=NOW - NOW, limit=9)
    assert [(each.kind, each.detail) for each in waiting if each.kind is Kind.PUSH] == [(Kind.PUSH, added["id"])] * 2


async def test_only_its_owner_tests_or_removes_an_endpoint(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    path = f"/v1/me/push/{(await ana.post('/v1/me/push', json=NTFY)).json()['id']}"
    for answer in (await ben.post(f"{path}/test"), await ben.delete(path), await ana.delete("/v1/me/push/0")):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert (await ana.delete(path)).status_code == 204
    assert (await ana.delete(path)).status_code == 404


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"kind": "pigeon", "url": "https://example.org/"},
        {**NTFY, "url": "ftp://ntfy.example.org/t"},
        {**NTFY, "url": "https:///t"},
        {**NTFY, "url": "https://ana:secret@ntfy.example.org/t"},
        {**NTFY, "url": "https://ntfy.example.org/a b"},
        {**NTFY, "url": "https://[ntfy/t"},
        {**NTFY, "url": "https://ntfy.example.org/" + "a" * 2048},
        {**NTFY, "token": "two\nlines"},
        {**browser(), "keys": {"p256dh": "BA", "auth": "AA"}},
        {**browser(), "keys": {"p256dh": secrets.token_hex(65), "auth": "A" * 22}},
        {"kind": "web_push", "url": "https://push.example.org/"},
    ],
)
async def test_what_is_no_endpoint_is_refused(home: Household, ana: httpx.AsyncClient, asked: dict[str, Any]) -> None:
    before = await home.count_rows()
    answer = await ana.post("/v1/me/push", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await home.count_rows() == before


async def test_there_is_room_for_ten(ana: httpx.AsyncClient) -> None:
    codes = [(await ana.post("/v1/me/push", json=HTTP)).status_code for _ in range(11)]
    assert codes == [201] * 10 + [422]
