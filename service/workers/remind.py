"""
Reminders of small gestures: claim the due moments, choose, move each moment on, and leave a parcel, in one transaction.

Because the next moment is written before anything is sent, a reminder is sent once or, at worst, not at all. Moments
are taken some at a time, with a few statements for all of them, and the event loop has its turn in between.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service import ids
from service.actions.house import House
from service.actions.reminding import AHEAD, draw_next, open_cues, own_of, possible_channels, seed_of
from service.core.gestures import Gesture, Occasion, choose_gesture, read_wishes
from service.core.interval import Interval
from service.core.reminders import ANY_HOUR, cues_at, first_welcome, is_welcome, soon
from service.store import gestures, outbox, reminders
from service.store.engine import Tx
from service.store.gestures import Schedule
from service.store.outbox import Kind, Parcel
from service.store.reminders import Home

AT_ONCE = 200
_IN_A_ROW = 20  # planned before the event loop has its turn
_NEXT_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a schedule whose moment has come: where it moves, and the gesture to be reminded of, if any."""

    schedule: Schedule
    gesture_id: str | None = None


async def remind(house: House) -> int:
    """Remind everybody whom it is time for; return how many moments were due."""
    count, some = 0, AT_ONCE
    while some == AT_ONCE:
        async with house.database.write() as tx:
            some = await _remind_some(tx, house=house, now=house.now())
        count += some
    return count


async def _remind_some(tx: Tx, *, house: House, now: datetime) -> int:
    due = await gestures.due(tx, now=now, limit=AT_ONCE)
    if not due:
        return 0
    homes = await reminders.homes_of(
        tx, partner_ids=[each.partner_id for each in due], during=Interval(now, now + AHEAD)
    )
    outcomes: list[Outcome] = []
    for number, schedule in enumerate(due, start=1):
        outcomes.append(plan(schedule, home=homes[schedule.partner_id], catalog=house.library.gestures, now=now))
        if number % _IN_A_ROW == 0:
            await asyncio.sleep(0)
    suggested = {each.schedule.partner_id: each.gesture_id for each in outcomes if each.gesture_id is not None}
    await reminders.move_on(tx, [each.schedule for each in outcomes])
    await reminders.mark_suggested(tx, suggested, now=now)
    await outbox.post(
        tx,
        [
            Parcel(ids.new_id(), partner_id, Kind.GESTURE, created_at=now, detail=gesture_id)
            for partner_id, gesture_id in suggested.items()
        ],
    )
    return len(due)


def plan(schedule: Schedule, *, home: Home, catalog: Mapping[str, Gesture], now: datetime) -> Outcome:
    """Decide about one moment that has come: a gesture that was put off first, unless it was refused since."""
    put_off = catalog.get(schedule.later_gesture_id or "")
    if put_off is None or put_off.id in home.marks.never:
        return _plan_any(replace(schedule, later_gesture_id=None), home=home, catalog=catalog, now=now)
    own, named = own_of(schedule, home=home), schedule.later_named
    welcome = is_welcome(now, own=own, cues=ANY_HOUR if named else {put_off.cue})
    if welcome and (named or put_off.channel in possible_channels(schedule, home=home, now=now)):
        return _remind_of(put_off, schedule, home=home, catalog=catalog, now=now)
    since = now + _NEXT_HOUR if welcome else now
    again = (
        first_welcome(since, own=own) if named else soon(since, own=own, cue=put_off.cue, seed=seed_of(home.partner))
    )
    if again is None:
        return _plan_any(replace(schedule, later_gesture_id=None), home=home, catalog=catalog, now=now)
    return Outcome(replace(schedule, next_due_at=again))


def _plan_any(schedule: Schedule, *, home: Home, catalog: Mapping[str, Gesture], now: datetime) -> Outcome:
    cues = open_cues(schedule, marks=home.marks, gestures=catalog)
    if not cues or not is_welcome(now, own=own_of(schedule, home=home), cues=cues):
        return Outcome(replace(schedule, next_due_at=draw_next(schedule, home=home, gestures=catalog, since=now)))
    chosen = _choose(schedule, home=home, catalog=catalog, now=now)
    if chosen is None:  # nothing suits just now: the moment is not used up, and drawn again from later on
        since = now + _NEXT_HOUR
        return Outcome(replace(schedule, next_due_at=draw_next(schedule, home=home, gestures=catalog, since=since)))
    return _remind_of(chosen, schedule, home=home, catalog=catalog, now=now)


def _choose(schedule: Schedule, *, home: Home, catalog: Mapping[str, Gesture], now: datetime) -> Gesture | None:
    seed = seed_of(home.partner)
    occasion = Occasion(
        now,
        channels=possible_channels(schedule, home=home, now=now),
        cues=cues_at(now, zone=home.partner.zone),
        never=home.marks.never,
        latest=home.marks.latest,
        wished=read_wishes(home.likes, gestures=catalog.values(), now=now, seed=seed),
    )
    return choose_gesture(catalog.values(), occasion=occasion, seed=seed)


def _remind_of(
    gesture: Gesture, schedule: Schedule, *, home: Home, catalog: Mapping[str, Gesture], now: datetime
) -> Outcome:
    moved = replace(schedule, last_at=now, later_gesture_id=None, later_named=False)
    moved = replace(moved, next_due_at=draw_next(moved, home=home, gestures=catalog, since=now))
    return Outcome(moved, gesture.id)
