"""Tokens: found by their secret's digest, seen and revoked by their own partner alone."""

from dataclasses import replace

import pytest

from service.core.errors import NotFound
from service.store import tokens
from service.store.engine import Database, DatabaseError, Tx
from service.store.tokens import Token
from tests.store.people import DAY, NOW

PHONE = Token("t1", "a", "phone", frozenset({"slots", "dates:read"}), NOW)
SECRET, OTHER_SECRET = bytes(32), bytes(range(32))


async def test_a_token_is_found_by_its_secret(tx: Tx) -> None:
    await tokens.add(tx, PHONE, secret_digest=SECRET)
    assert await tokens.find_by_secret(tx, secret_digest=SECRET) == PHONE
    assert await tokens.find_by_secret(tx, secret_digest=OTHER_SECRET) is None


async def test_a_partner_sees_their_own_tokens_oldest_first(tx: Tx) -> None:
    older = replace(PHONE, id="t9", created_at=NOW - DAY)
    await tokens.add(tx, PHONE, secret_digest=SECRET)
    await tokens.add(tx, older, secret_digest=OTHER_SECRET)
    assert await tokens.of_partner(tx, partner_id="a") == [older, PHONE]
    assert await tokens.of_partner(tx, partner_id="b") == []


async def test_a_revoked_token_opens_nothing(tx: Tx) -> None:
    await tokens.add(tx, PHONE, secret_digest=SECRET)
    await tokens.revoke(tx, partner_id="a", token_id="t1")
    assert await tokens.find_by_secret(tx, secret_digest=SECRET) is None


async def test_nobody_revokes_the_token_of_another(tx: Tx) -> None:
    await tokens.add(tx, PHONE, secret_digest=SECRET)
    for partner_id, token_id in (("b", "t1"), ("a", "t2")):
        with pytest.raises(NotFound):
            await tokens.revoke(tx, partner_id=partner_id, token_id=token_id)
    assert await tokens.find_by_secret(tx, secret_digest=SECRET) == PHONE


async def test_two_tokens_never_share_a_secret(database: Database) -> None:
    async with database.write() as tx:
        await tokens.add(tx, PHONE, secret_digest=SECRET)
    with pytest.raises(DatabaseError):
        async with database.write() as tx:
            await tokens.add(tx, replace(PHONE, id="t2", partner_id="b"), secret_digest=SECRET)
