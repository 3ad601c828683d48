"""
SQLite, for one household: statements run in the thread of the event loop, and only what may wait runs beside it.

A statement takes microseconds, and handing it to another thread and back ten times as long. In WAL mode a reader never
waits for a writer. What does wait is a writer for another process's turn (BEGIN IMMEDIATE: the driver's default begins
late and loses updates) and for the disk (COMMIT); within this process writers queue without a thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from sqlite3 import OperationalError
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Dialect, Executable, QueuePool, create_engine, event, text
from sqlalchemy.engine import Connection

T = TypeVar("T")

_PATIENCE = 10_000  # milliseconds
_PRAGMAS = (f"busy_timeout={_PATIENCE}", "synchronous=FULL", "foreign_keys=ON")
_BEGIN = "BEGIN IMMEDIATE"


class SqliteTx:
    """One connection's open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.dialect: Dialect = connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)

    async def run_sync(self, work: Callable[[Connection], T], /) -> T:
        return work(self._connection)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        with self._connection.begin_nested():
            yield


class SqliteDatabase:
    """One engine on one file; belongs to the event loop that writes first."""

    def __init__(self, url: str) -> None:
        self.url = url
        # no upper bound: waiting for a connection would hold up the very loop that gives one back
        self._engine = create_engine(url, poolclass=QueuePool, max_overflow=-1, hide_parameters=True)
        self._pool: QueuePool = self._engine.pool  # type: ignore[assignment]
        self._turn = asyncio.Lock()
        # of its own: in the loop's, a write would wait behind whatever else is slow, and all others behind it
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="sqlite")
        event.listen(self._engine, "connect", _prepare)
        event.listen(self._engine, "begin", _begin)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[SqliteTx]:
        with await self._connect() as connection:
            yield SqliteTx(connection)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[SqliteTx]:
        async with self._turn:
            with await self._connect() as connection:
                await self._begin_writing(connection)
                yield SqliteTx(connection)
                await _run_in(self._threads, connection.commit)

    @asynccontextmanager
    async def migration(self) -> AsyncIterator[SqliteTx]:
        """Open a transaction without foreign keys: with them SQLite deletes the child rows of a table made anew."""
        async with self._turn:
            with await self._connect() as connection:
                _set_foreign_keys(connection, "OFF")
                try:
                    await self._begin_writing(connection)
                    yield SqliteTx(connection)
                    if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                        raise RuntimeError("a migration left rows without their parents")
                    await _run_in(self._threads, connection.commit)
                finally:
                    connection.rollback()
                    _set_foreign_keys(connection, "ON")

    async def dispose(self) -> None:
        self._engine.dispose()

    async def _begin_writing(self, connection: Connection) -> None:
        """Take SQLite's lock: at once where it is free, else beside the loop, behind who has it."""
        driver: Any = connection.connection.driver_connection
        try:
            _wait_for_locks(driver, milliseconds=0)
            driver.execute(_BEGIN)
        except OperationalError:
            _wait_for_locks(driver, milliseconds=_PATIENCE)
            await _run_in(self._threads, partial(driver.execute, _BEGIN))
        else:
            _wait_for_locks(driver, milliseconds=_PATIENCE)
        connection.execution_options(begun=True).begin()

    async def _connect(self) -> Connection:
        # a new connection may have to wait for a process that is setting up the file
        return self._engine.connect() if self._pool.checkedin() else await _run_in(self._threads, self._engine.connect)


async def _run_in(threads: Executor, work: Callable[[], T]) -> T:
    """Run `work` beside the loop; where cancelled, wait for its end first: a connection has one user at a time."""
    running = asyncio.get_running_loop().run_in_executor(threads, work)
    cancelled: asyncio.CancelledError | None = None
    while not running.done():
        try:
            await asyncio.wait([running])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        running.exception()  # seen, so that nobody reports it as forgotten
        raise cancelled
    return running.result()


def _wait_for_locks(driver: Any, *, milliseconds: int) -> None:
    driver.execute(f"PRAGMA busy_timeout={milliseconds}")


def _set_foreign_keys(connection: Connection, value: str) -> None:
    # past SQLAlchemy, which would begin a transaction first, inside which SQLite ignores this
    cursor = connection.connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={value}")
    cursor.close()


def _prepare(connection: Any, _record: object) -> None:
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


def _begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("begun", False):
        connection.exec_driver_sql("BEGIN")
