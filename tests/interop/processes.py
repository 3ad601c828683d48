"""Runs a server in the foreground, as a user of its own, and ends it with all that it has started."""

import os
import pwd
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import httpx

READY_WITHIN = 30.0  # seconds
GONE_WITHIN = 3.0
_PAUSE = threading.Event()  # never set: waiting for it is a pause


@contextmanager
def open_folder(name: str) -> Iterator[Path]:
    """Make a folder that every user may enter, for servers that do not run as we do."""
    folder = Path(mkdtemp(prefix=f"pencilin-{name}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@contextmanager
def run_server(
    command: Sequence[str],
    *,
    log: Path,
    user: str | None = None,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[None]:
    """Run a server that stays in the foreground while the block lasts; its lines go to `log`."""
    with log.open("ab") as lines:
        process = subprocess.Popen(
            command,
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
            env={**os.environ, **(environ or {})},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=lines,
            stderr=lines,
            start_new_session=True,
        )
    try:
        yield
    finally:
        _end(process)


def wait_until(is_ready: Callable[[], bool], *, log: Path) -> None:
    """Wait for a server; raises `RuntimeError` with the end of its log."""
    deadline = time.monotonic() + READY_WITHIN
    while not is_ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server did not answer in time\n{log.read_text(errors='replace')[-2_000:]}")
        pause(0.1)


def pause(seconds: float) -> None:
    _PAUSE.wait(seconds)


def answers(url: str) -> bool:
    """Return whether somebody speaks HTTP there, whatever they say."""
    with suppress(httpx.TransportError):
        return httpx.get(url, trust_env=False, timeout=5).status_code < httpx.codes.BAD_GATEWAY
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole session that the server leads: kindly, and then at once."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GONE_WITHIN)
            break
    with suppress(ProcessLookupError):  # what outlived its leader
        os.killpg(process.pid, signal.SIGKILL)
