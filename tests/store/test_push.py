"""Endpoints of push services, kept sealed and for their owner alone."""

import pytest
from sqlalchemy import text

from service.core.errors import NotFound
from service.store import push
from service.store.engine import Tx
from service.store.push import Endpoint, PushKind, Target
from service.store.vault import VaultError
from tests.store.people import MINUTE, NOW, VAULT

PHONE = Endpoint("e1", "a", PushKind.WEB_PUSH)
BROWSER = Target("https://push.example.org/xyzzy", p256dh="a key", auth="a secret")
TOPIC = Target("https://ntfy.example.org/plugh", token="a token")


async def test_endpoints_come_back_as_they_were_kept_the_oldest_first(tx: Tx) -> None:
    await push.add(tx, Endpoint("e0", "a", PushKind.NTFY), target=TOPIC, vault=VAULT, now=NOW + MINUTE)
    await push.add(tx, PHONE, target=BROWSER, vault=VAULT, now=NOW)
    kept = await push.of_partner(tx, partner_id="a", vault=VAULT)
    assert kept == [(PHONE, BROWSER), (Endpoint("e0", "a", PushKind.NTFY), TOPIC)]
    assert await push.of_partner(tx, partner_id="b", vault=VAULT) == []


async def test_no_address_or_key_stands_in_the_row_in_clear_and_none_opens_in_another(tx: Tx) -> None:
    await push.add(tx, PHONE, target=BROWSER, vault=VAULT, now=NOW)
    [row] = (await tx.execute(text("SELECT target FROM push_endpoints"))).all()
    assert not any(word in bytes(row.target) for word in (b"xyzzy", b"a key", b"a secret"))
    await tx.execute(text("UPDATE push_endpoints SET id = 'e2'"))
    with pytest.raises(VaultError):
        await push.of_partner(tx, partner_id="a", vault=VAULT)


async def test_an_endpoint_that_took_nothing_twice_in_a_row_does_not_work(tx: Tx) -> None:
    await push.add(tx, PHONE, target=BROWSER, vault=VAULT, now=NOW)
    works = []
    for refusals in (1, 2, 0):
        await push.note_refusals(tx, partner_id="b", endpoint_id="e1", refusals=2)
        await push.note_refusals(tx, partner_id="a", endpoint_id="e1", refusals=refusals)
        [(endpoint, _)] = await push.of_partner(tx, partner_id="a", vault=VAULT)
        works.append(endpoint.is_working)
    assert works == [True, False, True]


async def test_only_its_owner_removes_an_endpoint(tx: Tx) -> None:
    await push.add(tx, PHONE, target=BROWSER, vault=VAULT, now=NOW)
    with pytest.raises(NotFound):
        await push.remove(tx, partner_id="b", endpoint_id="e1")
    await push.remove(tx, partner_id="a", endpoint_id="e1")
    assert await push.of_partner(tx, partner_id="a", vault=VAULT) == []
