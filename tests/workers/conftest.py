"""A couple at home in a database of their own, copied from one that was migrated once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from service.store.engine import Database
from service.store.schema import migrate
from tests.servers import SmtpSink, smtp_sink
from tests.workers.world import Home, open_home


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "pencil-in.db"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{path}")
        await migrate(database)
        await database.dispose()

    asyncio.run(make())
    return path


@pytest.fixture(scope="session")
def reader() -> Iterator[BoundedReader]:
    reader = BoundedReader()
    yield reader
    reader.stop()


@pytest.fixture
async def home(migrated: Path, tmp_path: Path, reader: BoundedReader) -> AsyncIterator[Home]:
    async with open_home(tmp_path, reader=reader, migrated=migrated) as home:
        yield home


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as sink:
        yield sink


@pytest.fixture
def mailer(sink: SmtpSink) -> Mailer:
    return Mailer(sink.host, sink.port, tls="none")
