"""A household for each test, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.actions.family import Family
from tests.households import Household, open_household
from tests.postgres import fresh_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)])
async def home(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Household]:
    if request.param == "sqlite":
        async with open_household(tmp_path, sends_mail=True) as home:
            yield home
        return
    with fresh_database() as url:
        async with open_household(tmp_path, url=url, sends_mail=True) as home:
            yield home


@pytest.fixture
async def family(home: Household) -> Family:
    return Family(home, *await home.settle())
