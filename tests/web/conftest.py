"""A couple with a date between them, and the link each of them gets to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from service.actions import dates
from service.actions.links import Links, Purpose
from service.core.dates import Date
from service.core.interval import Interval
from service.core.slots import Slot
from tests.households import Household, Person, between, open_household

EVENING = between(4, 18, 20)


@dataclass
class Guest:
    """Whoever holds a link: a browser without an account."""

    browser: httpx.AsyncClient
    path: str

    async def see(self) -> str:
        """Return the page."""
        answer = await self.browser.get(self.path)
        assert answer.status_code == httpx.codes.OK
        return answer.text

    async def tap(self, what: str, *, sequence: int = 0, time: Interval | None = None) -> httpx.Response:
        slot = {} if time is None else {"slot": Slot(time, 0, ()).id}
        return await self.browser.post(self.path, data={"do": what, "sequence": str(sequence), **slot})


@dataclass
class Evening:
    """A date that Ana pencilled in."""

    home: Household
    ana: Person
    ben: Person
    date_id: str
    browser: httpx.AsyncClient

    def guest(self, person: Person) -> Guest:
        house = self.home.house
        link = Links(house.vault, house.public_url).write(Purpose.DATE, self.date_id, person.partner.id)
        return Guest(self.browser, link.removeprefix(house.public_url))

    async def date(self) -> Date:
        return (await dates.see(self.home.house, partner=self.ana.partner, date_id=self.date_id)).date

    def now(self) -> datetime:
        return self.home.clock()


@pytest.fixture
async def evening(migrated: Path, tmp_path: Path) -> AsyncIterator[Evening]:
    async with open_household(tmp_path, migrated=migrated) as home, home.client() as browser:
        ana, ben = await home.settle()
        kept = await dates.pencil_in(
            home.house, partner=ana.partner, time=EVENING, idea_id="a_foot_rub_each", now=home.clock()
        )
        yield Evening(home, ana, ben, kept.date.id, browser)
