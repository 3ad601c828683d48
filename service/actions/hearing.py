"""
Answers that come without a button: an entry moved or removed in its owner's calendar, a counter-proposal by mail.

What they ask for is done where it can be; where not, the date stays as it is, and only who asked is told.
"""

from dataclasses import replace
from datetime import datetime

from service import ids
from service.actions.dates import answer, move
from service.actions.house import House
from service.core.dates import Date, PartStat, Via
from service.core.echoes import Dragged, Heard, Removed
from service.core.errors import DateOver, Invalid, SlotTaken, StaleReply
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store import dates, entries, outbox
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel

NOT_POSSIBLE = "not_possible"


async def act_on(house: House, heard: Heard, *, partner: Partner, date: Date, now: datetime) -> None:
    """Do what a partner says with their entry for `date`; harmless where it was done already."""
    try:
        match heard:
            case Dragged(time=time):
                await propose(
                    house,
                    partner=partner,
                    date_id=date.id,
                    time=time,
                    sequence=date.sequence,
                    via=Via.CALENDAR,
                    now=now,
                )
            case Removed():
                await answer(
                    house,
                    partner=partner,
                    date_id=date.id,
                    partstat=PartStat.DECLINED,
                    sequence=date.sequence,
                    via=Via.CALENDAR,
                    now=now,
                )
    except (DateOver, StaleReply):
        return  # it moved on meanwhile, which has left parcels of its own


async def propose(
    house: House, *, partner: Partner, date_id: str, time: Interval, sequence: int, via: Via, now: datetime
) -> bool:
    """
    Move the date to the time a partner proposes, and return whether that could be.

    Where one of them is not free then, or it lies outside their hours, it stays. Raises `StaleReply`, `DateOver`.
    """
    try:
        await move(
            house, partner=partner, date_id=date_id, time=time, version=None, now=now, via=via, sequence=sequence
        )
    except (SlotTaken, Invalid):
        async with house.database.write() as tx:
            await _put_back(tx, partner=partner, date_id=date_id, now=now)
        return False
    return True


async def _put_back(tx: Tx, *, partner: Partner, date_id: str, now: datetime) -> None:
    """Write the partner's entry to where the date still is, and tell them that the other time could not be."""
    date = (await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)).date
    entry = await entries.find(tx, partner_id=partner.id, date_id=date_id)
    word = Parcel(
        ids.new_id(),
        partner.id,
        Kind.NOTICE,
        created_at=now,
        date_id=date.id,
        sequence=date.sequence,
        detail=NOT_POSSIBLE,
    )
    await outbox.post(tx, [word])
    if entry.channel is Channel.CALDAV:
        # as if what stands there were from before the present time, so that it is written over
        await entries.save(tx, replace(entry, applied=date.timed - 1))
        await outbox.post(tx, [replace(word, id=ids.new_id(), kind=Kind.ENTRY, detail=None)])
