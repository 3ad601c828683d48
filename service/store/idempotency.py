"""
Answers kept for a day, so that a request sent twice under one Idempotency-Key is done once.

A row without an answer is a request still under way; one that never came to an end is free again after five minutes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from service.store.engine import Tx
from service.store.tables import idempotency
from service.store.vault import Vault

KEPT_FOR = timedelta(days=1)
_UNDER_WAY_AT_MOST = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """A kept answer; `status` None is one still under way."""

    request_digest: bytes
    status: int | None
    body: bytes


async def begin(
    tx: Tx, *, partner_id: str, key: str, request_digest: bytes, now: datetime, vault: Vault
) -> Answer | None:
    """
    Return the kept answer of that key, or note that its request is under way now and return None.

    Where its twin is under way in a transaction that is still open, this waits for the end of that.
    """
    stale = or_(
        idempotency.c.created_at <= now - KEPT_FOR,
        and_(idempotency.c.status.is_(None), idempotency.c.created_at <= now - _UNDER_WAY_AT_MOST),
    )
    mine = and_(idempotency.c.partner_id == partner_id, idempotency.c.key == key)
    await tx.execute(delete(idempotency).where(mine, stale))
    fresh = insert(idempotency).values(partner_id=partner_id, key=key, request_digest=request_digest, created_at=now)
    try:
        async with tx.begin_nested():
            await tx.execute(fresh)
    except IntegrityError:
        pass
    else:
        return None
    row = (await tx.execute(select(idempotency).where(mine))).one_or_none()
    if row is None:  # its twin came to nothing a moment ago
        return Answer(request_digest, None, b"")
    body = b"" if row.body is None else vault.open(row.body, row=_row_name(partner_id, key))
    return Answer(row.request_digest, row.status, body)


async def finish(tx: Tx, *, partner_id: str, key: str, status: int, body: bytes, vault: Vault) -> None:
    """Keep the answer of a request, sealed: it may hold a token that is shown once."""
    await tx.execute(
        update(idempotency)
        .where(idempotency.c.partner_id == partner_id, idempotency.c.key == key)
        .values(status=status, body=vault.seal(body, row=_row_name(partner_id, key)))
    )


async def abandon(tx: Tx, *, partner_id: str, key: str) -> None:
    """Forget a request that came to nothing, so that it can be sent again."""
    await tx.execute(delete(idempotency).where(idempotency.c.partner_id == partner_id, idempotency.c.key == key))


async def forget_old(tx: Tx, *, now: datetime) -> None:
    await tx.execute(delete(idempotency).where(idempotency.c.created_at <= now - KEPT_FOR))


def _row_name(partner_id: str, key: str) -> str:
    return f"idempotency/{partner_id}/{key}/body"
