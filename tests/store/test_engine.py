"""The database itself: transactions that hold, one writer at a time, and moments that stay what they were."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text, update
from sqlalchemy.exc import StatementError

from service.core.errors import NotFound
from service.store import couples, invitations
from service.store.engine import Database, DatabaseError, Tx, open_database
from service.store.invitations import Invitation
from service.store.tables import couples as couples_table
from tests.store.people import ANNA, MINUTE, NOW

offsets = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1990, 1, 2), datetime(2100, 1, 1), timezones=offsets)  # noqa: DTZ001


async def add_invitation(tx: Tx, *, expires_at: datetime, secret: bytes) -> None:
    invitation = Invitation(secret.hex()[:32], "ben@example.org", "c", None, expires_at=expires_at)
    await invitations.add(tx, invitation, secret_digest=secret, now=NOW)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moment=moments)
async def test_a_moment_comes_back_as_the_same_moment_in_utc(database: Database, moment: datetime) -> None:
    secret = bytes(32)
    async with database.write() as tx:
        await add_invitation(tx, expires_at=moment, secret=secret)
        found = await invitations.find(tx, secret_digest=secret, now=moment - MINUTE)
        await invitations.use(tx, secret_digest=secret, now=moment - MINUTE)
    assert found.expires_at == moment
    assert found.expires_at.tzinfo is UTC


async def test_moments_of_different_offsets_are_compared_as_moments(tx: Tx) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-11)))  # an earlier day on its clock
    await add_invitation(tx, expires_at=elsewhere + MINUTE, secret=bytes(32))
    assert await invitations.find(tx, secret_digest=bytes(32), now=NOW)
    with pytest.raises(NotFound):
        await invitations.find(tx, secret_digest=bytes(32), now=NOW + MINUTE)


async def test_a_naive_moment_is_refused(tx: Tx) -> None:
    with pytest.raises(StatementError, match="a moment needs its offset"):
        await add_invitation(tx, expires_at=NOW.replace(tzinfo=None), secret=bytes(32))


async def test_a_block_that_raises_writes_nothing(database: Database) -> None:
    async def add_twice() -> None:
        async with database.write() as tx:
            await couples.add(tx, couple_id="e", windows=(), shortest=MINUTE, now=NOW)
            await couples.add(tx, couple_id="e", windows=(), shortest=MINUTE, now=NOW)

    with pytest.raises(DatabaseError):
        await add_twice()
    async with database.read() as tx:
        with pytest.raises(NotFound):
            await couples.find(tx, couple_id="e")


async def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    async with database.read() as tx:
        await couples.add(tx, couple_id="e", windows=(), shortest=MINUTE, now=NOW)
    async with database.read() as tx:
        with pytest.raises(NotFound):
            await couples.find(tx, couple_id="e")


async def test_a_row_without_its_parent_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseError):
        async with database.write() as tx:
            await tx.execute(text("INSERT INTO gesture_marks VALUES ('nobody', 'tea', false, NULL)"))


async def test_an_error_does_not_say_what_was_to_be_written(database: Database) -> None:
    with pytest.raises(DatabaseError) as refused:
        async with database.write() as tx:
            await tx.execute(update(couples_table).values(id="the same for both"))
    assert "the same for both" not in str(refused.value).split("DETAIL")[0]


async def test_eight_tasks_that_read_and_write_lose_nothing(database: Database) -> None:
    async def add_a_minute() -> None:
        async with database.write() as tx:
            await couples.lock(tx, couple_id="c")
            couple = await couples.find(tx, couple_id="c")
            values = {"shortest_minutes": couple.shortest // MINUTE + 1}
            await tx.execute(update(couples_table).where(couples_table.c.id == "c").values(values))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(add_a_minute())
    async with database.read() as tx:
        assert (await couples.find(tx, couple_id="c")).shortest == 53 * MINUTE


@pytest.fixture
async def sqlite(tmp_path: Path, sqlite_file: Path) -> AsyncIterator[Database]:
    database = open_database(f"sqlite:///{shutil.copy(sqlite_file, tmp_path / 'one.db')}")
    yield database
    await database.dispose()


async def test_sqlite_lets_one_write_at_a_time_without_being_asked(sqlite: Database) -> None:
    async def change_the_name() -> None:
        async with sqlite.write() as tx:
            partner = await couples.find_partner(tx, partner_id=ANNA.id)
            await asyncio.sleep(0)
            await couples.save_partner(tx, partner)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(8):
            tasks.create_task(change_the_name())
    async with sqlite.read() as tx:
        assert (await couples.find_partner(tx, partner_id=ANNA.id)).version == ANNA.version + 8


async def test_a_new_sqlite_file_waits_for_who_is_setting_it_up(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")

    async def look() -> int:
        async with database.read() as tx:
            return int((await tx.execute(text("SELECT 1"))).scalar_one())

    with closing(sqlite3.connect(tmp_path / "new.db", isolation_level=None)) as first:
        first.execute("BEGIN IMMEDIATE")
        looking = asyncio.create_task(look())
        await asyncio.wait([looking], timeout=0.1)
        first.execute("COMMIT")
    assert await looking == 1
    await database.dispose()


async def test_a_writer_that_waits_for_another_process_holds_up_nobody(sqlite: Database) -> None:
    async def change_the_name() -> None:
        async with sqlite.write() as tx:
            await couples.save_partner(tx, ANNA)

    with closing(sqlite3.connect(sqlite.url.removeprefix("sqlite:///"), isolation_level=None)) as process:
        process.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(change_the_name())
        await asyncio.wait([writing], timeout=0.1)
        async with sqlite.read() as tx:
            assert (await couples.find_partner(tx, partner_id=ANNA.id)).version == ANNA.version
        assert not writing.done()
        process.execute("COMMIT")
    await writing


async def test_a_writer_that_is_called_off_while_it_waits_leaves_no_lock(sqlite: Database) -> None:
    path = sqlite.url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as process:
        process.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(_write_nothing(sqlite))
        await asyncio.wait([writing], timeout=0.1)
        writing.cancel()
        await asyncio.wait([writing], timeout=0.1)
        process.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await writing
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as process:
        process.execute("BEGIN IMMEDIATE")
        process.execute("ROLLBACK")


async def _write_nothing(database: Database) -> None:
    async with database.write():
        pass


async def test_a_savepoint_takes_back_its_own_statements_only(database: Database) -> None:
    async def fail_inside(tx: Tx) -> None:
        async with tx.begin_nested():
            await couples.add(tx, couple_id="f", windows=(), shortest=MINUTE, now=NOW)
            await couples.add(tx, couple_id="f", windows=(), shortest=MINUTE, now=NOW)

    async with database.write() as tx:
        await couples.add(tx, couple_id="e", windows=(), shortest=MINUTE, now=NOW)
        with pytest.raises(DatabaseError):
            await fail_inside(tx)
    async with database.read() as tx:
        assert (await couples.find(tx, couple_id="e")).shortest == MINUTE
        with pytest.raises(NotFound):
            await couples.find(tx, couple_id="f")


async def test_sqlite_can_be_read_while_somebody_writes(sqlite: Database) -> None:
    async with sqlite.write() as writing:
        await couples.save_partner(writing, ANNA)
        async with sqlite.read() as reading:
            assert (await couples.find_partner(reading, partner_id=ANNA.id)).version == ANNA.version


async def test_sqlite_keeps_what_it_was_told_to_keep(sqlite: Database) -> None:
    async with sqlite.read() as tx:
        pragmas = {
            name: (await tx.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}
