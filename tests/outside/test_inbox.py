"""Reading a mailbox over IMAP: what a visit brings, what it leaves alone, and every way in which it can go wrong."""

import asyncio
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integrations.errors import IntegrationError, LoginRefused, NotThere, TooSlow, Unreachable
from integrations.mail.inbox import AT_ONCE, Batch, Bookmark, Mailbox
from integrations.mail.incoming import MAX_MAIL, find_tokens
from tests.outside.certificates import make_certificate
from tests.outside.mailboxes import ImapServer, imap_server
from tests.outside.samples import DOMAIN, sample
from tests.outside.wire import listening
from tests.servers import find_free_port

OURS = sample("gmail_accepted")
FOREIGN = b"From: ben@example.org\r\nTo: ana@example.org\r\nSubject: private\r\n\r\nhello\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImapServer]:
    with imap_server(tmp_path_factory.mktemp("imap")) as running:
        yield running


@pytest.fixture
def server(running: ImapServer) -> ImapServer:
    running.clear()
    return running


def is_ours(headers: str) -> bool:
    return bool(find_tokens(headers, domain=DOMAIN))


async def read(mailbox: Mailbox, *, after: Bookmark | None = None) -> Batch:
    return await mailbox.read(after=after, is_ours=is_ours)


def uids(batch: Batch) -> list[int]:
    return [mail.uid for mail in batch.mails]


@pytest.mark.servers
async def test_a_visit_brings_what_is_for_us_and_touches_nothing(server: ImapServer) -> None:
    ours = [server.append(OURS), server.append(FOREIGN), server.append(sample("apple_declined"))]
    server.append(OURS, seen=True)
    batch = await read(server.mailbox)
    assert uids(batch) == [ours[0], ours[2]]
    assert batch.mails[0].content == OURS
    assert list(server.flags().values()) == [False, False, False, True]


@pytest.mark.servers
async def test_a_check_opens_the_folder_and_touches_nothing(server: ImapServer) -> None:
    server.append(OURS)
    await server.mailbox.check()
    assert list(server.flags().values()) == [False]
    with pytest.raises(NotThere):
        await replace(server.mailbox, folder="Nowhere").check()
    with pytest.raises(LoginRefused):
        await replace(server.mailbox, password="wrong").check()


@pytest.mark.servers
async def test_a_mailbox_with_nothing_in_it_brings_nothing(server: ImapServer) -> None:
    assert uids(await read(server.mailbox)) == []


@pytest.mark.servers
async def test_only_what_was_handled_is_marked_as_seen(server: ImapServer) -> None:
    one, two = server.append(OURS), server.append(OURS)
    batch = await read(server.mailbox)
    await server.mailbox.mark_seen([one], validity=batch.bookmark.validity)
    assert server.flags() == {one: True, two: False}


@pytest.mark.servers
async def test_the_next_visit_begins_where_the_last_one_ended(server: ImapServer) -> None:
    server.append(OURS)
    bookmark = (await read(server.mailbox)).bookmark
    again = await read(server.mailbox, after=bookmark)
    assert (uids(again), again.bookmark) == ([], bookmark)
    new = server.append(OURS)
    assert uids(await read(server.mailbox, after=bookmark)) == [new]


@pytest.mark.servers
async def test_a_mailbox_that_was_numbered_anew_is_read_from_its_beginning(server: ImapServer) -> None:
    for _ in range(3):
        server.append(OURS)
    bookmark = (await read(server.mailbox)).bookmark
    server.server.stop()
    server.server.start()
    new = server.append(OURS)
    assert new <= bookmark.uid
    batch = await read(server.mailbox, after=bookmark)
    assert uids(batch) == [new]
    await server.mailbox.mark_seen([new], validity=bookmark.validity)
    assert server.flags() == {new: False}
    await server.mailbox.mark_seen([new], validity=batch.bookmark.validity)
    assert server.flags() == {new: True}


@pytest.mark.servers
async def test_a_mail_that_is_too_large_is_passed_over_and_counted(server: ImapServer) -> None:
    large = server.append(OURS + b"x" * 30_000_000)
    small = server.append(OURS)
    batch = await read(server.mailbox)
    assert (uids(batch), batch.too_large) == ([small], 1)
    assert batch.bookmark.uid == small
    assert server.flags()[large] is False


@pytest.mark.servers
async def test_a_mail_of_the_largest_size_is_read(server: ImapServer) -> None:
    server.append(OURS + b"x" * (MAX_MAIL - len(OURS)))
    [mail] = (await read(server.mailbox)).mails
    assert len(mail.content) == MAX_MAIL


