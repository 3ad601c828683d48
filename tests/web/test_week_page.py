"""The page of the days ahead: looking changes nothing, a tap pencils in, and its link is good for two weeks."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from service.actions import dates, weeks
from service.actions.links import Links, Purpose
from service.core.dates import Via
from service.core.slots import parse_slot_id
from tests.households import NOW, Household, Person, between, open_household


@dataclass
class Week:
    """Ana, and whoever holds the link of her mail."""

    home: Household
    ana: Person
    ben: Person
    browser: httpx.AsyncClient
    path: str

    async def see(self) -> str:
        answer = await self.browser.get(self.path)
        assert answer.status_code == httpx.codes.OK
        return answer.text


@pytest.fixture
async def week(migrated: Path, tmp_path: Path) -> AsyncIterator[Week]:
    async with open_household(tmp_path, migrated=migrated) as home, home.client() as browser:
        ana, ben = await home.settle()
        links = Links(home.house.vault, "")
        yield Week(home, ana, ben, browser, weeks.write_link(links, partner_id=ana.partner.id, now=NOW))


def offered(page: str) -> list[str]:
    return re.findall(r'name="slot" value="([^"]+)"', page)


async def test_looking_changes_nothing_and_shows_three_times_and_an_idea(week: Week) -> None:
    rows = await week.home.count_rows()
    page = await week.see()
    assert len(offered(page)) == 3
    assert any(idea.title in page for idea in week.home.house.library.of("en").ideas.values())
    assert await week.home.count_rows() == rows


async def test_a_tap_pencils_that_time_in_and_leads_to_the_date(week: Week) -> None:
    page = await week.see()
    slot, [idea, *_] = offered(page)[1], re.findall(r'name="idea" value="([^"]+)"', page)
    answer = await week.browser.post(week.path, data={"slot": slot, "idea": idea})
    assert answer.status_code == httpx.codes.SEE_OTHER
    assert "It is in pencil" in (await week.browser.get(answer.headers["Location"])).text
    date = (await dates.see_next(week.home.house, partner=week.ben.partner, now=NOW)).date
    assert (date.time, date.idea_id) == (parse_slot_id(slot), idea)
    assert date.ways[week.ana.partner.id] is Via.LINK


@pytest.mark.parametrize(
    "form", [{}, {"slot": "soon"}, {"slot": "20261204T180000Z-20261204T200000Z", "idea": "moon_walk"}]
)
async def test_what_no_form_of_ours_sends_changes_nothing(week: Week, form: dict[str, str]) -> None:
    rows = await week.home.count_rows()
    answer = await week.browser.post(week.path, data=form)
    assert answer.status_code in {httpx.codes.CONFLICT, httpx.codes.NOT_FOUND}
    assert await week.home.count_rows() == rows


async def test_a_time_that_was_taken_meanwhile_is_refused_and_others_shown(week: Week) -> None:
    slot = offered(await week.see())[0]
    await week.home.fill(week.ben, parse_slot_id(slot))
    answer = await week.browser.post(week.path, data={"slot": slot})
    assert answer.status_code == httpx.codes.CONFLICT
    assert slot not in offered(answer.text)


async def test_where_there_is_no_time_the_page_says_so_and_not_why(week: Week) -> None:
    await week.home.fill(week.ben, between(1, 0, 24 * 30))
    page = await week.see()
    assert offered(page) == []
    assert "hold no time" in page


async def test_the_link_is_good_for_this_week_and_the_next(week: Week) -> None:
    week.home.clock.step(timedelta(weeks=1))
    await week.see()
    week.home.clock.step(timedelta(weeks=1))
    assert (await week.browser.get(week.path)).status_code == httpx.codes.NOT_FOUND
    slot = {"slot": "20261218T180000Z-20261218T200000Z"}
    assert (await week.browser.post(week.path, data=slot)).status_code == httpx.codes.NOT_FOUND


async def test_a_link_that_was_made_up_opens_nothing(week: Week) -> None:
    links = Links(week.home.house.vault, "")
    forged = (
        links.write(Purpose.WEEK, week.ana.partner.id),
        links.write(Purpose.WEEK, week.ana.partner.id, "0" * 32),
        weeks.write_link(links, partner_id="0" * 32, now=NOW),
    )
    for path in forged:
        assert (await week.browser.get(path)).status_code == httpx.codes.NOT_FOUND
