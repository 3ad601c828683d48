"""The pages of a date and of a helper: what stands on them, what a tap does, and that looking does nothing."""

import re
from html import unescape

import httpx
import pytest

from service.actions.links import Links, Purpose
from tests.api.test_cover import LATE, SLEEP, add, agree, find_idea, pencil_in
from tests.households import Household, Person, between

FRIDAY_AND_SUNDAY = [{"days": ["fri", "sun"], "hours": "18:00-23:00"}]
FORM = {"content-type": "application/x-www-form-urlencoded"}


def link(home: Household, purpose: Purpose, *ids: str) -> str:
    return Links(home.house.vault, "").write(purpose, *ids)


def buttons(page: httpx.Response) -> dict[str, dict[str, str]]:
    """Return the fields that each button of a page sends, by the words on it; `do` is the button's own."""
    found: dict[str, dict[str, str]] = {}
    for form in re.findall(r"<form method=\"post\">.*?</form>", page.text, re.DOTALL):
        fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form))
        for what, words in re.findall(r'<button name="do" value="(\w+)"[^>]*>(.*?)</button>', form):
            found[unescape(words)] = {**fields, "do": what}
    return found


async def tap(client: httpx.AsyncClient, path: str, words: str) -> httpx.Response:
    """Tap the button with those words and return the page that follows."""
    [fields] = [fields for text, fields in buttons(await client.get(path)).items() if text.startswith(words)]
    answer = await client.post(path, data=fields)
    return await client.get(answer.headers["location"]) if answer.status_code == 303 else answer


async def ask_nina(home: Household, ana: httpx.AsyncClient) -> tuple[str, str]:
    """Return the id of a date that Nina is asked for, and the path of her page."""
    await agree(ana, children=True)
    nina = await add(ana, name="Nina <b>", place="at ours")
    date_id = await pencil_in(ana, **LATE, idea_id=find_idea(home, asleep=False))
    return date_id, link(home, Purpose.HELPER, date_id, nina["id"])


async def lose(home: Household, ana: httpx.AsyncClient) -> str:
    """Return the id of a date away from home whose hours fell through."""
    await agree(ana, **SLEEP, helper_hours=FRIDAY_AND_SUNDAY)
    await add(ana, name="Nina")
    date_id = await pencil_in(ana, **LATE, idea_id=find_idea(home, asleep=False))
    assert (await ana.delete(f"/v1/dates/{date_id}/cover")).json()["state"] == "lost"
    return date_id


async def test_a_helpers_page_needs_no_account_and_says_who_when_and_where(
    home: Household, ana: httpx.AsyncClient
) -> None:
    date_id, path = await ask_nina(home, ana)
    rows = await home.count_rows()
    async with home.client() as nina:
        page = await nina.get(path)
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "<script" not in page.text
    for said in ("Could you mind the children?", "Ana and Ben", "20:00 to 21:00 (Europe/Lisbon)", "at ours"):
        assert said in page.text
    idea = home.house.library.ideas[find_idea(home, asleep=False)]
    for unsaid in (idea.title, "example.org", date_id):
        assert unsaid not in unescape(page.text)
    assert list(buttons(page)) == ["Yes, I can", "No, not this time"]
    assert await home.count_rows() == rows


async def test_a_helper_answers_and_changes_their_mind(home: Household, ana: httpx.AsyncClient) -> None:
    date_id, path = await ask_nina(home, ana)
    async with home.client() as nina:
        assert "You are minding the children" in (await tap(nina, path, "Yes")).text
        assert (await ana.get(f"/v1/dates/{date_id}/cover")).json()["state"] == "arranged"
        assert "Not this time" in (await tap(nina, path, "No")).text
        assert (await ana.get(f"/v1/dates/{date_id}/cover")).json()["state"] == "lost"
        assert "You are minding the children" in (await tap(nina, path, "Yes")).text


async def test_a_helpers_page_dies_with_the_date(home: Household, ana: httpx.AsyncClient) -> None:
    _, path = await ask_nina(home, ana)
    async with home.client() as nina:
        home.clock.moment = between(4, 21, 22).start
        assert (await nina.get(path)).status_code == 404
        assert (await nina.post(path, data={"do": "yes", "timed": "0"})).status_code == 404


