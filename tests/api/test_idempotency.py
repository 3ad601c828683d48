"""`Idempotency-Key`: done once, answered alike, and never for anybody else."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from service.actions import joining
from service.store.vault import Vault
from tests.households import Household, Person

KEY = {"Idempotency-Key": "one"}
DATE = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
OTHER = {"start": "2026-12-04T18:00:00Z", "end": "2026-12-04T20:00:00Z"}


def read_files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("pencil-in.db*"))


async def test_the_same_request_is_done_once_and_answered_alike(home: Household, ana: httpx.AsyncClient) -> None:
    first = await ana.post("/v1/dates", json=DATE, headers=KEY)
    rows = await home.count_rows()
    again = await ana.post("/v1/dates", json=DATE, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert await home.count_rows() == rows


async def test_a_token_shown_once_is_replayed_and_lies_sealed(
    home: Household, ana: httpx.AsyncClient, tmp_path: Path
) -> None:
    asked = {"name": "wall display", "scopes": ["slots"]}
    first = await ana.post("/v1/tokens", json=asked, headers=KEY)
    again = await ana.post("/v1/tokens", json=asked, headers=KEY)
    assert again.json() == first.json()
    await home.house.database.dispose()
    kept = read_files(tmp_path)
    assert b"wall display" in kept
    assert first.json()["token"].encode() not in kept


async def test_a_key_with_another_body_or_path_is_a_mismatch(ana: httpx.AsyncClient) -> None:
    date = (await ana.post("/v1/dates", json=DATE, headers=KEY)).json()
    for path, body in (("/v1/dates", OTHER), (f"/v1/dates/{date['id']}/move", DATE)):
        answer = await ana.post(path, json=body, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")


async def test_a_refused_request_may_be_sent_again(ana: httpx.AsyncClient) -> None:
    date = (await ana.post("/v1/dates", json=DATE)).json()
    assert (await ana.post("/v1/dates", json=DATE, headers=KEY)).json()["code"] == "slot_taken"
    await ana.post(f"/v1/dates/{date['id']}/cancel")
    again = await ana.post("/v1/dates", json=DATE, headers=KEY)
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again.headers


async def test_an_answer_without_a_body_is_replayed_too(ana: httpx.AsyncClient) -> None:
    gesture = (await ana.get("/v1/gestures")).json()["data"][0]["id"]
    answers = [await ana.post(f"/v1/gestures/{gesture}/done", headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [204, 204]
    assert [answer.content for answer in answers] == [b"", b""]
    assert answers[1].headers["Idempotency-Replayed"] == "true"


async def test_twins_at_one_time_make_one_date(either: Household) -> None:
    person, _ = await either.settle()
    async with either.client(person) as client:
        answers = await asyncio.gather(*(client.post("/v1/dates", json=DATE, headers=KEY) for _ in range(5)))
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in done}) == 1
    assert {answer.json()["code"] for answer in answers if answer not in done} <= {"under_way"}
    assert (await either.count_rows())["dates"] == 1


async def test_a_request_that_breaks_off_at_its_very_end_is_done_by_its_repeat(either: Household) -> None:
    person, _ = await either.settle()
    house = either.app.state.house
    async with either.client(person) as client:
        either.app.state.house = replace(house, vault=Vault("", {}))  # which cannot seal the answer
        assert (await client.post("/v1/dates", json=DATE, headers=KEY)).status_code == 500
        assert (await either.count_rows())["dates"] == 0
        either.app.state.house = house
        assert (await client.post("/v1/dates", json=DATE, headers=KEY)).status_code == 201
    assert (await either.count_rows())["dates"] == 1


async def test_the_partner_may_use_the_same_key(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    first = await ana.post("/v1/tokens", json={"name": "app", "scopes": ["me"]}, headers=KEY)
    second = await ben.post("/v1/tokens", json={"name": "app", "scopes": ["me"]}, headers=KEY)
    assert second.status_code == 201
    assert second.json()["token"] != first.json()["token"]


async def test_another_token_is_not_answered_what_one_was_answered(
    home: Household, couple: tuple[Person, Person], ana: httpx.AsyncClient
) -> None:
    asked = {"name": "app", "scopes": ["dates:write"]}
    await ana.post("/v1/tokens", json=asked, headers=KEY)
    weak = await joining.make_token(
        home.house, partner=couple[0].partner, name="weak", scopes=frozenset({"ideas"}), now=home.clock()
    )
    async with home.client(weak.secret) as client:
        answer = await client.post("/v1/tokens", json=asked, headers=KEY)
    assert answer.status_code in {403, 422}
    assert "token" not in answer.json()


async def test_a_key_is_free_again_after_a_day(home: Household, ana: httpx.AsyncClient) -> None:
    await ana.post("/v1/dates", json=DATE, headers=KEY)
    home.clock.step(timedelta(days=1))
    assert (await ana.post("/v1/dates", json=OTHER, headers=KEY)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_of_no_or_too_many_letters_is_refused(ana: httpx.AsyncClient, key: str) -> None:
    answer = await ana.post("/v1/dates", json=DATE, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_key_says_nothing_where_nothing_is_made(ana: httpx.AsyncClient) -> None:
    answers = [await ana.get("/v1/me", headers=KEY) for _ in range(2)]
    assert all("Idempotency-Replayed" not in answer.headers for answer in answers)
