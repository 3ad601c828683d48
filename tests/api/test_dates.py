"""`/v1/dates`: pencil in, answer, move, call off; pages of them; each partner's own side of one."""

from typing import Any

import httpx
import pytest

from tests.households import Household, between

SLOT = "20261203T180000Z-20261203T213000Z"
TIME = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
LATER = {"start": "2026-12-04T19:00:00+01:00", "end": "2026-12-04T21:00:00+01:00"}
UNKNOWN = "0" * 32


async def pencil_in(client: httpx.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.post("/v1/dates", json=asked or TIME)
    assert answer.status_code == 201, answer.text
    date: dict[str, Any] = answer.json()
    return date


async def reply(client: httpx.AsyncClient, date: dict[str, Any], answer: str, sequence: int = 0) -> httpx.Response:
    return await client.put(f"/v1/dates/{date['id']}/answer", json={"answer": answer, "sequence": sequence})


async def test_a_date_has_its_time_on_both_clocks(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    date = await pencil_in(ana)
    assert (date["status"], date["sequence"], date["my_answer"], date["awaits_me"]) == (
        "tentative",
        0,
        "accepted",
        False,
    )
    assert date["local"] == {
        "me": {"start": "2026-12-03T19:00:00+01:00", "end": "2026-12-03T21:00:00+01:00", "zone": "Europe/Berlin"},
        "partner": {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z", "zone": "Europe/Lisbon"},
    }
    his = (await ben.get(f"/v1/dates/{date['id']}")).json()
    assert (his["my_answer"], his["awaits_me"]) == ("needs-action", True)
    assert his["local"]["me"] == date["local"]["partner"]


async def test_a_date_at_a_slot_lasts_as_long_as_its_idea_or_as_the_couple_wishes(ana: httpx.AsyncClient) -> None:
    plain = await pencil_in(ana, slot_id=SLOT)
    assert (plain["start"], plain["end"], plain["title"]) == ("2026-12-03T18:00:00Z", "2026-12-03T19:00:00Z", None)
    slot = "20261204T180000Z-20261204T213000Z"
    idea = (await ana.get("/v1/ideas", params={"slot_id": slot})).json()["data"][0]
    date = await pencil_in(ana, slot_id=slot, idea_id=idea["id"])
    assert (date["start"], date["end"], date["title"]) == (idea["start"], idea["end"], idea["title"])


async def test_both_yes_confirms_and_saying_it_twice_changes_nothing(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    date = await pencil_in(ana)
    confirmed = await reply(ben, date, "accepted")
    assert (confirmed.json()["status"], confirmed.json()["sequence"]) == ("confirmed", 1)
    rows = await home.count_rows()
    again = await reply(ben, date, "accepted", sequence=1)
    assert again.json() == confirmed.json()
    assert await home.count_rows() == rows
    assert (await ana.get(f"/v1/dates/{date['id']}")).json()["status"] == "confirmed"


async def test_moving_asks_the_other_anew_and_an_answer_to_the_old_time_is_stale(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    date = await pencil_in(ana)
    moved = (await ben.post(f"/v1/dates/{date['id']}/move", json=LATER)).json()
    assert (moved["start"], moved["sequence"], moved["my_answer"]) == ("2026-12-04T18:00:00Z", 1, "accepted")
    rows = await home.count_rows()
    stale = await reply(ana, date, "accepted", sequence=0)
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_reply")
    assert await home.count_rows() == rows
    assert (await reply(ana, date, "accepted", sequence=1)).json()["status"] == "confirmed"


@pytest.mark.parametrize("step", ["answer", "move", "cancel"])
async def test_a_date_that_was_called_off_stays_so(ana: httpx.AsyncClient, ben: httpx.AsyncClient, step: str) -> None:
    date = await pencil_in(ana)
    gone = await ana.post(f"/v1/dates/{date['id']}/cancel")
    assert (gone.status_code, gone.json()["status"]) == (200, "cancelled")
    path, body = f"/v1/dates/{date['id']}/{step}", LATER if step == "move" else None
    if step == "answer":
        answer = await reply(ben, date, "accepted")
    else:
        answer = await ben.post(path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "date_over")


@pytest.mark.parametrize("step", ["move", "cancel"])
async def test_a_change_to_another_version_is_refused(ana: httpx.AsyncClient, step: str) -> None:
    made = await ana.post("/v1/dates", json=TIME)
    path, body = f"/v1/dates/{made.json()['id']}/{step}", LATER if step == "move" else None
    late = await ana.post(path, json=body, headers={"If-Match": '"9"'})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    right = await ana.post(path, json=body, headers={"If-Match": made.headers["ETag"]})
    assert (right.status_code, right.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"slot_id": SLOT, **TIME}, 422, "invalid"),
        ({"start": TIME["start"]}, 422, "invalid"),
        ({"slot_id": "tonight"}, 422, "invalid"),
        ({"start": "2026-12-03T18:00:00", "end": "2026-12-03T20:00:00"}, 422, "invalid"),
        ({"start": TIME["end"], "end": TIME["start"]}, 422, "empty_window"),
        ({"start": TIME["start"], "end": TIME["start"]}, 422, "empty_window"),
        ({"start": "2026-11-30T18:00:00Z", "end": "2026-11-30T20:00:00Z"}, 422, "invalid"),
        ({"start": "2026-12-03T06:00:00Z", "end": "2026-12-03T20:00:00Z"}, 422, "invalid"),
        ({**TIME, "idea_id": "moon_landing"}, 404, "not_found"),
        ({**TIME, "title": "Dinner"}, 422, "invalid"),
    ],
)
async def test_a_time_that_does_not_fit_is_refused_and_nothing_is_written(
    home: Household, ana: httpx.AsyncClient, asked: dict[str, Any], status: int, code: str
) -> None:
    before = await home.count_rows()
    answer = await ana.post("/v1/dates", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert await home.count_rows() == before


async def test_a_time_when_either_is_busy_is_taken_and_nothing_is_written(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ben, between(3, 19, 19.5))
    before = await home.count_rows()
    for person in (ana, ben):
        async with home.client(person) as client:
            answer = await client.post("/v1/dates", json=TIME)
        assert (answer.status_code, answer.json()["code"]) == (409, "slot_taken")
    assert await home.count_rows() == before


async def test_a_date_takes_its_own_time_from_the_next(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    date = await pencil_in(ana)
    assert (await ben.post("/v1/dates", json=TIME)).json()["code"] == "slot_taken"
    overlapping = {"start": "2026-12-03T19:00:00Z", "end": "2026-12-03T21:00:00Z"}
    assert (await ben.post(f"/v1/dates/{date['id']}/move", json=overlapping)).status_code == 200


async def test_dates_come_in_pages_and_each_once(ana: httpx.AsyncClient) -> None:
    made = {
        (await pencil_in(ana, start=f"2026-12-{day:02}T18:00:00Z", end=f"2026-12-{day:02}T19:00:00Z"))["id"]
        for day in range(3, 10)
    }
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 3}
    for _ in range(3):
        page = (await ana.get("/v1/dates", params=params)).json()
        seen += [date["id"] for date in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert (len(seen), set(seen)) == (7, made)
    assert page["next_cursor"] is None


@pytest.mark.parametrize("limit", [0, -1, 101, "many"])
async def test_a_page_of_no_or_too_many_dates_is_refused(ana: httpx.AsyncClient, limit: int | str) -> None:
    assert (await ana.get("/v1/dates", params={"limit": limit})).json()["code"] == "invalid"


async def test_the_next_date_is_the_soonest_that_still_stands(ana: httpx.AsyncClient) -> None:
    assert (await ana.get("/v1/dates/next")).status_code == 404
    first = await pencil_in(ana)
    second = await pencil_in(ana, **LATER)
    assert (await ana.get("/v1/dates/next")).json()["id"] == first["id"]
    await ana.post(f"/v1/dates/{first['id']}/cancel")
    assert (await ana.get("/v1/dates/next")).json()["id"] == second["id"]


async def test_a_date_is_handed_out_as_an_object_with_nobody_in_it(ana: httpx.AsyncClient) -> None:
    date = await pencil_in(ana)
    answer = await ana.get(f"/v1/dates/{date['id']}.ics")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.text.split("\r\n")
    assert {"BEGIN:VEVENT", "STATUS:TENTATIVE", "CLASS:PRIVATE", "SUMMARY:Time together"} <= set(lines)
    assert not [line for line in lines if line.startswith(("ATTENDEE", "ORGANIZER", "METHOD"))]


@pytest.mark.parametrize("path", ["/v1/dates/{}", "/v1/dates/{}.ics"])
@pytest.mark.parametrize("name", [UNKNOWN, "next.ics", "one"])
async def test_a_date_that_is_not_there_is_not_found(ana: httpx.AsyncClient, path: str, name: str) -> None:
    answer = await ana.get(path.format(name))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
