"""
Real servers for tests: those of the demo, and Xandikos, which is only needed here.

`radicale` keeps accounts apart by password. `xandikos` here has one open account: it takes passwords only behind TLS.
`smtp_sink` keeps what it is sent, or refuses it. Ports are stable while a block lasts, so that a server can die and
come back.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.commands.demo.servers import (
    CalendarServer,
    Received,
    Service,
    SmtpSink,
    find_free_port,
    pencil_in,
    radicale,
    run_calendar_server,
    smtp_sink,
)

__all__ = [
    "CalendarServer",
    "Received",
    "Service",
    "SmtpSink",
    "find_free_port",
    "pencil_in",
    "radicale",
    "run_calendar_server",
    "smtp_sink",
    "xandikos",
]


@contextmanager
def xandikos(folder: Path, *, user: str = "ana") -> Iterator[CalendarServer]:
    """Run Xandikos with its storage in `folder`, and ``user/calendars/calendar/`` made; it asks for no password."""
    flags = ("--defaults", "--current-user-principal", f"/{user}/", "-d", str(folder), "-l", "127.0.0.1")
    interpreter = (sys.executable, "-m", "xandikos", "serve", "--no-detect-systemd")
    with run_calendar_server(lambda port: (*interpreter, *flags, "-p", str(port)), {}) as server:
        yield server
