"""How each partner wants to be reminded of small gestures, and what they said to each: their own, never the other's."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.core.errors import VersionConflict
from service.core.gestures import CHANNELS
from service.store.engine import Tx
from service.store.tables import gesture_marks, gesture_wishes


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    One partner's wishes and their next moment; `quiet` is wall time such as ``22:00-07:00``.

    `later_gesture_id` is the gesture they put off, which comes first at the next moment. Off until switched on.
    """

    partner_id: str
    per_week: int = 0
    channels: frozenset[str] = frozenset(CHANNELS)
    quiet: str | None = "21:30-07:30"
    later_gesture_id: str | None = None
    version: int = 0
    last_at: datetime | None = None
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What a partner said: `never` are ids not wanted again, `latest` when each was last suggested or done."""

    never: frozenset[str] = frozenset()
    latest: Mapping[str, datetime] = field(default_factory=dict)


async def find(tx: Tx, *, partner_id: str) -> Schedule:
    """Return the partner's schedule; one that was never switched on is off, with version 0."""
    found = await tx.execute(select(gesture_wishes).where(gesture_wishes.c.partner_id == partner_id))
    row = found.one_or_none()
    return Schedule(partner_id) if row is None else _schedule(row)


async def save(tx: Tx, schedule: Schedule) -> Schedule:
    """Write a schedule, if nobody wrote since it was read; raises `VersionConflict`."""
    values = {
        "per_week": schedule.per_week,
        "channels": sorted(schedule.channels),
        "quiet": schedule.quiet,
        "later_gesture_id": schedule.later_gesture_id,
        "last_at": schedule.last_at,
        "next_due_at": schedule.next_due_at,
        "version": schedule.version + 1,
    }
    if schedule.version == 0:
        try:
            await tx.execute(insert(gesture_wishes).values(partner_id=schedule.partner_id, **values))
        except IntegrityError:  # a first wish arrived at the same time
            raise VersionConflict from None
    else:
        done = await tx.execute(
            update(gesture_wishes)
            .where(gesture_wishes.c.partner_id == schedule.partner_id, gesture_wishes.c.version == schedule.version)
            .values(**values)
        )
        if done.rowcount == 0:
            raise VersionConflict
    return replace(schedule, version=schedule.version + 1)


async def due(tx: Tx, *, now: datetime, limit: int) -> list[Schedule]:
    """
    Take up to `limit` schedules whose moment has come, locked until the transaction ends.

    Each must be moved on in the same transaction, so that no other worker finds it due again.
    """
    rows = await tx.execute(
        select(gesture_wishes)
        .where(gesture_wishes.c.next_due_at <= now)
        .order_by(gesture_wishes.c.next_due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_schedule(row) for row in rows]


async def marks(tx: Tx, *, partner_id: str) -> Marks:
    rows = (await tx.execute(select(gesture_marks).where(gesture_marks.c.partner_id == partner_id))).all()
    return Marks(
        never=frozenset(row.gesture_id for row in rows if row.never),
        latest={row.gesture_id: row.latest_at for row in rows if row.latest_at is not None},
    )


async def mark(
    tx: Tx, *, partner_id: str, gesture_id: str, latest_at: datetime | None = None, never: bool = False
) -> None:
    """Note that the partner was reminded of a gesture or has done it (`latest_at`), or does not want it (`never`)."""
    mine = (gesture_marks.c.partner_id == partner_id, gesture_marks.c.gesture_id == gesture_id)
    changes: dict[str, Any] = {"never": True} if never else {"latest_at": latest_at}
    row = {"partner_id": partner_id, "gesture_id": gesture_id, "never": never, "latest_at": latest_at}
    try:
        async with tx.begin_nested():
            await tx.execute(insert(gesture_marks).values(row))
    except IntegrityError:  # it has a mark already
        await tx.execute(update(gesture_marks).where(*mine).values(**changes))


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        partner_id=row.partner_id,
        per_week=row.per_week,
        channels=frozenset(row.channels),
        quiet=row.quiet,
        later_gesture_id=row.later_gesture_id,
        version=row.version,
        last_at=row.last_at,
        next_due_at=row.next_due_at,
    )
