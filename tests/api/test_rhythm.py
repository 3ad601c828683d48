"""`/v1/rhythm`: a date about every so many days, shared by both, and honest where there is none."""

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import httpx
import pytest
from sqlalchemy import delete

from service.actions import clashes
from service.core.interval import Interval
from service.store import tables
from service.workers.rhythm import keep_rhythms
from tests.households import Household, Person, between

PATH = "/v1/rhythm"
USUAL = {"about_days": 7, "least_days": 5, "most_days": 10}
ON = {"enabled": True} | USUAL
EVENINGS = [
    Interval(between(1, 17, 22).start + timedelta(days=day), between(1, 17, 22).end + timedelta(days=day))
    for day in range(14)
]


async def put(client: httpx.AsyncClient, wish: dict[str, Any], *, version: int = 0) -> httpx.Response:
    return await client.put(PATH, json=wish, headers={"If-Match": f'"{version}"'})


async def views(home: Household, *couple: Person) -> list[dict[str, Any]]:
    """Return what each of them sees of the rhythm and of the dates."""
    seen = []
    for person in couple:
        async with home.client(person) as client:
            rhythm = (await client.get(PATH)).json()
            listed = (await client.get("/v1/dates")).json()["data"]
            seen.append({"rhythm": rhythm, "dates": listed})
    return seen


async def test_it_is_off_until_one_of_them_switches_it_on(ana: httpx.AsyncClient) -> None:
    answer = await ana.get(PATH)
    assert answer.headers["ETag"] == '"0"'
    assert answer.json() == {"enabled": False, "next": None, "note": None} | USUAL


