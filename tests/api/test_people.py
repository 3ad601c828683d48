"""`/v1/me` and `/v1/couple`: what one says of oneself, and what the two agreed on."""

from typing import Any

import httpx
import pytest

from service.store import calendars
from tests.households import Household

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def test_i_see_myself_with_an_etag(ana: httpx.AsyncClient) -> None:
    answer = await ana.get("/v1/me")
    assert answer.status_code == 200
    assert answer.headers["ETag"] == '"1"'
    assert answer.json() | {"id": ""} == {
        "id": "",
        "name": "Ana",
        "address": "ana@example.org",
        "zone": "Europe/Berlin",
        "entry_title": "idea",
        "prefers_email": False,
        "keeps_calendar": False,
        "buffers": {"before_minutes": 0, "after_minutes": 0},
        "avoid_if": [],
    }


async def test_i_change_what_i_name_and_nothing_else(ana: httpx.AsyncClient) -> None:
    before = (await ana.get("/v1/me")).json()
    answer = await ana.patch("/v1/me", json={"zone": "Asia/Tokyo"}, headers={"If-Match": '"1"'})
    assert answer.headers["ETag"] == '"2"'
    assert answer.json() == before | {"zone": "Asia/Tokyo"} == (await ana.get("/v1/me")).json()


async def test_another_zone_lets_my_calendars_be_read_anew(home: Household) -> None:
    ana, _ = await home.settle()
    calendar = await home.add_calendar(ana)
    async with home.client(ana) as client:
        await client.patch("/v1/me", json={"zone": "Asia/Tokyo"}, headers={"If-Match": '"1"'})
    async with home.house.database.read() as tx:
        found = await calendars.find(tx, partner_id=ana.partner.id, calendar_id=calendar.id)
    assert (found.edition, found.next_sync_at) == (calendar.edition + 1, home.clock())


async def test_the_time_i_keep_around_my_entries_is_mine_alone(home: Household) -> None:
    ana, ben = await home.settle()
    wish = {"before_minutes": 30, "after_minutes": 180}
    async with home.client(ben) as client:
        before = [(await client.get(path)).json() for path in ("/v1/me", "/v1/couple", "/v1/slots")]
    async with home.client(ana) as client:
        answer = await client.patch("/v1/me", json={"buffers": wish}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["buffers"]) == (200, wish)
        renamed = await client.patch("/v1/me", json={"name": "Anna"}, headers={"If-Match": '"2"'})
        assert renamed.json()["buffers"] == wish == (await client.get("/v1/me")).json()["buffers"]
        await client.patch("/v1/me", json={"name": "Ana"}, headers={"If-Match": '"3"'})
    async with home.client(ben) as client:
        assert [(await client.get(path)).json() for path in ("/v1/me", "/v1/couple", "/v1/slots")] == before


@pytest.mark.parametrize(
    "buffers",
    [
        {"before_minutes": 181, "after_minutes": 0},
        {"before_minutes": 0, "after_minutes": -1},
        {"before_minutes": 15},
        {"before_minutes": "half an hour", "after_minutes": 0},
        {"before_minutes": 0, "after_minutes": 0, "on_the_way": 5},
        30,
    ],
)
async def test_time_around_entries_that_does_not_fit_is_refused(ana: httpx.AsyncClient, buffers: object) -> None:
    answer = await ana.patch("/v1/me", json={"buffers": buffers}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ana.get("/v1/me")).headers["ETag"] == '"1"'


@pytest.mark.parametrize("path", ["/v1/me", "/v1/couple"])
async def test_a_change_without_if_match_is_refused(ana: httpx.AsyncClient, path: str) -> None:
    answer = await ana.patch(path, json={})
    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")


@pytest.mark.parametrize("path", ["/v1/me", "/v1/couple"])
@pytest.mark.parametrize("version", ['"7"', "*", 'W/"1"', "one", '"0"', ""])
async def test_a_change_to_another_version_is_refused(ana: httpx.AsyncClient, path: str, version: str) -> None:
    answer = await ana.patch(path, json={}, headers={"If-Match": version})
    assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")


async def test_both_see_one_couple_each_from_their_side(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    hers, his = (await ana.get("/v1/couple")).json(), (await ben.get("/v1/couple")).json()
    assert hers["windows"] == his["windows"] == [{"days": list(DAYS), "hours": "18:00-22:30"}]
    assert hers["min_minutes"] == 60
    assert {each["name"]: each["is_me"] for each in hers["partners"]} == {"Ana": True, "Ben": False}
    assert {each["name"]: each["is_me"] for each in his["partners"]} == {"Ana": False, "Ben": True}
    assert {tuple(each) for each in his["partners"]} == {("name", "zone", "is_me")}


async def test_either_partner_changes_what_the_two_agreed_on(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    wish = {"windows": [{"days": ["fri", "sat"], "hours": "20:00-24:00"}], "min_minutes": 90, "has": ["car", "garden"]}
    answer = await ben.patch("/v1/couple", json=wish, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    seen = await ana.get("/v1/couple")
    assert {key: seen.json()[key] for key in wish} == wish
    late = await ana.patch("/v1/couple", json={"min_minutes": 30}, headers={"If-Match": '"1"'})
    assert late.status_code == 412


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"min_minutes": 0}, "empty_window"),
        ({"min_minutes": 721}, "invalid"),
        ({"min_minutes": "soon"}, "invalid"),
        ({"windows": []}, "invalid"),
        ({"windows": [{"days": ["fri"], "hours": "20:00-20:00"}]}, "empty_window"),
        ({"windows": [{"days": ["fri"], "hours": "late"}]}, "invalid"),
        ({"windows": [{"days": [], "hours": "20:00-21:00"}]}, "invalid"),
        ({"windows": [{"days": ["someday"], "hours": "20:00-21:00"}]}, "invalid"),
        ({"owner": "Ana"}, "invalid"),
        ({"has": ["yacht"]}, "invalid"),
        ({"has": ["sitter"]}, "invalid"),
    ],
)
async def test_hours_that_do_not_fit_are_refused(
    home: Household, ana: httpx.AsyncClient, change: dict[str, Any], code: str
) -> None:
    before = (await ana.get("/v1/couple")).json()
    answer = await ana.patch("/v1/couple", json=change, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert (await ana.get("/v1/couple")).json() == before


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../../etc/passwd", "localtime", "CET-1CEST"])
async def test_a_zone_that_is_not_known_is_refused(ana: httpx.AsyncClient, zone: str) -> None:
    answer = await ana.patch("/v1/me", json={"zone": zone}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_zone")
    assert (await ana.get("/v1/me")).headers["ETag"] == '"1"'
