"""`/v1/gestures`: off until switched on, one's own only, and put off or left out with one request."""

from typing import Any

import httpx
import pytest

from service.core.gestures import CHANNELS
from tests.households import Household

FIRST = {"If-Match": '"0"'}


async def test_reminders_are_off_until_somebody_switches_them_on(ana: httpx.AsyncClient) -> None:
    answer = await ana.get("/v1/gestures/settings")
    assert answer.headers["ETag"] == '"0"'
    assert answer.json() == {
        "per_week": 0,
        "channels": sorted(CHANNELS),
        "quiet": "21:30-07:30",
        "delivery": "mail",
        "next_at": None,
    }


async def test_wishes_are_kept_and_the_moment_is_not_told(ana: httpx.AsyncClient) -> None:
    wishes = {"per_week": 3, "channels": ["words", "acts"], "quiet": "20:00-10:00", "delivery": "push"}
    answer = await ana.put("/v1/gestures/settings", json=wishes, headers=FIRST)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    settings = answer.json()
    assert settings == {**wishes, "channels": ["acts", "words"], "next_at": None}
    assert (await ana.get("/v1/gestures/settings")).json() == settings


async def test_a_change_needs_the_version_it_changes(ana: httpx.AsyncClient) -> None:
    missing = await ana.put("/v1/gestures/settings", json={"per_week": 1})
    assert (missing.status_code, missing.json()["code"]) == (428, "precondition_required")
    await ana.put("/v1/gestures/settings", json={"per_week": 1}, headers=FIRST)
    late = await ana.put("/v1/gestures/settings", json={"per_week": 2}, headers=FIRST)
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        ({}, "invalid"),
        ({"per_week": 8}, "invalid"),
        ({"per_week": -1}, "invalid"),
        ({"per_week": 1, "channels": ["letters"]}, "invalid"),
        ({"per_week": 1, "quiet": "night"}, "invalid"),
        ({"per_week": 1, "delivery": "pigeon"}, "invalid"),
        ({"per_week": 1, "quiet": "22:00-22:00"}, "empty_window"),
    ],
)
async def test_wishes_that_do_not_fit_are_refused(
    home: Household, ana: httpx.AsyncClient, wishes: dict[str, Any], code: str
) -> None:
    before = await home.count_rows()
    answer = await ana.put("/v1/gestures/settings", json=wishes, headers=FIRST)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert await home.count_rows() == before


async def test_a_gesture_is_off_after_never_and_stays_on_for_the_partner(
    ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    gestures = (await ana.get("/v1/gestures")).json()["data"]
    assert all(each["on"] for each in gestures)
    gone = gestures[0]["id"]
    answer = await ana.post(f"/v1/gestures/{gone}/never")
    assert (answer.status_code, answer.content) == (204, b"")
    assert [each["id"] for each in (await ana.get("/v1/gestures")).json()["data"] if not each["on"]] == [gone]
    assert all(each["on"] for each in (await ben.get("/v1/gestures")).json()["data"])


async def test_kinds_that_are_left_out_are_off(ana: httpx.AsyncClient) -> None:
    await ana.put("/v1/gestures/settings", json={"per_week": 1, "channels": ["words"]}, headers=FIRST)
    gestures = (await ana.get("/v1/gestures")).json()["data"]
    assert {each["channel"] for each in gestures if each["on"]} == {"words"}


async def test_a_touch_says_that_it_is_for_when_it_is_welcome(ana: httpx.AsyncClient) -> None:
    gestures = (await ana.get("/v1/gestures")).json()["data"]
    assert all(each["only_if_welcome"] for each in gestures if each["channel"] == "touch")


async def test_later_is_another_day_where_nothing_is_said_at_an_hour_that_fits(ana: httpx.AsyncClient) -> None:
    gesture = next(each for each in (await ana.get("/v1/gestures")).json()["data"] if each["cue"] == "after_dinner")
    refused = await ana.post(f"/v1/gestures/{gesture['id']}/later")
    assert refused.json()["code"] == "invalid"
    await ana.put("/v1/gestures/settings", json={"per_week": 1}, headers=FIRST)
    later = await ana.post(f"/v1/gestures/{gesture['id']}/later")
    assert "2026-12-02T17:30:00Z" <= later.json()["next_at"] < "2026-12-02T20:00:00Z"


async def test_later_is_when_one_says(ana: httpx.AsyncClient) -> None:
    gesture = (await ana.get("/v1/gestures")).json()["data"][0]["id"]
    await ana.put("/v1/gestures/settings", json={"per_week": 1}, headers=FIRST)
    later = await ana.post(f"/v1/gestures/{gesture}/later", json={"until": "2026-12-03T14:07:00Z"})
    assert later.json()["next_at"] == "2026-12-03T14:07:00Z"


async def test_fewer_is_one_less_and_never_less_than_none(ana: httpx.AsyncClient) -> None:
    gesture = (await ana.get("/v1/gestures")).json()["data"][0]["id"]
    await ana.put("/v1/gestures/settings", json={"per_week": 2}, headers=FIRST)
    counts = [(await ana.post(f"/v1/gestures/{gesture}/fewer")).json()["per_week"] for _ in range(3)]
    assert counts == [1, 0, 0]


async def test_wishes_are_ones_own_to_read(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    said = {"wishes": ["words", "foot_rub", "foot_rub"]}
    answer = await ana.put("/v1/gestures/wishes", json=said)
    assert answer.json() == {"wishes": ["foot_rub", "words"]}
    assert (await ana.get("/v1/gestures/wishes")).json() == answer.json()
    assert (await ben.get("/v1/gestures/wishes")).json() == {"wishes": []}
    assert (await ana.put("/v1/gestures/wishes", json={"wishes": []})).json() == {"wishes": []}


async def test_a_wish_for_what_there_is_not_is_refused(ana: httpx.AsyncClient) -> None:
    answer = await ana.put("/v1/gestures/wishes", json={"wishes": ["moon_walk"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_later_is_within_ninety_days(ana: httpx.AsyncClient) -> None:
    gesture = (await ana.get("/v1/gestures")).json()["data"][0]["id"]
    await ana.put("/v1/gestures/settings", json={"per_week": 1}, headers=FIRST)
    answer = await ana.post(f"/v1/gestures/{gesture}/later", json={"until": "2027-12-01T12:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@pytest.mark.parametrize("step", ["done", "later", "never", "fewer"])
async def test_a_gesture_that_is_not_there_is_not_found(ana: httpx.AsyncClient, step: str) -> None:
    answer = await ana.post(f"/v1/gestures/moon_walk/{step}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
