"""Which of the two is which changes nothing: not one slot, its place in the order, its score or its reasons."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random

import pytest

from service import ids
from service.actions import dates, people, plan
from service.core.away import Away
from service.core.buffers import Buffers
from service.core.interval import Interval
from service.core.slots import Slot
from tests.households import NOW, Household, Person

WINDOW = Interval(NOW, NOW + timedelta(days=28))


def draw(random: Random) -> list[Interval]:
    """Return some 40 times of a quarter of an hour up to six hours, which may overlap."""
    starts = (datetime(2026, 12, 1, tzinfo=UTC) + timedelta(minutes=15 * random.randrange(2700)) for _ in range(40))
    return [Interval(start, start + timedelta(minutes=15 * random.randint(1, 24))) for start in starts]


async def settle(home: Household, *names: str) -> list[Person]:
    """Return a couple of which the first invited the second."""
    domain = f"{ids.new_id()}.example.org"
    first, second = names
    inviting = await home.let_in(first, address=f"{first}@{domain}")
    return [inviting, await home.invite(inviting, second, address=f"{second}@{domain}")]


async def keep(home: Household, person: Person, buffers: Buffers, away: Away) -> None:
    partner = person.partner
    await people.change_me(home.house, partner=partner, version=partner.version, buffers=buffers, away=(away,))


async def find(home: Household, person: Person) -> tuple[Slot, ...]:
    shared = await plan.suggest(
        home.house,
        partner=person.partner,
        during=WINDOW,
        shortest=timedelta(minutes=45),
        limit=plan.MOST_SLOTS,
        now=home.clock(),
    )
    return tuple(shared.slots)


@pytest.mark.parametrize("seed", range(5))
async def test_partners_who_change_places_find_the_same_slots(home: Household, seed: int) -> None:
    random = Random(seed)  # noqa: S311 - drawn the same every time
    busy, soft = [draw(random), draw(random)], [draw(random)[:10], draw(random)[:10]]
    buffers = [Buffers(*(timedelta(minutes=random.randrange(90)) for _ in range(2))) for _ in range(2)]
    days = [date(2026, 12, random.randrange(1, 28)) for _ in range(2)]
    away = [Away(day, day + timedelta(days=1)) for day in days]
    answers: list[tuple[Slot, ...]] = []
    for names, turn in product((("Ana", "Ben"), ("Ben", "Ana")), (1, -1)):
        couple = await settle(home, *names)
        for person, times, maybe in zip(couple, busy[::turn], soft[::turn], strict=True):
            await home.fill(person, *times, soft=maybe)
        for person, kept, days_away in zip(couple, buffers[::turn], away[::turn], strict=True):
            await keep(home, person, kept, days_away)
        first = (await find(home, couple[0]))[0].time
        evening = Interval(first.start, first.start + timedelta(minutes=45))
        await dates.pencil_in(home.house, partner=couple[0].partner, time=evening, idea_id=None, now=home.clock())
        answers += [await find(home, person) for person in couple]
    assert len(answers[0]) > 3
    assert all(answer == answers[0] for answer in answers)
