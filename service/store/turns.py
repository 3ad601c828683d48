"""Whose turn it is to be read: calendars are claimed for a while, and given back with how it went."""

from datetime import datetime, timedelta

from sqlalchemy import and_, case, or_, select, update

from service.store.calendars import Calendar, as_calendar
from service.store.engine import Tx
from service.store.tables import calendars


async def claim(tx: Tx, *, owner: str, now: datetime, lease: timedelta, limit: int) -> list[Calendar]:
    """Take up to `limit` calendars that are due for a sync and hide them from other workers for `lease`."""
    due = and_(
        calendars.c.next_sync_at <= now,
        or_(calendars.c.leased_until.is_(None), calendars.c.leased_until <= now),
    )
    first = select(calendars.c.id).where(due).order_by(calendars.c.next_sync_at).limit(limit)
    chosen = first.with_for_update(skip_locked=True).cte("chosen")  # a CTE runs once, a subquery maybe once a row
    rows = await tx.execute(
        update(calendars)
        .where(due, calendars.c.id.in_(select(chosen.c.id)))
        .values(owner=owner, leased_until=now + lease)
        .returning(calendars)
    )
    return [as_calendar(row) for row in rows]


async def release(tx: Tx, *, owner: str) -> None:
    """Give back every lease of a worker that ends."""
    await tx.execute(update(calendars).where(calendars.c.owner == owner).values(owner=None, leased_until=None))


async def holds(tx: Tx, *, partner_id: str, calendar_id: str, owner: str) -> bool:
    """Return whether that worker still holds the calendar, and keep it so until the transaction ends."""
    found = await tx.execute(
        select(calendars.c.id)
        .where(calendars.c.partner_id == partner_id, calendars.c.id == calendar_id, calendars.c.owner == owner)
        .with_for_update()
    )
    return found.one_or_none() is not None


async def record_layout(tx: Tx, laid: Calendar, *, owner: str) -> bool:
    """Write the edition and the horizon its objects were laid out in; False where the lease was lost."""
    done = await tx.execute(
        update(calendars)
        .where(calendars.c.id == laid.id, calendars.c.partner_id == laid.partner_id, calendars.c.owner == owner)
        .values(read_edition=laid.read_edition, horizon_end=laid.horizon_end, unreadable=laid.unreadable)
    )
    return done.rowcount == 1


async def record_sync(tx: Tx, synced: Calendar, *, owner: str, due_at: datetime | None) -> bool:
    """
    Write how a sync went and give the lease back; False, and nothing written, where the lease was lost.

    `due_at` is when it was due as it was claimed: what was asked for while it ran stays due.
    """
    return await _give_back(
        tx,
        synced,
        owner=owner,
        due_at=due_at,
        sync_token=synced.sync_token,
        read_edition=synced.read_edition,
        unreadable=synced.unreadable,
        synced_at=synced.synced_at,
        horizon_end=synced.horizon_end,
    )


async def record_failure(tx: Tx, failed: Calendar, *, owner: str, due_at: datetime | None) -> bool:
    """Write that a sync failed, and nothing else, and give the lease back; False where it was lost."""
    return await _give_back(tx, failed, owner=owner, due_at=due_at)


async def _give_back(tx: Tx, calendar: Calendar, *, owner: str, due_at: datetime | None, **values: object) -> bool:
    meanwhile = or_(calendars.c.edition > calendar.edition, calendars.c.next_sync_at != due_at)
    done = await tx.execute(
        update(calendars)
        .where(calendars.c.id == calendar.id, calendars.c.partner_id == calendar.partner_id, calendars.c.owner == owner)
        .values(
            problem=calendar.problem,
            attempts=calendar.attempts,
            next_sync_at=case((meanwhile, calendars.c.next_sync_at), else_=calendar.next_sync_at),
            owner=None,
            leased_until=None,
            **values,
        )
    )
    return done.rowcount == 1
