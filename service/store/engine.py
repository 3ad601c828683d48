"""
The database: SQLite for one household, PostgreSQL for many, the same statements on both.

A transaction is opened here and handed down; `write` takes SQLite's lock at once (BEGIN IMMEDIATE), because the
driver's default begins late and loses updates.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError as DatabaseError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

__all__ = ["Database", "DatabaseError", "Tx"]

Tx = AsyncConnection
"""A transaction, as it is handed to query functions and by actions from one to the next."""

_PRAGMAS = ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON")


class Database:
    """One engine; `url` as SQLAlchemy writes it, with ``sqlite+aiosqlite`` or ``postgresql+psycopg`` as its scheme."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_async_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self._engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """Open a transaction that changes nothing."""
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """Open a transaction that commits at the end of the block, and not at all where the block raises."""
        async with self._engine.connect() as connection:
            await connection.execution_options(immediate=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[Tx]:
        """Open a transaction that may rebuild tables: SQLite would delete child rows with foreign keys on."""
        async with self._engine.connect() as connection:
            if connection.dialect.name != "sqlite":
                async with connection.begin():
                    yield connection
                return
            await connection.run_sync(_set_foreign_keys, "OFF")
            await connection.execution_options(immediate=True)
            try:
                async with connection.begin():
                    yield connection
                    if (await connection.execute(text("PRAGMA foreign_key_check"))).first() is not None:
                        raise RuntimeError("a migration left rows without their parents")
            finally:
                await connection.run_sync(_set_foreign_keys, "ON")

    async def dispose(self) -> None:
        await self._engine.dispose()


def _set_foreign_keys(connection: Connection, value: str) -> None:
    # past SQLAlchemy, which would begin a transaction first, inside which SQLite ignores this
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={value}")
    cursor.close()


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    _switch_to_wal(cursor)
    cursor.close()


def _switch_to_wal(cursor: Any, *, tries: int = 5) -> None:
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except OperationalError:
        if tries == 1:
            raise
        # for this switch SQLite does not wait until others are done with a new file; for a lock it does
        cursor.execute("BEGIN EXCLUSIVE")
        cursor.execute("COMMIT")
        _switch_to_wal(cursor, tries=tries - 1)


def _begin_sqlite(connection: Connection) -> None:
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
