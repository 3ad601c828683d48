"""
The database: SQLite for one household, PostgreSQL for many, the same statements on both.

A transaction is opened here and handed down. `open_database` chooses by the scheme of the address.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import CursorResult, Dialect, Executable
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.exc import DBAPIError as DatabaseError

from service.store.sqlite import SqliteDatabase

__all__ = ["Database", "DatabaseError", "JoinedDatabase", "Tx", "open_database"]

T = TypeVar("T")


class Tx(Protocol):
    """A transaction, as it is handed to query functions and by actions from one to the next."""

    @property
    def dialect(self) -> Dialect: ...

    async def execute(self, statement: Executable, parameters: Any = None, /) -> CursorResult[Any]: ...

    async def run_sync(self, work: Callable[[Connection], T], /) -> T: ...

    def begin_nested(self) -> AbstractAsyncContextManager[Any]:
        """Open a savepoint: a block that raises takes back its own statements only."""


class Database(Protocol):
    """Where transactions come from."""

    @property
    def url(self) -> str: ...

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that changes nothing."""

    def write(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that commits at the end of the block, and not at all where the block raises."""

    def migration(self) -> AbstractAsyncContextManager[Tx]:
        """Open a transaction that may rebuild tables."""

    async def dispose(self) -> None: ...


class JoinedDatabase:
    """A database in which every transaction is a part of `tx`, and lasts only if that does."""

    def __init__(self, tx: Tx, *, url: str) -> None:
        self.url = url
        self._tx = tx

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        yield self._tx

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        async with self._tx.begin_nested():
            yield self._tx

    migration = write

    async def dispose(self) -> None:
        """Leave the transaction to whoever opened it."""


def open_database(url: str) -> Database:
    """
    Return the database at `url`, as SQLAlchemy writes it: ``sqlite:///…`` or ``postgresql+psycopg://…``.

    Raises `ValueError` for another form; its text holds nothing of the address, in which there may be a password.
    """
    try:
        if url.startswith("sqlite:"):
            return SqliteDatabase(url)
        from service.store.postgresql import PostgresDatabase  # it brings what a household's server has no memory for

        return PostgresDatabase(url)
    except (ArgumentError, ValueError):
        raise ValueError("the address of the database cannot be read: see PENCILIN_DATABASE_URL") from None
