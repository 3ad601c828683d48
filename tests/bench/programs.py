"""
The programs of `tests.bench.peers`: ours, and the peers that can be had on this machine.

Peers are built into ``build/bench-peers``: npm fetches ical.js and node-ical as their lock says, a compiler links the
one in C against libical where that is installed. As root with ``BENCH_APT=1`` it is installed from Debian.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "peers"
BUILT = Path("build/bench-peers")
_PATIENCE = 60


class NotThere(Exception):
    """A peer that cannot be had here; the text says why."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start with the arguments that `tests.bench.peers` tells of; a slow one runs once, others every round."""

    name: str
    command: tuple[str, ...]
    slow: bool = False


OURS = Program("ours", (sys.executable, "-m", "tests.bench.peers.ours"))
LIBRARIES = Program(
    "icalendar + recurring-ical-events", (sys.executable, "-m", "tests.bench.peers.libraries"), slow=True
)


def find_icaljs() -> Program:
    return install_script(SOURCES / "icaljs.mjs", name="ical.js")


def find_nodeical() -> Program:
    return install_script(SOURCES / "nodeical.mjs", name="node-ical")


def find_libical() -> Program:
    """Compile the program in C; raises `NotThere`."""
    if os.environ.get("BENCH_APT") == "1" and os.getuid() == 0:
        _run("apt-get", "install", "-y", "--no-install-recommends", "libical-dev")
    return compile_source(SOURCES / "libical.c", name="libical")


def install_script(source: Path, *, name: str) -> Program:
    """Return the program `source`, put beside the packages of `tests.bench.peers`; raises `NotThere`."""
    folder = _install_modules() / source.parents[1].name  # a module finds packages beside itself and further up only
    folder.mkdir(exist_ok=True)
    for script in source.parent.glob("*.mjs"):
        shutil.copy(script, folder)
    return Program(name, ("node", str(folder / source.name)))


def compile_source(source: Path, *, name: str) -> Program:
    """Return the program `source`, linked with libical; raises `NotThere`."""
    flags = _run("pkg-config", "--cflags", "--libs", "libical").split()
    folder = BUILT / source.parents[1].name
    folder.mkdir(parents=True, exist_ok=True)
    _run("cc", "-O2", "-o", str(folder / source.stem), str(source), *flags)
    return Program(name, (str(folder / source.stem),))


PEERS: dict[str, Callable[[], Program]] = {
    "cold_ratio_recurring_ical_events": lambda: LIBRARIES,
    "cold_ratio_icaljs": find_icaljs,
    "cold_ratio_nodeical": find_nodeical,
    "cold_ratio_libical": find_libical,
}


def _install_modules() -> Path:
    """Return the folder of the packages."""
    BUILT.mkdir(parents=True, exist_ok=True)
    lock = SOURCES / "package-lock.json"
    done = BUILT / lock.name
    if not done.exists() or done.read_bytes() != lock.read_bytes():
        shutil.copy(SOURCES / "package.json", BUILT)
        shutil.copy(lock, done)
        try:
            _run(
                "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--prefix", str(BUILT)
            )
        except NotThere:
            done.unlink()  # so that the next run tries again
            raise
    return BUILT


def _run(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=_PATIENCE).stdout
    except FileNotFoundError:
        raise NotThere(f"{command[0]} is not installed") from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise NotThere(f"{command[0]} could not do its part") from None
