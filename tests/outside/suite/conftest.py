"""The servers under test, and places on them: a calendar the service reads, directly or through a proxy."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from integrations.ical.bounded import BoundedReader
from tests.interop.processes import open_folder
from tests.outside.suite.faults import pass_on
from tests.outside.suite.places import Place, Tangle, open_place
from tests.outside.suite.proxy import Choose, run_proxy
from tests.outside.suite.servers import Server
from tests.outside.suite.starting import STARTERS

CHOSEN = os.environ.get("TEST_CALENDARS", "radicale,xandikos").split(",")


@pytest.fixture(scope="session", params=CHOSEN)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with open_folder(request.param) as folder, STARTERS[request.param](folder) as server, server.http:
        yield server


@pytest.fixture
async def place(server: Server) -> AsyncIterator[Place]:
    async with open_place(server, server.make_calendar()) as place:
        yield place


@pytest.fixture
def tangle(server: Server) -> Tangle:
    """Return a way to open a calendar behind a proxy; the owner's own app goes past it."""

    @asynccontextmanager
    async def open_tangled(
        choose: Choose, *, deadline: timedelta = timedelta(seconds=5), largest: int = 1_000_000
    ) -> AsyncIterator[Place]:
        with run_proxy(server.url, choose=lambda _: pass_on) as proxy:
            url = server.make_calendar()
            async with open_place(server, url, proxy=proxy, deadline=deadline, largest=largest) as place:
                proxy.choose = choose
                yield place

    return open_tangled


@pytest.fixture(scope="session")
def reader() -> Iterator[BoundedReader]:
    reader = BoundedReader()
    yield reader
    reader.stop()


@pytest.fixture
def how(record_property: Callable[[str, object], None]) -> Callable[[object], None]:
    """Return a way to say how the server did what it did, for the table of `make interop`."""
    return lambda text: record_property("how", text)
