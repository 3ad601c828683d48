"""Ideas for a slot, the same for both, and what one thinks of them, which nobody else ever learns."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from service.actions import joining, tastes
from service.content import load_content
from service.core.dates import PartStat
from service.core.ideas import CONCERNS
from tests.api.test_privacy import TIME, read_everything
from tests.households import Household, Person

IDEAS = load_content().ideas
MONDAY = datetime(2026, 12, 7, 9, tzinfo=UTC)
THURSDAY = {"slot_id": "20261210T180000Z-20261210T213000Z"}
ME = {"If-Match": '"1"'}


async def deck(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/v1/ideas", params=THURSDAY)
    assert answer.status_code == 200
    return [idea["id"] for idea in answer.json()["data"]]


async def refuse(client: httpx.AsyncClient, ideas: Iterable[str]) -> None:
    for idea in ideas:
        answer = await client.put(f"/v1/ideas/{idea}/taste", json={"level": "not_for_me"})
        assert (answer.status_code, answer.content) == (204, b"")


async def test_three_ideas_fit_a_slot_and_are_the_same_for_both(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    slot = {"slot_id": "20261203T180000Z-20261203T213000Z"}
    hers, his = (await ana.get("/v1/ideas", params=slot)).json(), (await ben.get("/v1/ideas", params=slot)).json()
    assert hers == his
    assert len(hers["data"]) == 3
    for idea in hers["data"]:
        assert "2026-12-03T18:00:00Z" <= idea["start"] < idea["end"] <= "2026-12-03T21:30:00Z"
        assert idea["reason"]["text"].endswith(".")


@pytest.mark.parametrize("slot", ["", "tonight", "20261203T180000Z", "20261203T213000Z-20261203T180000Z"])
async def test_what_is_no_slot_has_no_ideas(ana: httpx.AsyncClient, slot: str) -> None:
    answer = await ana.get("/v1/ideas", params={"slot_id": slot})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"invalid", "empty_window"}


async def test_every_idea_comes_with_one_sentence_of_what_research_says(ana: httpx.AsyncClient) -> None:
    known = {fact.sentence for fact in load_content().evidence.values()}
    found = (await ana.get("/v1/ideas", params=THURSDAY)).json()["data"]
    assert {idea["evidence"] for idea in found} <= known


async def test_an_idea_of_a_date_ahead_is_not_offered_again(ana: httpx.AsyncClient) -> None:
    first, *_ = await deck(ana)
    date = (await ana.post("/v1/dates", json={**TIME, "idea_id": first})).json()
    assert first not in await deck(ana)
    await ana.post(f"/v1/dates/{date['id']}/cancel")
    assert first in await deck(ana)


async def test_what_i_say_no_to_is_gone_for_both_from_monday_on(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    home.clock.moment = MONDAY
    wanted = await deck(ana)
    home.clock.step(timedelta(days=-1))
    await refuse(ana, wanted)
    home.clock.moment = MONDAY
    assert set(await deck(ana)).isdisjoint(wanted)
    assert await deck(ana) == await deck(ben)


async def test_nothing_that_my_partner_reads_changes_by_what_i_say(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    date = (await ana.post("/v1/dates", json=TIME)).json()
    before, decks = await read_everything(ben, date["id"]), await deck(ben)
    await refuse(ana, decks)
    await ana.put(f"/v1/ideas/{decks[0]}/taste", json={"level": "love", "less_like_this": True})
    await ana.patch("/v1/me", json={"avoid_if": list(CONCERNS)}, headers=ME)
    home.clock.step(timedelta(days=5))
    assert await deck(ben) == decks
    home.clock.step(timedelta(days=-5))
    assert await read_everything(ben, date["id"]) == before


async def test_what_would_do_me_no_good_is_left_out_for_both_from_monday_on(
    home: Household, ana: httpx.AsyncClient, ben: httpx.AsyncClient
) -> None:
    changed = await ana.patch("/v1/me", json={"avoid_if": ["pregnancy", "back_pain"]}, headers=ME)
    assert changed.json()["avoid_if"] == ["back_pain", "pregnancy"]
    await ana.patch("/v1/me", json={"avoid_if": ["back_pain"]}, headers={"If-Match": '"2"'})
    assert (await ana.get("/v1/me")).json()["avoid_if"] == ["back_pain"]
    assert (await ben.get("/v1/me")).json()["avoid_if"] == []
    # whatever else there is said no to, so that a back would be all that stands in the way
    backs = [idea for idea in IDEAS.values() if "back_pain" in idea.avoid_if]
    await refuse(ben, IDEAS.keys() - {idea.id for idea in backs})
    assert await deck(ben)
    home.clock.moment = MONDAY
    assert await deck(ana) == await deck(ben) == []


@pytest.mark.parametrize("wish", [{"avoid_if": ["boredom"]}, {"avoid_if": "cold"}, {"avoid_if": [7]}])
async def test_what_is_no_concern_of_ideas_is_refused(ana: httpx.AsyncClient, wish: dict[str, Any]) -> None:
    answer = await ana.patch("/v1/me", json=wish, headers=ME)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ana.get("/v1/me")).headers["ETag"] == '"1"'


async def test_no_idea_needs_what_the_two_do_not_have(home: Household, ana: httpx.AsyncClient) -> None:
    kitchens = [idea.id for idea in IDEAS.values() if "kitchen" in idea.needs]
    await refuse(ana, IDEAS.keys() - set(kitchens))
    home.clock.moment = MONDAY
    assert await deck(ana)
    await ana.patch("/v1/couple", json={"has": []}, headers=ME)
    assert await deck(ana) == []


async def test_i_see_what_i_said_and_can_take_it_back(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    for level in ("fine", "not_for_me", "love"):
        await ana.put("/v1/ideas/a_foot_rub_each/taste", json={"level": level, "less_like_this": True})
    nothing: dict[str, list[str]] = {"love": [], "not_for_me": [], "less": []}
    assert (await ana.get("/v1/me/tastes")).json() == nothing | {"love": ["a_foot_rub_each"], "less": ["touch"]}
    await ana.put("/v1/ideas/a_foot_rub_each/taste", json={"level": None})
    assert (await ana.get("/v1/me/tastes")).json() == nothing | {"less": ["touch"]}
    await ana.put("/v1/ideas/a_foot_rub_each/taste", json={"level": None, "less_like_this": False})
    assert (await ana.get("/v1/me/tastes")).json() == (await ben.get("/v1/me/tastes")).json() == nothing


@pytest.mark.parametrize(
    ("idea", "taste", "status", "code"),
    [
        ("moon_landing", {"level": "love"}, 404, "not_found"),
        ("a_foot_rub_each", {"level": "hate"}, 422, "invalid"),
        ("a_foot_rub_each", {"level": "less"}, 422, "invalid"),
        ("a_foot_rub_each", {}, 422, "invalid"),
        ("a_foot_rub_each", {"level": "love", "of": "ben"}, 422, "invalid"),
    ],
)
async def test_what_is_no_taste_is_refused(
    ana: httpx.AsyncClient, idea: str, taste: dict[str, Any], status: int, code: str
) -> None:
    answer = await ana.put(f"/v1/ideas/{idea}/taste", json=taste)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_display_on_the_wall_says_tastes_and_never_reads_them(
    home: Household, couple: tuple[Person, Person]
) -> None:
    display = await joining.make_token(
        home.house, partner=couple[0].partner, name="display", scopes=frozenset({"ideas"}), now=home.clock()
    )
    async with home.client(display.secret) as client:
        await refuse(client, ["a_foot_rub_each"])
        assert (await client.get("/v1/me/tastes")).status_code == 403
        assert (await client.get("/v1/ideas/a_foot_rub_each/taste")).status_code == 405


async def test_one_is_asked_once_after_a_date_that_took_place(home: Household, couple: tuple[Person, Person]) -> None:
    ana, ben = couple
    async with home.client(ana) as hers, home.client(ben) as his:
        date = (await hers.post("/v1/dates", json={**TIME, "idea_id": "a_foot_rub_each"})).json()
        await his.put(f"/v1/dates/{date['id']}/answer", json={"answer": PartStat.ACCEPTED, "sequence": 0})
        await his.put("/v1/ideas/a_foot_rub_each/taste", json={"level": "fine"})

    async def ask(person: Person) -> bool:
        return await tastes.ask(home.house, partner=person.partner, date_id=date["id"], now=home.clock())

    assert not await ask(ana)
    home.clock.moment = datetime(2026, 12, 3, 20, tzinfo=UTC)
    assert [await ask(ana), await ask(ana)] == [True, False]
    assert not await ask(ben)


async def test_nobody_is_asked_about_a_date_that_was_never_confirmed(
    home: Household, couple: tuple[Person, Person]
) -> None:
    async with home.client(couple[0]) as hers:
        date = (await hers.post("/v1/dates", json={**TIME, "idea_id": "a_foot_rub_each"})).json()
    home.clock.moment = datetime(2026, 12, 3, 20, tzinfo=UTC)
    assert not await tastes.ask(home.house, partner=couple[0].partner, date_id=date["id"], now=home.clock())
