"""
Runs the suite for calendar servers against all of them, prints a table, and writes it to ``build/interop.md``.

Then come the clients, each a file of tests beside this one: ``readers`` read our golden files. ``python -m
tests.interop cyrus readers`` runs those two alone. What comes from Debian packages is installed first, which needs
root; nothing is left running, and no service of the machine is started or stopped.
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
from tests.interop.table import Table

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "tests" / "outside" / "suite"
REPORT = ROOT / "build" / "interop.md"
CLIENTS = {"readers": Path(__file__).with_name("readers.py")}
NAMES = {"radicale": "Radicale", "xandikos": "Xandikos", "cyrus": "Cyrus", "davical": "DAViCal", "sogo": "SOGo"}


def main(chosen: Sequence[str]) -> int:
    """Run the suite against what is named, all where nothing is; return pytest's exit status."""
    known = [*NAMES, *CLIENTS]
    names = list(chosen) or known
    if unknown := set(names) - set(known):
        return _say(f"There is no such server here: {', '.join(sorted(unknown))}. There are {', '.join(known)}.")
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
    return _run([name for name in names if name in NAMES], files=[CLIENTS[name] for name in names if name in CLIENTS])


def _run(servers: Sequence[str], *, files: Sequence[Path]) -> int:
    os.environ["TEST_CALENDARS"] = ",".join(servers)
    os.environ.setdefault("TEST_STORMS", "4")
    table = Table()
    paths = [*([SUITE] if servers else []), *files]
    status = pytest.main(["-q", *map(str, paths)], plugins=[table])
    if servers:
        text = table.render({name: f"{NAMES[name]} {_find_version(name)}" for name in servers})
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
