"""
Why not Thursday? One partner's own reasons, and what of theirs would have to move: reads only, no network.

A day runs from midnight to midnight on the clock of who asks. Of the partner an answer says free or unavailable, and a
calendar that cannot be relied on is unavailable. Time the two have already given to a date counts as no hours at all,
because both know of it. One's own times are told with the buffers one keeps around them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from service.actions import heaps, plan
from service.actions.cover import sources_of
from service.actions.house import House
from service.core.away import as_times
from service.core.cover import Place, Sources, coverable
from service.core.errors import Invalid
from service.core.hours import shared_hours, to_utc
from service.core.interval import Interval, intersect, touching
from service.core.room import Candidate, Explanation, explain, find_nearest
from service.core.slots import Slot, find_slots, rank_slots
from service.store import calendars, dates
from service.store.busy import Heap
from service.store.couples import Couple, Partner
from service.store.engine import Tx

SEARCHED = 60  # days from today on
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Why a day has room or has none, as `explain` tells it, and the couple that asked.

    `hours` are what is left of the hours they keep on that day, `slots` the day's room, best first; `nearest` are other
    days on which moving one thing would be enough. It is `covered` unless nobody could mind the children in any of the
    hours they keep then; hours in which nobody could are left out.
    """

    couple: Couple
    hours: tuple[Interval, ...]
    slots: tuple[Slot, ...]
    why: Explanation
    nearest: tuple[Candidate, ...]
    covered: bool


async def explain_day(house: House, *, partner: Partner, day: date, now: datetime) -> Answer:
    """Return why that day has no room, or its slots; raises `PartnerNotJoined`, `Invalid`."""
    seen = await _look(house, partner=partner, days=_days_to_search(day, zone=partner.zone, now=now), now=now)
    asked = seen.by_day.pop(day, ())
    why = explain(asked, mine=seen.mine, other=seen.theirs, shortest=seen.shortest)
    slots = rank_slots(
        why.room,
        zones=[each.zone for each in seen.couple.partners],
        soft=seen.soft,
        now=now,
        dates=seen.taken,
        length=seen.shortest,
        limit=plan.DEFAULT_SLOTS,
    )
    return Answer(
        couple=seen.couple,
        hours=asked,
        slots=tuple(plan.with_cover(each, place=Place.HOME, sources=seen.sources) for each in slots),
        why=why,
        nearest=() if why.room else seen.find_nearest(),
        covered=day not in seen.uncovered,
    )


async def find_fix(house: House, *, partner: Partner, within: timedelta, now: datetime) -> Candidate | None:
    """
    Return where moving one thing of the partner's own would make room within that time, the least to move first.

    Being away is nothing to move. None where there is no such, and where either of them is not known.
    """
    until, today = now + within, now.astimezone(partner.zone).date()
    days = [each for each in _days_to_search(today, zone=partner.zone, now=now) if each.start < until]
    found = (await _look(house, partner=partner, days=days, now=now)).find_nearest()
    away = as_times(partner.away, zone=partner.zone)
    stays = (each for each in found if not any(touching(away, time) for time in each.blockers))
    return next(stays, None)


@dataclass(frozen=True, slots=True)
class _Seen:
    """
    What one partner's question about some days is answered from; `mine` and `theirs` are None where not known.

    On `uncovered` days nobody could mind the children in any of the hours the two keep.
    """

    couple: Couple
    shortest: timedelta
    taken: Sequence[Interval]
    by_day: dict[date, tuple[Interval, ...]]
    mine: Sequence[Interval] | None
    theirs: Sequence[Interval] | None
    soft: Sequence[Interval]
    sources: Sources
    uncovered: frozenset[date]

    def find_nearest(self) -> tuple[Candidate, ...]:
        days = tuple(self.by_day.values())
        return find_nearest(days, mine=self.mine, other=self.theirs, shortest=self.shortest)


async def _look(house: House, *, partner: Partner, days: Sequence[Interval], now: datetime) -> _Seen:
    async with house.database.read() as tx:
        couple = await plan.couple_of_two(tx, couple_id=partner.couple_id)
        zones = [each.zone for each in couple.partners]
        shortest = max(couple.shortest, plan.SHORTEST)
        ahead = Interval(plan.soonest(now), days[-1].end)
        kept = intersect(shared_hours(couple.windows, zones=zones, during=ahead), days)
        taken = await dates.live_times(tx, couple_id=couple.id, during=plan.with_neighbors(ahead))
        sources = await sources_of(tx, couple=couple, now=now)
        minded = coverable(kept, place=Place.HOME, sources=sources)
        hours = find_slots(minded, busy=taken, shortest=shortest)
        other = next(each for each in couple.partners if each.id != partner.id)
        read = [await _read(tx, partner=each, hours=hours, now=now) for each in (partner, other)]
    mine, theirs = (None if heap is None else heap.busy for heap in read)
    soft = [time for heap in read if heap is not None for time in heap.soft]
    uncovered = frozenset(_group(kept, zone=partner.zone).keys() - _group(minded, zone=partner.zone).keys())
    by_day = _group(hours, zone=partner.zone)
    return _Seen(couple, shortest, taken, by_day, mine, theirs, soft, sources, uncovered)


def _days_to_search(day: date, *, zone: ZoneInfo, now: datetime) -> list[Interval]:
    """Return the days from today on, and the one that is asked for where it lies beyond; raises `Invalid`."""
    today = now.astimezone(zone).date()
    if not today <= day < today + plan.HORIZON:
        raise Invalid(f"Ask for one of the next {plan.HORIZON.days} days.")
    days = sorted({day, *(today + number * _ONE_DAY for number in range(SEARCHED))})
    return [Interval(to_utc(each, time(0), zone=zone), to_utc(each + _ONE_DAY, time(0), zone=zone)) for each in days]


def _group(hours: Sequence[Interval], *, zone: ZoneInfo) -> dict[date, tuple[Interval, ...]]:
    return {day: tuple(each) for day, each in groupby(hours, key=lambda time: time.start.astimezone(zone).date())}


async def _read(tx: Tx, *, partner: Partner, hours: Sequence[Interval], now: datetime) -> Heap | None:
    """Return the partner's own time in these hours, None where a calendar of theirs cannot be relied on."""
    kept = await calendars.of_partner(tx, partner_id=partner.id)
    until = plan.known_of_one(partner, kept=kept, now=now)
    if until is None or any(each.end > until for each in hours):
        return None
    return (await heaps.of_one(tx, partner=partner)).within(hours)
