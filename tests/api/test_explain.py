"""
`/v1/slots/explain`: why not that day, each partner told of their own times only.

The two keep 18:00 to 22:30 on both clocks, which is 18:00 to 21:30 UTC, and like an hour or more.
"""

from datetime import timedelta

import httpx
import pytest

from service.actions import plan
from service.core.hours import DAYS
from service.core.interval import Interval
from service.store.calendars import Role
from tests.households import Household, Person, between

THURSDAY = {"day": "2026-12-03"}
EVENING = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T21:30:00Z"}
CALL = between(3, 18.5, 21)
PATH = "/v1/slots/explain"


async def ask(home: Household, person: Person, day: str = THURSDAY["day"]) -> httpx.Response:
    async with home.client(person) as client:
        return await client.get(PATH, params={"day": day})


def evenings(count: int) -> list[Interval]:
    """Return that many whole evenings from today on."""
    today = between(1, 17, 22)
    return [Interval(today.start + timedelta(days=day), today.end + timedelta(days=day)) for day in range(count)]


async def test_a_day_with_room_answers_with_its_slots_and_nothing_to_move(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(3, 18, 19), between(4, 17, 22))
    await home.fill(ben, between(3, 20.25, 21), soft=[between(3, 19, 20)])
    answer = (await ask(home, ana)).json()
    async with home.client(ana) as client:
        day = {"from": "2026-12-03T00:00:00+01:00", "to": "2026-12-04T00:00:00+01:00"}
        slots = (await client.get("/v1/slots", params=day)).json()["data"]
    assert [slot["id"] for slot in slots] == ["20261203T190000Z-20261203T201500Z"]
    assert answer == THURSDAY | {
        "room": True,
        "covered": True,
        "slots": slots,
        "hours": [EVENING],
        "mine": [{"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T19:00:00Z"}],
        "partner": "free",
        "candidates": [],
        "nearest": [],
    }


async def test_a_call_of_mine_is_the_one_thing_in_the_way(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, CALL)
    call = {"start": "2026-12-03T18:30:00Z", "end": "2026-12-03T21:00:00Z"}
    answer = (await ask(home, ana)).json()
    (candidate,) = answer.pop("candidates")
    assert answer == THURSDAY | {
        "room": False,
        "covered": True,
        "slots": [],
        "hours": [EVENING],
        "mine": [call],
        "partner": "free",
        "nearest": [],
    }
    local = candidate.pop("local")
    assert candidate == EVENING | {"mine": [call], "partner": "free"}
    assert local["me"] == {
        "start": "2026-12-03T19:00:00+01:00",
        "end": "2026-12-03T22:30:00+01:00",
        "zone": "Europe/Berlin",
    }
    assert local["partner"]["zone"] == "Europe/Lisbon"


async def test_the_partner_is_told_that_i_am_unavailable_and_no_time_of_mine(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, CALL)
    await home.fill(ben, between(3, 17, 18.25), between(3, 20.75, 21.75))
    answer = await ask(home, ben)
    body = answer.json()
    assert (body["room"], body["partner"]) == (False, "unavailable")
    assert [span["end"] for span in body["mine"]] == ["2026-12-03T18:15:00Z", "2026-12-03T21:30:00Z"]
    assert {each["partner"] for each in body["candidates"]} == {"unavailable"}
    assert "18:30" not in answer.text
    assert "T21:00" not in answer.text


async def test_an_unknown_calendar_of_the_partner_answers_as_a_full_week_does(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, CALL)
    answers = []
    calendar = await home.fill(ben, *evenings(91))
    answers.append(await ask(home, ana))
    async with home.client(ben) as client:
        await client.delete(f"/v1/calendars/{calendar.id}", headers={"If-Match": '"1"'})
    assert (await ask(home, ana)).json()["partner"] == "free"
    await home.add_calendar(ben, synced_at=home.clock() - timedelta(hours=72), problem="calendar_auth")
    answers.append(await ask(home, ana))
    assert answers[0].json()["partner"] == "unavailable"
    assert answers[0].json()["candidates"]
    assert len({(each.status_code, each.content, tuple(each.headers.items())) for each in answers}) == 1


async def test_nothing_is_offered_while_my_own_calendar_cannot_be_read(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, CALL, calendar=await home.add_calendar(ana, synced_at=None))
    answer = (await ask(home, ana)).json()
    assert (answer["room"], answer["mine"], answer["partner"]) == (False, None, "free")
    assert answer["slots"] == answer["candidates"] == answer["nearest"] == []


