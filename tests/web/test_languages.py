"""The page behind a link speaks the language of whom it is for, and that of the browser where nobody is known."""

from dataclasses import replace

import httpx
import pytest

from service.content.library import load_library
from service.store import couples
from tests.households import between
from tests.web.conftest import Evening

GERMAN = load_library().of("de")


async def speak_german(evening: Evening) -> None:
    async with evening.home.house.database.write() as tx:
        await couples.save_partner(tx, replace(evening.ben.partner, language="de"))


async def test_the_page_is_in_the_language_of_its_reader(evening: Evening) -> None:
    await speak_german(evening)
    page = await evening.guest(evening.ben).see()
    idea, words = GERMAN.ideas["a_foot_rub_each"], GERMAN.messages
    assert '<html lang="de">' in page
    assert "Freitag, 4. Dezember, 18:00 bis 20:00 Uhr (Europe/Lisbon)" in page
    for text in (idea.title, idea.line, *idea.steps, words.phones[idea.phones], words.date_page["asks"]):
        assert text in page
    assert '<html lang="en">' in await evening.guest(evening.ana).see()


async def test_a_refusal_is_told_in_the_language_of_its_reader(evening: Evening) -> None:
    await speak_german(evening)
    taken = between(5, 18, 20)
    await evening.home.fill(evening.ana, taken)
    answer = await evening.guest(evening.ben).tap("move", time=taken)
    assert answer.status_code == httpx.codes.CONFLICT
    assert GERMAN.refusals["slot_taken"] in answer.text


@pytest.mark.parametrize(("accepted", "language"), [("de-CH,de;q=0.9", "de-CH"), ("fr", "en"), ("", "en")])
async def test_where_there_is_nothing_the_browsers_language_is_spoken(
    evening: Evening, accepted: str, language: str
) -> None:
    answer = await evening.browser.get("/d/nothing", headers={"Accept-Language": accepted})
    words = load_library().of(language).messages.date_page
    assert f'<html lang="{language}">' in answer.text
    assert words["nothing"] in answer.text
