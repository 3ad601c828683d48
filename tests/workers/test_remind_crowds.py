"""Very many reminders due at once: each is left once, whoever works at them, and the clock holds a few jobs still."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from service.store.engine import open_database
from service.workers.remind import remind
from tests.bench.reminders import count_jobs
from tests.crowds import DUE, Counts, add_crowd, count_reminders
from tests.postgres import fresh_database
from tests.workers.world import Home, open_home

MANY = 5_000


@pytest.fixture
async def crowded(tmp_path: Path, reader: BoundedReader) -> AsyncIterator[Home]:
    with fresh_database() as url:
        async with open_home(tmp_path, reader=reader, url=url) as home:
            await add_crowd(home.house.database, couples=MANY)
            home.clock.moment = DUE
            yield home


@pytest.mark.servers
async def test_two_workers_at_once_remind_five_thousand_each_once(crowded: Home) -> None:
    other = replace(crowded.house, database=open_database(crowded.house.database.url))
    counts = await asyncio.gather(remind(crowded.house), remind(other))
    await other.database.dispose()
    assert min(counts) > 0
    assert sum(counts) == MANY
    assert await count_reminders(crowded.house.database) == Counts(MANY, MANY, due=0, moved=MANY)


def test_the_scheduler_holds_fewer_than_ten_jobs() -> None:
    assert count_jobs() < 10
