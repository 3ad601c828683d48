"""
How fast reminders are left when very many fall due at once: PostgreSQL, two workers, each a process of its own.

How long an event loop was blocked is the time its thread computed between two turns: others who want the same
processor are no fault of ours.
"""

import asyncio
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, thread_time
from typing import Any

from pydantic import SecretStr

from service.actions.house import House
from service.app import make_house, make_works, spare_the_collector
from service.settings import Settings
from service.store.engine import open_database
from service.store.schema import migrate
from service.store.vault import new_key_line
from service.workers.remind import remind
from tests.bench.figures import Figure
from tests.crowds import DUE, Counts, add_crowd, count_reminders
from tests.postgres import fresh_database

REMINDERS, WORKERS = 100_000, 2
_BEAT = 0.001  # seconds
_meeting: list[Any] = []  # in a worker's process: the barrier at which the workers wait for each other


@dataclass(frozen=True, slots=True)
class Seen:
    """What one worker saw: how many were due to it, from when to when, and the longest its event loop was blocked."""

    count: int
    start: float
    end: float
    blocked_ms: float


def measure_reminders(*, reminders: int = REMINDERS) -> dict[str, Figure]:
    """Let two workers remind everybody of a crowd at once; raises `RuntimeError` unless each was reminded once."""
    with fresh_database() as url, TemporaryDirectory(prefix="pencil-in-bench-") as name:
        asyncio.run(_prepare(url, couples=reminders))
        seen = _run_workers(url, folder=name)
        counts = asyncio.run(_count(url))
    if counts != Counts(parcels=reminders, partners=reminders, due=0, moved=reminders):
        raise RuntimeError("somebody was reminded twice, or not at all")
    taken = max(each.end for each in seen) - min(each.start for each in seen)
    against = f"{reminders} due at once, PostgreSQL, {WORKERS} workers"
    return {
        "reminders_per_s": Figure(round(reminders / taken), "/s", f"limit 1,000/s, {against}"),
        "loop_blocked_ms": Figure(max(each.blocked_ms for each in seen), "ms", f"limit 100 ms, {against}"),
        "scheduler_jobs": Figure(count_jobs(), "jobs", "limit below 10, whatever the number of couples"),
    }


def count_jobs() -> int:
    """Return how many jobs the scheduler of the whole service holds, with every setting that adds one."""
    with TemporaryDirectory(prefix="pencil-in-bench-") as name:
        return asyncio.run(_count_jobs(Settings(data=Path(name), imap_host="127.0.0.1")))


async def _count_jobs(settings: Settings) -> int:
    works = make_works(settings)
    try:
        await migrate(works.house.database)
        return len(works.ticker.jobs)
    finally:
        await works.close()


async def _prepare(url: str, *, couples: int) -> None:
    database = open_database(url)
    await migrate(database)
    await add_crowd(database, couples=couples)
    await database.dispose()


async def _count(url: str) -> Counts:
    database = open_database(url)
    try:
        return await count_reminders(database)
    finally:
        await database.dispose()


def _run_workers(url: str, *, folder: str) -> list[Seen]:
    spawn = get_context("spawn")
    barrier = spawn.Barrier(WORKERS)
    with ProcessPoolExecutor(WORKERS, mp_context=spawn, initializer=_remember, initargs=(barrier,)) as pool:
        return list(pool.map(_work, [url] * WORKERS, [folder] * WORKERS))


def _remember(barrier: Any) -> None:
    _meeting.append(barrier)


def _work(url: str, folder: str) -> Seen:
    made = make_house(Settings(data=Path(folder), database_url=SecretStr(url), key=SecretStr(new_key_line())))
    return asyncio.run(_watch(replace(made, now=lambda: DUE)))


async def _watch(house: House) -> Seen:
    """Remind everybody, and watch the event loop meanwhile."""
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = thread_time()
            await asyncio.sleep(_BEAT)
            longest = max(longest, thread_time() - before)

    spare_the_collector()
    async with house.database.read():
        await asyncio.to_thread(_meeting[0].wait)
    start = perf_counter()
    beating = asyncio.create_task(beat())
    count = await remind(house)
    end = perf_counter()
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating
    await house.database.dispose()
    return Seen(count, start, end, round(longest * 1000, 1))
