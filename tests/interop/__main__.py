"""
Runs the suite for calendar servers against all of them, prints a table, and writes it to ``build/interop.md``.

``python -m tests.interop cyrus sogo`` runs it against those alone. What comes from Debian packages is installed first,
which needs root; nothing is left running, and no service of the machine is started or stopped.
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
NAMES = {"radicale": "Radicale", "xandikos": "Xandikos", "cyrus": "Cyrus", "davical": "DAViCal", "sogo": "SOGo"}


def main(chosen: Sequence[str]) -> int:
    """Run the suite against the servers that are named, all where none is; return pytest's exit status."""
    names = list(chosen) or list(NAMES)
    if unknown := set(names) - set(NAMES):
        return _say(f"There is no such server here: {', '.join(sorted(unknown))}. There are {', '.join(NAMES)}.")
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
    os.environ["TEST_CALENDARS"] = ",".join(names)
    os.environ.setdefault("TEST_STORMS", "4")
    table = Table()
    status = pytest.main(["-q", str(SUITE)], plugins=[table])
    text = table.render({name: f"{NAMES[name]} {_find_version(name)}" for name in names})
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