async def test_the_nearest_are_other_days_on_which_moving_one_thing_is_enough(home: Household) -> None:
    ana, ben = await home.settle()
    free = {between(8, 17, 22), between(10, 17, 22), between(12, 17, 22)}
    await home.fill(ben, *(each for each in evenings(91) if each not in free))
    others = [each for each in evenings(91) if each not in {between(10, 17, 22), between(12, 17, 22)}]
    await home.fill(ana, *others, between(10, 18.5, 21), between(12, 18.5, 19), between(12, 19.5, 21))
    answer = (await ask(home, ana)).json()
    assert [each["mine"] for each in answer["nearest"]] == [
        [{"start": "2026-12-12T18:30:00Z", "end": "2026-12-12T19:00:00Z"}],
        [{"start": "2026-12-10T18:30:00Z", "end": "2026-12-10T21:00:00Z"}],
        [{"start": "2026-12-08T18:00:00Z", "end": "2026-12-08T21:30:00Z"}],
    ]
    assert {each["partner"] for each in answer["nearest"]} == {"free"}
    on_the_tenth = (await ask(home, ana, "2026-12-10")).json()
    assert [each["start"] for each in on_the_tenth["candidates"]] == ["2026-12-10T18:00:00Z"]
    assert [each["start"][:10] for each in on_the_tenth["nearest"]] == ["2026-12-12", "2026-12-08"]


async def test_there_are_six_nearest_at_most(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, *evenings(91))
    answer = (await ask(home, ana)).json()
    days = [each["start"][:10] for each in answer["nearest"]]
    assert days == ["2026-12-01", "2026-12-02", "2026-12-04", "2026-12-05", "2026-12-06", "2026-12-07"]


async def test_an_evening_given_to_a_date_has_no_hours_left(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        date = {"start": "2026-12-03T18:30:00Z", "end": "2026-12-03T21:00:00Z"}
        assert (await client.post("/v1/dates", json=date)).status_code == 201
    answer = (await ask(home, ana)).json()
    assert (answer["room"], answer["hours"], answer["candidates"]) == (False, [], [])


async def test_a_calendar_that_does_not_count_needs_no_reading(home: Household) -> None:
    ana, ben = await home.settle()
    for person in (ana, ben):
        await home.add_calendar(person, synced_at=None, role=Role.IGNORE)
    answer = (await ask(home, ana)).json()
    assert (answer["room"], answer["mine"], answer["partner"]) == (True, [], "free")


async def test_no_wish_makes_a_room_of_less_than_twenty_minutes(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, between(3, 18, 19), between(3, 19.25, 20), between(3, 20.5, 21.5))
    async with home.client(ana) as client:
        await client.patch("/v1/couple", json={"min_minutes": 1}, headers={"If-Match": '"1"'})
    slots = (await ask(home, ana)).json()["slots"]
    assert [(slot["start"], slot["end"]) for slot in slots] == [("2026-12-03T20:00:00Z", "2026-12-03T20:30:00Z")]


async def test_a_day_has_six_slots_at_most(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, *(between(3, 18 + number / 2, 18.1 + number / 2) for number in range(7)))
    async with home.client(ana) as client:
        await client.patch("/v1/couple", json={"min_minutes": 20}, headers={"If-Match": '"1"'})
    assert len((await ask(home, ana)).json()["slots"]) == plan.DEFAULT_SLOTS


async def test_a_day_is_read_on_the_clock_of_who_asks(home: Household) -> None:
    ana, ben = await home.settle()
    async with home.client(ana) as client:
        whole = {"windows": [{"hours": "00:00-24:00", "days": list(DAYS)}]}
        changed = await client.patch("/v1/couple", json=whole, headers={"If-Match": '"1"'})
        assert changed.status_code == 200, changed.text
    hours = [(await ask(home, person)).json()["hours"] for person in (ana, ben)]
    assert hours == [
        [{"start": "2026-12-02T23:00:00Z", "end": "2026-12-03T23:00:00Z"}],
        [{"start": "2026-12-03T00:00:00Z", "end": "2026-12-04T00:00:00Z"}],
    ]


async def test_today_begins_when_there_is_time_left_to_say_yes(home: Household) -> None:
    ana, _ = await home.settle()
    home.clock.step(timedelta(hours=9, minutes=20))
    today = (await ask(home, ana, "2026-12-01")).json()
    assert today["hours"] == [{"start": "2026-12-01T18:45:00Z", "end": "2026-12-01T21:30:00Z"}]
    home.clock.step(timedelta(hours=4, minutes=30))
    assert (await ask(home, ana, "2026-12-01")).json()["hours"] == []


async def test_the_whole_horizon_can_be_asked_about(home: Household) -> None:
    ana, _ = await home.settle()
    last = home.clock() + plan.HORIZON - timedelta(days=1)
    answer = await ask(home, ana, f"{last:%Y-%m-%d}")
    assert answer.json()["room"]


@pytest.mark.parametrize(
    "day", ["2026-11-30", "2027-03-02", "0001-01-01", "9999-12-31", "2026-02-30", "thursday", "", "9" * 40]
)
async def test_a_day_that_is_none_or_too_far_away_is_refused(ana: httpx.AsyncClient, day: str) -> None:
    answer = await ana.get(PATH, params={"day": day})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_question_without_a_day_is_refused(ana: httpx.AsyncClient) -> None:
    answer = await ana.get(PATH)
    assert (answer.status_code, answer.json()["fields"]) == (422, ["day"])


async def test_nothing_is_explained_before_both_are_here(home: Household) -> None:
    answer = await ask(home, await home.let_in("Ana"))
    assert (answer.status_code, answer.json()["code"]) == (409, "partner_not_joined")
