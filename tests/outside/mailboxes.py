"""A real IMAP server for tests, with one mailbox in its memory: a server that was restarted numbers mails anew."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imapclient import IMAPClient

from integrations.mail.inbox import Mailbox
from tests.outside.certificates import Certificate, make_certificate
from tests.servers import CalendarServer, find_free_port

USER, PASSWORD = "dates", "swordfish"


@dataclass
class ImapServer:
    """The server, which takes passwords after STARTTLS only; the rest is what the mailbox's owner would do."""

    server: CalendarServer
    certificate: Certificate

    @property
    def mailbox(self) -> Mailbox:
        """Return the mailbox as our settings name it."""
        port = self.server.port
        return Mailbox("127.0.0.1", port, USER, PASSWORD, tls="starttls", trust=self.certificate.client, timeout=10)

    def append(self, mail: bytes, *, seen: bool = False) -> int:
        """Deliver a mail, and return its UID."""
        with self._open() as client:
            client.append("INBOX", mail, flags=[rb"\Seen"] if seen else [])
            client.select_folder("INBOX", readonly=True)
            return max(int(uid) for uid in client.search(["ALL"]))

    def clear(self) -> None:
        with self._open() as client:
            client.select_folder("INBOX")
            client.delete_messages(client.search(["ALL"]))
            client.expunge()

    def flags(self) -> dict[int, bool]:
        """Return of every mail, by its UID, whether it was seen."""
        with self._open() as client:
            client.select_folder("INBOX", readonly=True)
            seen = client.search(["SEEN"])
            return {int(uid): uid in seen for uid in client.search(["ALL"])}

    @contextmanager
    def _open(self) -> Iterator[Any]:
        with IMAPClient("127.0.0.1", self.server.port, ssl=False, timeout=10) as client:
            client.starttls(self.certificate.client)
            client.login(USER, PASSWORD)
            yield client


@contextmanager
def imap_server(folder: Path, *, plain: bool = False) -> Iterator[ImapServer]:
    """Run pymap; its certificate is in `folder`. Where `plain`, it knows no TLS and takes passwords without."""
    certificate = make_certificate(folder)
    port, file = find_free_port(), str(certificate.file)
    program = (str(Path(sys.executable).with_name("pymap")), "--host", "127.0.0.1", "--port", str(port))
    tls = ("--no-tls",) if plain else ("--cert", file, "--key", file)
    login = ("--demo-user", USER, "--demo-password", PASSWORD)
    server = CalendarServer((*program, *tls, "dict", *login), port, accounts={})
    server.start()
    try:
        yield ImapServer(server, certificate)
    finally:
        server.stop()
