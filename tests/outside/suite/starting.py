"""Starts a calendar server of each kind for real, on loopback, with the two accounts of the suite."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.interop.cyrus import run_cyrus
from tests.interop.davical import run_davical
from tests.interop.sogo import run_sogo
from tests.outside.suite.faults import Gateway
from tests.outside.suite.proxy import run_proxy
from tests.outside.suite.servers import ACCOUNTS, FACTS, Server
from tests.servers import radicale, run_calendar_server


@contextmanager
def start_radicale(folder: Path) -> Iterator[Server]:
    with radicale(folder, accounts=ACCOUNTS) as server:
        yield Server("radicale", server.url, FACTS["radicale"])


@contextmanager
def start_xandikos(folder: Path) -> Iterator[Server]:
    """Run Xandikos as its own help tells to for many: behind a gateway, which asks for the passwords."""
    command = (sys.executable, "-m", "xandikos", "multi-user", "--no-detect-systemd", "--defaults")
    flags = ("-d", str(folder), "-l", "127.0.0.1", "--trust-x-remote-user-from", "127.0.0.1")
    with (
        run_calendar_server(lambda port: (*command, *flags, "-p", str(port)), {}) as server,
        run_proxy(server.url, choose=Gateway(ACCOUNTS)) as gateway,
    ):
        yield Server("xandikos", gateway.url, FACTS["xandikos"])


@contextmanager
def start_cyrus(folder: Path) -> Iterator[Server]:
    with run_cyrus(folder, accounts=ACCOUNTS) as url:
        yield Server("cyrus", url, FACTS["cyrus"])


@contextmanager
def start_davical(folder: Path) -> Iterator[Server]:
    with run_davical(folder, accounts=ACCOUNTS) as url:
        yield Server("davical", url, FACTS["davical"])


@contextmanager
def start_sogo(folder: Path) -> Iterator[Server]:
    with run_sogo(folder, accounts=ACCOUNTS) as url:
        yield Server("sogo", url, FACTS["sogo"])


STARTERS: Mapping[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "radicale": start_radicale,
    "xandikos": start_xandikos,
    "cyrus": start_cyrus,
    "davical": start_davical,
    "sogo": start_sogo,
}
