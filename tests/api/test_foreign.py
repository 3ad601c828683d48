"""What belongs to another is not there: another couple's things, and of the own partner all that is not shared."""

import httpx

from service.actions import joining
from tests.households import Household, Person

TIME = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
ANSWER = {"answer": "accepted", "sequence": 0}


async def assert_not_found(client: httpx.AsyncClient, method: str, path: str, json: object = None) -> None:
    answer = await client.request(method, path, json=json, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path, answer.text)


async def strangers(home: Household) -> tuple[Person, Person]:
    eve = await home.let_in("Eve")
    dan = await home.invite(eve, "Dan")
    return await home.do_without(eve), await home.do_without(dan)


async def test_a_calendar_is_there_for_its_owner_alone(home: Household) -> None:
    ana, ben = await home.settle()
    calendar = await home.add_calendar(ana)
    before = await home.count_rows()
    path = f"/v1/calendars/{calendar.id}"
    for person in (ben, *await strangers(home)):
        async with home.client(person) as client:
            assert (await client.get("/v1/calendars")).json()["data"] == []
            for method, where in (("GET", ""), ("PATCH", ""), ("POST", "/sync"), ("POST", "/test"), ("DELETE", "")):
                await assert_not_found(client, method, path + where, {} if method == "PATCH" else None)
    after = await home.count_rows()
    assert (after["calendars"], before["calendars"]) == (1, 1)


async def test_a_date_is_there_for_its_couple_alone(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        path = f"/v1/dates/{(await client.post('/v1/dates', json=TIME)).json()['id']}"
    for person in await strangers(home):
        async with home.client(person) as client:
            assert (await client.get("/v1/dates")).json()["data"] == []
            await assert_not_found(client, "GET", path)
            await assert_not_found(client, "GET", f"{path}.ics")
            await assert_not_found(client, "PUT", f"{path}/answer", ANSWER)
            await assert_not_found(client, "POST", f"{path}/move", TIME)
            await assert_not_found(client, "POST", f"{path}/cancel")
    async with home.client(ana) as client:
        assert (await client.get(path)).headers["ETag"] == '"1"'


async def test_a_token_is_there_for_its_owner_alone(home: Household) -> None:
    ana, ben = await home.settle()
    async with home.client(ana) as client:
        (token,) = (await client.get("/v1/tokens")).json()["data"]
    for person in (ben, *await strangers(home)):
        async with home.client(person) as client:
            assert token["id"] not in (await client.get("/v1/tokens")).text
            await assert_not_found(client, "DELETE", f"/v1/tokens/{token['id']}")
    async with home.client(ana) as client:
        assert (await client.get("/v1/me")).status_code == 200


async def test_an_invitation_is_there_for_its_couple_alone(home: Household) -> None:
    ana = await home.let_in("Ana")
    link = await joining.invite_partner(home.house, partner=ana.partner, address="ben@example.org", now=home.clock())
    eve = await home.let_in("Eve")
    async with home.client(eve) as client:
        assert (await client.get("/v1/couple/invitations")).json()["data"] == []
        await assert_not_found(client, "DELETE", f"/v1/couple/invitations/{link.invitation.id}")
    async with home.client() as client:
        assert (await client.get(link.url.removeprefix(home.house.public_url))).status_code == 200


async def test_a_sign_in_link_of_one_is_no_invitation_of_the_two(home: Household) -> None:
    ana, ben = await home.settle()
    link = await joining.let_in(home.house, address=ana.partner.address, now=home.clock())
    for person in (ana, ben):
        async with home.client(person) as client:
            assert (await client.get("/v1/couple/invitations")).json()["data"] == []
    async with home.client(ben) as client:
        await assert_not_found(client, "DELETE", f"/v1/couple/invitations/{link.invitation.id}")


async def test_strangers_dates_take_no_time_from_a_couple(home: Household) -> None:
    ana, _ = await home.settle()
    eve, _ = await strangers(home)
    for person in (ana, eve):
        async with home.client(person) as client:
            assert (await client.post("/v1/dates", json=TIME)).status_code == 201
