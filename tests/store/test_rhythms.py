"""A couple's rhythm as it is kept, and whose turn it is: woken by whatever happens, claimed by one worker."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from service.core.errors import VersionConflict
from service.core.rhythm import Rhythm
from service.store import rhythms
from service.store.engine import Database, Tx
from service.store.rhythms import Kept
from tests.store.people import DAY, HOUR, LEASE, MINUTE, NOW

WANTED = Kept("c", enabled=True, rhythm=Rhythm(14, least_days=10, most_days=20), next_at=NOW)


async def next_at(tx: Tx, couple_id: str = "c") -> datetime | None:
    return (await rhythms.find(tx, couple_id=couple_id)).next_at


async def claim(tx: Tx, *, now: datetime = NOW, limit: int = 10) -> list[str]:
    return await rhythms.claim(tx, now=now, lease=LEASE, limit=limit)


async def test_a_rhythm_comes_back_as_it_was_kept(tx: Tx) -> None:
    assert await rhythms.find(tx, couple_id="c") == Kept("c")
    saved = await rhythms.save(tx, WANTED)
    assert await rhythms.find(tx, couple_id="c") == saved == replace(WANTED, version=1)
    off = await rhythms.save(tx, replace(saved, enabled=False, next_at=None))
    assert await rhythms.find(tx, couple_id="c") == off == replace(WANTED, enabled=False, next_at=None, version=2)
    assert await rhythms.find(tx, couple_id="d") == Kept("d")


async def test_a_rhythm_that_changed_meanwhile_is_not_overwritten(database: Database) -> None:
    async with database.write() as tx:
        saved = await rhythms.save(tx, WANTED)
        await rhythms.save(tx, saved)
    for stale in (saved, WANTED):  # read before the change, and before there was one at all
        with pytest.raises(VersionConflict):
            async with database.write() as tx:
                await rhythms.save(tx, stale)


async def test_waking_brings_the_next_look_forward_and_never_back(tx: Tx) -> None:
    await rhythms.save(tx, WANTED)
    await rhythms.wake(tx, couple_id="c", at=NOW + HOUR)
    assert await next_at(tx) == NOW
    await rhythms.wake(tx, couple_id="c", at=NOW - HOUR)
    assert await next_at(tx) == NOW - HOUR


async def test_only_a_rhythm_that_is_on_is_woken(tx: Tx) -> None:
    await rhythms.save(tx, replace(WANTED, enabled=False, next_at=None))
    for couple_id in ("c", "d"):
        await rhythms.wake(tx, couple_id=couple_id, at=NOW)
        assert await next_at(tx, couple_id) is None


async def test_what_is_settled_is_due_then(tx: Tx) -> None:
    saved = await rhythms.save(tx, replace(WANTED, next_at=None))
    await rhythms.settle(tx, saved, next_at=NOW + DAY)
    assert await claim(tx, now=NOW + DAY - MINUTE) == []
    assert await claim(tx, now=NOW + DAY) == ["c"]


async def test_who_was_woken_meanwhile_stays_awake(tx: Tx) -> None:
    saved = await rhythms.save(tx, replace(WANTED, next_at=NOW + HOUR))
    await rhythms.wake(tx, couple_id="c", at=NOW)
    await rhythms.settle(tx, saved, next_at=NOW + DAY)
    assert await next_at(tx) == NOW


async def test_a_claimed_rhythm_is_due_again_after_the_lease(tx: Tx) -> None:
    await rhythms.save(tx, WANTED)
    await rhythms.save(tx, replace(WANTED, couple_id="d", enabled=False))
    assert await claim(tx) == ["c"]
    assert await claim(tx, now=NOW + LEASE - MINUTE) == []
    assert await claim(tx, now=NOW + LEASE) == ["c"]


async def test_no_more_are_claimed_than_asked_for_the_longest_due_first(tx: Tx) -> None:
    await rhythms.save(tx, WANTED)
    await rhythms.save(tx, replace(WANTED, couple_id="d", next_at=NOW - HOUR))
    assert [await claim(tx, limit=1) for _ in range(3)] == [["d"], ["c"], []]


async def test_workers_that_claim_at_once_share_nothing(database: Database) -> None:
    async with database.write() as tx:
        await rhythms.save(tx, WANTED)
        await rhythms.save(tx, replace(WANTED, couple_id="d"))

    async def work() -> list[str]:
        async with database.write() as tx:
            found = await claim(tx)
            await asyncio.sleep(0)
        return found

    found = await asyncio.gather(*(work() for _ in range(4)))
    assert sorted(couple_id for each in found for couple_id in each) == ["c", "d"]
