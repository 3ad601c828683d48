"""
What a helper's link shows, and what a tap there does: yes or no to one date's evening, without an account.

It tells the first names of the two, when, and where as the couple says it; never what they do, nor an address. The
answer can be changed until the date begins, and the link dies with the date.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from service.actions import cover
from service.actions.house import House
from service.actions.links import Purpose
from service.core.cover import State, hear, wait_no_longer
from service.core.dates import Date
from service.core.errors import CoverSettled, DateOver, NotFound, StaleReply
from service.store import couples, covers, dates, helpers
from service.store.couples import Couple
from service.store.covers import Ask, KeptCover
from service.store.engine import Tx
from service.store.helpers import Helper


class Headline(StrEnum):
    """What stands on top of a helper's page."""

    ASKS = "asks"
    COMES = "comes"
    CANNOT = "cannot"
    SETTLED = "settled"  # called off, or covered in another way


@dataclass(frozen=True, slots=True)
class HelperView:
    """What the helper sees; `zones` are the couple's clocks, one where they share it."""

    date: Date
    names: tuple[str, ...]
    zones: tuple[ZoneInfo, ...]
    place: str | None
    headline: Headline
    can_answer: bool


@dataclass(frozen=True, slots=True)
class _Asked:
    couple: Couple
    date: Date
    helper: Helper
    ask: Ask
    kept: KeptCover


async def look(house: House, *, signed: str, now: datetime) -> HelperView:
    """Return what the link shows; raises `NotFound`, once the date is over too."""
    async with house.database.read() as tx:
        asked = await _open(tx, house, signed=signed, now=now)
    headline = _headline(asked)
    return HelperView(
        asked.date,
        names=first_names(asked.couple),
        zones=clocks(asked.couple),
        place=asked.helper.place,
        headline=headline,
        can_answer=headline is not Headline.SETTLED and now < asked.date.time.start,
    )


async def answer(house: House, *, signed: str, yes: bool, timed: int, now: datetime) -> None:
    """
    Take a helper's answer to the time that the date had at `timed`; the same answer twice changes nothing.

    Raises `StaleReply`, `DateOver` once the date has begun or is called off, `CoverSettled` where they are not needed
    any more, `NotFound`.
    """
    async with house.database.write() as tx:
        asked = await _open(tx, house, signed=signed, now=now)
        await couples.lock(tx, couple_id=asked.couple.id)
        asked = await _open(tx, house, signed=signed, now=now)
        date, kept = asked.date, asked.kept
        if not date.is_open or date.time.start <= now:
            raise DateOver
        if timed != date.timed:
            raise StaleReply
        if _headline(asked) is Headline.SETTLED:
            raise CoverSettled
        after = hear(kept.cover, yes=yes)
        if after.state is kept.cover.state:
            return
        await cover.put(tx, date, house=house, kept=kept, after=after, now=now)
        await cover.tell(tx, date, cover=after, now=now)


async def stop_waiting(house: House, *, couple_id: str, date_id: str, now: datetime) -> None:
    """Wait no longer for a helper who has not answered by `now`; harmless where they have, or nobody is asked."""
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=couple_id)
        date = (await dates.find(tx, couple_id=couple_id, date_id=date_id)).date
        kept = await covers.find(tx, couple_id=couple_id, date_id=date_id)
        after = wait_no_longer(kept.cover, now=now)
        if after != kept.cover:
            await cover.put(tx, date, house=house, kept=kept, after=after, now=now)
            await cover.tell(tx, date, cover=after, now=now)


def first_names(couple: Couple) -> tuple[str, ...]:
    return tuple(sorted(each.name.split()[0] for each in couple.partners))


def clocks(couple: Couple) -> tuple[ZoneInfo, ...]:
    return tuple(sorted({each.zone for each in couple.partners}, key=lambda zone: zone.key))


async def _open(tx: Tx, house: House, *, signed: str, now: datetime) -> _Asked:
    date_id, helper_id = house.links.read(Purpose.HELPER, signed)
    couple_id = await helpers.find_couple(tx, helper_id=helper_id)
    date = (await dates.find(tx, couple_id=couple_id, date_id=date_id)).date
    ask = await covers.find_ask(tx, date_id=date_id, helper_id=helper_id)
    if ask is None or date.time.end <= now:
        raise NotFound
    return _Asked(
        couple=await couples.find(tx, couple_id=couple_id),
        date=date,
        helper=await helpers.find(tx, couple_id=couple_id, helper_id=helper_id),
        ask=ask,
        kept=await covers.find(tx, couple_id=couple_id, date_id=date_id),
    )


def _headline(asked: _Asked) -> Headline:
    """Return what the helper reads first: nothing of how it was settled without them."""
    now_is = asked.kept.cover
    if not asked.date.is_open or now_is.helper_id != asked.helper.id:
        return Headline.SETTLED
    match now_is.state:
        case State.ARRANGED:
            return Headline.COMES
        case State.LOST if now_is.answer_by is None:
            return Headline.CANNOT
        case State.ASKED | State.LOST:
            return Headline.ASKS
    return Headline.SETTLED
