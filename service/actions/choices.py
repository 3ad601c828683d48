"""
When a date's cover falls through: three ready choices, of which the first one taken wins.

Ask the next helper, stay at home at the same time, or take the next time that is covered. Until one is taken the date
stays as it is. Any partner may also say that what covered it fell through.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.actions import cover, dates
from service.actions.house import House
from service.actions.links import Purpose
from service.actions.plan import MOST_SLOTS, choose_ideas, couple_of_two, soonest, suggest
from service.core import dates as life
from service.core.cover import Cover, DateCover, Place, State, answer_by, find_cover, lose, settle, stay_home
from service.core.dates import Date, Via
from service.core.errors import CoverSettled, DateOver, NotCovered
from service.core.ideas import Idea
from service.core.interval import Interval
from service.core.slots import Slot
from service.store import couples, covers, helpers
from service.store import dates as kept_dates
from service.store.couples import Couple, Partner
from service.store.covers import KeptCover
from service.store.dates import Kept
from service.store.engine import Tx
from service.store.helpers import Helper

_AHEAD = timedelta(days=14)
_SAME_EVENING = timedelta(hours=12)


class Choice(StrEnum):
    """What can be done once the cover of a date fell through."""

    HELPER = "helper"
    HOME = "home"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class Choices:
    """Who can be asked next, what the two can do at home at the same time, and the next time that is covered."""

    helper: Helper | None = None
    idea: Idea | None = None
    slot: Interval | None = None


NO_CHOICES = Choices()


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How a date stands with its cover, as both partners see it.

    `helper` was asked or comes; `link` is theirs, where the couple has to hand it to them.
    """

    cover: DateCover
    helper: Helper | None = None
    link: str | None = None
    choices: Choices = NO_CHOICES


async def see(house: House, *, partner: Partner, date_id: str, now: datetime) -> Standing:
    """Return how the date stands with its cover, with the choices where it fell through. Raises `NotFound`."""
    async with house.database.read() as tx:
        kept = await kept_dates.find(tx, couple_id=partner.couple_id, date_id=date_id)
        date = kept.date
        now_is = (await covers.find(tx, couple_id=partner.couple_id, date_id=date_id)).cover
        helper = await _find_helper(tx, couple_id=partner.couple_id, known=now_is)
        is_lost = now_is.state is State.LOST and date.is_open and now < date.time.start
        choices = await _find_choices(tx, date, house=house, lost=now_is, now=now) if is_lost else NO_CHOICES
    if is_lost:
        slot = await _find_next_slot(house, date=date, partner=partner, lost=now_is, now=now)
        choices = replace(choices, slot=slot)
    link = None
    if helper is not None and not cover.reaches(helper, house=house):
        link = house.links.write(Purpose.HELPER, date.id, helper.id)
    return Standing(now_is, helper=helper, link=link, choices=choices)


async def take(
    house: House,
    *,
    partner: Partner,
    date_id: str,
    choice: Choice,
    now: datetime,
    helper_id: str | None = None,
    slot: Interval | None = None,
    via: Via = Via.API,
) -> None:
    """
    Take a choice: with that helper or time, or else the next one.

    Raises `CoverSettled` where another was taken before, `NotCovered` where there is none of its kind, `DateOver`, and
    what moving a date raises.
    """
    if choice is Choice.SLOT and slot is None:
        slot = (await see(house, partner=partner, date_id=date_id, now=now)).choices.slot
    async with house.database.write() as tx:
        couple, kept, lost = await _hold(tx, partner=partner, date_id=date_id, now=now)
        if lost.cover.state is not State.LOST:
            raise CoverSettled
        match choice:
            case Choice.HELPER:
                await _ask(tx, kept.date, house=house, lost=lost, helper_id=helper_id, now=now)
            case Choice.HOME:
                await _stay_home(tx, kept, house=house, couple=couple, lost=lost, by=partner, now=now)
            case Choice.SLOT:
                if slot is None:
                    raise NotCovered
                moved = life.move(kept.date, by=partner.id, time=slot, now=now, via=via)
                await dates.revise(tx, kept, house=house, couple=couple, revised=moved, by=partner.id)


async def give_up(house: House, *, partner: Partner, date_id: str, now: datetime) -> None:
    """
    Take a partner's word that what covered the date fell through; another source may cover it as well.

    Raises `CoverSettled` where nobody was to mind the children, `DateOver`, `NotFound`.
    """
    async with house.database.write() as tx:
        couple, kept, known = await _hold(tx, partner=partner, date_id=date_id, now=now)
        if known.cover.state is State.LOST:
            return
        place = cover.find_place(kept.date, house=house)
        found = await _find_other(tx, kept.date, couple=couple, place=place, lost=known.cover, now=now)
        after = lose(known.cover, noticed=False) if found is None else settle(known.cover, found)
        await cover.put(tx, kept.date, house=house, kept=known, after=after, now=now)
        if after.state is State.LOST:
            await cover.tell(tx, kept.date, cover=after, now=now, but=partner.id)


