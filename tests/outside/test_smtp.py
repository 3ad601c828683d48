"""Sending mail over real SMTP: what arrives, and what comes of every way in which it can go wrong."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from integrations.errors import IntegrationError, MailRefused, TooSlow, Unreachable
from integrations.mail.message import Calendar, compose, make_address
from integrations.mail.smtp import Mailer
from tests.outside.certificates import Certificate, make_certificate
from tests.servers import SmtpSink, find_free_port, smtp_sink

CALENDAR = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
MESSAGE = compose(
    sender=make_address("date@dates.example.org", name="Pencil In"),
    to="ana@example.com",
    to_name="Ana",
    subject="A walk to the river",
    text="Friday, 19:00",
    message_id="<7f3c2a91e4b84c0fa6d27f3c2a91e4b8@dates.example.org>",
    date=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
    calendar=Calendar("REQUEST", CALENDAR),
)


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with smtp_sink() as running:
        yield running


async def _send(mailer: Mailer) -> None:
    await mailer.send(MESSAGE, sender="date@dates.example.org", recipient="ana@example.com")


def _plain(port: int, *, timeout: float = 5.0) -> Mailer:
    return Mailer("127.0.0.1", port, tls="none", timeout=timeout)


@pytest.mark.servers
async def test_a_mail_arrives_once_and_whole(sink: SmtpSink) -> None:
    await _send(_plain(sink.port))
    (received,) = sink.received
    assert (received.sender, received.recipients) == ("date@dates.example.org", ("ana@example.com",))
    assert received.message["Message-ID"] == MESSAGE["Message-ID"]
    calendars = [part for part in received.message.walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_payload(decode=True) for part in calendars] == [CALENDAR]


@pytest.mark.servers
@pytest.mark.parametrize("step", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 try ana@example.com later", False), ("550 no ana@example.com", True)]
)
async def test_a_refusal_lasts_as_long_as_its_code_says(
    sink: SmtpSink, step: str, answer: str, permanent: bool
) -> None:
    sink.refuse(answer, at=step)
    with pytest.raises(MailRefused) as caught:
        await _send(_plain(sink.port))
    assert caught.value.permanent is permanent
    assert str(caught.value) == f"the mail server refused it with {answer[:3]}"
    assert caught.value.__cause__ is None
    assert sink.received == []


@pytest.mark.servers
async def test_an_address_that_the_server_cannot_write_to_is_refused_for_good(sink: SmtpSink) -> None:
    with pytest.raises(MailRefused) as caught:
        await _plain(sink.port).send(MESSAGE, sender="date@dates.example.org", recipient="a b@example.com")
    assert caught.value.permanent
    assert "a b" not in str(caught.value)


@pytest.mark.servers
async def test_a_server_without_starttls_gets_nothing(sink: SmtpSink) -> None:
    with pytest.raises(Unreachable):
        await _send(Mailer("127.0.0.1", sink.port, timeout=5))
    assert sink.received == []


@pytest.mark.servers
async def test_a_check_greets_the_server_and_sends_nothing(sink: SmtpSink) -> None:
    await _plain(sink.port).check(sender="date@dates.example.org")
    assert sink.received == []
    sink.refuse("451 not now", at="RCPT")  # no recipient is ever named
    await _plain(sink.port).check(sender="date@dates.example.org")


async def test_a_check_of_a_server_that_is_away_says_so() -> None:
    with pytest.raises(Unreachable):
        await _plain(find_free_port()).check(sender="date@dates.example.org")


def test_a_password_never_travels_without_tls() -> None:
    with pytest.raises(ValueError, match="TLS"):
        Mailer("mail.example.org", 25, username="ana", password="secret", tls="none")


def test_a_mailer_does_not_show_its_password() -> None:
    assert "secret" not in repr(Mailer("mail.example.org", 587, username="ana", password="secret"))


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def _server(talk: Talk) -> AsyncIterator[int]:
    """Serve whatever `talk` says on a free port, and close every connection at the end."""
    writers: list[asyncio.StreamWriter] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await talk(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()


def _answers(*lines: bytes) -> Talk:
    """Return a talk that greets, gives one answer a command or body, and then says nothing more."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(lines[0] + b"\r\n")
        for line in lines[1:]:
            command = await reader.readline()
            if line == b"250 taken":
                await reader.readuntil(b"\r\n.\r\n")
            if not command:
                return
            writer.write(line + b"\r\n")

    return talk


