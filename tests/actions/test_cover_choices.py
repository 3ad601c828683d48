"""Cover that falls through: three ready choices, of which the first one taken wins, and one update to both."""

import pytest
from sqlalchemy import update

from service.actions import choices, cover
from service.actions.choices import Choice
from service.actions.helping import Headline
from service.core.cover import Cover, State
from service.core.dates import Status
from service.core.errors import CoverSettled, NotCovered
from service.core.interval import Interval
from service.store import covers, tables
from service.store.outbox import Kind
from tests.actions.family import ALL, NOBODY, OTHER, SUNDAYS, Family, to_both
from tests.households import NOW, between


async def test_a_helper_who_withdraws_leaves_three_ready_choices_and_tells_both_once(family: Family) -> None:
    date, first, second = await family.lose()
    assert await family.posted() == to_both("cover_lost")
    standing = await family.see(date)
    assert standing.cover.state is State.LOST
    assert standing.choices.helper == second
    assert standing.choices.idea is not None
    assert standing.choices.idea.sleeping_children_ok
    assert (await family.read(date)) == date
    assert (await family.open(date, first)).headline is Headline.CANNOT


async def test_the_next_covered_slot_is_one_for_which_nobody_has_to_be_asked(family: Family) -> None:
    date, _, _ = await family.lose()
    assert (await family.see(date)).choices.slot is None  # away from home nothing else covers
    await family.agree(SUNDAYS)
    assert (await family.see(date)).choices.slot == Interval(OTHER.start, OTHER.start + date.time.length)


async def test_asking_the_next_helper_tells_both_once_and_the_date_stays(family: Family) -> None:
    date, first, second = await family.lose()
    await family.posted()
    await family.take(date, Choice.HELPER)
    assert await family.posted() == sorted([(Kind.HELPER, family.owner, second.id), *to_both("cover_asked")])
    assert (await family.see(date)).helper == second
    assert await family.read(date) == date
    assert (await family.open(date, first)).headline is Headline.SETTLED


async def test_staying_home_keeps_time_and_answers_and_updates_both_once(family: Family) -> None:
    date, _, _ = await family.lose()
    await family.posted()
    await family.take(date, Choice.HOME)
    changed = await family.read(date)
    assert (changed.time, changed.status, changed.answers) == (date.time, Status.CONFIRMED, date.answers)
    assert family.home.house.library.ideas[changed.idea_id or ""].sleeping_children_ok
    assert await family.posted() == [(Kind.REQUEST, "a", None), (Kind.REQUEST, "b", None)]
    standing = await family.see(date)
    assert (standing.cover.state, standing.cover.by) == (State.COVERED, Cover.ASLEEP)


async def test_the_next_covered_slot_moves_the_date_and_updates_both_once(family: Family) -> None:
    date, _, _ = await family.lose()
    await family.agree(SUNDAYS)
    await family.posted()
    await family.take(date, Choice.SLOT)
    moved = await family.read(date)
    assert (moved.time.start, moved.status) == (OTHER.start, Status.TENTATIVE)
    assert await family.posted() == [(Kind.REQUEST, "a", None), (Kind.REQUEST, "b", None)]
    standing = await family.see(date)
    assert (standing.cover.state, standing.cover.by) == (State.COVERED, Cover.HOURS)


@pytest.mark.parametrize("first", Choice)
@pytest.mark.parametrize("second", Choice)
async def test_the_first_choice_taken_wins(family: Family, first: Choice, second: Choice) -> None:
    date, _, _ = await family.lose()
    await family.agree(ALL)
    await family.take(date, first)
    before = await family.read(date)
    await family.posted()
    with pytest.raises(CoverSettled):
        await family.take(date, second, by=family.ben)
    assert await family.read(date) == before
    assert await family.posted() == []


async def test_a_choice_that_is_not_there_is_refused_and_changes_nothing(family: Family) -> None:
    await family.agree(NOBODY)
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(idea_id=family.away)
    await family.say(date, helper, yes=False)
    await family.posted()
    for choice in Choice:
        with pytest.raises(NotCovered):
            await family.take(date, choice)
    assert await family.posted() == []
    assert (await family.see(date)).choices == choices.NO_CHOICES


async def test_what_a_partner_says_fell_through_is_told_to_the_other_alone(family: Family) -> None:
    await family.agree(SUNDAYS)
    date = await family.pencil_in(OTHER, idea_id=family.away)
    await family.posted()
    for _ in range(2):
        await choices.give_up(family.home.house, partner=family.ana.partner, date_id=date.id, now=NOW)
    assert await family.posted() == [(Kind.NOTICE, "b", "cover_lost")]
    assert (await family.see(date)).cover.state is State.LOST


async def test_where_one_source_falls_through_another_may_do(family: Family) -> None:
    await family.agree(ALL)
    date = await family.pencil_in(between(6, 20, 21))
    assert (await family.see(date)).cover.by is Cover.HOURS
    await family.posted()
    await choices.give_up(family.home.house, partner=family.ana.partner, date_id=date.id, now=NOW)
    assert (await family.see(date)).cover.by is Cover.ASLEEP
    assert await family.posted() == []


async def test_hours_that_are_given_up_take_their_dates_cover_and_give_it_back(family: Family) -> None:
    await family.agree(SUNDAYS)
    date = await family.pencil_in(OTHER, idea_id=family.away)
    await family.posted()
    await family.agree(NOBODY)
    assert await family.posted() == to_both("cover_lost")
    await family.agree(SUNDAYS)
    assert await family.posted() == to_both("cover_found")
    assert (await family.see(date)).cover.state is State.COVERED


async def test_a_cover_that_changed_meanwhile_is_left_to_who_changed_it(family: Family) -> None:
    await family.agree(SUNDAYS)
    date = await family.pencil_in(OTHER)
    mine = tables.covers.c.date_id == date.id
    async with family.home.house.database.write() as tx:
        kept = await covers.find(tx, couple_id=date.couple_id, date_id=date.id)
        await tx.execute(update(tables.covers).where(mine).values(version=kept.version + 1))
        with pytest.raises(CoverSettled):
            await cover.put(tx, date, house=family.home.house, kept=kept, after=kept.cover, now=NOW)
