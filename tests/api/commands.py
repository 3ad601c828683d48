"""Runs `pencilin` as a person would, in a process of its own or, quicker, in this one."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from service.__main__ import main

PENCILIN = (sys.executable, "-m", "service")


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        assert (self.status, self.err) == (0, "")
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def is_one_plain_line(self) -> bool:
        return self.err.startswith("pencilin: ") and self.err.count("\n") == 1 and "Traceback" not in self.err


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Let the environment hold these settings and no others, until the block ends."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("PENCILIN_")]:
        del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def run(*words: str, stdin: bytes = b"", environ: Mapping[str, str] | None = None) -> Done:
    """Run a command with these settings and no others; in this process, which is quicker, unless it has an input."""
    if not stdin:
        with environment(environ or {}):
            return run_here(*words)
    done = subprocess.run((*PENCILIN, *words), input=stdin, capture_output=True, check=False, timeout=60)
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_here(*words: str) -> Done:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(list(words))
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0
    return Done(status, out.getvalue(), err.getvalue())
