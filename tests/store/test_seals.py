"""What is sealed: counted by key without being read, and a sample opened."""

from dataclasses import replace

from sqlalchemy import update

from service.store import consents, outbox, seals, tables
from service.store.consents import Consent
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel
from service.store.seals import Seals
from service.store.vault import Vault
from tests.store.people import CALENDAR, DAY, NOW, VAULT, add_calendar

OTHER = Vault("00000002", {"00000002": bytes(32)})


async def seal_some(tx: Tx) -> None:
    """Seal a calendar's login, a consent under way and a link that waits to be mailed."""
    await add_calendar(tx)
    consent = Consent("consent", "a", "google", verifier="v", expires_at=NOW + DAY)
    await consents.add(tx, consent, state_digest=bytes(32), vault=VAULT)
    secret = VAULT.seal(b"link", row="outbox/join/secret")
    await outbox.post(tx, [Parcel("join", "a", Kind.JOIN, created_at=NOW, secret=secret)])
    await outbox.post(tx, [Parcel("other", "a", Kind.CALENDAR, created_at=NOW)])


async def test_nothing_sealed_is_nothing_amiss(tx: Tx) -> None:
    assert await seals.check(tx, vault=VAULT) == Seals(by_key={}, without_key=0, closed=0)


async def test_every_secret_is_counted_under_its_key_and_opens(tx: Tx) -> None:
    await seal_some(tx)
    both = Vault(OTHER.current, {**OTHER.keys, **VAULT.keys})
    found = await seals.check(tx, vault=both)
    assert (found, found.count) == (Seals(by_key={"00000001": 3}, without_key=0, closed=0), 3)


async def test_what_names_a_key_that_is_not_at_hand_is_counted(tx: Tx) -> None:
    await seal_some(tx)
    assert await seals.check(tx, vault=OTHER) == Seals(by_key={"00000001": 3}, without_key=3, closed=0)


async def test_what_the_key_of_that_name_does_not_open_is_counted(tx: Tx) -> None:
    await seal_some(tx)
    assert (await seals.check(tx, vault=Vault("00000001", {"00000001": bytes(32)}))).closed == 3


async def test_what_was_put_into_another_row_does_not_open(tx: Tx) -> None:
    await seal_some(tx)
    await add_calendar(tx, replace(CALENDAR, id="beside"))
    theirs = VAULT.seal(b"{}", row="calendars/cal/account")
    await tx.execute(update(tables.calendars).where(tables.calendars.c.id == "beside").values(account=theirs))
    assert (await seals.check(tx, vault=VAULT)).closed == 1
