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
from service.core.errors import DateOver, Invalid, NotCovered, SlotTaken, StaleReply
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store import dates, entries, outbox
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel

STALE = "answer_was_stale"
NOT_POSSIBLE = "not_possible"
_MOST_WORDS = {STALE: 1, NOT_POSSIBLE: 3}  # for each date: who asks without end gets no mail without end


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
    house: House, *, partner: Partner, date_id: str, time: Interval | None, sequence: int, via: Via, now: datetime
) -> bool:
    """
    Move the date to the time a partner proposes, and return whether that could be.

    Where one of them is not free then, nobody minds the children, it lies outside their hours, or it is no time at all
    (None), it stays, and only who proposed it is told. Raises `StaleReply`, `DateOver`.
    """
    try:
        if time is not None:
            await move(
                house, partner=partner, date_id=date_id, time=time, version=None, now=now, via=via, sequence=sequence
            )
            return True
    except (SlotTaken, NotCovered, Invalid):
        pass
    async with house.database.write() as tx:
        date = (await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)).date
        await _put_back(tx, date, partner=partner, now=now)
        about = "" if time is None else f"{time.start} {time.end}"
        await _tell(tx, NOT_POSSIBLE, partner=partner, date=date, now=now, about=about)
    return False


async def tell_stale(house: House, *, partner: Partner, date_id: str, now: datetime) -> None:
    """Leave a word that an answer was to an earlier time, once for each date."""
    async with house.database.write() as tx:
        date = (await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)).date
        await _tell(tx, STALE, partner=partner, date=date, now=now)


async def _put_back(tx: Tx, date: Date, *, partner: Partner, now: datetime) -> None:
    """Have the partner's entry in a calendar written to where the date still is."""
    entry = await entries.find(tx, partner_id=partner.id, date_id=date.id)
    if entry.channel is Channel.CALDAV:
        # as if what stands there were from before the present time, so that it is written over
        await entries.save(tx, replace(entry, applied=date.timed - 1))
        await outbox.post(tx, [_parcel(ids.new_id(), Kind.ENTRY, partner=partner, date=date, now=now)])


async def _tell(tx: Tx, detail: str, *, partner: Partner, date: Date, now: datetime, about: str = "") -> None:
    """Leave a word for a partner, once about the same thing: its id is made from what it is about."""
    parcel_id = ids.id_of(f"{date.id} {partner.id} {detail} {date.timed} {about}")
    told = await outbox.find_notices(tx, partner_id=partner.id, date_id=date.id, detail=detail)
    if parcel_id not in told and len(told) < _MOST_WORDS[detail]:
        word = _parcel(parcel_id, Kind.NOTICE, partner=partner, date=date, now=now)
        await outbox.post(tx, [replace(word, detail=detail)])


def _parcel(parcel_id: str, kind: Kind, *, partner: Partner, date: Date, now: datetime) -> Parcel:
    return Parcel(parcel_id, partner.id, kind, created_at=now, date_id=date.id, sequence=date.sequence)