async def test_a_helper_who_answers_to_an_earlier_time_sees_the_present_one(
    home: Household, ana: httpx.AsyncClient
) -> None:
    date_id, path = await ask_nina(home, ana)
    async with home.client() as nina:
        moved = {"start": "2026-12-05T19:00:00Z", "end": "2026-12-05T20:00:00Z"}
        assert (await ana.post(f"/v1/dates/{date_id}/move", json=moved)).status_code == 200
        answer = await nina.post(path, data={"do": "yes", "timed": "0"})
    assert answer.status_code == 409
    assert "Saturday 5 December, 19:00 to 20:00 (Europe/Lisbon)" in answer.text
    assert (await ana.get(f"/v1/dates/{date_id}/cover")).json()["state"] == "asked"


@pytest.mark.parametrize("form", ["", "do=maybe&timed=0", "do=yes", "do=yes&timed=-1", "do=yes&timed=x"])
async def test_what_no_form_of_ours_sends_changes_nothing(home: Household, ana: httpx.AsyncClient, form: str) -> None:
    date_id, path = await ask_nina(home, ana)
    async with home.client() as nina:
        assert (await nina.post(path, content=form, headers=FORM)).status_code == 409
    assert (await ana.get(f"/v1/dates/{date_id}/cover")).json()["state"] == "asked"


async def test_a_link_opens_one_thing_for_one_person(home: Household, ana: httpx.AsyncClient) -> None:
    date_id, path = await ask_nina(home, ana)
    opa = await add(ana, name="Opa")
    partner = (await ana.get("/v1/me")).json()["id"]
    strangers = [
        path[:-1],
        path.replace("/h/", "/d/"),
        link(home, Purpose.HELPER, date_id, opa["id"]),
        link(home, Purpose.HELPER, date_id, partner),
        link(home, Purpose.HELPER, date_id),
        link(home, Purpose.HELPER, "0" * 32, opa["id"]),
        link(home, Purpose.DATE, date_id, partner).replace("/d/", "/h/"),
    ]
    async with home.client() as nobody:
        assert [(await nobody.get(each)).status_code for each in strangers] == [404] * len(strangers)


async def test_the_page_of_a_date_says_who_was_asked_and_hands_over_their_link(
    home: Household, couple: tuple[Person, Person], ana: httpx.AsyncClient
) -> None:
    date_id, helper_path = await ask_nina(home, ana)
    async with home.client() as client:
        page = await client.get(link(home, Purpose.DATE, date_id, couple[1].partner.id))
    assert "Asked to mind the children: Nina &lt;b&gt;" in page.text
    assert f'href="{home.house.public_url}{helper_path}"' in page.text


async def test_the_page_of_a_date_says_that_nobody_minds_the_children_where_no_choice_is_left(
    home: Household, couple: tuple[Person, Person], ana: httpx.AsyncClient
) -> None:
    date_id, helper_path = await ask_nina(home, ana)
    async with home.client() as client:
        await tap(client, helper_path, "No")
        page = await client.get(link(home, Purpose.DATE, date_id, couple[0].partner.id))
    assert "Nobody minds the children at that time as it stands." in page.text
    assert {fields["do"] for fields in buttons(page).values()} == {"move", "no"}


@pytest.mark.parametrize(
    ("words", "state", "by"),
    [("Ask Nina", "asked", None), ("Same time, at home:", "covered", "asleep"), ("A time when", "covered", "hours")],
)
async def test_the_page_of_a_date_has_three_choices_and_the_first_tap_wins(
    home: Household, couple: tuple[Person, Person], ana: httpx.AsyncClient, words: str, state: str, by: str | None
) -> None:
    date_id = await lose(home, ana)
    hers, his = (link(home, Purpose.DATE, date_id, each.partner.id) for each in couple)
    async with home.client() as client:
        page = await client.get(his)
        assert "Ways to keep your evening" in page.text
        ready = [text for text, fields in buttons(page).items() if fields["do"] in {"helper", "home", "slot"}]
        assert ready[0] == "Ask Nina"
        assert ready[1].startswith("Same time, at home: ")
        assert ready[2] == "A time when the children are minded: Sunday 6 December, 18:00 to 19:00 (Europe/Lisbon)"
        [late] = [fields for text, fields in buttons(page).items() if text == ready[0]]
        assert "Ways to keep" not in (await tap(client, hers, words)).text
        settled = await client.post(his, data=late)
    assert settled.status_code == 409
    assert "That has been settled meanwhile" in settled.text
    cover = (await ana.get(f"/v1/dates/{date_id}/cover")).json()
    assert (cover["state"], cover["by"], cover["choices"]) == (state, by, None)
