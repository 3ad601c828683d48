"""The page behind the link in a reminder: looking changes nothing, and a tap is kept for whoever it is for alone."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from service.actions import gestures as own
from service.actions import nudges
from service.actions.links import Links, Purpose
from service.core.gestures import CHANNELS
from service.store import gestures
from service.store.gestures import Delivery, Marks, Schedule
from tests.households import NOW, Household, Person, open_household

GESTURE = "foot_rub"


@dataclass
class Reminded:
    """Ana, who is reminded three times a week, and whoever holds the link to one of her gestures."""

    home: Household
    ana: Person
    ben: Person
    browser: httpx.AsyncClient
    path: str

    async def see(self, query: str = "") -> str:
        answer = await self.browser.get(self.path + query)
        assert answer.status_code == httpx.codes.OK
        return answer.text

    async def tap(self, what: str, *, version: int = 1) -> httpx.Response:
        return await self.browser.post(self.path, data={"do": what, "version": str(version)})

    async def schedule(self) -> Schedule:
        return await own.see_settings(self.home.house, partner=self.ana.partner)

    async def marks(self) -> Marks:
        async with self.home.house.database.read() as tx:
            return await gestures.marks(tx, partner_id=self.ana.partner.id)


async def wish(home: Household, person: Person, *, per_week: int, version: int = 0) -> None:
    await own.change_settings(
        home.house,
        partner=person.partner,
        version=version,
        per_week=per_week,
        channels=CHANNELS,
        quiet=None,
        delivery=Delivery.MAIL,
        now=home.clock(),
    )


@pytest.fixture
async def reminded(migrated: Path, tmp_path: Path) -> AsyncIterator[Reminded]:
    async with open_household(tmp_path, migrated=migrated) as home, home.client() as browser:
        ana, ben = await home.settle()
        await wish(home, ana, per_week=3)
        house = home.house
        link = nudges.write_link(Links(house.vault, house.public_url), partner_id=ana.partner.id, gesture_id=GESTURE)
        yield Reminded(home, ana, ben, browser, link.removeprefix(house.public_url))


def taps(page: str) -> list[str]:
    return re.findall(r'name="do" value="([^"]+)"', page)


async def test_looking_changes_nothing(reminded: Reminded) -> None:
    before = (await reminded.schedule(), await reminded.marks(), await reminded.home.count_rows())
    for query in ("", "?said=done", "?said=nonsense"):
        await reminded.see(query)
        await reminded.browser.head(reminded.path + query)
    assert (await reminded.schedule(), await reminded.marks(), await reminded.home.count_rows()) == before


async def test_the_page_names_the_gesture_and_offers_four_taps(reminded: Reminded) -> None:
    page = await reminded.see()
    assert reminded.home.house.library.of("en").gestures[GESTURE].line in page
    assert taps(page) == ["done", "later", "never", "fewer"]
    assert "Only if it is welcome" in page


@pytest.mark.parametrize("what", ["done", "later", "never", "fewer"])
async def test_a_tap_comes_back_to_a_word_of_thanks(reminded: Reminded, what: str) -> None:
    answer = await reminded.tap(what)
    assert (answer.status_code, answer.headers["Location"]) == (httpx.codes.SEE_OTHER, f"{reminded.path}?said={what}")
    page = (await reminded.browser.get(answer.headers["Location"])).text
    assert reminded.home.house.library.of("en").messages.gesture_page[f"said_{what}"] in page
    assert taps(page) == []


async def test_done_lets_it_rest(reminded: Reminded) -> None:
    await reminded.tap("done")
    assert (await reminded.marks()).latest == {GESTURE: NOW}


async def test_later_brings_it_back_on_another_day(reminded: Reminded) -> None:
    await reminded.tap("later")
    schedule = await reminded.schedule()
    assert schedule.later_gesture_id == GESTURE
    assert schedule.next_due_at is not None
    assert schedule.next_due_at.date() > NOW.date()


async def test_not_this_one_is_for_good(reminded: Reminded) -> None:
    await reminded.tap("never")
    assert (await reminded.marks()).never == {GESTURE}


async def test_fewer_is_one_less_a_week_however_often_the_same_page_is_tapped(reminded: Reminded) -> None:
    assert (await reminded.tap("fewer")).status_code == httpx.codes.SEE_OTHER
    assert (await reminded.tap("fewer")).status_code == httpx.codes.CONFLICT
    assert (await reminded.schedule()).per_week == 2


async def test_who_gets_none_any_more_is_not_offered_another_day_or_fewer(reminded: Reminded) -> None:
    await wish(reminded.home, reminded.ana, per_week=0, version=1)
    assert taps(await reminded.see()) == ["done", "never"]
    assert (await reminded.tap("later")).status_code == httpx.codes.CONFLICT


async def test_a_tap_says_nothing_to_the_other(reminded: Reminded) -> None:
    ben_before = await own.list_gestures(reminded.home.house, partner=reminded.ben.partner)
    for what in ("done", "later", "never"):
        await reminded.tap(what)
    assert await own.list_gestures(reminded.home.house, partner=reminded.ben.partner) == ben_before


@pytest.mark.parametrize("form", [{}, {"do": "done"}, {"do": "all", "version": "1"}, {"do": "fewer", "version": "-1"}])
async def test_what_no_form_of_ours_sends_changes_nothing(reminded: Reminded, form: dict[str, str]) -> None:
    before = (await reminded.schedule(), await reminded.marks())
    assert (await reminded.browser.post(reminded.path, data=form)).status_code == httpx.codes.CONFLICT
    assert (await reminded.schedule(), await reminded.marks()) == before


async def test_a_link_that_was_made_up_or_is_for_something_else_opens_nothing(reminded: Reminded) -> None:
    links = Links(reminded.home.house.vault, "")
    ana = reminded.ana.partner.id
    forged = [
        reminded.path[:-1] + ("A" if reminded.path[-1] != "A" else "B"),
        links.write(Purpose.GESTURE, ana),
        links.write(Purpose.GESTURE, ana, "0" * 32),
        nudges.write_link(links, partner_id="0" * 32, gesture_id=GESTURE),
        links.write(Purpose.DATE, ana, ana).replace("/d/", "/g/"),
    ]
    for path in forged:
        assert (await reminded.browser.get(path)).status_code == httpx.codes.NOT_FOUND
        posted = await reminded.browser.post(path, data={"do": "never", "version": "1"})
        assert posted.status_code == httpx.codes.NOT_FOUND
    assert await reminded.marks() == Marks()


async def test_the_page_names_nobody_and_needs_nothing_from_elsewhere(reminded: Reminded) -> None:
    answer = await reminded.browser.get(reminded.path)
    assert not any(word in answer.text for word in ("Ana", "Ben", "@", reminded.ana.partner.id, "<script"))
    assert re.findall(r'(?:src|href)="([^"]+)"', answer.text) == ["/static/pencil-in.css"]
    assert answer.headers["Cache-Control"] == "no-store"
