"""
What a sync costs the client: with Radicale in a process of its own, and 2,000 calendars at a server in memory.

The calendar holds 5,000 realistic entries; Radicale has read them once before anything is measured, which is what it
does as they are put. CPU is that of our worker and of the process in which it reads entries.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx

from tests.bench.calendars import make_objects
from tests.bench.couple import open_house
from tests.bench.figures import Figure
from tests.servers import radicale

EVENTS = 5_000
POLL_SECONDS = 15 * 60
_USER, _PASSWORD = "ana", "secret"
_LIST = (
    b'<sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>'
)
_PATIENCE = 300.0  # seconds


def measure_sync(folder: Path, *, today: date) -> dict[str, Figure]:
    """Measure in `folder`, which is made."""
    asyncio.run(_migrate(folder / "data"))
    names = _fill(folder / "collections" / "collection-root" / _USER / "home", today=today)
    with radicale(folder, accounts={_USER: _PASSWORD}) as server, _answering() as port:
        url = f"{server.url}{_USER}/home/"
        login = (_USER, _PASSWORD)
        httpx.request("REPORT", url, content=_LIST, auth=login, timeout=_PATIENCE, trust_env=False).raise_for_status()
        told = (str(folder / "data"), url, _USER, _PASSWORD, names[0], str(port))
        command = [sys.executable, "-m", "tests.bench.syncing", *told]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return _as_figures(found)


async def _migrate(folder: Path) -> None:
    """Make the database, so that what that takes is not counted among the worker's memory."""
    async with open_house(folder):
        pass


def _fill(collection: Path, *, today: date) -> list[str]:
    """Write a collection as Radicale keeps it; 5,000 requests would take minutes."""
    collection.mkdir(parents=True)
    (collection / ".Radicale.props").write_text('{"tag": "VCALENDAR"}', encoding="utf-8")
    names = []
    for name, data in make_objects(count=EVENTS, seed=0, middle=today):
        (collection / name).write_bytes(data)
        names.append(name)
    return names


@contextmanager
def _answering() -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.answering"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline() if process.stdout else 0)
        finally:
            process.kill()


def _as_figures(found: dict[str, float]) -> dict[str, Figure]:
    held = f"Radicale, {EVENTS} events"
    first = f"{found['initial_s']:.1f} s in all, the next two weeks after {found['first_answer_s']:.1f} s (limit 3 s)"
    return {
        "sync_unchanged_cpu_ms": Figure(round(found["unchanged_cpu_s"] * 1000, 2), "ms", f"limit 5 ms, {held}"),
        "sync_unchanged_requests": Figure(found["unchanged_requests"], "", f"limit 1, {held}"),
        "sync_one_cpu_ms": Figure(
            round(found["one_cpu_s"] * 1000, 2), "ms", f"limit 10 ms, {found['one_requests']:.0f} requests of 3, {held}"
        ),
        "initial_sync_cpu_s": Figure(round(found["initial_cpu_s"], 2), "s", f"limit 1.5 s, {held}; {first}"),
        "initial_sync_peak_mib": Figure(round(found["peak_mib"], 1), "MiB", f"limit 120 MiB, {held}, the whole worker"),
        "poll_2000_cores": Figure(
            round(found["poll_cpu_s"] / POLL_SECONDS, 4), "cores", "limit 1, a poll every 15 minutes, nothing changed"
        ),
    }
