"""The ways in: a link is looked at, taken once, and gives a token; the second partner joins, a third cannot."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from service.actions import joining
from tests.households import Household, Person

BEN = {"name": "Ben", "zone": "Europe/Lisbon"}


async def let_in(home: Household, address: str = "ana@example.org") -> str:
    link = await joining.let_in(home.house, address=address, now=home.clock())
    return link.url.removeprefix(home.house.public_url)


async def invite(client: httpx.AsyncClient, address: str = "ben@example.org") -> str:
    answer = await client.post("/v1/couple/invitations", json={"address": address})
    assert answer.status_code == 201, answer.text
    return httpx.URL(answer.json()["link"]).path


async def test_looking_at_a_link_twice_changes_nothing(home: Household) -> None:
    path = await let_in(home)
    before = await home.count_rows()
    async with home.client() as client:
        looks = [await client.get(path) for _ in range(2)]
    assert [look.json() for look in looks] == [{"kind": "start", "expires_at": "2026-12-03T09:00:00Z"}] * 2
    assert await home.count_rows() == before


async def test_a_link_is_taken_once(home: Household) -> None:
    path = await let_in(home)
    async with home.client() as client:
        first = await client.post(path, json={"name": "Ana", "zone": "Europe/Berlin"})
        again = await client.post(path, json={"name": "Eve", "zone": "Europe/Berlin"})
        gone = await client.get(path)
    assert first.status_code == 201
    assert set(first.json()) == {"id", "name", "scopes", "created_at", "token"}
    assert [(each.status_code, each.json()["code"]) for each in (again, gone)] == [(404, "not_found")] * 2
    async with home.client(first.json()["token"]) as client:
        assert (await client.get("/v1/me")).json()["name"] == "Ana"


async def test_a_link_ends_after_two_days(home: Household) -> None:
    path = await let_in(home)
    home.clock.step(timedelta(hours=48))
    async with home.client() as client:
        answers = [await client.get(path), await client.post(path, json=BEN)]
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_of_many_who_take_a_link_at_once_one_wins(either: Household) -> None:
    path = await let_in(either)
    async with either.client() as client:
        answers = await asyncio.gather(*(client.post(path, json=BEN) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 404, 404, 404, 404]
    rows = await either.count_rows()
    assert (rows["couples"], rows["partners"], rows["tokens"], rows["invitations"]) == (1, 1, 1, 0)


@pytest.mark.parametrize(
    ("joined", "code"),
    [
        ({"name": "Ana", "zone": "Mars/Olympus"}, "unknown_zone"),
        ({"name": "Ana"}, "unknown_zone"),
        ({"zone": "Europe/Berlin"}, "invalid"),
        ({"name": " ", "zone": "Europe/Berlin"}, "invalid"),
        ({"name": "x" * 81, "zone": "Europe/Berlin"}, "invalid"),
    ],
)
async def test_a_link_still_works_after_a_slip(home: Household, joined: dict[str, str], code: str) -> None:
    path = await let_in(home)
    before = await home.count_rows()
    async with home.client() as client:
        slip = await client.post(path, json=joined)
        assert (slip.status_code, slip.json()["code"]) == (422, code)
        assert await home.count_rows() == before
        assert (await client.post(path, json=BEN)).status_code == 201


async def test_the_second_partner_joins_and_a_third_cannot(home: Household) -> None:
    first = await home.let_in("Ana")
    async with home.client(first) as ana, home.client() as nobody:
        paths = [await invite(ana), await invite(ana, "carl@example.org")]
        assert (await nobody.get(paths[0])).json()["kind"] == "join"
        assert (await nobody.post(paths[0], json=BEN)).status_code == 201
        third = await nobody.post(paths[1], json={"name": "Carl", "zone": "Europe/Berlin"})
        assert (third.status_code, third.json()["code"]) == (422, "invalid")
        more = await ana.post("/v1/couple/invitations", json={"address": "dora@example.org"})
        assert (more.status_code, more.json()["code"]) == (422, "invalid")
    assert (await home.count_rows())["partners"] == 2


async def test_two_who_join_one_couple_at_once_do_not_both_get_in(either: Household) -> None:
    first = await either.let_in("Ana")
    async with either.client(first) as ana, either.client() as nobody:
        paths = [await invite(ana, f"{name}@example.org") for name in ("ben", "carl")]
        answers = await asyncio.gather(*(nobody.post(path, json=BEN) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [201, 422]
    assert (await either.count_rows())["partners"] == 2


async def test_a_new_link_signs_the_same_partner_in_again(home: Household, couple: tuple[Person, Person]) -> None:
    path = await let_in(home, "ANA@example.org ")
    async with home.client() as nobody:
        assert (await nobody.get(path)).json()["kind"] == "sign_in"
        token = (await nobody.post(path, json={})).json()["token"]
    async with home.client(token) as client:
        me = (await client.get("/v1/me")).json()
    assert (me["id"], me["name"]) == (couple[0].partner.id, "Ana")
    assert token != couple[0].token


async def test_invitations_are_listed_and_withdrawn(home: Household) -> None:
    first = await home.let_in("Ana")
    async with home.client(first) as ana, home.client() as nobody:
        path = await invite(ana)
        (listed,) = (await ana.get("/v1/couple/invitations")).json()["data"]
        assert (listed["address"], listed["link"]) == ("ben@example.org", None)
        assert (await ana.delete(f"/v1/couple/invitations/{listed['id']}")).status_code == 204
        assert (await ana.get("/v1/couple/invitations")).json() == {"data": [], "next_cursor": None}
        assert (await nobody.post(path, json=BEN)).status_code == 404
        assert (await ana.delete(f"/v1/couple/invitations/{listed['id']}")).status_code == 404


@pytest.mark.parametrize("address", ["nobody", "@example.org", "a b@example.org", "x@", "ana@example.org", "x" * 260])
async def test_an_address_that_cannot_be_invited_is_refused(home: Household, address: str) -> None:
    first = await home.let_in("Ana")
    before = await home.count_rows()
    async with home.client(first) as ana:
        answer = await ana.post("/v1/couple/invitations", json={"address": address})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert await home.count_rows() == before


async def test_nothing_is_computed_before_both_are_here(home: Household) -> None:
    first = await home.let_in("Ana")
    date = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
    slot = "20261203T180000Z-20261203T200000Z"
    async with home.client(first) as ana:
        answers = [
            await ana.get("/v1/slots"),
            await ana.get("/v1/ideas", params={"slot_id": slot}),
            await ana.post("/v1/dates", json=date),
            await ana.post("/v1/dates", json={"slot_id": slot}),
        ]
    assert [(each.status_code, each.json()["code"]) for each in answers] == [(409, "partner_not_joined")] * 4
    assert (await home.count_rows())["dates"] == 0


async def test_tokens_are_made_listed_without_their_secret_and_revoked(home: Household, ana: httpx.AsyncClient) -> None:
    home.clock.step(timedelta(minutes=1))
    made = (await ana.post("/v1/tokens", json={"name": "wall display", "scopes": ["slots", "ideas"]})).json()
    assert made["token"].startswith("pi_")
    listed = (await ana.get("/v1/tokens")).json()["data"]
    assert [each["name"] for each in listed] == ["sign-in", "wall display"]
    assert all("token" not in each for each in listed)
    async with home.client(made["token"]) as display:
        assert (await display.get("/v1/slots")).status_code == 200
        assert (await ana.delete(f"/v1/tokens/{made['id']}")).status_code == 204
        assert (await display.get("/v1/slots")).status_code == 401
    assert (await ana.delete(f"/v1/tokens/{made['id']}")).status_code == 404


@pytest.mark.parametrize("scopes", [[], ["everything"], ["me", "admin"]])
async def test_a_scope_that_does_not_exist_is_refused(ana: httpx.AsyncClient, scopes: list[str]) -> None:
    answer = await ana.post("/v1/tokens", json={"name": "app", "scopes": scopes})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
