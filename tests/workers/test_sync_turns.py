"""Whose turn it is: slow servers, workers that are stopped, and leases that are lost."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest

from service.store import turns
from service.store.vault import Vault
from service.workers.sync import AT_ONCE, LEASE
from tests.households import NOW
from tests.workers.shelf import nothing_else
from tests.workers.test_sync import answer_with, waiting
from tests.workers.world import Home, make_object

Answer = Callable[[httpx.Request], httpx.Response | None]


@pytest.mark.parametrize("answer", [nothing_else, answer_with(401)])
async def test_who_lost_the_lease_writes_nothing(home: Home, answer: Answer) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    shelf.before = answer

    async def lose_the_lease() -> None:
        async with home.house.database.write() as tx:
            await turns.claim(tx, owner="two", now=home.clock() + LEASE, lease=LEASE, limit=1)

    shelf.meanwhile = lose_the_lease
    await home.syncer(owner="one").run()
    seen = await home.see(calendar)
    assert (seen.synced_at, seen.problem) == (None, None)
    assert await home.busy_of(home.ana) == []
    assert await waiting(home) == []


async def test_a_slow_server_keeps_no_other_calendar_waiting(home: Home) -> None:
    slow, shelf = await home.connect(home.ana)
    answered = asyncio.Event()

    async def wait() -> None:
        await answered.wait()

    shelf.meanwhile = wait
    running = asyncio.create_task(home.syncer().run())
    await asyncio.sleep(0.1)
    quick, _ = await home.connect(home.ben)
    async with asyncio.timeout(10):
        while (await home.see(quick)).synced_at is None:  # noqa: ASYNC110 - the database is who knows
            await asyncio.sleep(0.05)
    assert (await home.see(slow)).synced_at is None
    answered.set()
    assert await running == 2


async def test_a_worker_that_is_stopped_leaves_a_calendar_to_the_next(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)

    async def wait() -> None:
        await asyncio.Event().wait()

    shelf.meanwhile = wait
    running = asyncio.create_task(home.syncer(owner="one").run())
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    async with home.house.database.write() as tx:
        await turns.release(tx, owner="one")
    assert await home.syncer(owner="two").run() == 1
    seen = await home.see(calendar)
    assert (seen.synced_at, seen.problem, seen.attempts) == (NOW, None, 0)


async def test_a_slow_account_keeps_nobody_waiting_however_many_calendars_it_has(home: Home) -> None:
    answered = asyncio.Event()

    async def wait() -> None:
        await answered.wait()

    for number in range(AT_ONCE):
        _, shelf = await home.connect_beside(home.ana, f"{number}")
        shelf.meanwhile = wait
    home.clock.step(timedelta(minutes=1))
    quick, _ = await home.connect(home.ben)
    running = asyncio.create_task(home.syncer().run())
    async with asyncio.timeout(10):
        while (await home.see(quick)).synced_at is None:  # noqa: ASYNC110 - the database is who knows
            await asyncio.sleep(0.05)
    answered.set()
    assert await running == AT_ONCE + 1


@dataclass(frozen=True, slots=True)
class _Moody(Vault):
    """A vault that fails at the row of one calendar, in a way that nobody expects."""

    calendar_id: str = ""

    def open(self, sealed: bytes, *, row: str) -> bytes:
        if self.calendar_id in row:
            raise RuntimeError
        return Vault.open(self, sealed, row=row)


async def test_an_error_that_cannot_be_recorded_is_logged_while_others_are_still_read(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    _, shelf = await home.connect(home.ana)
    broken, _ = await home.connect(home.ben)
    answered = asyncio.Event()

    async def wait() -> None:
        await answered.wait()

    shelf.meanwhile = wait
    vault = _Moody(home.house.vault.current, home.house.vault.keys, broken.id)
    house = replace(home.house, vault=vault)
    running = asyncio.create_task(replace(home.syncer(), house=house).run())
    async with asyncio.timeout(10):
        while "sync not recorded" not in caplog.messages:  # noqa: ASYNC110 - the log is who knows
            await asyncio.sleep(0.05)
    assert not running.done()
    answered.set()
    assert await running == 2


async def test_where_nothing_is_due_the_database_is_not_locked(home: Home) -> None:
    await home.connect(home.ana)
    await home.sync()
    with closing(sqlite3.connect(home.house.database.url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(5):
            assert await home.syncer(owner="one").run() == 0
        other.execute("ROLLBACK")
