"""What of a partner's own came to lie on a date of theirs, without a word of what it is: only that they were asked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from service.store.engine import Tx
from service.store.tables import clashes


@dataclass(frozen=True, slots=True)
class Clash:
    """One partner's clash with a date: seen first at `seen_at`; `kept` is their word that it may stay so."""

    date_id: str
    partner_id: str
    seen_at: datetime
    told_at: datetime | None = None
    kept: bool = False


async def find(tx: Tx, *, partner_id: str, date_id: str) -> Clash | None:
    found = await tx.execute(select(clashes).where(clashes.c.partner_id == partner_id, clashes.c.date_id == date_id))
    row = found.one_or_none()
    return None if row is None else Clash(row.date_id, row.partner_id, row.seen_at, row.told_at, row.kept)


async def is_any(tx: Tx, *, date_id: str) -> bool:
    """Return whether either partner is being asked about that date."""
    return (
        await tx.execute(select(clashes.c.date_id).where(clashes.c.date_id == date_id).limit(1))
    ).first() is not None


async def add(tx: Tx, clash: Clash) -> None:
    await tx.execute(
        insert(clashes).values(
            date_id=clash.date_id,
            partner_id=clash.partner_id,
            seen_at=clash.seen_at,
            told_at=clash.told_at,
            kept=clash.kept,
        )
    )


async def save(tx: Tx, clash: Clash) -> None:
    await tx.execute(
        update(clashes)
        .where(clashes.c.partner_id == clash.partner_id, clashes.c.date_id == clash.date_id)
        .values(told_at=clash.told_at, kept=clash.kept)
    )


async def forget(tx: Tx, *, date_id: str, partner_id: str | None = None) -> None:
    """Forget a clash that is over, or all of a date that has another time now."""
    mine = () if partner_id is None else (clashes.c.partner_id == partner_id,)
    await tx.execute(delete(clashes).where(clashes.c.date_id == date_id, *mine))
