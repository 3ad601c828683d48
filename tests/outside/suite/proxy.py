"""
A reverse proxy that does harm on purpose, in front of a real calendar server.

For each request a function chooses a `Fault`, which then has the exchange to itself: it may forward it, answer in the
server's place, or break the connection before or after. The proxy runs in threads of its own, so that tests may drive
both sides of it from one loop. Times are in seconds.
"""

import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_BETWEEN_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the server gave it, or as a fault has made it up."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)

    def head(self, *, length: int | None) -> bytes:
        """Return the lines before the body; without a length the body ends with the connection."""
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in self.headers)]
        lines.append("Connection: close" if length is None else f"Content-Length: {length}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class Exchange:
    """One request and the ways to deal with it; a fault uses what it needs."""

    def __init__(self, asked: Asked, handler: "_Handler") -> None:
        self.asked = asked
        self._handler = handler

    def forward(self) -> Answer:
        """Let the server do it, and return what it answers."""
        proxy = self._handler.server
        upstream = HTTPConnection(proxy.upstream, timeout=proxy.patience)
        try:
            upstream.request(self.asked.method, self.asked.path, self.asked.body, dict(self.asked.headers))
            answer = upstream.getresponse()
            kept = tuple((name, value) for name, value in answer.getheaders() if name.lower() not in _BETWEEN_HOPS)
            return Answer(answer.status, kept, answer.read())
        finally:
            upstream.close()

    def answer(self, answer: Answer) -> None:
        self.send(answer.head(length=len(answer.body)) + answer.body)

    def send(self, data: bytes) -> None:
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def hang_up(self, *, rudely: bool = False) -> None:
        """End the connection once the fault is done; rudely is by a reset."""
        self._handler.close_connection = True
        if rudely:
            self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def hang_up_at_the_next(self) -> None:
        """Keep the connection, and end it without a word when the next request comes in on it."""
        self._handler.is_doomed = True

    def pause(self, seconds: float) -> None:
        self._handler.server.ended.wait(seconds)


Fault = Callable[[Exchange], None]
Choose = Callable[[Asked], Fault]


class FaultProxy(ThreadingHTTPServer):
    """Listens on a free loopback port, forwards to `upstream`, and remembers what it was `asked`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, url: str, *, choose: Choose, patience: float = 30) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        parts = urlsplit(url)
        self.upstream = parts.netloc
        self.url = f"http://127.0.0.1:{self.server_port}{parts.path}"
        self.opening = f"127.0.0.1:{self.server_port}"
        self.choose = choose
        self.patience = patience
        self.asked: list[Asked] = []
        self.ended = threading.Event()

    def at(self, url: str) -> str:
        """Return the address that leads here and on to `url` at the server."""
        return f"http://{self.opening}{urlsplit(url).path}"

    def methods(self) -> list[str]:
        return [each.method for each in self.asked]

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of callers that hang up; a server that cannot be asked shows in what they were told."""


class _Handler(BaseHTTPRequestHandler):
    """One connection, request by request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: FaultProxy
    is_doomed = False

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or self.is_doomed or not self.parse_request():
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        asked = Asked(self.command, self.path, dict(self.headers.items()), body)
        self.server.asked.append(asked)
        with suppress(ConnectionError):
            self.server.choose(asked)(Exchange(asked, self))

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing down."""


@contextmanager
def run_proxy(url: str, *, choose: Choose, patience: float = 30) -> Iterator[FaultProxy]:
    """Run a proxy in front of the server at `url` while the block lasts."""
    proxy = FaultProxy(url, choose=choose, patience=patience)
    thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.ended.set()
        proxy.shutdown()
        proxy.server_close()
        thread.join()
