"""Consents: found by their state alone, used once, in time, at their own provider."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from service.core.errors import NotFound
from service.store import consents, tables
from service.store.consents import Consent
from service.store.engine import Tx
from tests.store.people import MINUTE, NOW, VAULT

STATE, OTHER_STATE = bytes(32), bytes(range(32))
CONSENT = Consent("c1", "a", "google", "planted-verifier", NOW + 10 * MINUTE)


async def add(tx: Tx, consent: Consent = CONSENT, *, state: bytes = STATE) -> None:
    await consents.add(tx, consent, state_digest=state, vault=VAULT)


async def test_a_consent_is_found_by_its_state_as_often_as_one_looks(tx: Tx) -> None:
    await add(tx)
    for _ in range(2):
        assert await consents.find(tx, state_digest=STATE, provider="google", now=NOW, vault=VAULT) == CONSENT


async def test_a_consent_is_used_once(tx: Tx) -> None:
    await add(tx)
    await add(tx, replace(CONSENT, id="c2"), state=OTHER_STATE)
    assert await consents.use(tx, state_digest=STATE, provider="google", now=NOW, vault=VAULT) == CONSENT
    for ask in (consents.use, consents.find):
        with pytest.raises(NotFound):
            await ask(tx, state_digest=STATE, provider="google", now=NOW, vault=VAULT)
    assert (await consents.use(tx, state_digest=OTHER_STATE, provider="google", now=NOW, vault=VAULT)).id == "c2"


@pytest.mark.parametrize(
    ("state", "provider", "late"), [(OTHER_STATE, "google", 0), (STATE, "outlook", 0), (STATE, "google", 10)]
)
async def test_another_state_or_provider_or_time_opens_nothing(tx: Tx, state: bytes, provider: str, late: int) -> None:
    await add(tx)
    for ask in (consents.use, consents.find):
        with pytest.raises(NotFound):
            await ask(tx, state_digest=state, provider=provider, now=NOW + late * MINUTE, vault=VAULT)
    assert await consents.find(tx, state_digest=STATE, provider="google", now=NOW, vault=VAULT) == CONSENT


async def test_the_verifier_is_sealed_and_bound_to_its_row(tx: Tx) -> None:
    await add(tx)
    sealed = (await tx.execute(select(tables.consents.c.verifier))).scalar_one()
    assert CONSENT.verifier.encode() not in sealed
    assert VAULT.open(sealed, row="consents/c1/verifier") == CONSENT.verifier.encode()
    assert CONSENT.verifier not in repr(CONSENT)


async def test_what_nobody_came_back_from_is_forgotten(tx: Tx) -> None:
    await add(tx)
    await consents.forget_old(tx, now=NOW + 9 * MINUTE)
    assert await consents.find(tx, state_digest=STATE, provider="google", now=NOW, vault=VAULT) == CONSENT
    await consents.forget_old(tx, now=NOW + 10 * MINUTE)
    with pytest.raises(NotFound):
        await consents.find(tx, state_digest=STATE, provider="google", now=NOW, vault=VAULT)
