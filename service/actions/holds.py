"""
The one soft hold that keeps a couple's rhythm: laid, filled in, laid elsewhere, or taken back.

A look does what is to be done and nothing else, so it may come at any time, and twice. Full weeks, days away, and
calendars nobody can rely on leave no hold, in one and the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from service import ids
from service.actions import cover, heaps
from service.actions.house import House
from service.actions.invitations import add_entries, post_step
from service.actions.plan import SHORTEST, choose_ideas, is_free, known_until, with_neighbors
from service.core import dates as life
from service.core.chance import draw
from service.core.cover import Cover, Place, covered_times, find_cover
from service.core.dates import Date, Origin
from service.core.hours import shared_hours
from service.core.interval import Interval, intersect
from service.core.rhythm import Due, Rhythm, choose_hold, is_soft, look_ahead, next_look, wants_idea
from service.core.slots import Slot, rank_slots
from service.core.spans import as_spans, find_free, lay
from service.store import calendars, clashes, dates, rhythms
from service.store.couples import Couple
from service.store.dates import Kept
from service.store.engine import Tx

EVERY = timedelta(hours=1)  # between two looks for room where there was none
BOTH = 2
_BEFORE = timedelta(days=2)  # beyond the least days, for what "days" are on two clocks


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one couple's rhythm, in the transaction that holds the couple."""

    tx: Tx
    house: House
    couple: Couple
    kept: rhythms.Kept
    now: datetime

    async def keep(self) -> None:
        known = await find_dates(self.tx, self.kept.rhythm, couple=self.couple, now=self.now)
        soft = next((each for each in known if is_soft(each.date, now=self.now)), None)
        if not self.kept.enabled:
            if soft is not None:
                await self._take_back(soft)
            return
        if len(self.couple.partners) < BOTH:
            await self._settle(None)
            return
        others = [each for each in known if each is not soft]
        outlook = look_ahead(
            [each.date for each in others], rhythm=self.kept.rhythm, now=self.now, zones=zones_of(self.couple)
        )
        held = next((each for each in others if each.date is outlook.next), None)
        if soft is not None:
            held = await self._renew(soft, due=outlook.due, instead=held)
        elif outlook.due is not None:
            held = await self._lay(outlook.due)
        if held is not None and wants_idea(held.date, now=self.now):
            held = await self._fill_in(held)
        await self._settle(held)

    async def _renew(self, hold: Kept, *, due: Due | None, instead: Kept | None) -> Kept | None:
        """Return the hold where it is still right, or laid elsewhere; it gives way to a date of their own."""
        if instead is not None:
            await self._take_back(hold)
            return instead
        time = hold.date.time
        if due is None or not await _is_known(self.tx, couple=self.couple, until=time.end, now=self.now):
            return hold
        if due.window.contains(time) and await self._is_right(hold.date):
            return hold
        elsewhere = await self._find(due, but=hold.date.id)
        if elsewhere is not None:
            await clashes.forget(self.tx, date_id=hold.date.id)
            return await self._revise(hold, life.move(hold.date, by=None, time=elsewhere, now=self.now))
        if await clashes.is_any(self.tx, date_id=hold.date.id):
            return hold  # who has something else there is asked, as about any date
        await self._take_back(hold)
        return None

    async def _is_right(self, hold: Date) -> bool:
        hours = shared_hours(self.couple.windows, zones=zones_of(self.couple), during=hold.time)
        if await self._find_cover(hold.time) is None:
            return False
        return hours == [hold.time] and await is_free(self.tx, couple=self.couple, time=hold.time, but=hold.id)

    async def _lay(self, due: Due) -> Kept | None:
        time = await self._find(due)
        if time is None:
            return None
        date = life.pencil_in(
            ids.new_id(),
            couple_id=self.couple.id,
            time=time,
            idea_id=None,
            by=None,
            partners=[each.id for each in self.couple.partners],
            now=self.now,
            origin=Origin.RHYTHM,
        )
        if wants_idea(date, now=self.now):
            date = replace(date, idea_id=await self._choose_idea(time))
        kept = await dates.add(self.tx, date)
        await self._note_cover(date)
        await add_entries(self.tx, date, couple=self.couple, house=self.house)
        await post_step(self.tx, None, date, by=None)
        return kept

    async def _find(self, due: Due, *, but: str | None = None) -> Interval | None:
        room = await _find_room(self.tx, couple=self.couple, during=due.window, now=self.now, but=but)
        length = max(self.couple.shortest, SHORTEST)
        return choose_hold(room.slots, due=due, length=length, zones=zones_of(self.couple), soft=room.soft)

    async def _fill_in(self, hold: Kept) -> Kept:
        idea_id = await self._choose_idea(hold.date.time)
        if idea_id is None:
            return hold
        return await self._revise(hold, life.fill_in(hold.date, idea_id=idea_id, now=self.now))

    async def _choose_idea(self, time: Interval) -> str | None:
        ideas = await choose_ideas(self.tx, house=self.house, couple=self.couple, slot=time, now=self.now, limit=1)
        return next((each.idea.id for each in ideas), None)

    async def _take_back(self, hold: Kept) -> None:
        await self._revise(hold, life.call_off(hold.date, by=None, now=self.now))

    async def _revise(self, kept: Kept, revised: Date) -> Kept:
        saved = await dates.save(self.tx, revised, version=kept.version)
        if revised.time != kept.date.time:
            await self._note_cover(revised)
        await post_step(self.tx, kept.date, revised, by=None)
        return saved

    async def _note_cover(self, hold: Date) -> None:
        found = await self._find_cover(hold.time)
        if found is not None and found is not Cover.NONE_NEEDED:
            await cover.begin(self.tx, hold, house=self.house, found=found)

    async def _find_cover(self, time: Interval) -> Cover | None:
        """Return who minds the children then without being asked: a hold asks no helper."""
        sources = await cover.sources_of(self.tx, couple=self.couple, now=self.now)
        return find_cover(time, place=Place.HOME, sources=replace(sources, can_ask=False))

    async def _settle(self, held: Kept | None) -> None:
        spread = 0.8 + 0.4 * draw(self.couple.id, "rhythm", self.now.isoformat())
        again = self.now + EVERY * spread if held is None else next_look(held.date, now=self.now)
        await rhythms.settle(self.tx, self.kept, next_at=again)


