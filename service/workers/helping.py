"""Mails to helpers, and what partners are told about who minds the children: written from what is true by then."""

from dataclasses import replace

from service.actions.cover import NOTICE_OF
from service.actions.house import House
from service.core.dates import Date
from service.core.errors import NotFound
from service.store import couples, covers, dates, helpers
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel
from service.workers.letters import Desk, Letter


async def write_to_helper(house: House, parcel: Parcel, *, desk: Desk, sends: bool) -> Letter | None:
    """
    Return the mail to the helper whom a parcel is about; None where it has nothing left to say.

    That they were asked is noted before it is sent, so that who may have been asked is told when they are not needed.
    """
    helper_id, date_id = parcel.detail or "", parcel.date_id or ""
    async with house.database.write() as tx:
        couple_id = (await couples.find_partner(tx, partner_id=parcel.partner_id)).couple_id
        couple = await couples.find(tx, couple_id=couple_id)
        date = (await dates.find(tx, couple_id=couple_id, date_id=date_id)).date
        ask = await covers.find_ask(tx, date_id=date_id, helper_id=helper_id)
        cover = (await covers.find(tx, couple_id=couple_id, date_id=date_id)).cover
        try:
            helper = await helpers.find(tx, couple_id=couple_id, helper_id=helper_id)
        except NotFound:  # their address went with them
            return None
        if ask is None or helper.address is None:
            return None
        is_needed = date.is_open and cover.is_with(helper_id)
        if parcel.kind is Kind.THANKS:
            return desk.helper(parcel, helper=helper, date=date, couple=couple) if ask.told and not is_needed else None
        if not is_needed or (parcel.sequence or 0) < date.timed:
            return None
        if sends:
            await covers.save_ask(tx, replace(ask, told=True))
    return desk.helper(parcel, helper=helper, date=date, couple=couple)


async def is_cover_still_so(tx: Tx, parcel: Parcel, *, date: Date) -> bool:
    """Return whether what a parcel tells about the cover of a date is true yet; other parcels tell nothing of it."""
    if parcel.detail not in NOTICE_OF.values():
        return True
    cover = (await covers.find(tx, couple_id=date.couple_id, date_id=date.id)).cover
    return NOTICE_OF.get(cover.state) == parcel.detail
