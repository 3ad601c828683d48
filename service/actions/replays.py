"""Requests that carry an Idempotency-Key: done once, answered alike for a day."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from service.actions.house import House
from service.store import idempotency
from service.store.couples import Partner
from service.store.engine import JoinedDatabase
from service.store.idempotency import Answer


@asynccontextmanager
async def in_one_piece(house: House) -> AsyncIterator[House]:
    """Yield a house in which all actions are parts of one transaction: a crash leaves all of it, or nothing."""
    async with house.database.write() as tx:
        yield replace(house, database=JoinedDatabase(tx, url=house.database.url))


async def begin(house: House, *, partner: Partner, key: str, digest: bytes, now: datetime) -> Answer | None:
    """Return the kept answer of that key, or None where its request is to be done now."""
    async with house.database.write() as tx:
        return await idempotency.begin(
            tx, partner_id=partner.id, key=key, request_digest=digest, now=now, vault=house.vault
        )


async def keep(house: House, *, partner: Partner, key: str, status: int, body: bytes) -> None:
    """Keep the answer of a request that was done."""
    async with house.database.write() as tx:
        await idempotency.finish(tx, partner_id=partner.id, key=key, status=status, body=body, vault=house.vault)


async def abandon(house: House, *, partner: Partner, key: str) -> None:
    """Forget a request that changed nothing, so that it can be sent again."""
    async with house.database.write() as tx:
        await idempotency.abandon(tx, partner_id=partner.id, key=key)
