"""
Which hours the two share, and what they might do with them: reads only, no network.

No answer tells whose calendar said what. Where either partner's calendar cannot be relied on there are no slots, and
the answer looks the same as that of a full week.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from service.actions import heaps
from service.actions.calendars import look
from service.actions.cover import sources_of
from service.actions.house import House
from service.core.cover import Cover, Place, Sources, covered_times, find_cover
from service.core.decks import REMEMBERED, Suggestion, deal
from service.core.errors import EmptyWindow, Invalid, OutsideHours, PartnerNotJoined
from service.core.hours import shared_hours
from service.core.ideas import Occasion
from service.core.interval import Interval, clip, intersect, merge
from service.core.slots import AROUND, Slot, next_quarter, rank_slots
from service.core.spans import as_spans, find_free, lay
from service.core.tastes import taste_of
from service.store import busy, calendars, couples, dates, tastes
from service.store.calendars import Calendar, Role
from service.store.couples import Couple, Partner
from service.store.engine import Tx

MOST_SLOTS = 12
DEFAULT_SLOTS = 6
HORIZON = timedelta(weeks=13)
NOTICE = timedelta(minutes=15)
SHORTEST = timedelta(minutes=20)  # shorter ones would draw a map of a day


@dataclass(frozen=True, slots=True)
class Shared:
    """Slots, best first, and the couple whose they are."""

    couple: Couple
    slots: list[Slot]


async def suggest(
    house: House,
    *,
    partner: Partner,
    during: Interval,
    shortest: timedelta | None,
    limit: int,
    now: datetime,
    place: Place = Place.HOME,
) -> Shared:
    """
    Return the best slots both partners share, at most `limit` of them: whole gaps, then later times in long ones.

    Where there are children they are covered for a date at that place; those for which a helper would have to be asked
    come last.

    `shortest` is the couple's own wish where it is None, and 20 minutes where it is less. Raises `PartnerNotJoined`,
    `EmptyWindow`, `Invalid`.
    """
    _check_wish(shortest, limit=limit)
    check_ahead(during, now=now)
    ahead = Interval(max(during.start, soonest(now)), during.end)
    async with house.database.read() as tx:
        couple = await couple_of_two(tx, couple_id=partner.couple_id)
        kept = await calendars.of_couple(tx, couple_id=couple.id)
        held = await heaps.of_both(tx, couple=couple)
        taken = await dates.live_times(tx, couple_id=couple.id, during=with_neighbors(ahead))
        sources = await sources_of(tx, couple=couple, now=now)
    await look(house, partner=partner, kept=kept, now=now)
    until = known_until(couple, kept=kept, now=now)
    if until is None or until <= ahead.start:
        return Shared(couple, [])
    zones = [each.zone for each in couple.partners]
    hours = shared_hours(couple.windows, zones=zones, during=Interval(ahead.start, min(ahead.end, until)))
    length = max(shortest or couple.shortest, SHORTEST)
    gaps = find_free(hours, taken=[*held.busy, lay(as_spans(taken)).merged], shortest=length)
    soft = held.within(hours).soft
    rank = partial(rank_slots, zones=zones, soft=soft, now=now, dates=taken, length=length)
    return Shared(couple, _rank_covered(gaps, rank=rank, shortest=length, place=place, sources=sources, limit=limit))


async def suggest_ideas(
    house: House, *, partner: Partner, slot: Interval, now: datetime, limit: int = 3
) -> list[Suggestion]:
    """
    Return ideas that fit the slot, the same for both partners until the slot or the week changes.

    What a partner said of their taste counts from the next week on, so that no deck changes by it under the eyes of
    the other.
    """
    check_ahead(slot, now=now)
    async with house.database.read() as tx:
        couple = await couple_of_two(tx, couple_id=partner.couple_id)
        return await choose_ideas(tx, house=house, couple=couple, slot=slot, now=now, limit=limit)


async def choose_ideas(
    tx: Tx,
    *,
    house: House,
    couple: Couple,
    slot: Interval,
    now: datetime,
    limit: int,
    stays_home: bool = False,
) -> list[Suggestion]:
    """Return ideas that fit the slot; only those for home, while the children sleep, where they have to stay there."""
    past = await dates.past_ideas(tx, couple_id=couple.id, since=now - REMEMBERED)
    said = await tastes.of_couple(tx, couple_id=couple.id)
    likes = {partner_id: taste_of(each, now=now) for partner_id, each in said.items()}
    sources = await sources_of(tx, couple=couple, now=now)
    occasion = Occasion(
        slot,
        zones=[each.zone for each in couple.partners],
        has=couple.has,
        concerns=frozenset().union(*(each.concerns for each in likes.values())),
        children_asleep=stays_home or find_cover(slot, place=Place.HOME, sources=sources) is Cover.ASLEEP,
    )
    return deal(
        house.library.ideas.values(),
        occasion=occasion,
        tastes=likes,
        past=past,
        seed=couple.id,
        now=now,
        count=limit,
    )


def _rank_covered(
    gaps: Sequence[Interval],
    *,
    rank: Callable[..., list[Slot]],
    shortest: timedelta,
    place: Place,
    sources: Sources,
    limit: int,
) -> list[Slot]:
    """Return what of the gaps is covered, best first, and after that those for which a helper would be asked."""
    if not gaps or not sources.plan.children:
        return rank(gaps, limit=limit)
    covered = covered_times(Interval(gaps[0].start, gaps[-1].end), place=place, sources=sources)
    minded = [each for each in intersect(gaps, covered) if each.length >= shortest]
    slots = [with_cover(each, place=place, sources=sources) for each in rank(minded, limit=limit)]
    if sources.can_ask and len(slots) < limit:
        others = rank([gap for gap in gaps if gap not in minded], limit=2 * MOST_SLOTS)
        told = [with_cover(each, place=place, sources=sources) for each in others]
        slots += [each for each in told if each.cover is Cover.TO_ASK]
    return slots[:limit]


def with_cover(slot: Slot, *, place: Place, sources: Sources) -> Slot:
    """Return the slot with what covers it; one that nothing does is there because a helper can be asked."""
    return replace(slot, cover=find_cover(slot.time, place=place, sources=sources) or Cover.TO_ASK)


async def my_busy(house: House, *, partner: Partner, during: Interval) -> busy.Heap:
    """Return the partner's own busy and soft time, each merged and clipped to `during`."""
    async with house.database.read() as tx:
        heap = await busy.of_partner(tx, partner_id=partner.id, within=[during])
    return busy.Heap(
        busy=tuple(clip(merge(heap.busy), to=during)),
        soft=tuple(clip(merge(heap.soft), to=during)),
    )


