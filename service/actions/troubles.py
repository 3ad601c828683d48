"""
What did not reach a partner, and the way out: told to them alone, and once by the way that still works.

The other learns nothing of it: an entry is each partner's own.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from service import ids
from service.actions.house import House
from service.core.dates import Date, Stage, Status
from service.core.invitations import Channel
from service.store import entries, outbox
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.entries import Entry
from service.store.outbox import Kind, Parcel

NOT_DELIVERED = "not_delivered"
STANDS_THERE = "still_there"
_CARRIED_BY: Mapping[Channel, tuple[Kind, ...]] = MappingProxyType(
    {
        Channel.CALDAV: (Kind.ENTRY,),
        Channel.EMAIL: (Kind.REQUEST, Kind.CANCEL),
        Channel.LINK: (Kind.NOTICE,),
    }
)


async def find(tx: Tx, date: Date, *, entry: Entry, house: House) -> str | None:
    """Return the code of what kept the newest word about a date from its entry for good, or None."""
    if date.stage is Stage.OVER or (entry.channel is Channel.LINK and not house.sends_mail):
        return None  # where no mail goes out at all, nobody was promised one
    kinds = _CARRIED_BY[entry.channel]
    cause = await outbox.find_cause(tx, partner_id=entry.partner_id, date_id=date.id, kinds=kinds)
    if cause is not None and date.status is Status.CANCELLED:
        return None if entry.applied is None else STANDS_THERE
    return cause


async def tell_once(tx: Tx, parcel: Parcel, *, now: datetime) -> None:
    """Leave a mail about an entry that was given up, without a calendar part: the date keeps its channel."""
    if parcel.kind is not Kind.ENTRY or parcel.date_id is None:
        return
    mine = {"partner_id": parcel.partner_id, "date_id": parcel.date_id}
    is_newest = await outbox.find_cause(tx, **mine, kinds=(Kind.ENTRY,)) is not None
    if is_newest and not await outbox.find_notices(tx, **mine, detail=NOT_DELIVERED):
        word = Parcel(ids.new_id(), parcel.partner_id, Kind.NOTICE, created_at=now, date_id=parcel.date_id)
        await outbox.post(tx, [replace(word, detail=NOT_DELIVERED)])


async def bring_again(tx: Tx, *, partner: Partner, calendar_id: str, now: datetime) -> None:
    """Let entries that were given up be brought once more: their owner has connected that calendar again."""
    for entry in await entries.ahead(tx, couple_id=partner.couple_id, now=now):
        if (entry.partner_id, entry.calendar_id) != (partner.id, calendar_id):
            continue
        again = Parcel(ids.new_id(), partner.id, Kind.ENTRY, created_at=now, date_id=entry.date_id)
        if await outbox.find_cause(tx, partner_id=partner.id, date_id=entry.date_id, kinds=(Kind.ENTRY,)) is not None:
            await outbox.post(tx, [again])
