"""A household for each test, on a SQLite file copied from one that was migrated once, and its two partners."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from service.store.engine import Database
from service.store.schema import migrate
from tests.households import Household, Person, open_household
from tests.postgres import fresh_database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "pencil-in.db"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{path}")
        await migrate(database)
        await database.dispose()

    asyncio.run(make())
    return path


@pytest.fixture
async def home(migrated: Path, tmp_path: Path) -> AsyncIterator[Household]:
    async with open_household(tmp_path, migrated=migrated) as home:
        yield home


@pytest.fixture
async def couple(home: Household) -> tuple[Person, Person]:
    return await home.settle()


@pytest.fixture
async def ana(home: Household, couple: tuple[Person, Person]) -> AsyncIterator[httpx.AsyncClient]:
    async with home.client(couple[0]) as client:
        yield client


@pytest.fixture
async def ben(home: Household, couple: tuple[Person, Person]) -> AsyncIterator[httpx.AsyncClient]:
    async with home.client(couple[1]) as client:
        yield client


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
async def either(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> AsyncIterator[Household]:
    """Yield a household on each of the two databases."""
    if request.param == "sqlite":
        async with open_household(tmp_path, migrated=migrated) as home:
            yield home
        return
    with fresh_database() as url:
        async with open_household(tmp_path, url=url) as home:
            yield home
