"""Consents under way: who asked at which provider, until the browser comes back with the state that only it knows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, insert, select

from service.core.errors import NotFound
from service.store.engine import Tx
from service.store.tables import consents
from service.store.vault import Vault


@dataclass(frozen=True, slots=True, repr=False)
class Consent:
    """One authorization request; `verifier` is the secret of its PKCE (RFC 7636), never shown, so without a repr."""

    id: str
    partner_id: str
    provider: str
    verifier: str
    expires_at: datetime


async def add(tx: Tx, consent: Consent, *, state_digest: bytes, vault: Vault) -> None:
    await tx.execute(
        insert(consents).values(
            id=consent.id,
            partner_id=consent.partner_id,
            provider=consent.provider,
            state_digest=state_digest,
            verifier=vault.seal(consent.verifier.encode(), row=_row_name(consent.id)),
            expires_at=consent.expires_at,
        )
    )


async def find(tx: Tx, *, state_digest: bytes, provider: str, now: datetime, vault: Vault) -> Consent:
    """Return the consent that state belongs to; raises `NotFound` where it is used, of another provider, or too old."""
    found = await tx.execute(select(consents).where(_open(state_digest, provider=provider, now=now)))
    return _consent(found.one_or_none(), vault=vault)


async def use(tx: Tx, *, state_digest: bytes, provider: str, now: datetime, vault: Vault) -> Consent:
    """Take the consent away, so that its state works once; raises `NotFound` as `find` does."""
    mine = _open(state_digest, provider=provider, now=now)
    done = await tx.execute(delete(consents).where(mine).returning(*consents.c))
    return _consent(done.one_or_none(), vault=vault)


async def forget_old(tx: Tx, *, now: datetime) -> None:
    await tx.execute(delete(consents).where(consents.c.expires_at <= now))


def _open(state_digest: bytes, *, provider: str, now: datetime) -> ColumnElement[bool]:
    return and_(consents.c.state_digest == state_digest, consents.c.provider == provider, consents.c.expires_at > now)


def _consent(row: Row[Any] | None, *, vault: Vault) -> Consent:
    if row is None:
        raise NotFound
    verifier = vault.open(row.verifier, row=_row_name(row.id)).decode()
    return Consent(row.id, row.partner_id, row.provider, verifier, row.expires_at)


def _row_name(consent_id: str) -> str:
    return f"consents/{consent_id}/verifier"
