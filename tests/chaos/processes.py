"""
The processes, and who ends them: seconds everywhere.

A killed process is started again at once, as a supervisor would. Radicale and the mail server are killed too, now and
then; what they have stored stays.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from socket import create_connection
from time import monotonic

from tests.servers import CalendarServer

ROOT = Path(__file__).parents[2]
READY_WITHIN = 60.0


@dataclass
class Child:
    """A process with its log; where it has a `port`, it is ready when it answers there."""

    words: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    port: int | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        command = (sys.executable, "-m", *self.words)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=complete(self.environ), stdout=log, stderr=log)
        deadline = monotonic() + READY_WITHIN
        while self.port is not None and not _answers(self.port):
            with suppress(subprocess.TimeoutExpired):
                raise RuntimeError(f"it ended with status {self.process.wait(timeout=0.05)}")
            if monotonic() > deadline:
                raise RuntimeError("it did not become ready")

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=READY_WITHIN)
            self.process = None


@dataclass
class Cast:
    """Everything that can be killed: ours, and the two servers outside."""

    api: Child
    workers: tuple[Child, Child]
    calendars: CalendarServer
    mail: Child


@dataclass
class Reaper:
    """Kills at random until it is told to end; `pauses` are the shortest and longest time between two kills."""

    cast: Cast
    chance: Random
    pauses: tuple[float, float]
    kills: int = 0
    outages: int = 0
    troubles: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        try:
            while not self.ended.wait(self.chance.uniform(*self.pauses)):
                self._kill_one_of_ours()
                if self.chance.random() < 1 / 8:
                    self._break_a_server()
        except Exception as error:
            self.troubles.append(f"a process did not come back: {error!r}")

    def _kill_one_of_ours(self) -> None:
        victim = self.chance.choice((self.cast.api, *self.cast.workers))
        if victim.process is None or victim.process.poll() is not None:
            self.troubles.append("a process had ended by itself")
        victim.kill()
        victim.start()
        self.kills += 1

    def _break_a_server(self) -> None:
        self.outages += 1
        if self.chance.random() < 1 / 2:
            self.cast.calendars.stop()
            self.cast.calendars.start()
        else:
            self.cast.mail.kill()
            self.cast.mail.start()


def complete(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a process of which `environ` is what it is told."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **environ}


def _answers(port: int) -> bool:
    try:
        create_connection(("127.0.0.1", port), timeout=0.1).close()
    except OSError:
        return False
    return True