async def find_other_slots(house: House, *, date: Date, partner: Partner, limit: int, now: datetime) -> Sequence[Slot]:
    """Return up to `limit` slots of the next two weeks in which the two could have the same date; best first."""
    first = soonest(now)
    shared = await suggest(
        house,
        partner=partner,
        during=Interval(first, first + _AHEAD),
        shortest=date.time.length,
        limit=limit,
        now=now,
        place=cover.find_place(date, house=house),
    )
    return shared.slots


async def _find_next_slot(
    house: House, *, date: Date, partner: Partner, lost: DateCover, now: datetime
) -> Interval | None:
    """Return the next time, as long as the date, that both have and that is covered without asking anybody."""
    others = await find_other_slots(house, date=date, partner=partner, limit=MOST_SLOTS, now=now)
    # what somebody said to have fallen through is not there in the rest of that evening either
    avoided = date.time.start if lost.by is not None and not lost.noticed else None
    starts = [
        slot.time.start
        for slot in others
        if slot.cover is not Cover.TO_ASK and (avoided is None or abs(slot.time.start - avoided) > _SAME_EVENING)
    ]
    return Interval(min(starts), min(starts) + date.time.length) if starts else None


async def _hold(tx: Tx, *, partner: Partner, date_id: str, now: datetime) -> tuple[Couple, Kept, KeptCover]:
    """Return the couple, held, with a date that has not begun and its cover; raises `DateOver`, `NotFound`."""
    await couples.lock(tx, couple_id=partner.couple_id)
    couple = await couple_of_two(tx, couple_id=partner.couple_id)
    kept = await kept_dates.find(tx, couple_id=couple.id, date_id=date_id)
    if not kept.date.is_open or kept.date.time.start <= now:
        raise DateOver
    return couple, kept, await covers.find(tx, couple_id=couple.id, date_id=date_id)


async def _ask(tx: Tx, date: Date, *, house: House, lost: KeptCover, helper_id: str | None, now: datetime) -> None:
    if helper_id is None:
        helper = await cover.find_next_helper(tx, date, before=lost.cover)
    else:
        helper = await helpers.find(tx, couple_id=date.couple_id, helper_id=helper_id)
    if helper is None:
        raise NotCovered("There is nobody left to ask; stay at home, or take another time.")
    until = answer_by(date.time, now=now)
    after = settle(lost.cover, Cover.TO_ASK, helper_id=helper.id, answer_by=until)
    await cover.put(tx, date, house=house, kept=lost, after=after, now=now)
    await cover.tell(tx, date, cover=after, now=now)


async def _stay_home(
    tx: Tx, kept: Kept, *, house: House, couple: Couple, lost: KeptCover, by: Partner, now: datetime
) -> None:
    found, idea = await _find_at_home(tx, kept.date, house=house, couple=couple, lost=lost.cover, now=now)
    if found is None or idea is None:
        raise NotCovered
    changed = stay_home(kept.date, idea_id=idea.id, now=now)
    await dates.revise(tx, kept, house=house, couple=couple, revised=changed, by=by.id)
    await cover.put(tx, changed, house=house, kept=lost, after=settle(lost.cover, found), now=now)


async def _find_choices(tx: Tx, date: Date, *, house: House, lost: DateCover, now: datetime) -> Choices:
    couple = await couple_of_two(tx, couple_id=date.couple_id)
    helper = await cover.find_next_helper(tx, date, before=lost)
    _, idea = await _find_at_home(tx, date, house=house, couple=couple, lost=lost, now=now)
    return Choices(helper=helper, idea=idea)


async def _find_at_home(
    tx: Tx, date: Date, *, house: House, couple: Couple, lost: DateCover, now: datetime
) -> tuple[Cover | None, Idea | None]:
    """Return what covers that time at home, and what to do there while the children sleep; the same for both."""
    if cover.find_place(date, house=house) is Place.HOME and date.idea_id is not None:
        return None, None  # they are at home anyway
    found = await _find_other(tx, date, couple=couple, place=Place.HOME, lost=lost, now=now)
    if found is None:
        return None, None
    suggested = await choose_ideas(tx, house=house, couple=couple, slot=date.time, now=now, limit=1, stays_home=True)
    return found, suggested[0].idea if suggested else None


async def _find_other(
    tx: Tx, date: Date, *, couple: Couple, place: Place, lost: DateCover, now: datetime
) -> Cover | None:
    """Return what covers the time of the date there, without what fell through and without asking anybody."""
    sources = await cover.sources_of(tx, couple=couple, now=now)
    gone = frozenset() if lost.by is None else frozenset({lost.by})
    return find_cover(date.time, place=place, sources=replace(sources, can_ask=False, gone=gone))


async def _find_helper(tx: Tx, *, couple_id: str, known: DateCover) -> Helper | None:
    if known.helper_id is None or not known.is_with(known.helper_id):
        return None
    return await helpers.find(tx, couple_id=couple_id, helper_id=known.helper_id)
