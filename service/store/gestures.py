"""How each partner wants to be reminded of small gestures, and what they said to each: their own, never the other's."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.core.errors import VersionConflict
from service.core.gestures import CHANNELS
from service.store.due import take
from service.store.engine import Tx
from service.store.tables import gesture_likes, gesture_marks, gesture_wishes


class Delivery(StrEnum):
    """How reminders reach a partner."""

    MAIL = "mail"
    PUSH = "push"  # to every endpoint of theirs, and by mail where none takes it


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    One partner's wishes and their next moment; `quiet` is wall time such as ``22:00-07:00``.

    `later_gesture_id` is the gesture they put off, which comes first at the next moment; `later_named` says that they
    named that moment themself. Off until switched on.
    """

    partner_id: str
    per_week: int = 0
    channels: frozenset[str] = frozenset(CHANNELS)
    quiet: str | None = "21:30-07:30"
    delivery: Delivery = Delivery.MAIL
    later_gesture_id: str | None = None
    later_named: bool = False
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
        "delivery": schedule.delivery,
        **moving(schedule),
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
    """Take up to `limit` schedules whose moment has come, as `take` does: to be moved on in the same transaction."""
    return [_schedule(row) for row in await take(tx, gesture_wishes.c.next_due_at, now=now, limit=limit)]


def moving(schedule: Schedule) -> dict[str, Any]:
    """Return the values of a schedule that a reminder changes."""
    return {
        "later_gesture_id": schedule.later_gesture_id,
        "later_named": schedule.later_named,
        "last_at": schedule.last_at,
        "next_due_at": schedule.next_due_at,
        "version": schedule.version + 1,
    }


async def marks(tx: Tx, *, partner_id: str) -> Marks:
    rows = await tx.execute(select(gesture_marks).where(gesture_marks.c.partner_id == partner_id))
    return as_marks(rows.all())


def as_marks(rows: Iterable[Row[Any]]) -> Marks:
    """Return the marks that one partner's rows are."""
    said = [(row.gesture_id, row.never, row.latest_at) for row in rows]
    return Marks(
        never=frozenset(gesture_id for gesture_id, never, _ in said if never),
        latest={gesture_id: latest for gesture_id, _, latest in said if latest is not None},
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


async def likes(tx: Tx, *, partner_id: str) -> frozenset[str]:
    """Return what the partner enjoys: ids and kinds of gestures."""
    row = (await tx.execute(select(gesture_likes).where(gesture_likes.c.partner_id == partner_id))).one_or_none()
    return frozenset(row.subjects) if row is not None else frozenset()


async def save_likes(tx: Tx, subjects: Collection[str], *, partner_id: str) -> None:
    await tx.execute(delete(gesture_likes).where(gesture_likes.c.partner_id == partner_id))
    if subjects:
        await tx.execute(insert(gesture_likes).values(partner_id=partner_id, subjects=sorted(subjects)))


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(
        partner_id=row.partner_id,
        per_week=row.per_week,
        channels=frozenset(row.channels),
        quiet=row.quiet,
        delivery=Delivery(row.delivery),
        later_gesture_id=row.later_gesture_id,
        later_named=row.later_named,
        version=row.version,
        last_at=row.last_at,
        next_due_at=row.next_due_at,
    )
