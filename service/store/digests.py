"""Who wants a mail about the week, and when the next one is due."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from service.store.due import take
from service.store.engine import Tx
from service.store.tables import digests


@dataclass(frozen=True, slots=True)
class Digest:
    """One partner's wish: on that day of the week (Monday is 0), at that full hour of their clock."""

    partner_id: str
    day: int
    hour: int
    next_at: datetime


async def find(tx: Tx, *, partner_id: str) -> Digest | None:
    row = (await tx.execute(select(digests).where(digests.c.partner_id == partner_id))).one_or_none()
    return None if row is None else _digest(row)


async def save(tx: Tx, digest: Digest) -> None:
    """Keep the wish, in the place of an earlier one."""
    await remove(tx, partner_id=digest.partner_id)
    await tx.execute(
        insert(digests).values(partner_id=digest.partner_id, day=digest.day, hour=digest.hour, next_at=digest.next_at)
    )


async def remove(tx: Tx, *, partner_id: str) -> None:
    await tx.execute(delete(digests).where(digests.c.partner_id == partner_id))


async def due(tx: Tx, *, now: datetime, limit: int) -> list[Digest]:
    """Take up to `limit` wishes whose moment has come, as `take` does: to be moved on in the same transaction."""
    return [_digest(row) for row in await take(tx, digests.c.next_at, now=now, limit=limit)]


async def move_on(tx: Tx, *, partner_id: str, next_at: datetime) -> None:
    await tx.execute(update(digests).where(digests.c.partner_id == partner_id).values(next_at=next_at))


def _digest(row: Row[Any]) -> Digest:
    return Digest(row.partner_id, row.day, row.hour, row.next_at)
