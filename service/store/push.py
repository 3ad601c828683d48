"""
Where a partner's reminders go besides their mail: endpoints of push services, whose addresses and keys are sealed.

An address is often all that it takes to write to somebody, so it is kept like a password, and shown to nobody again.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from service.core.errors import NotFound
from service.store.engine import Tx
from service.store.tables import push_endpoints
from service.store.vault import Vault

MOST_REFUSALS = 2
"""So often in a row, and an endpoint is left alone until it takes a test."""


class PushKind(StrEnum):
    """Which protocol an endpoint speaks."""

    WEB_PUSH = "web_push"  # RFC 8030, 8291, 8292
    NTFY = "ntfy"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way to a partner; `refusals` is how often in a row it took nothing."""

    id: str
    partner_id: str
    kind: PushKind
    refusals: int = 0

    @property
    def is_working(self) -> bool:
        return self.refusals < MOST_REFUSALS


@dataclass(frozen=True, slots=True)
class Target:
    """Where an endpoint is: `token` is sent along; `p256dh` and `auth` are a browser's keys, as it gives them out."""

    url: str
    token: str | None = None
    p256dh: str | None = None
    auth: str | None = None


async def add(tx: Tx, endpoint: Endpoint, *, target: Target, vault: Vault, now: datetime) -> None:
    sealed = vault.seal(json.dumps(asdict(target)).encode(), row=_row(endpoint.id))
    await tx.execute(
        insert(push_endpoints).values(
            id=endpoint.id,
            partner_id=endpoint.partner_id,
            kind=endpoint.kind,
            target=sealed,
            refusals=endpoint.refusals,
            created_at=now,
        )
    )


async def of_partner(tx: Tx, *, partner_id: str, vault: Vault) -> list[tuple[Endpoint, Target]]:
    """Return the partner's endpoints, the oldest first, opened."""
    rows = await tx.execute(
        select(push_endpoints)
        .where(push_endpoints.c.partner_id == partner_id)
        .order_by(push_endpoints.c.created_at, push_endpoints.c.id)
    )
    return [
        (
            Endpoint(row.id, row.partner_id, PushKind(row.kind), row.refusals),
            Target(**json.loads(vault.open(row.target, row=_row(row.id)))),
        )
        for row in rows
    ]


async def note_refusals(tx: Tx, *, partner_id: str, endpoint_id: str, refusals: int) -> None:
    await tx.execute(
        update(push_endpoints)
        .where(push_endpoints.c.partner_id == partner_id, push_endpoints.c.id == endpoint_id)
        .values(refusals=refusals)
    )


async def remove(tx: Tx, *, partner_id: str, endpoint_id: str) -> None:
    """Forget an endpoint; raises `NotFound`."""
    done = await tx.execute(
        delete(push_endpoints).where(push_endpoints.c.partner_id == partner_id, push_endpoints.c.id == endpoint_id)
    )
    if done.rowcount == 0:
        raise NotFound


def _row(endpoint_id: str) -> str:
    return f"push_endpoints/{endpoint_id}/target"
