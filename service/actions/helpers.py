"""A couple's helpers: whom they ask, and in which order. Both partners see and change all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service import ids
from service.actions import cover
from service.actions.house import House
from service.actions.joining import check_address
from service.core.cover import State, lose
from service.core.errors import Invalid, VersionConflict
from service.store import couples, covers, dates, helpers
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.helpers import Helper

MOST = 12


@dataclass(frozen=True, slots=True)
class Details:
    """What a couple says of a helper; `order` is their place in line, from 1 on."""

    name: str
    address: str | None = None
    place: str | None = None
    order: int | None = None


async def list_all(house: House, *, partner: Partner) -> list[Helper]:
    async with house.database.read() as tx:
        return await helpers.of_couple(tx, couple_id=partner.couple_id)


async def see(house: House, *, partner: Partner, helper_id: str) -> Helper:
    async with house.database.read() as tx:
        return await helpers.find(tx, couple_id=partner.couple_id, helper_id=helper_id)


async def add(house: House, *, partner: Partner, details: Details, now: datetime) -> Helper:
    """Add a helper, last in line unless an order is named. Raises `Invalid`."""
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)
        known = await helpers.of_couple(tx, couple_id=partner.couple_id)
        if len(known) >= MOST:
            raise Invalid(f"You can keep up to {MOST} helpers.")
        new = _describe(Helper(ids.new_id(), partner.couple_id, name="", rank=len(known) + 1), details)
        await helpers.add(tx, new, now=now)
        await _line_up(tx, known, helper=new, order=details.order or len(known) + 1)
        return await helpers.find(tx, couple_id=partner.couple_id, helper_id=new.id)


async def change(house: House, *, partner: Partner, helper_id: str, version: int, details: Details) -> Helper:
    """Change what is said of a helper. Raises `VersionConflict`, `Invalid`, `NotFound`."""
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)
        kept = await helpers.find(tx, couple_id=partner.couple_id, helper_id=helper_id)
        if kept.version != version:
            raise VersionConflict
        saved = await helpers.save(tx, _describe(kept, details))
        others = [each for each in await helpers.of_couple(tx, couple_id=partner.couple_id) if each.id != helper_id]
        await _line_up(tx, others, helper=saved, order=details.order or kept.rank)
        return await helpers.find(tx, couple_id=partner.couple_id, helper_id=helper_id)


async def remove(house: House, *, partner: Partner, helper_id: str, now: datetime) -> None:
    """Forget a helper and their address; what they were to cover falls through, and both partners are told."""
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)
        await helpers.find(tx, couple_id=partner.couple_id, helper_id=helper_id)
        for date_id in await covers.of_helper(tx, couple_id=partner.couple_id, helper_id=helper_id):
            await _do_without(tx, house=house, partner=partner, date_id=date_id, helper_id=helper_id, now=now)
        await helpers.remove(tx, couple_id=partner.couple_id, helper_id=helper_id)


async def _do_without(tx: Tx, *, house: House, partner: Partner, date_id: str, helper_id: str, now: datetime) -> None:
    date = (await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)).date
    kept = await covers.find(tx, couple_id=partner.couple_id, date_id=date_id)
    if not date.is_open or not kept.cover.is_with(helper_id):
        return
    after = lose(kept.cover, noticed=False)
    await cover.put(tx, date, house=house, kept=kept, after=after, now=now)
    if after.state is State.LOST:
        await cover.tell(tx, date, cover=after, now=now)


async def _line_up(tx: Tx, others: Sequence[Helper], *, helper: Helper, order: int) -> None:
    """Put a helper at that place in the line; the others keep theirs among themselves."""
    line = [*others[: order - 1], helper, *others[order - 1 :]]
    for rank, each in enumerate(line, start=1):
        if each.rank != rank:
            await helpers.save(tx, replace(each, rank=rank))


def _describe(helper: Helper, details: Details) -> Helper:
    address = None if details.address is None else check_address(details.address)
    return replace(helper, name=details.name, address=address, place=details.place)
