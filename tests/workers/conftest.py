"""A couple at home in a database of their own, copied from one that was migrated once."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from service.workers.inbox import Inbox
from tests.outside.mailboxes import ImapServer, imap_server
from tests.servers import SmtpSink, smtp_sink
from tests.workers.post import Post
from tests.workers.world import DOMAIN, Home, open_home


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


@pytest.fixture(scope="session")
def imap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture
def post(home: Home, sink: SmtpSink, mailer: Mailer, imap: ImapServer) -> Post:
    imap.clear()
    return Post(home, sink, mailer, imap, Inbox(home.house, imap.mailbox, DOMAIN))
