"""
What stands in the calendars of the two, as every question about their time has to see it: with the buffers they keep.

Busy times get the buffers of the partner whose they are; soft ones get none. Suggesting slots, penciling in and
explaining a day all read here, so that what one of them offers no other refuses.
"""

from service.core.buffers import NO_BUFFERS
from service.store import busy
from service.store.busy import Held
from service.store.couples import Couple, Partner
from service.store.engine import Tx


async def of_both(tx: Tx, *, couple: Couple) -> Held:
    """Return both partners' time, without a trace of whose it is."""
    if all(each.buffers == NO_BUFFERS for each in couple.partners):
        return await busy.held_by_couple(tx, couple_id=couple.id)
    held = [await of_one(tx, partner=each) for each in couple.partners]
    return Held(
        busy=tuple(merged for each in held for merged in each.busy),
        soft=tuple(merged for each in held for merged in each.soft),
    )


async def of_one(tx: Tx, *, partner: Partner) -> Held:
    """Return one partner's time."""
    held = await busy.held_by_partner(tx, partner_id=partner.id)
    return Held(busy=tuple(partner.buffers.around(merged) for merged in held.busy), soft=held.soft)
