"""`/v1/me` and `/v1/couple`: what one says of oneself, and what the two agreed on."""

from datetime import timedelta
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
        "language": "en",
        "entry_title": "idea",
        "prefers_email": False,
        "keeps_calendar": False,
        "buffers": {"before_minutes": 0, "after_minutes": 0},
        "avoid_if": [],
        "away": [],
        "digest": None,
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


AWAY = [{"from": "2026-12-20", "to": "2026-12-27"}, {"from": "2027-02-01", "to": "2027-02-01"}]


async def test_days_away_are_mine_alone_and_go_when_they_are_over(home: Household) -> None:
    ana, ben = await home.settle()
    over = {"from": "2026-11-20", "to": "2026-11-30"}
    async with home.client(ana) as client:
        answer = await client.patch("/v1/me", json={"away": [AWAY[1], over, AWAY[0]]}, headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["away"]) == (200, AWAY)
        assert (await client.get("/v1/me")).json()["away"] == AWAY
        home.clock.step(timedelta(days=27))  # the 28th of December
        renamed = await client.patch("/v1/me", json={"name": "Anna"}, headers={"If-Match": '"2"'})
        assert renamed.json()["away"] == AWAY[1:]
    async with home.client(ben) as client:
        assert (await client.get("/v1/me")).json()["away"] == []
        assert "away" not in (await client.get("/v1/couple")).text


@pytest.mark.parametrize("who", [0, 1])
async def test_on_days_away_of_either_nobody_is_free_and_it_does_not_tell_whose(home: Household, who: int) -> None:
    couple = await home.settle()
    december = {"from": "2026-12-19T00:00:00Z", "to": "2026-12-29T00:00:00Z", "limit": "12"}
    async with home.client(couple[who]) as client:
        await client.patch("/v1/me", json={"away": AWAY}, headers={"If-Match": '"1"'})
    answers = set()
    for person in couple:
        async with home.client(person) as client:
            slots = (await client.get("/v1/slots", params=december)).json()["data"]
            assert {slot["start"][:10] for slot in slots} == {"2026-12-19", "2026-12-28"}
            taken = {"start": "2026-12-27T18:00:00Z", "end": "2026-12-27T19:00:00Z"}
            answers.add((await client.post("/v1/dates", json=taken)).json()["code"])
    assert answers == {"slot_taken"}


async def test_my_days_away_are_my_own_reason_and_the_partners_is_none(home: Household) -> None:
    ana, ben = await home.settle()
    async with home.client(ana) as hers, home.client(ben) as his:
        await hers.patch("/v1/me", json={"away": AWAY}, headers={"If-Match": '"1"'})
        mine = (await hers.get("/v1/slots/explain", params={"day": "2026-12-23"})).json()
        theirs = (await his.get("/v1/slots/explain", params={"day": "2026-12-23"})).json()
    assert mine["mine"] == mine["hours"]
    assert (theirs["mine"], theirs["partner"]) == ([], "unavailable")


@pytest.mark.parametrize(
    "away",
    [
        [{"from": "2026-12-27", "to": "2026-12-20"}],
        [{"from": "2026-12-20"}],
        [{"from": "9999-12-31", "to": "9999-12-31"}],
        [{"from": "2026-12-20", "to": "2026-12-27", "why": "skiing"}],
        [{"from": f"2027-01-{day:02}", "to": f"2027-{month:02}-{day:02}"} for day in range(1, 27) for month in (1, 2)],
        "always",
    ],
)
async def test_days_away_that_do_not_fit_are_refused(ana: httpx.AsyncClient, away: object) -> None:
    answer = await ana.patch("/v1/me", json={"away": away}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ana.get("/v1/me")).headers["ETag"] == '"1"'


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


async def test_a_mail_about_the_week_is_off_until_it_is_wanted_and_can_be_taken_back(ana: httpx.AsyncClient) -> None:
    assert (await ana.get("/v1/me")).json()["digest"] is None
    wanted = {"digest": {"day": "thu", "hour": 20}}
    answer = await ana.patch("/v1/me", json=wanted, headers={"If-Match": '"1"'})
    assert answer.json()["digest"] == wanted["digest"]
    other = await ana.patch("/v1/me", json={"name": "Anna"}, headers={"If-Match": '"2"'})
    assert other.json()["digest"] == wanted["digest"]
    off = await ana.patch("/v1/me", json={"digest": None}, headers={"If-Match": '"3"'})
    assert off.json()["digest"] is None


@pytest.mark.parametrize("digest", [{"day": "thu"}, {"day": "someday", "hour": 20}, {"day": "thu", "hour": 24}, "thu"])
async def test_a_mail_at_no_hour_of_a_week_is_refused(ana: httpx.AsyncClient, digest: object) -> None:
    answer = await ana.patch("/v1/me", json={"digest": digest}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
