"""`/v1/slots`, `/v1/ideas` and `/v1/busy`: what is free for both, and what to do with it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.actions import calendars
from service.actions.connect import REFUSALS
from service.content import load_content
from service.store import calendars as store
from service.store.calendars import Calendar
from tests.households import NOW, Household, Person, between

WEEK = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-08T00:00:00Z"}
TWO_EVENINGS = {"from": "2026-12-09T00:00:00Z", "to": "2026-12-11T00:00:00Z", "limit": "2"}


async def remove(home: Household, person: Person, calendar: Calendar) -> None:
    await calendars.remove_calendar(home.house, partner=person.partner, calendar_id=calendar.id)


async def test_slots_are_the_gaps_of_both_within_their_hours(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, *(between(day, 0, 24) for day in (1, 2, 4, 5, 6, 7)), between(3, 18, 19))
    await home.fill(ben, between(3, 20.25, 21))
    async with home.client(ana) as client:
        slots = (await client.get("/v1/slots", params=WEEK)).json()["data"]
        short = (await client.get("/v1/slots", params=WEEK | {"min_minutes": "15"})).json()["data"]
    assert [(slot["start"], slot["end"]) for slot in slots] == [("2026-12-03T19:00:00Z", "2026-12-03T20:15:00Z")]
    assert slots[0]["id"] == "20261203T190000Z-20261203T201500Z"
    assert set(slots[0]) == {"id", "start", "end", "local", "score", "why", "cover"}
    assert len(short) == 2


async def test_the_same_question_has_the_same_answer(ana: httpx.AsyncClient) -> None:
    answers = [(await ana.get("/v1/slots", params={"limit": 12})).json() for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    scores = [slot["score"] for slot in answers[0]["data"]]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) == 12


async def test_six_slots_come_where_nobody_says_how_many(ana: httpx.AsyncClient) -> None:
    assert len((await ana.get("/v1/slots")).json()["data"]) == 6


async def test_long_evenings_are_offered_whole_and_then_from_later_on(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, *(between(day, 0, 24) for day in (1, 2, 4, 6, 7)), between(3, 18, 18.1))
    async with home.client(ana) as client:
        slots = (await client.get("/v1/slots", params=WEEK)).json()["data"]
        later = {"slot_id": slots[2]["id"]}
        date = (await client.post("/v1/dates", json=later)).json()
    ids = ["20261205T180000Z-20261205T213000Z", "20261203T180600Z-20261203T213000Z"]
    assert [slot["id"] for slot in slots[:2]] == ids
    assert [slot["id"] for slot in slots[2:]] == [
        "20261205T193000Z-20261205T203000Z",
        "20261203T194500Z-20261203T204500Z",
    ]
    assert (date["start"], date["end"]) == ("2026-12-05T19:30:00Z", "2026-12-05T20:30:00Z")


async def test_an_evening_that_would_be_the_third_in_a_row_comes_after_one_that_is_not(home: Household) -> None:
    ana, ben = await home.settle()
    async with home.client(ben) as client:
        before = (await client.get("/v1/slots", params=TWO_EVENINGS)).json()["data"]
    async with home.client(ana) as client:
        for day in (7, 8):
            date = {"start": f"2026-12-0{day}T18:00:00Z", "end": f"2026-12-0{day}T19:00:00Z"}
            assert (await client.post("/v1/dates", json=date)).status_code == 201
    async with home.client(ben) as client:
        after = (await client.get("/v1/slots", params=TWO_EVENINGS)).json()["data"]
        explained = (await client.get("/v1/slots/explain", params={"day": "2026-12-09"})).json()["slots"]
    assert [slot["start"][8:10] for slot in before] == ["09", "10"]
    assert [slot["start"][8:10] for slot in after] == ["10", "09"]
    assert ["not_third_evening_in_a_row" in slot["why"] for slot in after] == [True, False]
    assert explained[0] == after[1]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"min_minutes": "0"}, "empty_window"),
        ({"min_minutes": "-5"}, "invalid"),
        ({"min_minutes": "an hour"}, "invalid"),
        ({"limit": "0"}, "invalid"),
        ({"limit": "13"}, "invalid"),
        ({"from": "2026-12-08T00:00:00Z", "to": "2026-12-08T00:00:00Z"}, "empty_window"),
        ({"from": "2026-12-08T00:00:00Z", "to": "2026-12-07T00:00:00Z"}, "empty_window"),
        ({"from": "2026-11-01T00:00:00Z", "to": "2026-11-30T00:00:00Z"}, "invalid"),
        ({"to": "2027-12-01T00:00:00Z"}, "invalid"),
        ({"from": "2026-12-08T00:00:00"}, "invalid"),
        ({"from": "friday"}, "invalid"),
    ],
)
async def test_a_question_that_does_not_fit_is_refused(
    ana: httpx.AsyncClient, params: dict[str, str], code: str
) -> None:
    answer = await ana.get("/v1/slots", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_broken_calendar_of_either_answers_as_a_full_week_does(home: Household) -> None:
    ana, ben = await home.settle()
    calendar = await home.fill(ben, between(1, 0, 24 * 20))
    async with home.client(ana) as client:
        answers = [await client.get("/v1/slots", params=WEEK)]
        await remove(home, ben, calendar)
        assert (await client.get("/v1/slots", params=WEEK)).json()["data"]
        for trouble in ({"synced_at": None}, {"synced_at": home.clock() - timedelta(hours=72), "problem": "x"}):
            broken = await home.add_calendar(ben, **trouble)
            answers.append(await client.get("/v1/slots", params=WEEK))
            await remove(home, ben, broken)
    assert {(each.status_code, each.content) for each in answers} == {(200, b'{"data":[]}')}
    assert len({tuple(each.headers.items()) for each in answers}) == 1


async def test_nobody_is_called_free_before_they_connect_a_calendar_or_say_they_keep_none(home: Household) -> None:
    ana = await home.do_without(await home.let_in("Ana"))
    ben = await home.invite(ana, "Ben")
    time = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
    async with home.client(ana) as client, home.client(ben) as his:
        assert (await client.get("/v1/slots")).json()["data"] == []
        refused = await client.post("/v1/dates", json=time)
        assert (refused.status_code, refused.json()["code"]) == (409, "slot_taken")
        await his.patch("/v1/me", json={"keeps_calendar": False}, headers={"If-Match": '"1"'})
        assert len((await client.get("/v1/slots")).json()["data"]) == 6
        assert (await client.post("/v1/dates", json=time)).status_code == 201


async def test_a_calendar_that_does_not_count_tells_of_nobody_being_free(home: Household) -> None:
    ana = await home.let_in("Ana")
    await home.do_without(await home.invite(ana, "Ben"))
    calendar = await home.add_calendar(ana)
    async with home.client(ana) as client:
        assert len((await client.get("/v1/slots")).json()["data"]) == 6
        await client.patch(f"/v1/calendars/{calendar.id}", json={"role": "ignore"}, headers={"If-Match": '"1"'})
        assert (await client.get("/v1/slots")).json()["data"] == []


async def test_while_a_calendar_is_read_for_the_first_time_slots_end_with_what_is_known(home: Household) -> None:
    ana, _ = await home.settle()
    until = NOW + timedelta(days=14)
    await home.add_calendar(ana, synced_at=None, first_until=until)
    async with home.client(ana) as client:
        slots = (await client.get("/v1/slots", params={"limit": 12})).json()["data"]
        assert slots
        assert max(slot["end"] for slot in slots) <= f"{until:%Y-%m-%dT%H:%M:%SZ}"
        far = {"start": "2026-12-20T18:00:00Z", "end": "2026-12-20T20:00:00Z"}
        assert (await client.post("/v1/dates", json=far)).json()["code"] == "slot_taken"
        day = (await client.get("/v1/slots/explain", params={"day": "2026-12-20"})).json()
        assert day["slots"] == []


async def test_whoever_looks_has_their_own_calendars_read_soon_and_only_theirs(home: Household) -> None:
    ana, ben = await home.settle()
    later = NOW + timedelta(minutes=12)
    read_long_ago: dict[str, Any] = {"synced_at": NOW - timedelta(minutes=6), "next_sync_at": later}
    stale = await home.add_calendar(ana, **read_long_ago)
    fresh = await home.add_calendar(ana, synced_at=NOW - timedelta(minutes=4), next_sync_at=later)
    failing = await home.add_calendar(ana, problem="calendar_unreachable", **read_long_ago)
    his = await home.add_calendar(ben, **read_long_ago)
    async with home.client(ana) as client:
        await client.get("/v1/slots")
    due = {each.id: each.next_sync_at for who in (ana, ben) for each in await kept_by(home, who)}
    assert due == {stale.id: NOW, fresh.id: later, failing.id: later, his.id: later}
    async with home.client(ben) as client:
        await client.get("/v1/calendars")
    assert [each.next_sync_at for each in await kept_by(home, ben)] == [NOW]


async def kept_by(home: Household, person: Person) -> list[Calendar]:
    async with home.house.database.read() as tx:
        return await store.of_partner(tx, partner_id=person.partner.id)


async def test_last_known_times_count_for_three_days_and_then_nobody_is_called_free(home: Household) -> None:
    ana, ben = await home.settle()
    await home.add_calendar(ben)
    async with home.client(ana) as client:
        home.clock.step(timedelta(hours=71))
        assert (await client.get("/v1/slots")).json()["data"]
        home.clock.step(timedelta(hours=1))
        assert not (await client.get("/v1/slots")).json()["data"]
        date = {"start": "2026-12-06T18:00:00Z", "end": "2026-12-06T20:00:00Z"}
        assert (await client.post("/v1/dates", json=date)).json()["code"] == "slot_taken"


def test_every_reason_and_every_trouble_has_its_words() -> None:
    messages = load_content().messages
    codes = {refusal.code for refusal in REFUSALS.values()} | {"entries_unreadable"}
    assert codes <= set(messages.calendar_causes)


async def test_my_busy_times_are_merged_clipped_and_mine_alone(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(2, 20, 26), between(3, 1, 3), soft=[between(3, 9, 10)])
    await home.fill(ben, between(3, 12, 13))
    window = {"from": "2026-12-03T00:00:00+01:00", "to": "2026-12-04T00:00:00+01:00"}
    async with home.client(ana) as client:
        hers = (await client.get("/v1/busy", params=window)).json()
    async with home.client(ben) as client:
        his = (await client.get("/v1/busy", params=window)).json()
    assert hers["busy"] == [
        {"start": "2026-12-02T23:00:00Z", "end": "2026-12-03T03:00:00Z", "kind": "busy"},
        {"start": "2026-12-03T09:00:00Z", "end": "2026-12-03T10:00:00Z", "kind": "soft"},
    ]
    assert his["busy"] == [{"start": "2026-12-03T12:00:00Z", "end": "2026-12-03T13:00:00Z", "kind": "busy"}]


@pytest.mark.parametrize("params", [{}, {"from": "2026-12-03T00:00:00Z"}, {"from": "x", "to": "y"}])
async def test_busy_times_need_a_from_and_a_to(ana: httpx.AsyncClient, params: dict[str, str]) -> None:
    answer = await ana.get("/v1/busy", params=params)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
