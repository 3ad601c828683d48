"""What covers a date and what does not, from the first slot to a date that is dragged or made small."""

from datetime import timedelta

import pytest

from service.actions import clashes, dates, hearing, plan
from service.actions.choices import Standing
from service.core.cover import Cover, DateCover, Place, State
from service.core.dates import Via
from service.core.errors import NotCovered
from service.core.interval import Interval
from service.store.outbox import Kind
from tests.actions.family import ALL, CHILDREN, EVENING, LATE, NOBODY, OTHER, Family
from tests.households import NOW, between


async def test_a_couple_without_children_is_asked_nothing_and_nothing_is_kept(family: Family) -> None:
    date = await family.pencil_in(EVENING, idea_id=family.away)
    assert await family.see(date) == Standing(DateCover())
    rows = await family.home.count_rows()
    assert (rows["covers"], rows["asks"], rows["helpers"]) == (0, 0, 0)


async def test_sleeping_children_cover_a_date_at_home_and_refuse_one_away(family: Family) -> None:
    await family.agree(CHILDREN)
    rows = await family.home.count_rows()
    for time_, idea_id in ((LATE, family.away), (EVENING, family.at_home), (EVENING, None)):
        with pytest.raises(NotCovered):
            await family.pencil_in(time_, idea_id=idea_id)
    assert await family.home.count_rows() == rows
    standing = await family.see(await family.pencil_in(idea_id=family.at_home))
    assert (standing.cover.state, standing.cover.by) == (State.COVERED, Cover.ASLEEP)


async def test_a_refusal_for_want_of_cover_does_not_tell_whether_the_partner_is_free(family: Family) -> None:
    await family.agree(NOBODY)
    await family.home.fill(family.ben, EVENING)
    for time_ in (EVENING, OTHER):
        with pytest.raises(NotCovered):
            await family.pencil_in(time_)


async def test_a_date_dragged_to_where_nobody_minds_the_children_stays_and_only_who_dragged_it_is_told(
    family: Family,
) -> None:
    await family.agree(CHILDREN)
    date = await family.pencil_in()
    await family.posted()
    moved = await hearing.propose(
        family.home.house,
        partner=family.ana.partner,
        date_id=date.id,
        time=EVENING,
        sequence=date.sequence,
        via=Via.CALENDAR,
        now=NOW,
    )
    assert not moved
    assert await family.read(date) == date
    assert await family.posted() == [(Kind.NOTICE, "a", hearing.NOT_POSSIBLE)]


async def test_a_date_made_small_stays_where_the_children_are_minded(family: Family) -> None:
    await family.agree(CHILDREN)
    date = await family.pencil_in(LATE)
    await family.home.fill(family.ana, between(4, 20, 20.5))
    kept = await clashes.make_small(family.home.house, partner=family.ana.partner, date_id=date.id, now=NOW)
    assert kept.date.time == between(4, 20.5, 20.5 + 1 / 3)


@pytest.mark.parametrize("can_ask", [False, True])
async def test_every_slot_that_is_offered_can_be_pencilled_in_as_it_says(family: Family, can_ask: bool) -> None:
    await family.agree(ALL)
    if can_ask:
        await family.add_helper("Nina")
    for place in Place:
        shared = await plan.suggest(
            family.home.house,
            partner=family.ana.partner,
            during=Interval(NOW, NOW + timedelta(days=8)),
            shortest=timedelta(hours=1),
            limit=plan.MOST_SLOTS,
            now=NOW,
            place=place,
        )
        covers = [slot.cover for slot in shared.slots]
        assert (Cover.TO_ASK in covers) is can_ask
        assert covers == sorted(covers, key=lambda each: each is Cover.TO_ASK)
        assert (Cover.ASLEEP in covers) is (place is Place.HOME)
        for slot in shared.slots:
            idea_id = family.at_home if place is Place.HOME else family.away
            date = await family.pencil_in(slot.time, idea_id=idea_id)
            standing = (await family.see(date)).cover
            assert standing.state is (State.ASKED if slot.cover is Cover.TO_ASK else State.COVERED)
            assert standing.by is (None if slot.cover is Cover.TO_ASK else slot.cover)
            await dates.call_off(family.home.house, partner=family.ana.partner, date_id=date.id, version=None, now=NOW)
