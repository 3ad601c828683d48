"""
Reminders of small gestures: claim the due moments, choose, move each moment on, and leave a parcel, in one transaction.

Because the next moment is written before anything is sent, a reminder is sent once or, at worst, not at all.
"""

from dataclasses import replace
from datetime import datetime

from service import ids
from service.actions.gestures import as_wishes, busy_ahead
from service.actions.house import House
from service.core.gestures import Wishes, choose_gesture, is_welcome, next_due
from service.core.interval import Interval
from service.store import couples, gestures, outbox
from service.store.engine import Tx
from service.store.gestures import Schedule
from service.store.outbox import Kind, Parcel

AT_ONCE = 100


async def remind(house: House) -> int:
    """Remind whom it is time for; return how many moments were due."""
    now = house.now()
    async with house.database.write() as tx:
        due = await gestures.due(tx, now=now, limit=AT_ONCE)
        for schedule in due:
            await _remind(tx, schedule, house=house, now=now)
    return len(due)


async def _remind(tx: Tx, schedule: Schedule, *, house: House, now: datetime) -> None:
    partner = await couples.find_partner(tx, partner_id=schedule.partner_id)
    wishes = as_wishes(schedule, partner=partner)
    avoid = await busy_ahead(tx, partner=partner, now=now)
    moved = schedule
    if is_welcome(now, wishes=wishes, avoid=avoid):
        gesture_id = await _choose(tx, schedule, house=house, now=now)
        moved = replace(schedule, last_at=now, later_gesture_id=None)
        if gesture_id is not None:
            await gestures.mark(tx, partner_id=partner.id, gesture_id=gesture_id, latest_at=now)
            await outbox.post(tx, [Parcel(ids.new_id(), partner.id, Kind.GESTURE, created_at=now, detail=gesture_id)])
    await gestures.save(tx, replace(moved, next_due_at=_next(moved, wishes=wishes, avoid=avoid, now=now)))


async def _choose(tx: Tx, schedule: Schedule, *, house: House, now: datetime) -> str | None:
    """Return the gesture that was put off, unless it was refused since, or else one that fits."""
    marks = await gestures.marks(tx, partner_id=schedule.partner_id)
    if schedule.later_gesture_id is not None and schedule.later_gesture_id not in marks.never:
        return schedule.later_gesture_id
    chosen = choose_gesture(
        house.library.gestures.values(),
        channels=schedule.channels,
        never=marks.never,
        latest=marks.latest,
        now=now,
        seed=schedule.partner_id,
    )
    return chosen.id if chosen else None


def _next(schedule: Schedule, *, wishes: Wishes, avoid: list[Interval], now: datetime) -> datetime | None:
    return next_due(now, last=schedule.last_at, wishes=wishes, avoid=avoid, seed=schedule.partner_id)
