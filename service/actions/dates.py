"""
A couple's dates: pencil in, answer, move, call off, and what time alone makes of them.

Each is one transaction: the rows and what has to go out because of them. Every way in which an answer can arrive calls
`answer`, and every way to another time `move`. Delivery comes after, by `service.workers.deliver`.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from service import ids
from service.actions import cover
from service.actions.house import House
from service.actions.invitations import add_entries, post_step
from service.actions.plan import SHORTEST, check_ahead, check_hours, couple_of_two, is_free, known_until
from service.core import dates as life
from service.core.cover import Cover
from service.core.dates import Date, PartStat, Via
from service.core.errors import Invalid, NotFound, SlotTaken, VersionConflict
from service.core.ideas import Idea, fit
from service.core.interval import Interval
from service.store import calendars, clashes, couples, dates
from service.store.couples import Couple, Partner
from service.store.dates import Kept
from service.store.engine import Tx

LONGEST = timedelta(hours=12)


async def pencil_in(
    house: House, *, partner: Partner, time: Interval, idea_id: str | None, now: datetime, via: Via = Via.API
) -> Kept:
    """
    Pencil a date into both calendars.

    The one who pencils it in has said yes by that. Raises `SlotTaken` where either is not known to be free,
    `NotCovered`, `PartnerNotJoined`, `NotFound` for an idea that does not exist, `Invalid`.
    """
    _check_time(time, now=now)
    idea = _find_idea(house, idea_id)
    async with house.database.write() as tx:
        couple = await _hold(tx, partner=partner)
        date = life.pencil_in(
            ids.new_id(),
            couple_id=couple.id,
            time=time,
            idea_id=idea_id,
            by=partner.id,
            partners=[each.id for each in couple.partners],
            now=now,
            via=via,
        )
        # asked last, and only inside their own hours: a refusal must not tell what the partner does all day
        found = await _check_free(tx, couple=couple, time=time, idea=idea, now=now)
        kept = await dates.add(tx, date)
        if found is not Cover.NONE_NEEDED:
            await cover.begin(tx, date, house=house, found=found)
        await add_entries(tx, date, couple=couple, house=house)
        await post_step(tx, None, date, by=partner.id)
    return kept


async def answer(
    house: House,
    *,
    partner: Partner,
    date_id: str,
    partstat: PartStat,
    sequence: int,
    now: datetime,
    via: Via = Via.API,
) -> Kept:
    """Record one partner's answer to the time that the date had at `sequence`. Raises `StaleReply`, `DateOver`."""

    def step(date: Date) -> Date:
        return life.answer(date, by=partner.id, partstat=partstat, sequence=sequence, now=now, via=via)

    return await _revise(house, partner=partner, date_id=date_id, step=step)


async def move(
    house: House,
    *,
    partner: Partner,
    date_id: str,
    time: Interval,
    version: int | None,
    now: datetime,
    via: Via = Via.API,
    sequence: int | None = None,
) -> Kept:
    """
    Move a date, which asks the other anew; `sequence` is that of the date as it was seen, where it is known.

    Raises `SlotTaken`, `NotCovered`, `StaleReply`, `DateOver`, `VersionConflict`, `Invalid`.
    """
    _check_time(time, now=now)

    def step(date: Date) -> Date:
        return life.move(date, by=partner.id, time=time, now=now, via=via, sequence=sequence)

    return await _revise(house, partner=partner, date_id=date_id, step=step, version=version)


async def call_off(house: House, *, partner: Partner, date_id: str, version: int | None, now: datetime) -> Kept:
    """Call a date off, for good. Raises `DateOver`, `VersionConflict`."""

    def step(date: Date) -> Date:
        return life.call_off(date, by=partner.id, now=now)

    return await _revise(house, partner=partner, date_id=date_id, step=step, version=version)


async def let_pass(house: House, *, couple_id: str, date_id: str, now: datetime) -> Kept:
    """Let time do to a date what is due by `now`; harmless where another did, or where nothing is due."""
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=couple_id)
        kept = await dates.find(tx, couple_id=couple_id, date_id=date_id)
        passed = life.let_pass(kept.date, now=now)
        if passed == kept.date:
            return kept
        saved = await dates.save(tx, passed, version=kept.version)
        await post_step(tx, kept.date, passed, by=None)
    return saved


