"""What clients send by mistake or on purpose: far times, huge numbers, odd characters. Never a mistake of ours."""

from typing import Any

import httpx

from service.actions import joining
from tests.households import Household

FAR = "9999-12-31T22:00:00Z"
EARLY = "0001-01-01T00:00:00+14:00"
NUMBER = 10**15
JSON = {"Content-Type": "application/json"}
EVER = "from=0001-01-01T00:00:00%2B14:00&to=9999-12-31T23:59:59-14:00"

ODD_REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a slot of more minutes than there are": ("GET", f"/v1/slots?min_minutes={NUMBER}", {}),
    "a slot of minus so many minutes": ("GET", f"/v1/slots?min_minutes=-{NUMBER}", {}),
    "slots from the end of time": ("GET", f"/v1/slots?from={FAR}", {}),
    "slots from its beginning": ("GET", "/v1/slots?from=0001-01-01T00:00:00%2B14:00", {}),
    "busy times of all history": ("GET", f"/v1/busy?{EVER}", {}),
    "ideas for the first day": ("GET", "/v1/ideas?slot_id=00010101T000000Z-00010101T020000Z", {}),
    "ideas for the last day": ("GET", "/v1/ideas?slot_id=99991231T220000Z-99991231T235959Z", {}),
    "a date on the last day": ("POST", "/v1/dates", {"json": {"start": FAR, "end": "9999-12-31T23:00:00Z"}}),
    "a date on the first day": ("POST", "/v1/dates", {"json": {"start": EARLY, "end": "0001-01-01T02:00:00+14:00"}}),
    "a slot on the last day": ("POST", "/v1/dates", {"json": {"slot_id": "99991231T235900Z-99991231T235959Z"}}),
    "a wish of more minutes than there are": (
        "PATCH",
        "/v1/couple",
        {"json": {"min_minutes": NUMBER}, "headers": {"If-Match": '"1"'}},
    ),
    "a version of 5,000 digits": ("PATCH", "/v1/me", {"json": {}, "headers": {"If-Match": "1" * 5000}}),
    "a later that is too late": ("POST", "/v1/gestures/hold_hands/later", {"json": {"until": FAR}}),
    "a later before time": ("POST", "/v1/gestures/hold_hands/later", {"json": {"until": EARLY}}),
    "a date with an empty letter in its name": ("GET", "/v1/dates/%00", {}),
    "a calendar with one": ("GET", "/v1/calendars/%00", {}),
    "a token with one": ("DELETE", "/v1/tokens/%00", {}),
    "an invitation with one": ("DELETE", "/v1/couple/invitations/%00", {}),
    "a cursor with one": ("GET", "/v1/dates?cursor=%00", {}),
    "a name with one": ("PATCH", "/v1/me", {"json": {"name": "An\0a"}, "headers": {"If-Match": '"1"'}}),
    "a name of two lines": ("PATCH", "/v1/me", {"json": {"name": "Ana\nBcc: x"}, "headers": {"If-Match": '"1"'}}),
    "an empty zone": ("PATCH", "/v1/me", {"json": {"zone": ""}, "headers": {"If-Match": '"1"'}}),
    "a zone with an empty letter": ("PATCH", "/v1/me", {"json": {"zone": "Europe/\0"}, "headers": {"If-Match": '"1"'}}),
    "a folder as a zone": ("PATCH", "/v1/me", {"json": {"zone": "Europe"}, "headers": {"If-Match": '"1"'}}),
    "bytes that are no text": ("POST", "/v1/tokens", {"content": b"\xff\xfe", "headers": JSON}),
    "half a body": ("POST", "/v1/tokens", {"content": b'{"name":', "headers": JSON}),
    "half a letter": ("POST", "/v1/tokens", {"content": b'{"name": "\\ud800", "scopes": ["me"]}', "headers": JSON}),
    "a sequence of many digits": (
        "PUT",
        f"/v1/dates/{'0' * 32}/answer",
        {"json": {"answer": "accepted", "sequence": NUMBER**9}},
    ),
}


async def test_odd_requests_are_refused_and_change_nothing(either: Household) -> None:
    ana, _ = await either.settle()
    before = await either.count_rows()
    wrong = {}
    async with either.client(ana) as client:
        for name, (method, path, rest) in ODD_REQUESTS.items():
            answer = await client.request(method, path, **rest)
            if not 400 <= answer.status_code < 500 or answer.headers["Content-Type"] != "application/problem+json":
                wrong[name] = answer.text
    assert wrong == {}
    assert await either.count_rows() == before


async def test_a_reminder_is_put_off_until_a_moment_with_any_offset(either: Household) -> None:
    ana, _ = await either.settle()
    gesture = next(iter(either.house.library.gestures))
    async with either.client(ana) as client:
        await client.put("/v1/gestures/settings", json={"per_week": 3}, headers={"If-Match": '"0"'})
        for until in ("2026-12-03T12:00:00+01:00", "2026-12-04T12:00:00Z"):
            answer = await client.post(f"/v1/gestures/{gesture}/later", json={"until": until})
            assert answer.status_code == 200, answer.text


async def test_quiet_hours_are_kept_in_one_form(either: Household) -> None:
    ana, _ = await either.settle()
    wishes = {"per_week": 3, "quiet": "  22:00 -  07:00          "}
    async with either.client(ana) as client:
        answer = await client.put("/v1/gestures/settings", json=wishes, headers={"If-Match": '"0"'})
    assert answer.json()["quiet"] == "22:00-07:00"


async def test_a_date_further_ahead_than_calendars_are_read_is_refused(either: Household) -> None:
    ana, _ = await either.settle()
    async with either.client(ana) as client:
        far = {"start": "2028-06-01T18:00:00Z", "end": "2028-06-01T20:00:00Z"}
        assert (await client.post("/v1/dates", json=far)).json()["code"] == "invalid"
        near = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
        date = (await client.post("/v1/dates", json=near)).json()
        assert (await client.post(f"/v1/dates/{date['id']}/move", json=far)).json()["code"] == "invalid"


async def test_a_second_first_link_for_one_address_is_a_refusal(either: Household) -> None:
    secrets = [await _first_link(either), await _first_link(either)]
    async with either.client() as client:
        answers = [
            await client.post(f"/v1/join/{secret}", json={"name": "Ana", "zone": "Europe/Berlin"}) for secret in secrets
        ]
    assert [answer.status_code for answer in answers] == [201, 422]


async def _first_link(home: Household) -> str:
    link = await joining.let_in(home.house, address="ana@example.org", now=home.clock())
    return link.url.rpartition("/")[2]


async def test_a_method_that_is_not_allowed_names_those_that_are(ana: httpx.AsyncClient) -> None:
    answer = await ana.delete("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"]
