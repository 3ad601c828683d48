"""Holds where several look at once, on both databases: one hold a couple, whoever is quickest."""

import asyncio

from service.actions import dates, rhythm
from service.core.dates import PartStat
from service.core.errors import Refusal
from service.workers.rhythm import keep_rhythms
from tests.households import Household, Person


async def switch_on(home: Household, person: Person) -> None:
    await rhythm.change(home.house, partner=person.partner, enabled=True, version=0, now=home.clock())


async def test_of_both_who_switch_it_on_one_does_and_one_hold_is_laid(home: Household) -> None:
    ana, ben = await home.settle()
    outcomes = await asyncio.gather(*(switch_on(home, each) for each in (ana, ben)), return_exceptions=True)
    assert sum(each is None for each in outcomes) == 1
    assert (await home.count_rows())["dates"] == 1


async def test_looks_that_come_at_once_lay_one_hold(home: Household) -> None:
    ana, _ = await home.settle()
    unread = await home.add_calendar(ana, synced_at=None)
    await switch_on(home, ana)
    assert (await home.count_rows())["dates"] == 0
    async with home.client(ana) as client:
        await client.delete(f"/v1/calendars/{unread.id}")
    looks = (rhythm.keep(home.house, couple_id=ana.partner.couple_id, now=home.clock()) for _ in range(4))
    await asyncio.gather(*looks)
    assert (await home.count_rows())["dates"] == 1


async def test_an_answer_and_a_look_at_once_fit_together(home: Household) -> None:
    ana, ben = await home.settle()
    await switch_on(home, ana)
    seen = await rhythm.see(home.house, partner=ben.partner, now=home.clock())
    assert seen.next is not None
    yes = dates.answer(
        home.house,
        partner=ben.partner,
        date_id=seen.next.id,
        partstat=PartStat.ACCEPTED,
        sequence=0,
        now=home.clock(),
    )
    off = rhythm.change(home.house, partner=ana.partner, enabled=False, version=1, now=home.clock())
    outcomes = await asyncio.gather(yes, off, keep_rhythms(home.house), return_exceptions=True)
    assert all(isinstance(each, Refusal) or not isinstance(each, BaseException) for each in outcomes)
    found = (await dates.see(home.house, partner=ana.partner, date_id=seen.next.id)).date
    assert found.is_open is (found.answers[ben.partner.id] is PartStat.ACCEPTED)
