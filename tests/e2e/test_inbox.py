"""The mailbox of the settings is read by the service itself, in a process of its own."""

import time
from pathlib import Path

import pytest

from tests.outside.mailboxes import PASSWORD, USER, imap_server
from tests.outside.samples import DOMAIN, sample
from tests.servers import Service, find_free_port

SOON = 20.0  # seconds

pytestmark = pytest.mark.servers


def test_the_service_reads_the_mailbox_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    with imap_server(tmp_path) as server:
        mail = server.append(sample("gmail_accepted"))
        environ = {
            "PENCILIN_DATA": str(tmp_path / "data"),
            "PENCILIN_MAIL_FROM": f"pencil-in@{DOMAIN}",
            "PENCILIN_IMAP_HOST": "127.0.0.1",
            "PENCILIN_IMAP_PORT": str(server.server.port),
            "PENCILIN_IMAP_TLS": "starttls",
            "PENCILIN_IMAP_USERNAME": USER,
            "PENCILIN_IMAP_PASSWORD_FILE": str(tmp_path / "password"),
            "SSL_CERT_FILE": str(server.certificate.file),
        }
        service = Service(find_free_port(), environ=environ, log=tmp_path / "service.log")
        service.start()
        try:
            deadline = time.monotonic() + SOON
            while not server.flags()[mail] and time.monotonic() < deadline:
                pass
            assert server.flags() == {mail: True}
        finally:
            service.stop()
    assert not any(word in service.log.read_text() for word in (PASSWORD, "example.", "trouble"))