async def time_in_slot(
    house: House, *, partner: Partner, slot: Interval, idea_id: str | None, now: datetime
) -> Interval:
    """Return the part of a slot that a date takes: as long as the idea, or else as the couple's shortest wish."""
    check_ahead(slot, now=now)
    idea = _find_idea(house, idea_id)
    if idea is not None and slot.length < timedelta(minutes=idea.minutes.least):
        raise Invalid("That idea takes longer than the slot lasts.")
    if idea is not None:
        return fit(idea, slot)
    async with house.database.read() as tx:
        couple = await couple_of_two(tx, couple_id=partner.couple_id)
    return Interval(slot.start, min(slot.end, slot.start + couple.shortest))


async def see(house: House, *, partner: Partner, date_id: str) -> Kept:
    async with house.database.read() as tx:
        return await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)


async def see_next(house: House, *, partner: Partner, now: datetime) -> Kept:
    """Return the couple's next date; raises `NotFound` where there is none."""
    async with house.database.read() as tx:
        kept = await dates.find_next(tx, couple_id=partner.couple_id, now=now)
    if kept is None:
        raise NotFound("There is no date ahead.")
    return kept


async def list_all(house: House, *, partner: Partner, after: str | None, limit: int) -> list[Kept]:
    async with house.database.read() as tx:
        return await dates.of_couple(tx, couple_id=partner.couple_id, after=after, limit=limit)


def _find_idea(house: House, idea_id: str | None) -> Idea | None:
    if idea_id is not None and idea_id not in house.library.ideas:
        raise NotFound("There is no idea under that name.")
    return None if idea_id is None else house.library.ideas[idea_id]


async def _revise(
    house: House, *, partner: Partner, date_id: str, step: Callable[[Date], Date], version: int | None = None
) -> Kept:
    async with house.database.write() as tx:
        couple = await _hold(tx, partner=partner)
        kept = await dates.find(tx, couple_id=couple.id, date_id=date_id)
        if version is not None and version != kept.version:
            raise VersionConflict
        return await revise(tx, kept, house=house, couple=couple, revised=step(kept.date), by=partner.id)


async def revise(tx: Tx, kept: Kept, *, house: House, couple: Couple, revised: Date, by: str) -> Kept:
    """Write a date of a couple that is held as it was revised, once its new time is found to be free and covered."""
    if revised == kept.date:
        return kept
    found = None
    if revised.time != kept.date.time:
        idea = _find_idea(house, revised.idea_id)
        now = revised.changed_at
        found = await _check_free(tx, couple=couple, time=revised.time, idea=idea, now=now, but=revised.id)
        await clashes.forget(tx, date_id=revised.id)
    saved = await dates.save(tx, revised, version=kept.version)
    if found is not None:
        await cover.begin(tx, revised, house=house, found=found)
    await post_step(tx, kept.date, revised, by=by)
    return saved


async def _hold(tx: Tx, *, partner: Partner) -> Couple:
    """Return the couple, held until the transaction ends: two dates at one time are decided one after the other."""
    await couples.lock(tx, couple_id=partner.couple_id)
    return await couple_of_two(tx, couple_id=partner.couple_id)


async def _check_free(
    tx: Tx, *, couple: Couple, time: Interval, idea: Idea | None, now: datetime, but: str | None = None
) -> Cover:
    """Return who minds the children then; asked before either calendar, lest a refusal tell that both are free."""
    check_hours(time, couple=couple)
    found = await cover.require(tx, couple=couple, time=time, idea=idea, now=now)
    kept = await calendars.of_couple(tx, couple_id=couple.id)
    until = known_until(couple, kept=kept, now=now)
    if until is None or until < time.end or not await is_free(tx, couple=couple, time=time, but=but):
        raise SlotTaken
    return found


def _check_time(time: Interval, *, now: datetime) -> None:
    if not SHORTEST <= time.length <= LONGEST:
        raise Invalid("A date lasts 20 minutes to 12 hours.")
    check_ahead(time, now=now)
