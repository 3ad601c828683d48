"""Answers kept for a day: a request that comes twice is done once and answered alike."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.store import idempotency
from service.store.engine import Database, Tx
from service.store.idempotency import KEPT_FOR, Answer
from service.store.vault import Vault, VaultError
from tests.store.people import MINUTE, NOW, VAULT

BODY = b'{"token": "pi_shown_once"}'
REQUEST, OTHER_REQUEST = bytes(32), bytes(range(32))


async def begin(
    tx: Tx, *, partner_id: str = "a", key: str = "k", digest: bytes = REQUEST, after: timedelta = timedelta(0)
) -> Answer | None:
    return await idempotency.begin(
        tx, partner_id=partner_id, key=key, request_digest=digest, now=NOW + after, vault=VAULT
    )


async def finish(tx: Tx, *, partner_id: str = "a", body: bytes = BODY) -> None:
    await idempotency.finish(tx, partner_id=partner_id, key="k", status=201, body=body, vault=VAULT)


async def test_the_first_request_is_done_and_the_second_answered_alike(tx: Tx) -> None:
    assert await begin(tx) is None
    await finish(tx)
    assert await begin(tx) == Answer(REQUEST, 201, BODY)


async def test_an_answer_without_a_body_is_kept_too(tx: Tx) -> None:
    await begin(tx)
    await finish(tx, body=b"")
    assert await begin(tx) == Answer(REQUEST, 201, b"")


async def test_another_request_under_the_same_key_can_be_told_apart(tx: Tx) -> None:
    await begin(tx)
    await finish(tx)
    assert await begin(tx, digest=OTHER_REQUEST) == Answer(REQUEST, 201, BODY)


async def test_a_key_belongs_to_one_partner(tx: Tx) -> None:
    await begin(tx)
    await finish(tx)
    assert await begin(tx, partner_id="b") is None
    assert await begin(tx, key="other") is None


async def test_a_request_still_under_way_has_no_answer_yet(tx: Tx) -> None:
    await begin(tx)
    assert await begin(tx, after=5 * MINUTE - timedelta(seconds=1)) == Answer(REQUEST, None, b"")


async def test_a_request_that_never_came_to_an_end_may_be_sent_again_after_five_minutes(tx: Tx) -> None:
    await begin(tx)
    assert await begin(tx, after=5 * MINUTE) is None


async def test_a_request_that_came_to_nothing_may_be_sent_again_at_once(tx: Tx) -> None:
    await begin(tx)
    await idempotency.abandon(tx, partner_id="a", key="k")
    assert await begin(tx) is None


async def test_an_answer_is_kept_for_a_day(tx: Tx) -> None:
    await begin(tx)
    await finish(tx)
    assert await begin(tx, after=KEPT_FOR - MINUTE) == Answer(REQUEST, 201, BODY)
    assert await begin(tx, after=KEPT_FOR) is None


async def test_old_answers_are_forgotten_and_others_stay(tx: Tx) -> None:
    await begin(tx)
    await begin(tx, key="later", after=MINUTE)
    await idempotency.forget_old(tx, now=NOW + KEPT_FOR)
    rows = await tx.execute(text("SELECT key FROM idempotency"))
    assert [row.key for row in rows] == ["later"]


async def test_an_answer_is_sealed_for_its_partner_and_key(tx: Tx) -> None:
    await begin(tx)
    await finish(tx)
    sealed = bytes((await tx.execute(text("SELECT body FROM idempotency"))).scalar_one())
    assert b"pi_shown_once" not in sealed
    with pytest.raises(VaultError):
        VAULT.open(sealed, row="idempotency/b/k/body")
    with pytest.raises(VaultError):
        await idempotency.begin(
            tx,
            partner_id="a",
            key="k",
            request_digest=REQUEST,
            now=NOW,
            vault=Vault("00000001", {"00000001": bytes(32)}),
        )


async def test_of_twins_that_arrive_at_once_one_is_done(database: Database) -> None:
    async def arrive() -> Answer | None:
        async with database.write() as tx:
            return await begin(tx)

    answers = await asyncio.gather(*(arrive() for _ in range(5)))
    assert sorted(answers, key=repr) == [Answer(REQUEST, None, b"")] * 4 + [None]
    async with database.write() as tx:
        await finish(tx)
        assert await begin(tx) == Answer(REQUEST, 201, BODY)
