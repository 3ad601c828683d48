"""A couple at home in a database of their own, copied from one that was migrated once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from tests.servers import SmtpSink, smtp_sink
from tests.workers.world import Home, open_home


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
