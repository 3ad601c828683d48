"""
A family for the tests of cover: Ana and Ben with children, their helpers, and what their outbox holds.

The couple keeps 18:00 to 22:30 on both clocks, which is 18:00 to 21:30 UTC; the children sleep from 20:00 on, which is
20:00 UTC.
"""

from dataclasses import replace
from datetime import time

from sqlalchemy import select

from service.actions import choices, dates, helpers, helping, people
from service.actions.choices import Choice, Standing
from service.actions.helpers import Details
from service.actions.helping import HelperView
from service.actions.links import Links, Purpose
from service.core.cover import CoverPlan
from service.core.dates import Date, PartStat
from service.core.hours import Window
from service.core.interval import Interval
from service.store import tables
from service.store.helpers import Helper
from service.store.outbox import Kind
from tests.households import NOW, Household, Person, between

LATE, EVENING, OTHER = between(4, 20, 21), between(4, 18, 20), between(6, 18, 20)
CHILDREN = CoverPlan(children=True, asleep_from=time(20))
NOBODY = CoverPlan(children=True)
SUNDAYS = CoverPlan(children=True, helper_hours=(Window(frozenset({6}), time(18), time(23)),))
ALL = replace(SUNDAYS, asleep_from=time(20))


class Family:
    """Ana and Ben with children, and what their outbox holds since it was looked at last."""

    def __init__(self, home: Household, ana: Person, ben: Person) -> None:
        self.home, self.ana, self.ben = home, ana, ben
        self.away, self.at_home = (
            next(each.id for each in home.house.library.ideas.values() if each.sleeping_children_ok is asleep)
            for asleep in (False, True)
        )
        self.seen: set[str] = set()
        # a parcel to a helper is the one's whose id comes first
        self.owner = "a" if ana.partner.id < ben.partner.id else "b"

    async def agree(self, plan: CoverPlan) -> None:
        couple = await people.see_couple(self.home.house, partner=self.ana.partner)
        await people.change_couple(self.home.house, partner=self.ana.partner, version=couple.version, cover=plan)

    async def add_helper(self, name: str, *, address: str | None = None) -> Helper:
        details = Details(name, address or f"{name.lower()}@example.org", place="at ours")
        return await helpers.add(self.home.house, partner=self.ben.partner, details=details, now=NOW)

    async def pencil_in(self, time: Interval = LATE, *, idea_id: str | None = None) -> Date:
        kept = await dates.pencil_in(
            self.home.house, partner=self.ana.partner, time=time, idea_id=idea_id, now=self.home.clock()
        )
        return kept.date

    async def confirm(self, date: Date) -> Date:
        now = self.home.clock()
        kept = await dates.answer(
            self.home.house,
            partner=self.ben.partner,
            date_id=date.id,
            partstat=PartStat.ACCEPTED,
            sequence=date.sequence,
            now=now,
        )
        return kept.date

    async def see(self, date: Date) -> Standing:
        return await choices.see(self.home.house, partner=self.ben.partner, date_id=date.id, now=self.home.clock())

    async def read(self, date: Date) -> Date:
        return (await dates.see(self.home.house, partner=self.ana.partner, date_id=date.id)).date

    async def take(self, date: Date, choice: Choice, *, by: Person | None = None) -> None:
        partner = (by or self.ana).partner
        await choices.take(self.home.house, partner=partner, date_id=date.id, choice=choice, now=self.home.clock())

    async def move(self, date: Date, time: Interval) -> None:
        now = self.home.clock()
        await dates.move(self.home.house, partner=self.ana.partner, date_id=date.id, time=time, version=None, now=now)

    def link(self, date: Date, helper: Helper) -> str:
        links = Links(self.home.house.vault, self.home.house.public_url)
        return links.write(Purpose.HELPER, date.id, helper.id).rpartition("/")[2]

    async def open(self, date: Date, helper: Helper) -> HelperView:
        return await helping.look(self.home.house, signed=self.link(date, helper), now=self.home.clock())

    async def say(self, date: Date, helper: Helper, *, yes: bool) -> None:
        signed, timed = self.link(date, helper), (await self.read(date)).timed
        await helping.answer(self.home.house, signed=signed, yes=yes, timed=timed, now=self.home.clock())

    async def posted(self) -> list[tuple[str, str, str | None]]:
        """Return kind, receiver (a, b) and detail of what was posted since this was asked last."""
        names = {self.ana.partner.id: "a", self.ben.partner.id: "b"}
        async with self.home.house.database.read() as tx:
            rows = (await tx.execute(select(tables.outbox))).all()
        new = [row for row in rows if row.id not in self.seen]
        self.seen |= {row.id for row in new}
        return sorted((row.kind, names[row.partner_id], row.detail) for row in new)

    async def lose(self) -> tuple[Date, Helper, Helper]:
        """Return a confirmed date away from home whose helper said yes and then no, and who else there is."""
        await self.agree(CHILDREN)
        first, second = await self.add_helper("Nina"), await self.add_helper("Opa")
        date = await self.confirm(await self.pencil_in(idea_id=self.away))
        await self.say(date, first, yes=True)
        await self.posted()
        await self.say(date, first, yes=False)
        return date, first, second


def to_both(detail: str) -> list[tuple[str, str, str | None]]:
    return [(Kind.NOTICE, who, detail) for who in "ab"]
