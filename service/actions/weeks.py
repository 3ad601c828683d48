"""
A mail about the week, for who wants it: three times the two have, one idea, and a link to pencil one of them in.

It holds what any look at the slots holds, and it does not come where there are none, whatever the reason.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service import ids
from service.actions import dates, plan
from service.actions.house import House
from service.actions.links import Links, Purpose
from service.core.dates import Via
from service.core.decks import Suggestion
from service.core.errors import NotFound, PartnerNotJoined
from service.core.interval import Interval
from service.core.slots import parse_slot_id
from service.core.tastes import begin_of_week
from service.core.weekly import Weekly, days_ahead, next_moment
from service.store import couples, digests, outbox
from service.store.couples import Partner
from service.store.digests import Digest
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel

TIMES = 3
_WEEK = timedelta(weeks=1)
_TOO_LATE = timedelta(hours=12)  # by then the day it was meant for is over


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the two may do in the next two weeks: times, the soonest first, and an idea for the best of them."""

    partner: Partner
    times: tuple[Interval, ...]
    idea: Suggestion | None


async def find_wish(house: House, *, partner: Partner) -> Weekly | None:
    async with house.database.read() as tx:
        digest = await digests.find(tx, partner_id=partner.id)
    return None if digest is None else Weekly(digest.day, digest.hour)


async def keep_wish(tx: Tx, wish: Weekly | None, *, partner: Partner, now: datetime) -> None:
    """Set when the mail comes, or with None that none does."""
    if wish is None:
        await digests.remove(tx, partner_id=partner.id)
        return
    at = next_moment(now, wish=wish, zone=partner.zone)
    await digests.save(tx, Digest(partner.id, wish.day, wish.hour, next_at=at))


async def follow_zone(tx: Tx, *, partner: Partner, now: datetime) -> None:
    """Draw the next moment anew on the clock of another zone."""
    digest = await digests.find(tx, partner_id=partner.id)
    if digest is not None:
        await keep_wish(tx, Weekly(digest.day, digest.hour), partner=partner, now=now)


async def post_due(tx: Tx, *, now: datetime, limit: int) -> int:
    """Leave the mails whose moment has come, and move each on by a week; return how many were due."""
    due = await digests.due(tx, now=now, limit=limit)
    for digest in due:
        partner = await couples.find_partner(tx, partner_id=digest.partner_id)
        at = next_moment(now, wish=Weekly(digest.day, digest.hour), zone=partner.zone)
        await digests.move_on(tx, partner_id=partner.id, next_at=at)
        if now - digest.next_at < _TOO_LATE:
            await outbox.post(tx, [Parcel(ids.new_id(), partner.id, Kind.WEEK, created_at=now)])
    return len(due)


async def look_ahead(house: House, *, partner: Partner, now: datetime) -> Ahead:
    """Return what lies ahead; nothing for who is alone."""
    first = plan.soonest(now)
    try:
        shared = await plan.suggest(
            house, partner=partner, during=days_ahead(first), shortest=None, limit=TIMES, now=now
        )
    except PartnerNotJoined:
        return Ahead(partner, (), None)
    if not shared.slots:
        return Ahead(partner, (), None)
    ideas = await plan.suggest_ideas(house, partner=partner, slot=shared.slots[0].time, now=now, limit=1)
    times = sorted(slot.time for slot in shared.slots)
    return Ahead(partner, tuple(times), ideas[0] if ideas else None)


def write_link(links: Links, *, partner_id: str, now: datetime) -> str:
    """Return the link of this week's mail, which works until the end of the next one."""
    return links.write(Purpose.WEEK, partner_id, _week(now))


async def look(house: House, *, signed: str, now: datetime) -> Ahead:
    """Return what the link shows; raises `NotFound`."""
    return await look_ahead(house, partner=await _open(house, signed=signed, now=now), now=now)


async def tap(house: House, *, signed: str, slot_id: str, idea_id: str | None, now: datetime) -> str:
    """Pencil in the time that was tapped; return the link to the date. Raises what penciling in raises, `NotFound`."""
    partner = await _open(house, signed=signed, now=now)
    kept = await dates.pencil_in(
        house, partner=partner, time=parse_slot_id(slot_id), idea_id=idea_id, now=now, via=Via.LINK
    )
    return house.links.write(Purpose.DATE, kept.date.id, partner.id)


async def _open(house: House, *, signed: str, now: datetime) -> Partner:
    partner_id, week = house.links.read(Purpose.WEEK, signed)
    if week not in {_week(now), _week(now - _WEEK)}:
        raise NotFound
    async with house.database.read() as tx:
        return await couples.find_partner(tx, partner_id=partner_id)


def _week(now: datetime) -> str:
    return ids.id_of(f"week of {begin_of_week(now):%Y-%m-%d}")
