"""
What every test shares: async tests run on asyncio, property tests have no deadline.

A deadline would fail at random on a busy machine. Where `CI` is set the examples are the same each time, so that a
verdict is about the change; everywhere else they are new ones, which is how they find something. A long run of 10,000
examples each is ``pytest --hypothesis-profile=long`` on the tests that are meant.
"""

import asyncio
import os
from pathlib import Path

import pytest
from hypothesis import settings

from service.store.engine import open_database
from service.store.schema import migrate

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.load_profile("ci" if "CI" in os.environ else "house")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQLite file that was migrated once, for tests to copy."""
    path = tmp_path_factory.mktemp("migrated") / "pencil-in.db"

    async def make() -> None:
        database = open_database(f"sqlite:///{path}")
        await migrate(database)
        await database.dispose()

    asyncio.run(make())
    return path
