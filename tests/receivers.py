"""A server on loopback that takes what is POSTed to it, as push services, ntfy and home automation do."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import cast


@dataclass(frozen=True, slots=True)
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What arrived; `answers` are the statuses of the next requests, after which everything is taken (201)."""

    port: int
    posted: list[Posted] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}/{path}"


class _Server(ThreadingHTTPServer):
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver = cast("_Server", self.server).receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        receiver.posted.append(Posted(self.path, {key.lower(): word for key, word in self.headers.items()}, body))
        self.send_response(receiver.answers.pop(0) if receiver.answers else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.receiver = Receiver(server.server_address[1])
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.receiver
        finally:
            server.shutdown()
            thread.join()
