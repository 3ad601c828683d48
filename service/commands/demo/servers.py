"""
Real servers on loopback, each on a free port and ended with its ``with`` block: Radicale, a mail sink, the service.

The tests use them too. Ports stay the same while a block lasts, so that a server can die and come back.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from socket import create_connection, socket
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from integrations.caldav.multistatus import CALDAV, read_multistatus

READY_WITHIN = 20.0  # seconds
_PENCILIN = (sys.executable, "-m", "service")
_EVERYTHING = (
    '<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><C:calendar-data/></prop>'
    '<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
)


def find_free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class CalendarServer:
    """A CalDAV server in its own process; `accounts` maps names to passwords."""

    command: tuple[str, ...]
    port: int
    accounts: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    @property
    def opening(self) -> str:
        """What the operator's list must hold for the service to reach this server."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        # every command here is put together from our own words
        self.process = subprocess.Popen(  # noqa: S603
            self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            with suppress(OSError), create_connection(("127.0.0.1", self.port), timeout=1):
                return
            with suppress(subprocess.TimeoutExpired):
                raise RuntimeError(f"the server ended with status {self.process.wait(timeout=0.05)}")
        self.stop()
        raise RuntimeError("the server did not answer in time")

    def stop(self) -> None:
        """End the server at once, as a crash would; what it has stored stays."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def make_calendar(self, user: str, name: str) -> str:
        """Create a calendar at the path ``user/name`` and return its URL."""
        url = f"{self.url}{user}/{name}/"
        self._send("MKCALENDAR", url, user=user)
        return url

    def put(self, url: str, text: str, *, user: str) -> str:
        """Store one object as `user`'s own calendar app would, and return its ETag."""
        answer = self._send("PUT", url, user=user, content=text.encode(), headers={"Content-Type": "text/calendar"})
        etag: str = answer.headers.get("ETag", "")
        return etag

    def get(self, url: str, *, user: str) -> str:
        return self._send("GET", url, user=user).text

    def delete(self, url: str, *, user: str) -> None:
        self._send("DELETE", url, user=user)

    def list_objects(self, url: str, *, user: str) -> list[str]:
        """Return the iCalendar text of every object in a calendar (RFC 4791, section 7.8)."""
        headers = {"Content-Type": "application/xml", "Depth": "1"}
        answer = self._send("REPORT", url, user=user, content=_EVERYTHING.encode(), headers=headers)
        return [each.text(f"{CALDAV}calendar-data") for each in read_multistatus(answer.content).entries]

    def _send(self, method: str, url: str, *, user: str, **rest: Any) -> httpx.Response:
        auth = (user, self.accounts[user]) if self.accounts else None
        answer = httpx.request(method, url, auth=auth, trust_env=False, timeout=READY_WITHIN, **rest)
        return answer.raise_for_status()


@contextmanager
def run_calendar_server(
    build: Callable[[int], tuple[str, ...]], accounts: Mapping[str, str]
) -> Iterator[CalendarServer]:
    port = find_free_port()
    server = CalendarServer(command=build(port), port=port, accounts=accounts)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def radicale(folder: Path, *, accounts: Mapping[str, str]) -> Iterator[CalendarServer]:
    """Run Radicale with its storage in `folder`; each account sees its own collections only."""
    users = folder / "users"
    users.write_text("".join(f"{name}:{password}\n" for name, password in accounts.items()))
    options = {
        "auth-type": "htpasswd",
        "auth-htpasswd-filename": str(users),
        "auth-htpasswd-encryption": "plain",
        "auth-delay": "0.1",
        "rights-type": "owner_only",
        "storage-filesystem-folder": str(folder / "collections"),
        "web-type": "none",
    }
    flags = tuple(word for name, value in options.items() for word in (f"--{name}", value))
    interpreter = (sys.executable, "-m", "radicale", "--config", "")
    with run_calendar_server(
        lambda port: (*interpreter, "--server-hosts", f"127.0.0.1:{port}", *flags), accounts
    ) as server:
        yield server


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as the server took it, with the addresses of its envelope."""

    message: EmailMessage
    sender: str
    recipients: tuple[str, ...]


@dataclass
class SmtpSink:
    """A mail server that keeps what it is sent."""

    port: int
    host: str = "127.0.0.1"
    received: list[Received] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)

    def refuse(self, reply: str, *, at: str = "DATA") -> None:
        """Answer `reply`, such as ``451 later``, to RCPT or DATA from now on; an empty one ends that."""
        self.refusals[at] = reply

    async def handle_RCPT(  # noqa: N802 - the name and arguments are aiosmtpd's
        self, server: Any, session: Any, envelope: Any, address: str, rcpt_options: list[str]
    ) -> str:
        if refusal := self.refusals.get("RCPT"):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if refusal := self.refusals.get("DATA"):
            return refusal
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        self.received.append(Received(message, envelope.mail_from, tuple(envelope.rcpt_tos)))
        return "250 OK"


@contextmanager
def smtp_sink() -> Iterator[SmtpSink]:
    """Run a mail server in a thread of its own."""
    sink = SmtpSink(port=find_free_port())
    controller = Controller(sink, hostname=sink.host, port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()


@dataclass
class Service:
    """`pencilin serve` in a process of its own; `environ` is all it is told, `log` where its lines go."""

    port: int
    environ: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *flags: str) -> None:
        """Start the service and wait until it is ready; `flags` such as ``--no-ticker`` are those of the command."""
        with self.log.open("ab") as log:
            command = (*_PENCILIN, "serve", "--port", str(self.port), *flags)
            self.process = subprocess.Popen(command, env=self._environ(), stdout=log, stderr=log)  # noqa: S603
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(httpx.TransportError):
                if httpx.get(f"{self.url}/readyz", trust_env=False).is_success:
                    return
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=0.05)
        self.kill()
        raise RuntimeError("the service did not become ready")

    def run(self, *words: str) -> str:
        """Run another command of `pencilin` with the same settings, and return what it prints."""
        done = subprocess.run((*_PENCILIN, *words), env=self._environ(), capture_output=True, check=True, text=True)  # noqa: S603
        return done.stdout.strip()

    def stop(self) -> None:
        """Ask the service to end, and wait until it has."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=READY_WITHIN)
            self.process = None

    def kill(self) -> None:
        """End the service as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        return {**kept, **self.environ}


@contextmanager
def pencil_in(folder: Path, *, calendars: CalendarServer, mail: SmtpSink) -> Iterator[Service]:
    """Run the service with SQLite in `folder`, allowed to call those two servers."""
    port = find_free_port()
    environ = {
        "PENCILIN_DATA": str(folder / "data"),
        "PENCILIN_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PENCILIN_EGRESS_ALLOW": calendars.opening,
        "PENCILIN_SMTP_HOST": mail.host,
        "PENCILIN_SMTP_PORT": str(mail.port),
        "PENCILIN_SMTP_TLS": "none",
        "PENCILIN_MAIL_FROM": "pencil-in@dates.example.org",
    }
    service = Service(port, environ=environ, log=folder / "service.log")
    service.start()
    try:
        yield service
    finally:
        service.stop()
