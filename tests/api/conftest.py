"""A household for each test, on a SQLite file copied from one that was migrated once, and its two partners."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.households import Household, Person, open_household
from tests.postgres import fresh_database


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
