"""
What every test shares: async tests run on asyncio, property tests have no deadline.

A deadline would fail at random on a busy machine. Where `CI` is set the examples are the same each time, so that a
verdict is about the change; everywhere else they are new ones, which is how they find something.
"""

import os

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if "CI" in os.environ else "house")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
