"""
What stands in the calendars of the two, as every question about their time has to see it: with the buffers they keep.

Busy times get the buffers of the partner whose they are; soft ones get none. Days on which a partner is away are busy
like any other time. Suggesting slots, penciling in and
explaining a day all read here, so that what one of them offers no other refuses.
"""

from service.core.away import as_times
from service.core.buffers import NO_BUFFERS
from service.core.spans import as_spans, lay
from service.store import busy
from service.store.busy import Held
from service.store.couples import Couple, Partner
from service.store.engine import Tx


async def of_both(tx: Tx, *, couple: Couple) -> Held:
    """Return both partners' time, without a trace of whose it is."""
    if all(each.buffers == NO_BUFFERS and not each.away for each in couple.partners):
        return await busy.held_by_couple(tx, couple_id=couple.id)
    held = [await of_one(tx, partner=each) for each in couple.partners]
    return Held(
        busy=tuple(merged for each in held for merged in each.busy),
        soft=tuple(merged for each in held for merged in each.soft),
    )


async def of_one(tx: Tx, *, partner: Partner) -> Held:
    """Return one partner's time."""
    held = await busy.held_by_partner(tx, partner_id=partner.id)
    away = [lay(as_spans(as_times(partner.away, zone=partner.zone))).merged] if partner.away else []
    return Held(busy=(*(partner.buffers.around(merged) for merged in held.busy), *away), soft=held.soft)
