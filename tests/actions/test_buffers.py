"""
Buffers: what one offers none refuses, and the partner sees shared time only.

The two keep 18:00 to 22:30 on both clocks, which is 18:00 to 21:30 UTC, and like an hour or more.
"""

from datetime import timedelta
from random import Random

import pytest

from service.actions import dates, explain, people, plan
from service.core.buffers import Buffers
from service.core.errors import SlotTaken
from service.core.interval import Interval
from tests.households import NOW, Household, Person, between

MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
THURSDAY = between(3, 0, 24)


async def keep(home: Household, person: Person, *, before: int = 0, after: int = 0) -> None:
    found = await home.find(person)
    buffers = Buffers(before=before * MINUTE, after=after * MINUTE)
    await people.change_me(home.house, partner=found, version=found.version, buffers=buffers)


async def offered(home: Household, person: Person, during: Interval = THURSDAY) -> list[Interval]:
    shared = await plan.suggest(
        home.house, partner=person.partner, during=during, shortest=None, limit=plan.MOST_SLOTS, now=home.clock()
    )
    return [slot.time for slot in shared.slots]


async def pencil_in(home: Household, person: Person, time: Interval) -> None:
    await dates.pencil_in(home.house, partner=person.partner, time=time, idea_id=None, now=home.clock())


async def test_each_partners_entries_have_that_partners_buffers(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(3, 17, 18))
    await home.fill(ben, between(3, 21, 22))
    assert await offered(home, ana) == [between(3, 18, 21), between(3, 19.5, 20.5)]
    await keep(home, ana, before=120, after=30)
    assert await offered(home, ana) == [between(3, 18.5, 21), between(3, 20, 21)]
    await keep(home, ben, before=60, after=180)
    assert await offered(home, ana) == await offered(home, ben) == [between(3, 18.5, 20)]


async def test_an_entry_outside_the_hours_reaches_into_them_by_its_buffer(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(3, 15, 16), between(3, 22, 23))
    await keep(home, ana, before=60, after=180)
    assert await offered(home, ben) == [between(3, 19, 21)]


async def test_soft_time_and_dates_need_no_way(home: Household) -> None:
    ana, _ = await home.settle()
    await home.fill(ana, soft=[between(3, 17, 18)])
    await keep(home, ana, before=180, after=180)
    await pencil_in(home, ana, between(3, 18, 19))
    assert (await offered(home, ana))[0] == between(3, 19, 21.5)


async def test_time_that_buffers_take_cannot_be_penciled_in(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(3, 17, 18), between(3, 21, 22))
    await keep(home, ana, before=30, after=30)
    for taken in (between(3, 18, 19.5), between(3, 19.5, 21), between(3, 20.5, 21)):
        with pytest.raises(SlotTaken):
            await pencil_in(home, ben, taken)
    await pencil_in(home, ben, between(3, 18.5, 20.5))


async def test_a_move_keeps_the_buffers_too(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(3, 17, 18))
    await keep(home, ana, after=60)
    kept = await dates.pencil_in(
        home.house, partner=ben.partner, time=between(3, 19, 20), idea_id=None, now=home.clock()
    )
    with pytest.raises(SlotTaken):
        await dates.move(
            home.house,
            partner=ben.partner,
            date_id=kept.date.id,
            time=between(3, 18.5, 19.5),
            version=None,
            now=home.clock(),
        )


async def test_why_not_that_day_counts_my_buffers_and_tells_the_partner_none_of_them(home: Household) -> None:
    ana, ben = await home.settle()
    await home.fill(ana, between(3, 19, 20.5))
    await keep(home, ana, before=30, after=30)
    day = between(3, 0, 1).start.date()
    hers, his = [
        await explain.explain_day(home.house, partner=each.partner, day=day, now=home.clock())
        for each in (await again(home, ana), await again(home, ben))
    ]
    assert (hers.slots, hers.why.mine) == ((), (between(3, 18.5, 21),))
    assert [each.blockers for each in hers.why.candidates] == [(between(3, 18.5, 21),)]
    assert (his.slots, his.why.mine, his.why.partner_is_free, his.why.candidates) == ((), (), False, ())


async def again(home: Household, person: Person) -> Person:
    return Person(await home.find(person), person.token)


@pytest.mark.parametrize("seed", range(3))
async def test_every_slot_that_is_offered_can_be_had(home: Household, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - drawn the same every time
    ana, ben = await home.settle()
    for person in (ana, ben):
        starts = [NOW + timedelta(minutes=5 * random.randrange(12 * 24 * 20)) for _ in range(40)]
        await home.fill(person, *(Interval(start, start + 5 * random.randint(1, 30) * MINUTE) for start in starts))
        await keep(home, person, before=random.randrange(60), after=random.randrange(60))
    slots = await offered(home, ana, Interval(NOW, NOW + timedelta(days=20)))
    assert len(slots) > 3
    async with home.house.database.read() as tx:
        couple = await plan.couple_of_two(tx, couple_id=ana.partner.couple_id)
        assert [await plan.is_free(tx, couple=couple, time=slot) for slot in slots] == [True] * len(slots)
