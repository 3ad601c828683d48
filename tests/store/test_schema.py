"""The schema: the steps lead exactly to the tables, once or often, alone or at the same moment."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import DateTime, inspect, text
from sqlalchemy.engine import Connection

from service.store.engine import Database, open_database
from service.store.schema import is_current, migrate
from service.store.tables import UtcDateTime, metadata

MIGRATE = """
import asyncio, sys
from service.store.engine import Database, open_database
from service.store.schema import migrate

async def main() -> None:
    database = open_database(sys.argv[1])
    await migrate(database)
    await database.dispose()

asyncio.run(main())
"""


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    database = open_database(empty_url)
    yield database
    await database.dispose()


def find_differences(connection: Connection) -> Any:
    return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)


def list_tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_the_steps_make_exactly_the_tables(empty: Database) -> None:
    await migrate(empty)
    async with empty.read() as tx:
        assert await tx.run_sync(find_differences) == []
        assert await tx.run_sync(list_tables) == {*metadata.tables, "alembic_version"}


async def test_a_database_is_current_once_it_is_migrated(empty: Database) -> None:
    async with empty.read() as tx:
        assert not await is_current(tx)
    await migrate(empty)
    async with empty.read() as tx:
        assert await is_current(tx)


async def test_migrating_again_harms_nothing(database: Database) -> None:
    await migrate(database)
    async with database.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM partners"))).scalar_one() == 4
        assert await is_current(tx)


async def test_tasks_that_migrate_at_once_take_their_turns(empty: Database) -> None:
    async with asyncio.TaskGroup() as tasks:
        for _ in range(3):
            tasks.create_task(migrate(empty))
    async with empty.read() as tx:
        assert await tx.run_sync(find_differences) == []


async def test_processes_that_migrate_at_once_take_their_turns(empty: Database) -> None:
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", MIGRATE, empty.url, stderr=asyncio.subprocess.PIPE)
        for _ in range(2)
    ]
    said = [await process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    async with empty.read() as tx:
        assert await tx.run_sync(find_differences) == []


async def test_a_step_that_leaves_orphans_is_undone(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/empty.db")
    await migrate(database)
    with pytest.raises(RuntimeError, match="without their parents"):
        async with database.migration() as tx:
            await tx.execute(text("INSERT INTO gesture_marks VALUES ('nobody', 'tea', false, NULL)"))
    async with database.read() as tx:
        assert (await tx.execute(text("SELECT count(*) FROM gesture_marks"))).scalar_one() == 0
        assert (await tx.execute(text("PRAGMA foreign_keys"))).scalar_one() == 1
    await database.dispose()


def test_every_time_in_the_tables_is_kept_in_utc() -> None:
    columns = [column for table in metadata.sorted_tables for column in table.columns]
    assert all(isinstance(each.type, UtcDateTime) for each in columns if isinstance(each.type, DateTime | UtcDateTime))
    assert {each.name for each in columns if isinstance(each.type, UtcDateTime)} >= {"created_at", "due_at"}


def test_no_column_could_hold_a_word_of_a_calendar() -> None:
    kept = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    words = ("title", "summary", "location", "place", "description", "attendee", "organizer", "url", "password")
    # which of three ways a partner wants their own entries to be titled: a choice, not a title
    chosen = {"partners.entry_title"}
    # where a couple's own helper comes to, in the words in which the couple tells it to them
    told = {"helpers.place"}
    assert {name for name in kept if any(word in name for word in words)} == chosen | told