def _check_wish(shortest: timedelta | None, *, limit: int) -> None:
    if shortest is not None and shortest <= timedelta(0):
        raise EmptyWindow("A slot lasts at least a minute.")
    if not 1 <= limit <= MOST_SLOTS:
        raise Invalid(f"Ask for 1 to {MOST_SLOTS} slots.")


def check_ahead(time: Interval, *, now: datetime) -> None:
    """Raise `Invalid` for time that is over, or so far ahead that calendars may not be read up to there yet."""
    if time.end <= now:
        raise Invalid("Time together lies in the future.")
    if time.end > now + HORIZON:
        raise Invalid(f"Time together is planned up to {HORIZON.days} days ahead.")


def soonest(now: datetime) -> datetime:
    """Return the next quarter of an hour that leaves time to say yes."""
    return next_quarter(now + NOTICE)


def with_neighbors(time: Interval) -> Interval:
    """Return that time with the days around it, on which dates make an evening the third in a row."""
    return Interval(time.start - AROUND, time.end + AROUND)


async def couple_of_two(tx: Tx, *, couple_id: str) -> Couple:
    """Return the couple; raises `PartnerNotJoined` while it is one person: nothing is computed about two before."""
    couple = await couples.find(tx, couple_id=couple_id)
    if len(couple.partners) < 2:  # noqa: PLR2004 - a couple
        raise PartnerNotJoined
    return couple


def known_until(couple: Couple, *, kept: Sequence[Calendar], now: datetime) -> datetime | None:
    """Return up to when it is known what stands in both partners' calendars; None where it is not known at all."""
    ends = [
        known_of_one(each, kept=[own for own in kept if own.partner_id == each.id], now=now) for each in couple.partners
    ]
    return None if None in ends else min(end for end in ends if end is not None)


def known_of_one(partner: Partner, *, kept: Iterable[Calendar], now: datetime) -> datetime | None:
    """Return the same of one partner, whose calendars are `kept`: without any that counts, unless they keep none."""
    counting = [each for each in kept if each.role is Role.BUSY]
    if not counting and partner.keeps_calendar:
        return None
    return calendars.known_until(counting, now=now)


def check_hours(time: Interval, *, couple: Couple) -> None:
    """Raise `OutsideHours` for time that is not in the hours the two keep for each other, on both clocks."""
    hours = shared_hours(couple.windows, zones=[each.zone for each in couple.partners], during=time)
    if hours != [time]:
        raise OutsideHours


async def is_free(tx: Tx, *, couple: Couple, time: Interval, but: str | None = None) -> bool:
    """Return whether both are free at that time, apart from the couple's date with the id `but`."""
    heap = (await heaps.of_both(tx, couple=couple)).within([time])
    taken = await dates.live_times(tx, couple_id=couple.id, during=time, but=but)
    return not heap.busy and not taken