async def test_either_switches_it_on_and_both_find_the_same_hold(
    ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    made = await put(ben, ON)
    assert (made.status_code, made.headers["ETag"]) == (200, '"1"')
    seen = await ana.get(PATH)
    assert (seen.json(), seen.headers["ETag"]) == (made.json(), '"1"')
    hold = (await ana.get(f"/v1/dates/{made.json()['next']}")).json()
    assert (hold["origin"], hold["status"], hold["title"]) == ("rhythm", "tentative", None)
    assert (hold["my_answer"], hold["awaits_me"]) == ("needs-action", True)
    assert hold["start"] > "2026-12-02"


async def test_both_say_yes_to_a_hold_and_it_is_a_date(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    date_id = (await put(ben, ON)).json()["next"]
    for client, status in ((ana, "tentative"), (ben, "confirmed")):
        answer = await client.put(f"/v1/dates/{date_id}/answer", json={"answer": "accepted", "sequence": 0})
        assert answer.json()["status"] == status
    assert (await ana.get(PATH)).json()["next"] == date_id


async def test_either_switches_it_off_at_once_whoever_switched_it_on(
    ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    date_id = (await put(ben, ON)).json()["next"]
    off = await put(ana, {"enabled": False}, version=1)
    assert off.json() == {"enabled": False, "next": None, "note": None} | USUAL
    assert (await ben.get(PATH)).json() == off.json()
    assert (await ben.get(f"/v1/dates/{date_id}")).json()["status"] == "cancelled"


async def test_what_a_change_does_not_name_stays_as_it_is(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    slow = {"about_days": 14, "least_days": 12, "most_days": 20}
    await put(ana, {"enabled": True} | slow)
    off = await put(ben, {"enabled": False}, version=1)
    assert off.json() == {"enabled": False, "next": None, "note": None} | slow
    on = await put(ben, {"enabled": True, "most_days": 16}, version=2)
    assert {key: on.json()[key] for key in slow} == slow | {"most_days": 16}


async def test_switching_off_and_on_asks_for_no_evening_twice(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    await put(ana, ON)
    await put(ben, {"enabled": False}, version=1)
    again = (await put(ana, ON, version=2)).json()
    assert (again["next"], again["note"]["code"]) == (None, "not_this_week")


async def test_who_is_left_alone_sees_a_week_without_room(home: Household) -> None:
    ana, ben = await home.settle()
    async with home.client(ana) as client:
        await put(client, ON)
        async with home.house.database.write() as tx:
            await tx.execute(delete(tables.dates))
            await tx.execute(delete(tables.partners).where(tables.partners.c.id == ben.partner.id))
        await keep_rhythms(home.house)
        note = (await client.get(PATH)).json()["note"]
    assert (note["code"], note["fix"]) == ("not_this_week", None)
    assert (await home.count_rows())["dates"] == 0


async def test_a_change_names_the_version_it_was_made_to(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    bare = await ana.put(PATH, json=ON)
    assert (bare.status_code, bare.json()["code"]) == (428, "precondition_required")
    await put(ben, ON)
    late = await put(ana, {"enabled": False})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    assert (await ana.get(PATH)).json()["enabled"] is True


@pytest.mark.parametrize(
    "wish",
    [
        {"about_days": 7},
        ON | {"least_days": 8},
        ON | {"most_days": 6},
        ON | {"least_days": 0},
        ON | {"most_days": 61},
        ON | {"about_days": "often"},
        ON | {"owner": "Ana"},
    ],
)
async def test_a_rhythm_that_does_not_fit_is_refused(ana: httpx.AsyncClient, wish: dict[str, Any]) -> None:
    answer = await put(ana, wish)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ana.get(PATH)).headers["ETag"] == '"0"'


async def test_nothing_is_computed_before_both_are_here(home: Household) -> None:
    ana = await home.let_in("Ana")
    async with home.client(ana) as client:
        assert (await client.get(PATH)).json()["next"] is None
        answer = await put(client, ON)
    assert (answer.status_code, answer.json()["code"]) == (409, "partner_not_joined")


async def test_a_date_of_their_own_keeps_the_rhythm(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    time = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
    date_id = (await ana.post("/v1/dates", json=time)).json()["id"]
    assert (await put(ben, ON)).json()["next"] == date_id
    assert len((await ben.get("/v1/dates")).json()["data"]) == 1


async def test_a_week_without_room_says_so_with_the_nearest_thing_to_move_of_ones_own(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, *(each for each in EVENINGS if each.start.day != 5))
    call = between(5, 18.2, 21.3)
    await home.fill(ana, call)
    async with home.client(ana) as client:
        await put(client, ON)
    hers, his = (each["rhythm"] for each in await views(home, ana, ben))
    assert hers["next"] is his["next"] is None
    assert hers["note"].keys() == his["note"].keys() == {"code", "text", "fix"}
    assert (hers["note"]["code"], his["note"]["code"]) == ("not_this_week", "not_this_week")
    assert his["note"]["fix"] is None
    fix = hers["note"]["fix"]
    assert (fix["start"], fix["partner"]) == ("2026-12-05T18:00:00Z", "free")
    assert fix["mine"] == [{"start": "2026-12-05T18:12:00Z", "end": "2026-12-05T21:18:00Z"}]


async def test_being_away_is_nothing_to_move(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        away = {"away": [{"from": "2026-12-01", "to": "2026-12-31"}]}
        await client.patch("/v1/me", json=away, headers={"If-Match": '"1"'})
        answer = (await put(client, ON)).json()
    assert answer["note"] == {"code": "not_this_week", "text": answer["note"]["text"], "fix": None}


async def make_trouble(home: Household, person: Person, trouble: str) -> None:
    if trouble == "full":
        await home.fill(person, *EVENINGS, between(1, 0, 24))
    elif trouble == "unknown":
        await home.add_calendar(person, synced_at=None)
    else:
        async with home.client(person) as client:
            away = {"away": [{"from": "2026-12-01", "to": "2026-12-31"}]}
            await client.patch("/v1/me", json=away, headers={"If-Match": '"1"'})


async def test_why_there_is_no_hold_looks_alike_to_the_partner(home: Household) -> None:
    answers = set()
    for number, trouble in enumerate(("full", "unknown", "away")):
        first = await home.let_in("Ana", address=f"ana-{number}@example.org")
        second = await home.invite(first, "Ben", address=f"ben-{number}@example.org")
        ana, ben = await home.do_without(first), await home.do_without(second)
        await make_trouble(home, ana, trouble)
        async with home.client(ben) as client:
            await put(client, ON)
            seen = await client.get(PATH)
        headers = {key: value for key, value in seen.headers.items() if key != "content-length"}
        answers.add((seen.text, repr(headers)))
    assert len(answers) == 1


async def test_whose_time_stands_in_the_way_changes_nothing_of_the_hold(home: Household) -> None:
    holds = set()
    for number, turn in product(range(2), (1, -1)):
        first = await home.let_in("Ana", address=f"ana-{number}-{turn}@example.org")
        second = await home.invite(first, "Ben", address=f"ben-{number}-{turn}@example.org")
        couple = [await home.do_without(each) for each in (first, second)][::turn]
        await home.fill(couple[0], *EVENINGS[3:5], soft=[EVENINGS[5]])
        await home.fill(couple[1], between(7, 18, 19.5))
        async with home.client(couple[number]) as client:
            await put(client, ON)
        for seen in await views(home, *couple):
            [hold] = seen["dates"]
            assert hold["id"] == seen["rhythm"]["next"]
            holds.add((hold["start"], hold["end"], hold["idea_id"], hold["my_answer"]))
    assert len({(start, end) for start, end, _, _ in holds}) == 1


async def test_whose_meeting_moved_a_hold_does_not_show(home: Household) -> None:
    seen = set()
    for busy in range(2):
        first = await home.let_in("Ana", address=f"ana-{busy}@example.org")
        second = await home.invite(first, "Ben", address=f"ben-{busy}@example.org")
        couple = [await home.do_without(each) for each in (first, second)]
        async with home.client(couple[0]) as client:
            date_id = (await put(client, ON)).json()["next"]
            hold = (await client.get(f"/v1/dates/{date_id}")).json()
        await home.fill(couple[busy], EVENINGS[datetime.fromisoformat(hold["start"]).day - 1])
        async with home.house.database.write() as tx:
            await clashes.notice(tx, partner=couple[busy].partner, now=home.clock())
        home.clock.step(clashes.HOLDS_MOVE_AFTER)
        await keep_rhythms(home.house)
        home.clock.step(-clashes.HOLDS_MOVE_AFTER)
        for view in await views(home, *couple):
            [moved] = view["dates"]
            assert (moved["id"], moved["sequence"]) == (date_id, 1)
            assert moved["start"] != hold["start"]
            seen.add(repr({**moved, "id": None, "local": None}))
            seen.add(repr({**view["rhythm"], "next": None}))
    assert len(seen) == 2  # one of the date, one of the rhythm


@pytest.mark.parametrize("step", ["declined", "cancel"])
async def test_an_evening_that_came_to_nothing_is_not_asked_for_again(home: Household, step: str) -> None:
    ana, ben = await home.settle()
    async with home.client(ana) as hers, home.client(ben) as his:
        date_id = (await put(hers, ON)).json()["next"]
        start = (await hers.get(f"/v1/dates/{date_id}")).json()["start"]
        if step == "cancel":
            await his.post(f"/v1/dates/{date_id}/cancel")
        else:
            await his.put(f"/v1/dates/{date_id}/answer", json={"answer": step, "sequence": 0})
        await keep_rhythms(home.house)
        seen = (await hers.get(PATH)).json()
        assert (seen["next"], seen["note"]["code"]) == (None, "not_this_week")
        home.clock.moment = datetime.fromisoformat(start) + timedelta(hours=2)
        await keep_rhythms(home.house)
        later = (await hers.get("/v1/dates/next")).json()
    gap = datetime.fromisoformat(later["start"]) - datetime.fromisoformat(start)
    assert timedelta(days=5) <= gap <= timedelta(days=11)
