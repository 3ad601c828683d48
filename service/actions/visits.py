"""
What a link to a date shows, and what a tap there does: the way to answer without an account.

It opens one date for one partner. Looking changes nothing about the date; a tap calls the same functions as every other
way to answer. What it shows follows from what that partner may know, and never says who did something.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.actions import choices, clashes, dates, entries
from service.actions.choices import Choice, Standing
from service.actions.house import House
from service.actions.links import Purpose
from service.core.cover import State
from service.core.dates import Date, PartStat, Stage, Status, Via
from service.core.errors import Invalid, NotFound
from service.core.interval import Interval
from service.core.invitations import Channel, awaits
from service.core.slots import parse_slot_id
from service.store import couples
from service.store import dates as kept_dates
from service.store.couples import Partner
from service.store.dates import Kept

NEXT_TIMES = 3


class Tap(StrEnum):
    """What can be tapped."""

    YES = "yes"
    NO = "no"
    MOVE = "move"
    KEEP = "keep"
    SMALL = "small"
    AGAIN = "again"
    HELPER = "helper"
    HOME = "home"
    SLOT = "slot"


@dataclass(frozen=True, slots=True)
class View:
    """
    What the partner sees of the date: whether they are asked, and other times, which are as long as the date.

    `standing` is who minds the children meanwhile, `trouble` the code of what kept the date from their own entry, and
    `has_file` whether they get it as a file here.
    """

    kept: Kept
    partner: Partner
    asks: bool
    clashes: bool
    times: tuple[Interval, ...]
    trouble: str | None
    has_file: bool
    standing: Standing

    @property
    def is_lost(self) -> bool:
        """Whether what covered the date fell through, and there are choices to take."""
        return self.standing.cover.state is State.LOST and self.can_change

    @property
    def can_change(self) -> bool:
        return self.kept.date.is_open

    @property
    def is_off(self) -> bool:
        return self.kept.date.status is Status.CANCELLED

    @property
    def is_over(self) -> bool:
        return self.kept.date.stage is Stage.OVER


async def look(house: House, *, signed: str, now: datetime) -> View:
    """Return what the link shows; raises `NotFound`."""
    kept, partner = await _open(house, signed=signed)
    date = kept.date
    async with house.database.read() as tx:
        is_clashing = await clashes.is_open(tx, partner=partner, date=date)
    entry, trouble = await entries.see(house, date, partner=partner)
    return View(
        kept,
        partner,
        asks=awaits(date, partner.id),
        clashes=is_clashing,
        times=() if date.stage is Stage.OVER else await _find_next_times(house, date=date, partner=partner, now=now),
        standing=await choices.see(house, partner=partner, date_id=date.id, now=now),
        trouble=trouble,
        has_file=date.is_open and (entry.channel is Channel.LINK or trouble is not None),
    )


async def write_file(house: House, *, signed: str) -> bytes:
    """Return the date as an iCalendar object; raises `NotFound`, for one that is off or over too."""
    kept, partner = await _open(house, signed=signed)
    if not kept.date.is_open:
        raise NotFound
    return await entries.write_object(house, partner=partner, date_id=kept.date.id)


async def tap(house: House, *, signed: str, what: Tap, sequence: int, slot_id: str | None, now: datetime) -> None:
    """Do what was tapped, to the date as it was at `sequence`. Raises what the actions raise, and `NotFound`."""
    kept, partner = await _open(house, signed=signed)
    date = kept.date
    match what:
        case Tap.YES | Tap.NO:
            partstat = PartStat.ACCEPTED if what is Tap.YES else PartStat.DECLINED
            await dates.answer(
                house, partner=partner, date_id=date.id, partstat=partstat, sequence=sequence, now=now, via=Via.LINK
            )
        case Tap.MOVE:
            await dates.move(
                house,
                partner=partner,
                date_id=date.id,
                time=_parse(slot_id),
                version=None,
                now=now,
                via=Via.LINK,
                sequence=sequence,
            )
        case Tap.KEEP:
            await clashes.keep(house, partner=partner, date_id=date.id)
        case Tap.SMALL:
            await clashes.make_small(house, partner=partner, date_id=date.id, now=now, via=Via.LINK)
        case Tap.HELPER | Tap.HOME | Tap.SLOT:
            slot = _parse(slot_id) if what is Tap.SLOT else None
            choice = Choice(what.value)
            await choices.take(house, partner=partner, date_id=date.id, choice=choice, slot=slot, now=now, via=Via.LINK)
        case Tap.AGAIN:
            time = _parse(slot_id)
            await dates.pencil_in(house, partner=partner, time=time, idea_id=date.idea_id, now=now, via=Via.LINK)


async def _find_next_times(house: House, *, date: Date, partner: Partner, now: datetime) -> tuple[Interval, ...]:
    """Return the next three times, as long as the date, that both have within two weeks; soonest first."""
    others = await choices.find_other_slots(house, date=date, partner=partner, limit=NEXT_TIMES, now=now)
    starts = sorted(slot.time.start for slot in others)
    return tuple(Interval(start, start + date.time.length) for start in starts)


async def _open(house: House, *, signed: str) -> tuple[Kept, Partner]:
    date_id, partner_id = house.links.read(Purpose.DATE, signed)
    async with house.database.read() as tx:
        partner = await couples.find_partner(tx, partner_id=partner_id)
        return await kept_dates.find(tx, couple_id=partner.couple_id, date_id=date_id), partner


def _parse(slot_id: str | None) -> Interval:
    if slot_id is None:
        raise Invalid("Please choose one of the times.")
    return parse_slot_id(slot_id)