async def find_dates(tx: Tx, rhythm: Rhythm, *, couple: Couple, now: datetime) -> Sequence[Kept]:
    """Return the dates that the rhythm counts from, and those ahead."""
    since = now - timedelta(days=rhythm.least_days) - _BEFORE
    return await dates.ending_after(tx, couple_id=couple.id, since=since)


def zones_of(couple: Couple) -> list[ZoneInfo]:
    return [each.zone for each in couple.partners]


@dataclass(frozen=True, slots=True)
class _Room:
    """Slots of at least 20 minutes, best first, and the time in them that either may still need."""

    slots: Sequence[Slot] = ()
    soft: Sequence[Interval] = ()


async def _find_room(tx: Tx, *, couple: Couple, during: Interval, now: datetime, but: str | None) -> _Room:
    """Return the room the two have `during` that time, as if their date with the id `but` were not."""
    kept = await calendars.of_couple(tx, couple_id=couple.id)
    until = known_until(couple, kept=kept, now=now)
    if until is None or until <= during.start:
        return _Room()
    held = await heaps.of_both(tx, couple=couple)
    taken = await dates.live_times(tx, couple_id=couple.id, during=with_neighbors(during), but=but)
    zones = zones_of(couple)
    hours = shared_hours(couple.windows, zones=zones, during=Interval(during.start, min(during.end, until)))
    gaps = find_free(hours, taken=[*held.busy, lay(as_spans(taken)).merged], shortest=SHORTEST)
    sources = await cover.sources_of(tx, couple=couple, now=now)
    if couple.cover.children:
        minded = intersect(gaps, covered_times(during, place=Place.HOME, sources=sources))
        gaps = [each for each in minded if each.length >= SHORTEST]
    soft = held.within(hours).soft
    length = max(couple.shortest, SHORTEST)
    return _Room(rank_slots(gaps, zones=zones, soft=soft, now=now, dates=taken, length=length), soft)


async def _is_known(tx: Tx, *, couple: Couple, until: datetime, now: datetime) -> bool:
    known = known_until(couple, kept=await calendars.of_couple(tx, couple_id=couple.id), now=now)
    return known is not None and until <= known
