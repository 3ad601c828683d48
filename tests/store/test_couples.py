"""Couples, partners and the ways in: each invitation works once, and nothing is overwritten unseen."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.core.away import Away
from service.core.errors import Invalid, NotFound, VersionConflict
from service.store import couples, invitations
from service.store.couples import EntryTitle
from service.store.engine import Database, Tx
from service.store.invitations import Invitation
from tests.store.people import ANNA, BEN, DAY, HOUR, MINUTE, NOW, WINDOWS

JOIN = Invitation("join", "ben@example.org", couple_id="c", partner_id=None, expires_at=NOW + 2 * DAY)
SIGN_IN = replace(JOIN, id="sign-in", partner_id="a")
SECRET, OTHER_SECRET = bytes(32), bytes(range(32))


async def test_a_couple_comes_back_as_it_was_kept(tx: Tx) -> None:
    couple = await couples.find(tx, couple_id="c")
    assert couple.windows == WINDOWS
    assert couple.shortest == 45 * MINUTE
    assert couple.partners == (ANNA, BEN)


async def test_partners_come_in_the_same_order_whoever_joined_first(tx: Tx) -> None:
    await couples.add_partner(tx, replace(ANNA, id="0", address="first@example.org"), now=NOW + DAY)
    assert [each.id for each in (await couples.find(tx, couple_id="c")).partners] == ["0", "a", "b"]


async def test_what_a_couple_agrees_on_is_kept(tx: Tx) -> None:
    couple = await couples.find(tx, couple_id="c")
    saved = await couples.save(tx, replace(couple, windows=WINDOWS[:1], shortest=20 * MINUTE))
    assert saved.version == couple.version + 1
    assert await couples.find(tx, couple_id="c") == saved


async def test_a_couple_that_changed_meanwhile_is_not_overwritten(tx: Tx) -> None:
    read = await couples.find(tx, couple_id="c")
    await couples.save(tx, read)
    with pytest.raises(VersionConflict):
        await couples.save(tx, read)


async def test_a_partner_comes_back_as_they_were_kept(tx: Tx) -> None:
    changed = replace(ANNA, name="Änne", zone=ZoneInfo("Asia/Kathmandu"), entry_title=EntryTitle.BUSY)
    changed = replace(
        changed, away=(Away(date(2026, 12, 20), date(2026, 12, 27)), Away(date(2027, 1, 1), date(2027, 1, 1)))
    )
    saved = await couples.save_partner(tx, changed)
    assert await couples.find_partner(tx, partner_id="a") == saved == replace(changed, version=2)
    assert await couples.find_partner(tx, partner_id="b") == BEN


async def test_a_partner_who_changed_meanwhile_is_not_overwritten(tx: Tx) -> None:
    await couples.save_partner(tx, ANNA)
    with pytest.raises(VersionConflict):
        await couples.save_partner(tx, ANNA)


async def test_a_partner_is_found_by_their_address(tx: Tx) -> None:
    assert await couples.find_partner_by_address(tx, address="ben@example.org") == BEN
    assert await couples.find_partner_by_address(tx, address="nobody@example.org") is None


async def test_an_address_belongs_to_one_person(database: Database) -> None:
    with pytest.raises(Invalid):
        async with database.write() as tx:
            await couples.add_partner(tx, replace(ANNA, id="e", couple_id="d"), now=NOW)


@pytest.mark.parametrize("name", ["e", ""])
async def test_who_is_not_there_is_not_found(tx: Tx, name: str) -> None:
    with pytest.raises(NotFound):
        await couples.find(tx, couple_id=name)
    with pytest.raises(NotFound):
        await couples.find_partner(tx, partner_id=name)


async def take(database: Database, *, secret: bytes, now: datetime) -> bool:
    try:
        async with database.write() as tx:
            await invitations.use(tx, secret_digest=secret, now=now)
    except NotFound:
        return False
    return True


async def test_an_invitation_works_once(database: Database) -> None:
    async with database.write() as tx:
        await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
        assert await invitations.find(tx, secret_digest=SECRET, now=NOW) == JOIN
    assert await take(database, secret=SECRET, now=NOW)
    assert not await take(database, secret=SECRET, now=NOW)
    async with database.read() as tx:
        with pytest.raises(NotFound):
            await invitations.find(tx, secret_digest=SECRET, now=NOW)


async def test_of_many_who_take_an_invitation_at_once_one_gets_it(database: Database) -> None:
    async with database.write() as tx:
        await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
    taken = await asyncio.gather(*(take(database, secret=SECRET, now=NOW) for _ in range(5)))
    assert sorted(taken) == [False] * 4 + [True]


@pytest.mark.parametrize("late", [timedelta(0), HOUR])
async def test_an_old_invitation_does_not_work(database: Database, late: timedelta) -> None:
    async with database.write() as tx:
        await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
        with pytest.raises(NotFound):
            await invitations.find(tx, secret_digest=SECRET, now=JOIN.expires_at + late)
    assert not await take(database, secret=SECRET, now=JOIN.expires_at + late)
    assert await take(database, secret=SECRET, now=JOIN.expires_at - MINUTE)


async def test_an_unknown_secret_opens_nothing(tx: Tx) -> None:
    await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
    with pytest.raises(NotFound):
        await invitations.find(tx, secret_digest=OTHER_SECRET, now=NOW)


async def test_a_couple_sees_its_open_invitations_without_the_links_to_sign_in(tx: Tx) -> None:
    await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
    await invitations.add(tx, SIGN_IN, secret_digest=OTHER_SECRET, now=NOW)
    assert await invitations.open_of(tx, couple_id="c", now=NOW) == [JOIN]
    assert await invitations.open_of(tx, couple_id="d", now=NOW) == []
    assert await invitations.open_of(tx, couple_id="c", now=JOIN.expires_at) == []


async def test_a_withdrawn_invitation_does_not_work(tx: Tx) -> None:
    await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
    await invitations.withdraw(tx, couple_id="c", invitation_id="join")
    with pytest.raises(NotFound):
        await invitations.find(tx, secret_digest=SECRET, now=NOW)


async def test_nobody_withdraws_what_is_not_an_invitation_of_their_couple(tx: Tx) -> None:
    await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
    await invitations.add(tx, SIGN_IN, secret_digest=OTHER_SECRET, now=NOW)
    for couple_id, invitation_id in (("d", "join"), ("c", "sign-in"), ("c", "nothing")):
        with pytest.raises(NotFound):
            await invitations.withdraw(tx, couple_id=couple_id, invitation_id=invitation_id)


async def test_old_invitations_are_forgotten_and_others_stay(tx: Tx) -> None:
    await invitations.add(tx, JOIN, secret_digest=SECRET, now=NOW)
    later = replace(JOIN, id="later", expires_at=JOIN.expires_at + MINUTE)
    await invitations.add(tx, later, secret_digest=OTHER_SECRET, now=NOW)
    await invitations.forget_expired(tx, now=JOIN.expires_at)
    assert await invitations.open_of(tx, couple_id="c", now=NOW) == [later]
