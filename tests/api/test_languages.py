"""Each partner reads their own language, and learns nothing of the other's."""

import httpx
import pytest

from service.actions import joining
from service.content.library import load_library
from tests.households import Household, Person

LIBRARY = load_library()
SLOT = {"slot_id": "20261204T180000Z-20261204T213000Z"}
EVENING = {"start": "2026-12-04T18:00:00Z", "end": "2026-12-04T20:00:00Z", "idea_id": "a_foot_rub_each"}
WAYS = ("/v1/me", "/v1/couple", "/v1/slots", "/v1/dates", "/v1/gestures")


async def speak(home: Household, person: Person, language: str) -> None:
    async with home.client(person) as client:
        version = (await client.get("/v1/me")).headers["ETag"]
        answer = await client.patch("/v1/me", json={"language": language}, headers={"If-Match": version})
        assert (answer.status_code, answer.json()["language"]) == (200, language)


async def join(home: Household, *, accepted: str | None, address: str = "cleo@example.org") -> str:
    """Take a link with a browser that asks for these languages; return the language one then has."""
    link = await joining.let_in(home.house, address=address, now=home.clock())
    headers = {} if accepted is None else {"Accept-Language": accepted}
    async with home.client() as client:
        answer = await client.post(
            httpx.URL(link.url).path, json={"name": "Cleo", "zone": "Europe/Berlin"}, headers=headers
        )
    async with home.client(answer.json()["token"]) as client:
        language: str = (await client.get("/v1/me")).json()["language"]
        return language


@pytest.mark.parametrize(
    ("accepted", "language"), [("de-AT,de;q=0.9,en;q=0.8", "de-AT"), ("fr-CH, fr;q=0.9", "en"), (None, "en")]
)
async def test_who_joins_reads_what_their_browser_asks_for(home: Household, accepted: str, language: str) -> None:
    assert await join(home, accepted=accepted) == language


async def test_signing_in_again_leaves_my_language_as_it_is(home: Household) -> None:
    assert await join(home, accepted="de") == "de"
    assert await join(home, accepted="en-US") == "de"


@pytest.mark.parametrize("language", ["fr", "", "German", "de_DE", "x" * 500, 7])
async def test_a_language_without_words_is_refused(ana: httpx.AsyncClient, language: object) -> None:
    answer = await ana.patch("/v1/me", json={"language": language}, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert (await ana.get("/v1/me")).json()["language"] == "en"


async def test_both_see_the_same_ideas_each_in_their_language(home: Household) -> None:
    ana, ben = await home.settle()
    await speak(home, ana, "de")
    decks = []
    for person in (ana, ben):
        async with home.client(person) as client:
            decks.append((await client.get("/v1/ideas", params=SLOT)).json()["data"])
    assert [each["id"] for each in decks[0]] == [each["id"] for each in decks[1]]
    for content, deck in zip((LIBRARY.of("de"), LIBRARY.of("en")), decks, strict=True):
        for shown in deck:
            idea = content.ideas[shown["id"]]
            assert (shown["title"], shown["line"], shown["steps"]) == (idea.title, idea.line, list(idea.steps))
            assert shown["reason"]["text"] == content.messages.idea_reasons[shown["reason"]["code"]]
            assert shown["evidence"] == content.evidence[idea.evidence[0]].sentence


async def test_gestures_dates_and_calendars_speak_my_language(home: Household) -> None:
    ana, _ = await home.settle()
    await home.add_calendar(ana, problem="calendar_auth")
    await speak(home, ana, "de")
    german = LIBRARY.of("de")
    async with home.client(ana) as client:
        gestures = (await client.get("/v1/gestures")).json()["data"]
        [calendar] = (await client.get("/v1/calendars")).json()["data"]
    assert [(each["title"], each["line"]) for each in gestures] == [
        (each.title, each.line) for each in german.gestures.values()
    ]
    assert calendar["problems"][0]["detail"] == german.messages.calendar_causes["calendar_auth"]


async def test_a_date_and_its_entry_are_called_in_each_ones_language(home: Household) -> None:
    ana, ben = await home.settle()
    await speak(home, ben, "de")
    async with home.client(ana) as client:
        made = (await client.post("/v1/dates", json=EVENING)).json()
    async with home.client(ben) as client:
        seen = (await client.get(f"/v1/dates/{made['id']}")).json()
        entry = (await client.get(f"/v1/dates/{made['id']}.ics")).text
    german = LIBRARY.of("de").ideas["a_foot_rub_each"]
    assert (made["title"], seen["title"]) == (LIBRARY.ideas["a_foot_rub_each"].title, german.title)
    assert f"SUMMARY:{german.title}" in entry
    assert german.line[:20] in entry


async def test_the_partner_never_learns_my_language(home: Household) -> None:
    ana, ben = await home.settle()
    async with home.client(ben) as client:
        before = [(await client.get(path)).text for path in WAYS]
        await speak(home, ana, "de-AT")
        assert [(await client.get(path)).text for path in WAYS] == before


async def test_what_programs_read_of_a_refusal_stays_english(home: Household) -> None:
    ana, _ = await home.settle()
    await speak(home, ana, "de")
    async with home.client(ana) as client:
        answer = await client.get("/v1/dates/nothing")
    assert (answer.status_code, answer.json()["detail"]) == (404, "There is nothing here under that name.")
