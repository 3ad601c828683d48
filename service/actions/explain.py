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
from service.core.cover import Place, coverable
from service.core.errors import Invalid
from service.core.hours import shared_hours, to_utc
from service.core.interval import Interval, intersect
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
    days = _days_to_search(day, zone=partner.zone, now=now)
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
    by_day = _group(hours, zone=partner.zone)
    asked = by_day.pop(day, ())
    why = explain(asked, mine=mine, other=theirs, shortest=shortest)
    soft = [time for heap in read if heap is not None for time in heap.soft]
    slots = rank_slots(
        why.room, zones=zones, soft=soft, now=now, dates=taken, length=shortest, limit=plan.DEFAULT_SLOTS
    )
    return Answer(
        couple=couple,
        hours=asked,
        slots=tuple(plan.with_cover(each, place=Place.HOME, sources=sources) for each in slots),
        why=why,
        nearest=() if why.room else find_nearest(tuple(by_day.values()), mine=mine, other=theirs, shortest=shortest),
        covered=day in _group(minded, zone=partner.zone) or day not in _group(kept, zone=partner.zone),
    )


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
