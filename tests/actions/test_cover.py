"""
From asking a helper to a cover that falls through: three ready choices, the first one wins, one update to both.

The couple keeps 18:00 to 22:30 on both clocks, which is 18:00 to 21:30 UTC; the children sleep from 20:00 on, which is
20:00 UTC. `AWAY` is an idea that needs somebody to mind them, `HOME` one that does not.
"""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from service.actions import choices, cover, dates, helpers, helping, people, plan
from service.actions.choices import Choice, Standing
from service.actions.helpers import Details
from service.actions.helping import Headline, HelperView
from service.actions.links import Links, Purpose
from service.core.cover import Cover, CoverPlan, DateCover, Place, State
from service.core.dates import Date, PartStat, Status
from service.core.errors import CoverSettled, DateOver, NotCovered, NotFound, StaleReply
from service.core.hours import Window
from service.core.interval import Interval
from service.store import covers, tables
from service.store.helpers import Helper
from service.store.outbox import Kind
from service.workers.passing import stop_waiting_for_helpers
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
            next(each.id for each in home.house.content.ideas.values() if each.sleeping_children_ok is asleep)
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


@pytest.fixture
async def family(home: Household) -> Family:
    return Family(home, *await home.settle())


def to_both(detail: str) -> list[tuple[str, str, str | None]]:
    return [(Kind.NOTICE, who, detail) for who in "ab"]


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
    assert family.home.house.content.ideas[changed.idea_id or ""].sleeping_children_ok
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


async def test_a_cover_that_changed_meanwhile_is_left_to_who_changed_it(family: Family) -> None:
    await family.agree(SUNDAYS)
    date = await family.pencil_in(OTHER)
    mine = tables.covers.c.date_id == date.id
    async with family.home.house.database.write() as tx:
        kept = await covers.find(tx, couple_id=date.couple_id, date_id=date.id)
        await tx.execute(update(tables.covers).where(mine).values(version=kept.version + 1))
        with pytest.raises(CoverSettled):
            await cover.put(tx, date, house=family.home.house, kept=kept, after=kept.cover, now=NOW)