@pytest.mark.servers
async def test_a_server_that_never_greets_is_too_slow() -> None:
    async def hang(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        return

    async with _server(hang) as port:
        before = time.monotonic()
        with pytest.raises(TooSlow) as caught:
            await _send(_plain(port, timeout=0.3))
    assert not caught.value.permanent
    assert time.monotonic() - before < 2


@pytest.mark.servers
async def test_the_deadline_is_for_the_whole_mail_not_for_each_answer() -> None:
    async def dawdle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        while await reader.readline():
            await asyncio.sleep(0.2)
            writer.write(b"250 OK\r\n")

    async with _server(dawdle) as port:
        before = time.monotonic()
        with pytest.raises(TooSlow):
            await _send(_plain(port, timeout=0.5))
    assert time.monotonic() - before < 1.5


@pytest.mark.servers
@pytest.mark.parametrize("greeting", [b"554 go away", b"421 busy"])
async def test_a_server_that_refuses_to_talk_keeps_the_mail_waiting(greeting: bytes) -> None:
    async with _server(_answers(greeting)) as port:
        with pytest.raises(MailRefused) as caught:
            await _send(_plain(port))
    assert not caught.value.permanent


@pytest.mark.servers
async def test_a_server_that_first_wants_a_login_keeps_the_mail_waiting() -> None:
    async with _server(_answers(b"220 hello", b"250 host", b"530 log in first", b"250 reset")) as port:
        with pytest.raises(MailRefused) as caught:
            await _send(_plain(port))
    assert not caught.value.permanent


@pytest.mark.servers
async def test_a_server_that_hangs_at_the_goodbye_has_taken_the_mail() -> None:
    taken = _answers(b"220 hello", b"250 host", b"250 from", b"250 to", b"354 go on", b"250 taken")
    async with _server(taken) as port:
        await _send(_plain(port, timeout=4))


@pytest.mark.servers
async def test_a_server_that_drops_the_connection_is_unreachable() -> None:
    async def drop(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()

    async with _server(drop) as port:
        with pytest.raises(Unreachable):
            await _send(_plain(port))


@pytest.mark.servers
async def test_nobody_listening_is_unreachable() -> None:
    async with _server(_answers(b"220 hello")) as port:
        pass
    with pytest.raises(Unreachable) as caught:
        await _send(_plain(port))
    assert not caught.value.permanent
    assert caught.value.__cause__ is None


@pytest.mark.servers
async def test_a_host_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(IntegrationError) as caught:
        await _send(Mailer("mail.invalid", 25, tls="none", timeout=5))
    assert not caught.value.permanent


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return make_certificate(tmp_path)


@pytest.fixture
def starttls_port(sink: SmtpSink, certificate: Certificate) -> Iterator[int]:
    def check(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> Any:
        return AuthResult(success=data.password == b"secret", handled=False)

    port = find_free_port()
    controller = Controller(
        sink, hostname=sink.host, port=port, tls_context=certificate.server, require_starttls=True, authenticator=check
    )
    controller.start()
    yield port
    controller.stop()


def _over_tls(port: int, *, trust: ssl.SSLContext, password: str) -> Mailer:
    return Mailer("127.0.0.1", port, username="ana", password=password, tls="starttls", timeout=5, trust=trust)


@pytest.mark.servers
async def test_a_mail_leaves_over_starttls_with_a_login(
    starttls_port: int, sink: SmtpSink, certificate: Certificate
) -> None:
    await _send(_over_tls(starttls_port, trust=certificate.client, password="secret"))
    assert len(sink.received) == 1


@pytest.mark.servers
async def test_a_wrong_password_keeps_the_mail_waiting(starttls_port: int, certificate: Certificate) -> None:
    with pytest.raises(MailRefused) as caught:
        await _send(_over_tls(starttls_port, trust=certificate.client, password="wrong"))
    assert not caught.value.permanent
    assert "wrong" not in str(caught.value)


@pytest.mark.servers
async def test_an_untrusted_certificate_gets_nothing(starttls_port: int, sink: SmtpSink) -> None:
    with pytest.raises(Unreachable):
        await _send(_over_tls(starttls_port, trust=ssl.create_default_context(), password="secret"))
    assert sink.received == []
