"""
A client of Marionette, the remote control of Mozilla's programs: JSON with its length before it, over TCP.

A command is ``length:[0, number, name, parameters]`` and its answer ``length:[1, number, error, result]``.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socket import create_connection, socket
from typing import Any

_WRAPPED = """\
const done = arguments[arguments.length - 1];
(async (...given) => {{ {script} }})(...[...arguments].slice(0, -1)).then(
  value => done([value ?? null, null]),
  error => done([null, String(error)]),
);
"""


class CommandFailed(Exception):
    """The program refused a command, threw in a script, or has gone."""


@dataclass
class Marionette:
    """A session with a program, which has to answer everything before `deadline`, in seconds of a monotonic clock."""

    connection: socket
    deadline: float
    number: int = 0

    def call(self, name: str, **parameters: Any) -> Any:
        """Return the result of a command; raises `CommandFailed`, `TimeoutError`."""
        self.number += 1
        self._write([0, self.number, name, parameters])
        _, _, error, result = self.read()
        if error:
            raise CommandFailed(f"{name}: {error['message']}")
        return result

    def run(self, script: str, *given: Any) -> Any:
        """
        Return what `script` returns: the body of an async function of `given`, run in the program's own window.

        What it hangs on `globalThis` the next one finds there. Raises `CommandFailed`, `TimeoutError`.
        """
        body = _WRAPPED.format(script=script)
        kept = {"sandbox": "system", "newSandbox": False}
        answer = self.call("WebDriver:ExecuteAsyncScript", script=body, args=given, **kept)
        if answer["value"] is None:
            raise CommandFailed("a dialog came up in the middle of it")
        value, thrown = answer["value"]
        if thrown is not None:
            raise CommandFailed(thrown)
        return value

    def read(self) -> Any:
        """Return the next message of the program."""
        length = b""
        while (byte := self._receive(1)) != b":":
            length += byte
        return json.loads(self._receive(int(length)))

    def _write(self, message: Any) -> None:
        data = json.dumps(message).encode()
        self._hurry()
        self.connection.sendall(b"%d:%s" % (len(data), data))

    def _receive(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            self._hurry()
            more = self.connection.recv(count - len(data))
            if not more:
                raise CommandFailed("the program has gone")
            data += more
        return data

    def _hurry(self) -> None:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the program took too long in all")
        self.connection.settimeout(left)


@contextmanager
def open_session(port: int, *, within: float) -> Iterator[Marionette]:
    """Open a session on a loopback port that may last so many seconds in all."""
    with create_connection(("127.0.0.1", port), timeout=within) as connection:
        session = Marionette(connection, deadline=time.monotonic() + within)
        session.read()  # its greeting
        session.call("WebDriver:NewSession", capabilities={"timeouts": {"script": round(within * 1_000)}})
        session.call("Marionette:SetContext", value="chrome")
        yield session
