"""The invitations by which people come in: each works once, and only its digest is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select

from service.core.errors import NotFound
from service.store.engine import Tx
from service.store.tables import invitations


@dataclass(frozen=True, slots=True)
class Invitation:
    """A way in, once: as a new couple's first, as `couple_id`'s second, or as the partner one already is."""

    id: str
    address: str
    couple_id: str | None
    partner_id: str | None
    expires_at: datetime


async def add(tx: Tx, invitation: Invitation, *, secret_digest: bytes, now: datetime) -> None:
    await tx.execute(
        insert(invitations).values(
            id=invitation.id,
            couple_id=invitation.couple_id,
            partner_id=invitation.partner_id,
            address=invitation.address,
            secret_digest=secret_digest,
            expires_at=invitation.expires_at,
            created_at=now,
        )
    )


async def open_of(tx: Tx, *, couple_id: str, now: datetime) -> list[Invitation]:
    """Return the couple's invitations that can still be taken, oldest first; sign-in links are not among them."""
    rows = await tx.execute(
        select(invitations)
        .where(
            invitations.c.couple_id == couple_id,
            invitations.c.partner_id.is_(None),
            invitations.c.expires_at > now,
        )
        .order_by(invitations.c.created_at, invitations.c.id)
    )
    return [_invitation(row) for row in rows]


async def find(tx: Tx, *, secret_digest: bytes, now: datetime) -> Invitation:
    """Return the invitation that secret opens; raises `NotFound` where it is used, withdrawn or too old."""
    found = await tx.execute(
        select(invitations).where(invitations.c.secret_digest == secret_digest, invitations.c.expires_at > now)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return _invitation(row)


async def use(tx: Tx, *, secret_digest: bytes, now: datetime) -> None:
    """Take the invitation away, so that it works once; raises `NotFound` where another was quicker."""
    done = await tx.execute(
        delete(invitations).where(invitations.c.secret_digest == secret_digest, invitations.c.expires_at > now)
    )
    if done.rowcount == 0:
        raise NotFound


async def withdraw(tx: Tx, *, couple_id: str, invitation_id: str) -> None:
    done = await tx.execute(
        delete(invitations).where(
            invitations.c.couple_id == couple_id,
            invitations.c.id == invitation_id,
            invitations.c.partner_id.is_(None),  # a link by which one of them signs in is not the couple's
        )
    )
    if done.rowcount == 0:
        raise NotFound


async def forget_expired(tx: Tx, *, now: datetime) -> None:
    await tx.execute(delete(invitations).where(invitations.c.expires_at <= now))


def _invitation(row: Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        address=row.address,
        couple_id=row.couple_id,
        partner_id=row.partner_id,
        expires_at=row.expires_at,
    )
