"""The rhythm each couple keeps, and when it is looked at again."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from service.core.errors import VersionConflict
from service.core.rhythm import Rhythm
from service.store.engine import Tx
from service.store.tables import rhythms


@dataclass(frozen=True, slots=True)
class Kept:
    """A couple's rhythm, off until one of them switches it on; `version` counts what people changed."""

    couple_id: str
    enabled: bool = False
    rhythm: Rhythm = field(default_factory=Rhythm)
    version: int = 0
    next_at: datetime | None = None


async def find(tx: Tx, *, couple_id: str) -> Kept:
    """Return the couple's rhythm; one that nobody spoke of has version 0."""
    row = (await tx.execute(select(rhythms).where(rhythms.c.couple_id == couple_id))).one_or_none()
    if row is None:
        return Kept(couple_id)
    rhythm = Rhythm(row.about_days, least_days=row.least_days, most_days=row.most_days)
    return Kept(couple_id, enabled=row.enabled, rhythm=rhythm, version=row.version, next_at=row.next_at)


async def save(tx: Tx, kept: Kept) -> Kept:
    """Write what the two want, if nobody wrote since it was read; raises `VersionConflict`."""
    values = {
        "enabled": kept.enabled,
        "about_days": kept.rhythm.about_days,
        "least_days": kept.rhythm.least_days,
        "most_days": kept.rhythm.most_days,
        "version": kept.version + 1,
        "next_at": kept.next_at,
    }
    if kept.version == 0:
        try:
            await tx.execute(insert(rhythms).values(couple_id=kept.couple_id, **values))
        except IntegrityError:  # the other was quicker
            raise VersionConflict from None
    else:
        mine = (rhythms.c.couple_id == kept.couple_id, rhythms.c.version == kept.version)
        if (await tx.execute(update(rhythms).where(*mine).values(**values))).rowcount == 0:
            raise VersionConflict
    return replace(kept, version=kept.version + 1)


async def wake(tx: Tx, *, couple_id: str, at: datetime) -> None:
    """Let the couple's rhythm be looked at by `at`, where they keep one."""
    later = or_(rhythms.c.next_at.is_(None), rhythms.c.next_at > at)
    await tx.execute(
        update(rhythms).where(rhythms.c.couple_id == couple_id, rhythms.c.enabled, later).values(next_at=at)
    )


async def settle(tx: Tx, kept: Kept, *, next_at: datetime) -> None:
    """Write when to look again, unless somebody woke it since `kept` was read: then that stands."""
    seen = rhythms.c.next_at.is_(None) if kept.next_at is None else rhythms.c.next_at == kept.next_at
    await tx.execute(update(rhythms).where(rhythms.c.couple_id == kept.couple_id, seen).values(next_at=next_at))


async def claim(tx: Tx, *, now: datetime, lease: timedelta, limit: int) -> list[str]:
    """
    Take up to `limit` couples whose rhythm is due, and let it be due again after `lease`.

    So a worker that dies leaves it to the next one; whoever is done with it settles when that is instead.
    """
    due = and_(rhythms.c.enabled, rhythms.c.next_at <= now)
    first = select(rhythms.c.couple_id).where(due).order_by(rhythms.c.next_at).limit(limit)
    chosen = first.with_for_update(skip_locked=True).cte("chosen")  # runs once, where a subquery may run once a row
    rows = await tx.execute(
        update(rhythms)
        # said again here, which is all that PostgreSQL looks at once it has waited for a row
        .where(due, rhythms.c.couple_id.in_(select(chosen.c.couple_id)))
        .values(next_at=now + lease)
        .returning(rhythms.c.couple_id)
    )
    return sorted(row.couple_id for row in rows)
