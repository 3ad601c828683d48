"""
Every store test runs on SQLite and on PostgreSQL.

Both are migrated once. A SQLite test gets a copy of the file; the PostgreSQL database is emptied between tests.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service.store.engine import Database, Tx, open_database
from service.store.schema import migrate
from tests.postgres import fresh_database
from tests.store.people import add_couples

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]


async def _prepare(url: str) -> None:
    database = open_database(url)
    await migrate(database)
    async with database.write() as tx:
        await add_couples(tx)
    await database.dispose()


async def _empty(database: Database) -> None:
    async with database.write() as tx:
        for table in ("couples", "invitations"):  # what has parents goes with them; truncating takes ten times as long
            await tx.execute(text(f"DELETE FROM {table}"))  # noqa: S608
        await add_couples(tx)


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "kept.db"
    asyncio.run(_prepare(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with fresh_database() as url:
        asyncio.run(_prepare(url))
        yield url


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database in which two couples live."""
    if request.param == "postgresql":
        kept: str = request.getfixturevalue("postgres_url")
        return kept
    return f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_file'), tmp_path / 'test.db')}"


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a database without a single table."""
    if request.param == "postgresql":
        with fresh_database() as fresh:
            yield fresh
    else:
        yield f"sqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = open_database(url)
    yield opened
    if not url.startswith("sqlite"):
        await _empty(opened)
    await opened.dispose()


@pytest.fixture
async def tx(database: Database) -> AsyncIterator[Tx]:
    async with database.write() as opened:
        yield opened


@pytest.fixture
async def postgres(postgres_url: str) -> AsyncIterator[Database]:
    """Yield a PostgreSQL for what SQLite, with its one writer, cannot do."""
    opened = open_database(postgres_url)
    yield opened
    await _empty(opened)
    await opened.dispose()
