"""Tokens: each belongs to one partner, opens the scopes it names, and is kept as a digest only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select

from service.core.errors import NotFound
from service.store.engine import Tx
from service.store.tables import tokens


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token once it was handed out."""

    id: str
    partner_id: str
    name: str
    scopes: frozenset[str]
    created_at: datetime


async def add(tx: Tx, token: Token, *, secret_digest: bytes) -> None:
    await tx.execute(
        insert(tokens).values(
            id=token.id,
            partner_id=token.partner_id,
            name=token.name,
            scopes=sorted(token.scopes),
            secret_digest=secret_digest,
            created_at=token.created_at,
        )
    )


async def find_by_secret(tx: Tx, *, secret_digest: bytes) -> Token | None:
    row = (await tx.execute(select(tokens).where(tokens.c.secret_digest == secret_digest))).one_or_none()
    return None if row is None else _token(row)


async def of_partner(tx: Tx, *, partner_id: str) -> list[Token]:
    """Return the partner's tokens, oldest first."""
    rows = await tx.execute(
        select(tokens).where(tokens.c.partner_id == partner_id).order_by(tokens.c.created_at, tokens.c.id)
    )
    return [_token(row) for row in rows]


async def revoke(tx: Tx, *, partner_id: str, token_id: str) -> None:
    done = await tx.execute(delete(tokens).where(tokens.c.partner_id == partner_id, tokens.c.id == token_id))
    if done.rowcount == 0:
        raise NotFound


def _token(row: Row[Any]) -> Token:
    return Token(row.id, row.partner_id, row.name, frozenset(row.scopes), row.created_at)
