"""Helpers: asked by link or by hand, their answers, and what becomes of them when a date moves or goes."""

from datetime import timedelta

import pytest

from service.actions import dates, helpers, helping
from service.actions.choices import Choice
from service.actions.helpers import Details
from service.actions.helping import Headline
from service.core.cover import Cover, State
from service.core.errors import CoverSettled, DateOver, NotFound, StaleReply
from service.store.outbox import Kind
from service.workers.passing import stop_waiting_for_helpers
from tests.actions.family import CHILDREN, EVENING, OTHER, Family, to_both
from tests.households import NOW, between


async def test_a_date_nobody_covers_asks_the_first_helper_by_mail(family: Family) -> None:
    await family.agree(CHILDREN)
    first, _ = await family.add_helper("Nina"), await family.add_helper("Opa")
    date = await family.pencil_in(EVENING)
    standing = await family.see(date)
    assert (standing.cover.state, standing.helper, standing.link) == (State.ASKED, first, None)
    assert [each for each in await family.posted() if each[0] == Kind.HELPER] == [(Kind.HELPER, family.owner, first.id)]


async def test_a_helper_without_an_address_is_handed_their_link_by_the_couple(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await helpers.add(family.home.house, partner=family.ana.partner, details=Details("Nina"), now=NOW)
    date = await family.pencil_in(EVENING)
    assert (await family.see(date)).link == f"{family.home.house.public_url}/h/{family.link(date, helper)}"
    assert [each for each in await family.posted() if each[0] == Kind.HELPER] == []


async def test_a_helper_sees_first_names_time_and_place_and_no_more(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(EVENING, idea_id=family.away)
    view = await family.open(date, helper)
    assert (view.names, view.place, view.headline, view.can_answer) == (("Ana", "Ben"), "at ours", Headline.ASKS, True)
    assert [zone.key for zone in view.zones] == ["Europe/Berlin", "Europe/Lisbon"]


async def test_a_yes_tells_both_once_and_saying_it_twice_changes_nothing(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(EVENING)
    await family.posted()
    for _ in range(2):
        await family.say(date, helper, yes=True)
    assert await family.posted() == to_both("cover_arranged")
    assert (await family.see(date)).cover.state is State.ARRANGED
    assert (await family.open(date, helper)).headline is Headline.COMES


async def test_who_said_no_may_think_again_until_somebody_else_is_asked(family: Family) -> None:
    date, first, _ = await family.lose()
    await family.posted()
    await family.say(date, first, yes=True)
    assert await family.posted() == to_both("cover_arranged")
    await family.say(date, first, yes=False)
    await family.take(date, Choice.HELPER)
    with pytest.raises(CoverSettled):
        await family.say(date, first, yes=True)


async def test_an_answer_to_an_earlier_time_is_stale(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(EVENING)
    await family.move(date, OTHER)
    with pytest.raises(StaleReply):
        await helping.answer(family.home.house, signed=family.link(date, helper), yes=True, timed=0, now=NOW)


async def test_an_answer_can_be_changed_until_the_date_begins_and_the_link_dies_with_it(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.confirm(await family.pencil_in(EVENING))
    await family.say(date, helper, yes=True)
    family.home.clock.moment = EVENING.start
    assert not (await family.open(date, helper)).can_answer
    with pytest.raises(DateOver):
        await family.say(date, helper, yes=False)
    family.home.clock.moment = EVENING.end
    with pytest.raises(NotFound):
        await family.open(date, helper)
    with pytest.raises(NotFound):
        await family.say(date, helper, yes=False)


async def test_who_was_not_asked_has_no_link(family: Family) -> None:
    await family.agree(CHILDREN)
    await family.add_helper("Nina")
    other = await family.add_helper("Opa")
    date = await family.pencil_in(EVENING)
    with pytest.raises(NotFound):
        await family.open(date, other)


async def test_a_date_that_moves_asks_its_helper_anew_and_lets_them_go_where_nobody_is_needed(family: Family) -> None:
    await family.agree(CHILDREN)
    await family.add_helper("Opa")
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(EVENING)
    await helpers.change(
        family.home.house, partner=family.ana.partner, helper_id=helper.id, version=1, details=Details("Nina", order=1)
    )
    await family.posted()
    await family.move(date, OTHER)
    assert (await family.see(date)).helper is not None
    assert (await family.see(date)).cover.state is State.ASKED
    asked = [detail for kind, _, detail in await family.posted() if kind == Kind.HELPER]
    assert asked == [(await family.see(date)).cover.helper_id] != [helper.id]
    await family.move(date, between(5, 20, 21))
    assert (await family.see(date)).cover.by is Cover.ASLEEP
    assert [kind for kind, _, detail in await family.posted() if detail in asked] == [Kind.THANKS]


async def test_a_date_that_is_called_off_lets_its_helper_go(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(EVENING)
    await family.posted()
    await dates.call_off(family.home.house, partner=family.ben.partner, date_id=date.id, version=None, now=NOW)
    assert (Kind.THANKS, family.owner, helper.id) in await family.posted()
    assert (await family.open(date, helper)).headline is Headline.SETTLED
    with pytest.raises(DateOver):
        await family.say(date, helper, yes=True)


async def test_a_helper_who_is_removed_leaves_no_address_and_tells_both(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.pencil_in(EVENING)
    await family.posted()
    await helpers.remove(family.home.house, partner=family.ana.partner, helper_id=helper.id, now=NOW)
    told = [each for each in await family.posted() if each[0] == Kind.NOTICE]
    assert told == to_both("cover_lost")
    assert (await family.see(date)).cover.state is State.LOST
    assert (await family.home.count_rows())["asks"] == 0


async def test_a_helper_who_does_not_answer_is_waited_for_until_the_day_before(family: Family) -> None:
    await family.agree(CHILDREN)
    helper = await family.add_helper("Nina")
    date = await family.confirm(await family.pencil_in(EVENING))
    await family.posted()
    family.home.clock.moment = EVENING.start - timedelta(hours=24, minutes=1)
    assert await stop_waiting_for_helpers(family.home.house) == 0
    family.home.clock.step(timedelta(minutes=1))
    assert await stop_waiting_for_helpers(family.home.house) == 1
    assert await stop_waiting_for_helpers(family.home.house) == 0
    assert await family.posted() == to_both("cover_lost")
    assert (await family.open(date, helper)).headline is Headline.ASKS
    await family.say(date, helper, yes=True)
    assert (await family.see(date)).cover.state is State.ARRANGED
