"""
The mail servers of one small world, on loopback: everything sent by SMTP is kept, and people fetch theirs by POP3.

Mails are bytes here, as they were sent. The mailboxes ask for no password that matters (RFC 1939).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Condition, Thread
from typing import Any

from aiosmtpd.controller import Controller

from tests.servers import find_free_port


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as the server took it."""

    content: bytes
    recipients: tuple[str, ...]


@dataclass
class PostOffice:
    """What was sent, in its order; `pop` is the port at which `person` fetches what came for their address."""

    person: str
    smtp: int = field(default_factory=find_free_port)
    pop: int = field(default_factory=find_free_port)
    mails: list[Mail] = field(default_factory=list)
    fetched: set[int] = field(default_factory=set)
    _came: Condition = field(default_factory=Condition, repr=False)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        with self._came:
            self.mails.append(Mail(envelope.content, tuple(envelope.rcpt_tos)))
            self._came.notify_all()
        return "250 OK"

    def list_waiting(self) -> list[int]:
        """Return the numbers of the mails that the person has not fetched yet."""
        mine = (number for number, mail in enumerate(self.mails) if self.person in mail.recipients)
        return [number for number in mine if number not in self.fetched]

    def wait_for(self, recipient: str, *, count: int, timeout: float) -> list[Mail]:
        """Return the mails to an address as soon as there are `count`; raises `TimeoutError`."""
        with self._came:
            if not self._came.wait_for(lambda: len(self.list_sent_to(recipient)) >= count, timeout):
                raise TimeoutError(f"{len(self.list_sent_to(recipient))} of {count} mails came")
            return self.list_sent_to(recipient)

    def list_sent_to(self, recipient: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.recipients == (recipient,)]


@contextmanager
def open_post_office(person: str) -> Iterator[PostOffice]:
    """Run both servers, each in threads of its own."""
    office = PostOffice(person)
    controller = Controller(office, hostname="127.0.0.1", port=office.smtp)
    controller.start()
    try:
        with _Mailboxes(office) as mailboxes:
            Thread(target=mailboxes.serve_forever, daemon=True).start()
            yield office
            mailboxes.shutdown()
    finally:
        controller.stop()


class _Mailboxes(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, office: PostOffice) -> None:
        self.office = office
        super().__init__(("127.0.0.1", office.pop), _Visit)


class _Visit(StreamRequestHandler):
    """One visit at the mailbox; what is deleted in it is gone when it ends well."""

    server: _Mailboxes

    def handle(self) -> None:
        self._waiting = self.server.office.list_waiting()
        self._deleted: set[int] = set()
        self._say(b"+OK")
        for line in self.rfile:
            command, *words = line.decode("ascii").split()
            answer = getattr(self, f"_{command.lower()}", None)
            if answer is None:
                self._say(b"-ERR")
                continue
            answer(*words)
            if command.upper() == "QUIT":
                return

    def _capa(self) -> None:
        self._say(b"+OK", b"USER", b"UIDL", b".")

    def _user(self, _name: str) -> None:
        self._say(b"+OK")

    def _pass(self, _password: str) -> None:
        self._say(b"+OK")

    def _stat(self) -> None:
        self._say(b"+OK %d %d" % (len(self._waiting), sum(len(self._content(each)) for each in self._places())))

    def _list(self) -> None:
        self._say(b"+OK", *(b"%d %d" % (each, len(self._content(each))) for each in self._places()), b".")

    def _uidl(self) -> None:
        self._say(b"+OK", *(b"%d mail-%d" % (each, self._waiting[each - 1]) for each in self._places()), b".")

    def _retr(self, place: str) -> None:
        lines = self._content(int(place)).removesuffix(b"\r\n").split(b"\r\n")
        self._say(b"+OK", *(b"." + line if line.startswith(b".") else line for line in lines), b".")

    def _dele(self, place: str) -> None:
        self._deleted.add(self._waiting[int(place) - 1])
        self._say(b"+OK")

    def _quit(self) -> None:
        self.server.office.fetched |= self._deleted
        self._say(b"+OK")

    def _places(self) -> range:
        return range(1, len(self._waiting) + 1)

    def _content(self, place: int) -> bytes:
        return self.server.office.mails[self._waiting[place - 1]].content

    def _say(self, *lines: bytes) -> None:
        self.wfile.write(b"".join(line + b"\r\n" for line in lines))