@pytest.mark.servers
async def test_many_mails_take_several_visits(server: ImapServer) -> None:
    arrived = [server.append(OURS) for _ in range(AT_ONCE + 2)]
    first = await read(server.mailbox)
    assert uids(first) == arrived[:AT_ONCE]
    assert uids(await read(server.mailbox, after=first.bookmark)) == arrived[AT_ONCE:]


@pytest.mark.servers
async def test_a_mailbox_is_read_over_tls_from_the_first_octet_on(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    commands: list[bytes] = []
    answers = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        b"EXAMINE": b"* OK [UIDVALIDITY 7] numbers\r\n",
        b"UID SEARCH": b"* SEARCH\r\n",
    }

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK [CAPABILITY IMAP4rev1] hello\r\n")
        while line := await reader.readline():
            tag, _, command = line.strip().partition(b" ")
            commands.append(command)
            untagged = next((answer for asked, answer in answers.items() if command.startswith(asked)), b"")
            writer.write(untagged + tag + b" OK done\r\n")

    async with listening(talk, tls=certificate.server) as server:
        mailbox = Mailbox("127.0.0.1", server.port, "dates", "swordfish", trust=certificate.client, timeout=10)
        assert await read(mailbox) == Batch((), Bookmark(7, 0), too_large=0)
    assert b'LOGIN dates "swordfish"' in commands


@pytest.mark.servers
async def test_a_wrong_password_is_told_without_it(server: ImapServer) -> None:
    with pytest.raises(LoginRefused) as caught:
        await read(replace(server.mailbox, password="wrong"))
    assert "wrong" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.servers
async def test_a_folder_that_does_not_exist_is_told(server: ImapServer) -> None:
    with pytest.raises(NotThere):
        await read(replace(server.mailbox, folder="Düsseldorf"))


@pytest.mark.servers
async def test_an_untrusted_certificate_gets_no_password(server: ImapServer) -> None:
    with pytest.raises(Unreachable):
        await read(replace(server.mailbox, trust=ssl.create_default_context()))


@pytest.mark.servers
async def test_a_server_without_starttls_gets_no_password(tmp_path: Path) -> None:
    with imap_server(tmp_path, plain=True) as server, pytest.raises(Unreachable):
        await read(server.mailbox)


@pytest.mark.servers
async def test_nobody_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable) as caught:
        await read(Mailbox("127.0.0.1", find_free_port(), tls="none"))
    assert not caught.value.permanent


@pytest.mark.servers
@pytest.mark.parametrize("greeting", [b"", b"* OK hello\r\n", b"* PREAUTH hello\r\n"])
async def test_a_server_that_says_no_more_is_too_slow_and_is_hung_up_on(greeting: bytes) -> None:
    hung_up = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        while await reader.read(1000):
            pass
        hung_up.set()

    async with listening(hang) as server:
        with pytest.raises(TooSlow):
            await read(Mailbox("127.0.0.1", server.port, tls="none", timeout=0.3))
        async with asyncio.timeout(10):
            await hung_up.wait()


@pytest.mark.servers
@pytest.mark.parametrize(
    "answer",
    [
        b"* SEARCH 1 x\r\n%b OK done\r\n",
        b"* 1 FETCH (UID {3}\r\n",
        b"%b BAD grumble\r\n",
        b"nonsense\r\n",
        b"* BYE see you\r\n",
        b"* OK [UIDVALIDITY x] hm\r\n%b OK done\r\n",
        b"%b OK [READ-ONLY] no numbers\r\n",
        b"%b OK done\r\n",
    ],
)
async def test_odd_answers_are_told_as_trouble_of_the_server(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* PREAUTH [CAPABILITY IMAP4rev1] hello\r\n")
        while line := await reader.readline():
            tag, _, command = line.partition(b" ")
            is_known = command.startswith((b"CAPABILITY", b"LOGOUT"))
            known = b"* CAPABILITY IMAP4rev1\r\n%b OK done\r\n"
            writer.write((known if is_known else answer).replace(b"%b", tag))
            if not is_known and b"%b" not in answer:
                return

    async with listening(talk) as server:
        with pytest.raises(IntegrationError) as caught:
            await read(Mailbox("127.0.0.1", server.port, tls="none", timeout=5))
    assert not any(word in str(caught.value) for word in ("nonsense", "see you", "grumble"))
    assert caught.value.__cause__ is None


def test_a_password_never_travels_without_tls() -> None:
    with pytest.raises(ValueError, match="TLS"):
        Mailbox("mail.example.org", 143, username="ana", password="secret", tls="none")


def test_neither_password_nor_mail_is_shown() -> None:
    assert "secret" not in repr(Mailbox("mail.example.org", 993, username="ana", password="secret"))
