"""
Runs the suite for calendar servers against all of them, has our invitations answered in a mail program, prints tables.

They are written to ``build/interop.md`` too. Last, ``readers`` of other languages read our golden files. ``python -m
tests.interop cyrus thunderbird`` does it with those alone. What comes from Debian packages is installed first, which
needs root; nothing is left running, and no service of the machine is started or stopped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest

from tests.interop.packages import PACKAGES, find_version, install, list_missing, tell_what_lacks
from tests.interop.table import CLIENT_STEPS, STEPS, Table

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "outside" / "suite"
CLIENTS = ROOT / "tests" / "interop" / "clients"
READERS = ROOT / "tests" / "interop" / "readers.py"
REPORT = ROOT / "build" / "interop.md"
NAMES = {"radicale": "Radicale", "xandikos": "Xandikos", "cyrus": "Cyrus", "davical": "DAViCal", "sogo": "SOGo"}
CLIENT_NAMES = {"thunderbird": "Thunderbird"}


def main(chosen: Sequence[str]) -> int:
    """Run it with the servers and clients that are named, all where none is; return pytest's exit status."""
    known = [*NAMES, *CLIENT_NAMES, READERS.stem]
    names = list(chosen) or known
    if unknown := set(names) - set(known):
        return _say(f"There is no such program here: {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
    from_debian = [name for name in names if name in PACKAGES]
    missing = list_missing(from_debian)
    has_apt, is_root = shutil.which("apt-get") is not None, os.geteuid() == 0
    if from_debian and (lack := tell_what_lacks(missing, has_apt=has_apt, is_root=is_root)):
        return _say(lack)
    if missing:
        sys.stdout.write(f"Installing {' '.join(missing)}.\n")
        try:
            install(missing)
        except subprocess.CalledProcessError as error:
            return _say(f"apt-get ended with status {error.returncode}.")
    return _run(
        [name for name in names if name in NAMES],
        [name for name in names if name in CLIENT_NAMES],
        readers=READERS.stem in names,
    )


def _run(servers: Sequence[str], clients: Sequence[str], *, readers: bool) -> int:
    os.environ["TEST_CALENDARS"], os.environ["TEST_CLIENTS"] = ",".join(servers), ",".join(clients)
    os.environ.setdefault("TEST_STORMS", "4")
    table = Table()
    paths = [str(path) for path, chosen in ((SUITE, servers), (CLIENTS, clients), (READERS, readers)) if chosen]
    status = pytest.main(["-q", *paths], plugins=[table])
    text = "\n".join(
        table.render({name: f"{names[name]} {_find_version(name)}" for name in chosen}, steps=steps)
        for chosen, names, steps in ((servers, NAMES, STEPS), (clients, CLIENT_NAMES, CLIENT_STEPS))
        if chosen
    )
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(text, encoding="utf-8")
    sys.stdout.write(f"\n{text}\nWritten to {REPORT.relative_to(ROOT)}.\n")
    return int(status)


def _find_version(name: str) -> str:
    return find_version(PACKAGES[name][0]) if name in PACKAGES else metadata.version(name)


def _say(text: str) -> int:
    sys.stderr.write(f"{text}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
