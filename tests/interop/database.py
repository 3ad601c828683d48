"""An empty PostgreSQL database for a server that is not ours, reachable over TCP, and dropped when it ends."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import psycopg
from sqlalchemy.engine import URL, make_url

from tests.postgres import fresh_database

_CHUNK = 65_536  # bytes


@contextmanager
def open_database() -> Iterator[URL]:
    """Yield the URL of a new database, whose user may do everything in it."""
    with ExitStack() as exits:
        url = make_url(exits.enter_context(fresh_database()))
        folder = url.query.get("host")
        if isinstance(folder, str):  # the server that tests start for themselves listens on a Unix socket only
            port = exits.enter_context(_relay(Path(folder) / f".s.PGSQL.{url.port or 5432}"))
            url = url.set(host="127.0.0.1", port=port, query={})
        yield url


def connect(url: URL) -> psycopg.Connection:
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(address, autocommit=True)


@contextmanager
def _relay(path: Path) -> Iterator[int]:
    """Listen on a free loopback port and lead every connection on to the Unix socket at `path`."""

    class Relay(BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as inside:
                inside.connect(str(path))
                back = Thread(target=_pump, args=(inside, self.request), daemon=True)
                back.start()
                _pump(self.request, inside)
                back.join()

    class Server(ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Server(("127.0.0.1", 0), Relay) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
