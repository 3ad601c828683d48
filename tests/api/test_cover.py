"""`/v1/couple` cover, `/v1/helpers`, `/v1/dates/{id}/cover`: who minds the children, over REST."""

from typing import Any

import httpx
import pytest

from tests.households import Household, between

EVENING = {"start": "2026-12-04T18:00:00Z", "end": "2026-12-04T20:00:00Z"}
LATE = {"start": "2026-12-04T20:00:00Z", "end": "2026-12-04T21:00:00Z"}
SUNDAY = {"days": ["sun"], "hours": "18:00-23:00"}
SLEEP = {"children": True, "asleep_from": "20:00"}
WEEK = {"from": "2026-12-01T12:00:00Z", "to": "2026-12-08T00:00:00Z"}
NOBODY: dict[str, Any] = {"children": False, "asleep_from": None, "helper_hours": []}


async def agree(client: httpx.AsyncClient, **cover: object) -> dict[str, Any]:
    tag = (await client.get("/v1/couple")).headers["ETag"]
    answer = await client.patch("/v1/couple", json={"cover": cover}, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["cover"]
    return found


async def add(client: httpx.AsyncClient, **helper: object) -> dict[str, Any]:
    answer = await client.post("/v1/helpers", json=helper)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def pencil_in(client: httpx.AsyncClient, **asked: object) -> str:
    answer = await client.post("/v1/dates", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def find_idea(home: Household, *, asleep: bool) -> str:
    return next(each.id for each in home.house.library.ideas.values() if each.sleeping_children_ok is asleep)


async def test_a_couple_has_no_children_until_either_says_so_for_both(
    ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    assert (await ana.get("/v1/couple")).json()["cover"] == NOBODY
    said = await agree(ben, **SLEEP, helper_hours=[SUNDAY])
    assert said == {**SLEEP, "helper_hours": [SUNDAY]}
    assert (await ana.get("/v1/couple")).json()["cover"] == said
    assert await agree(ana, children=False, asleep_from="20:00") == NOBODY


@pytest.mark.parametrize(
    "cover",
    [
        {"children": True, "asleep_from": "07:00"},
        {"children": True, "asleep_from": "25:00"},
        {"children": True, "asleep_from": "8pm"},
        {"children": True, "helper_hours": [{"days": [], "hours": "18:00-20:00"}]},
        {"children": True, "helper_hours": [{"days": ["sun"], "hours": "18-20"}]},
        {"asleep_from": "20:00"},
    ],
)
async def test_a_plan_that_does_not_fit_is_refused(ana: httpx.AsyncClient, cover: dict[str, Any]) -> None:
    answer = await ana.patch("/v1/couple", json={"cover": cover}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_slots_need_no_cover_without_children(ana: httpx.AsyncClient) -> None:
    for place in ("home", "away"):
        slots = (await ana.get("/v1/slots", params=WEEK | {"place": place})).json()["data"]
        assert {slot["cover"] for slot in slots} == {"none_needed"}
        assert len(slots) == 6
    assert (await ana.get("/v1/slots", params=WEEK | {"place": "moon"})).status_code == 422


async def test_slots_are_free_and_covered_for_the_place(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    await agree(ana, **SLEEP, helper_hours=[SUNDAY])
    home = (await ana.get("/v1/slots", params=WEEK | {"limit": 12})).json()["data"]
    assert home
    for slot in home:
        on_sunday = slot["start"].startswith("2026-12-06")
        assert slot["cover"] == ("hours" if on_sunday else "asleep")
        assert on_sunday or slot["start"][11:] >= "20:00"
    away = (await ana.get("/v1/slots", params=WEEK | {"place": "away"})).json()["data"]
    assert {(slot["start"][:10], slot["cover"]) for slot in away} == {("2026-12-06", "hours")}
    his = (await ben.get("/v1/slots", params=WEEK | {"place": "away"})).json()["data"]
    assert [slot["id"] for slot in his] == [slot["id"] for slot in away]


async def test_a_time_that_is_not_covered_is_refused_and_nothing_is_written(
    home: Household, ana: httpx.AsyncClient
) -> None:
    await agree(ana, **SLEEP)
    before = await home.count_rows()
    for asked in (EVENING, {**LATE, "idea_id": find_idea(home, asleep=False)}):
        answer = await ana.post("/v1/dates", json=asked)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_covered")
    assert await home.count_rows() == before
    date_id = await pencil_in(ana, **LATE)
    moved = await ana.post(f"/v1/dates/{date_id}/move", json=EVENING)
    assert (moved.status_code, moved.json()["code"]) == (409, "not_covered")


async def test_ideas_for_a_slot_while_children_sleep_work_then(home: Household, ana: httpx.AsyncClient) -> None:
    await agree(ana, **SLEEP)
    params = {"slot_id": "20261204T200000Z-20261204T213000Z"}
    ideas = (await ana.get("/v1/ideas", params=params)).json()["data"]
    assert ideas
    assert all(home.house.library.ideas[idea["id"]].sleeping_children_ok for idea in ideas)


async def test_why_not_that_day_says_where_nobody_minds_the_children(ana: httpx.AsyncClient) -> None:
    await agree(ana, children=True, helper_hours=[SUNDAY])
    friday = (await ana.get("/v1/slots/explain", params={"day": "2026-12-04"})).json()
    assert (friday["room"], friday["covered"], friday["hours"]) == (False, False, [])
    sunday = (await ana.get("/v1/slots/explain", params={"day": "2026-12-06"})).json()
    assert (sunday["room"], sunday["covered"]) == (True, True)
    assert {slot["cover"] for slot in sunday["slots"]} == {"hours"}


async def test_a_cover_calendar_covers_and_makes_nobody_busy(home: Household) -> None:
    anna, _ = await home.settle()
    calendar = await home.fill(anna, between(4, 17, 22))
    async with home.client(anna) as ana:
        await agree(ana, children=True)
        path, receives = f"/v1/calendars/{calendar.id}", {"receives_dates": True}
        tag = {"If-Match": '"1"'}
        assert (await ana.patch(path, json={"role": "cover", **receives}, headers=tag)).status_code == 422
        assert (await ana.patch(path, json=receives, headers=tag)).json()["receives_dates"]
        changed = await ana.patch(path, json={"role": "cover"}, headers={"If-Match": '"2"'})
        assert (changed.json()["role"], changed.json()["receives_dates"]) == ("cover", False)
        assert (await ana.get("/v1/busy", params=WEEK)).json()["busy"] == []
        slots = (await ana.get("/v1/slots", params=WEEK | {"place": "away"})).json()["data"]
        assert [(slot["id"], slot["cover"]) for slot in slots][:1] == [
            ("20261204T180000Z-20261204T213000Z", "calendar")
        ]
        cover = f"/v1/dates/{await pencil_in(ana, **EVENING)}/cover"
        assert (await ana.get(cover)).json()["by"] == "calendar"
        home.clock.moment = between(5, 0, 1).start  # three days later it is not known any more
        assert (await ana.get("/v1/slots", params={"place": "away"})).json()["data"] == []


async def test_helpers_are_both_partners_and_asked_in_their_order(
    ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    nina = await add(ana, name="Nina", address="Nina@Example.org", place="at ours")
    opa = await add(ben, name="Opa", order=1)
    assert nina == {"id": nina["id"], "name": "Nina", "address": "nina@example.org", "place": "at ours", "order": 1}
    listed = (await ana.get("/v1/helpers")).json()["data"]
    assert [(each["name"], each["order"]) for each in listed] == [("Opa", 1), ("Nina", 2)]
    path = f"/v1/helpers/{nina['id']}"
    tag = {"If-Match": (await ben.get(path)).headers["ETag"]}
    changed = await ben.patch(path, json={"address": None, "order": 1}, headers=tag)
    assert (changed.json()["address"], changed.json()["place"], changed.json()["order"]) == (None, "at ours", 1)
    assert (await ana.patch(path, json={"name": "N"}, headers=tag)).json()["code"] == "version_conflict"
    assert (await ana.patch(path, json={"name": "N"})).json()["code"] == "precondition_required"
    assert (await ben.delete(f"/v1/helpers/{opa['id']}")).status_code == 204
    assert [each["name"] for each in (await ana.get("/v1/helpers")).json()["data"]] == ["Nina"]


@pytest.mark.parametrize(
    "helper", [{}, {"name": ""}, {"name": "N", "address": "nowhere"}, {"name": "N", "order": 0}, {"name": "N", "x": 1}]
)
async def test_a_helper_who_does_not_fit_is_refused(ana: httpx.AsyncClient, helper: dict[str, Any]) -> None:
    answer = await ana.post("/v1/helpers", json=helper)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_there_are_not_more_helpers_than_a_line_holds(ana: httpx.AsyncClient) -> None:
    for number in range(12):
        await add(ana, name=f"Helper {number}")
    assert (await ana.post("/v1/helpers", json={"name": "One more"})).json()["code"] == "invalid"


async def test_another_couples_helpers_and_covers_are_not_there(home: Household, ana: httpx.AsyncClient) -> None:
    await agree(ana, **SLEEP)
    nina = await add(ana, name="Nina")
    date_id = await pencil_in(ana, **LATE)
    stranger = await home.let_in("Cleo")
    async with home.client(stranger) as cleo:
        for path in (f"/v1/helpers/{nina['id']}", f"/v1/dates/{date_id}/cover"):
            assert (await cleo.get(path)).status_code == 404
            assert (await cleo.delete(path)).status_code in (404, 409)
    assert (await ana.get(f"/v1/helpers/{nina['id']}")).status_code == 200


async def test_the_cover_of_a_date_is_the_same_for_both(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    await agree(ana, **SLEEP)
    nina = await add(ana, name="Nina")
    path = f"/v1/dates/{await pencil_in(ana, **EVENING)}/cover"
    asked = (await ben.get(path)).json()
    assert (asked["state"], asked["helper"], asked["choices"]) == ("asked", {"id": nina["id"], "name": "Nina"}, None)
    assert asked["link"].startswith(f"{home.house.public_url}/h/")
    assert (await ana.get(path)).json() == asked


async def test_a_cover_that_fell_through_has_three_choices_and_one_can_be_taken(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    await agree(ana, **SLEEP, helper_hours=[{"days": ["fri", "sun"], "hours": "18:00-23:00"}])
    nina = await add(ana, name="Nina")
    path = f"/v1/dates/{await pencil_in(ana, **LATE, idea_id=find_idea(home, asleep=False))}/cover"
    assert (await ana.post(path, json={"choice": "home"})).json()["code"] == "cover_settled"
    lost = (await ben.delete(path)).json()
    assert (lost["state"], lost["by"], lost["helper"]) == ("lost", "hours", None)
    assert lost["choices"]["helper"] == {"id": nina["id"], "name": "Nina"}
    assert home.house.library.ideas[lost["choices"]["home"]["id"]].sleeping_children_ok
    assert lost["choices"]["slot"]["start"] == "2026-12-06T18:00:00Z"
    assert lost["choices"]["slot"]["local"]["me"]["zone"] == "Europe/Lisbon"
    taken = await ana.post(path, json={"choice": "slot", "slot_id": lost["choices"]["slot"]["id"]})
    assert (taken.status_code, taken.json()["state"], taken.json()["by"]) == (200, "covered", "hours")
    late = await ben.post(path, json={"choice": "helper", "helper_id": nina["id"]})
    assert (late.status_code, late.json()["code"]) == (409, "cover_settled")


@pytest.mark.parametrize(
    "taken", [{}, {"choice": "wait"}, {"choice": "home", "slot_id": "x"}, {"choice": "slot", "helper_id": "0" * 32}]
)
async def test_a_choice_that_is_none_is_refused(ana: httpx.AsyncClient, taken: dict[str, Any]) -> None:
    date_id = await pencil_in(ana, **EVENING)
    answer = await ana.post(f"/v1/dates/{date_id}/cover", json=taken)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_where_nobody_was_needed_nothing_falls_through(ana: httpx.AsyncClient) -> None:
    path = f"/v1/dates/{await pencil_in(ana, **EVENING)}/cover"
    assert (await ana.delete(path)).json()["state"] == "none_needed"
