"""
What comes to lie on a date: only who has it in their calendar is asked, after a while, and no date moves by itself.

The other learns nothing of it: not that there is a clash, nor that somebody was asked.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from service import ids
from service.actions import heaps
from service.actions.cover import find_place, sources_of
from service.actions.dates import move
from service.actions.house import House
from service.actions.plan import couple_of_two, soonest
from service.core.cover import coverable
from service.core.dates import Date, Via
from service.core.errors import SlotTaken
from service.core.hours import shared_hours
from service.core.interval import Interval
from service.core.spans import as_spans, find_free, lay
from service.store import busy, clashes, dates, outbox, rhythms
from service.store.clashes import Clash
from service.store.couples import Partner
from service.store.dates import Kept
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel

ASK_AFTER = timedelta(minutes=15)  # meetings come and go; one that stayed is asked about
HOLDS_MOVE_AFTER = timedelta(minutes=10)  # a hold nobody said yes to is laid elsewhere before anybody is asked
CLASH = "clash"
SMALL = timedelta(minutes=20)


async def notice(tx: Tx, *, partner: Partner, now: datetime) -> None:
    """Compare a partner's busy times with their dates ahead, after a sync that changed them."""
    for kept in await dates.live_ahead(tx, couple_id=partner.couple_id, now=now):
        known = await clashes.find(tx, partner_id=partner.id, date_id=kept.date.id)
        clashing = await is_clashing(tx, partner=partner, time=kept.date.time)
        if clashing and known is None:
            await clashes.add(tx, Clash(kept.date.id, partner.id, seen_at=now))
            await outbox.post(tx, [_ask(kept.date, partner=partner, now=now)], due_at=now + ASK_AFTER)
            await rhythms.wake(tx, couple_id=partner.couple_id, at=now + HOLDS_MOVE_AFTER)
        elif known is not None and not clashing:
            await clashes.forget(tx, date_id=kept.date.id, partner_id=partner.id)


async def is_clashing(tx: Tx, *, partner: Partner, time: Interval) -> bool:
    """Return whether something in the partner's own calendars lies on that time; soft time does not count."""
    return bool((await busy.of_partner(tx, partner_id=partner.id, within=[time])).busy)


async def is_open(tx: Tx, *, partner: Partner, date: Date) -> bool:
    """Return whether the partner has yet to say what becomes of a clash with that date."""
    known = await clashes.find(tx, partner_id=partner.id, date_id=date.id)
    if known is None or known.kept or not date.is_open:
        return False
    return await is_clashing(tx, partner=partner, time=date.time)


async def mark_told(tx: Tx, *, partner: Partner, date: Date, now: datetime) -> None:
    await clashes.save(tx, Clash(date.id, partner.id, seen_at=now, told_at=now))


async def keep(house: House, *, partner: Partner, date_id: str) -> None:
    """Leave the date where it is, and ask no more about what lies on it."""
    async with house.database.write() as tx:
        await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)
        known = await clashes.find(tx, partner_id=partner.id, date_id=date_id)
        if known is not None:
            await clashes.save(tx, replace(known, kept=True))


async def make_small(house: House, *, partner: Partner, date_id: str, now: datetime, via: Via = Via.API) -> Kept:
    """Move the date to the nearest 20 minutes of its day that both have left. Raises `SlotTaken`, `DateOver`."""
    async with house.database.read() as tx:
        couple = await couple_of_two(tx, couple_id=partner.couple_id)
        date = (await dates.find(tx, couple_id=couple.id, date_id=date_id)).date
        held = await heaps.of_both(tx, couple=couple)
        day = _day_of(date, partner=partner, now=now)
        taken = await dates.live_times(tx, couple_id=couple.id, during=day, but=date_id)
        sources = await sources_of(tx, couple=couple, now=now)
    hours = shared_hours(couple.windows, zones=[each.zone for each in couple.partners], during=day)
    hours = list(coverable(hours, place=find_place(date, house=house), sources=sources))
    free = find_free(hours, taken=[*held.busy, lay(as_spans(taken)).merged], shortest=SMALL)
    small = find_nearest(free, to=date.time, length=SMALL)
    if small is None:
        raise SlotTaken
    return await move(house, partner=partner, date_id=date_id, time=small, version=None, now=now, via=via)


def find_nearest(free: Iterable[Interval], *, to: Interval, length: timedelta) -> Interval | None:
    """Return the `length` within one of the `free` stretches that begins nearest to where `to` begins."""
    starts = [max(each.start, min(to.start, each.end - length)) for each in free if each.length >= length]
    start = min(starts, key=lambda each: abs(each - to.start), default=None)
    return None if start is None else Interval(start, start + length)


def _ask(date: Date, *, partner: Partner, now: datetime) -> Parcel:
    return Parcel(
        ids.new_id(),
        partner.id,
        Kind.NOTICE,
        created_at=now,
        date_id=date.id,
        sequence=date.sequence,
        detail=CLASH,
    )


def _day_of(date: Date, *, partner: Partner, now: datetime) -> Interval:
    """Return what is left of the day of the date on the partner's clock."""
    midnight = date.time.start.astimezone(partner.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    start = max(midnight.astimezone(date.time.start.tzinfo), soonest(now))
    return Interval(start, max(start, (midnight + timedelta(days=1)).astimezone(date.time.start.tzinfo)))
