"""
`make bench`: figures of what is built, as medians, printed as a table and written to ``build/bench.json``.

Each figure is ``{"value", "unit", "peer"}``; a peer is what it was measured against in the same run, or a limit. A
figure whose peer is not on this machine is absent from the file, and the table says why.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.table import Column, Table

from service import clock
from tests.bench.calendars import make_feed
from tests.bench.cold import measure_cold
from tests.bench.couple import open_house, settle
from tests.bench.decks import measure_decks
from tests.bench.evenings import next_days
from tests.bench.figures import Figure, Figures
from tests.bench.reminders import measure_reminders
from tests.bench.slots import measure_slots
from tests.bench.sync import measure_sync
from tests.bench.warm import measure_reindex, measure_warm

RESULTS = Path("build/bench.json")
EVENTS = 5_000
FREE_EVENTS = 500


def measure() -> Figures:
    with TemporaryDirectory(prefix="pencil-in-bench-") as name:
        folder = Path(name)
        figures = measure_cold(folder, during=next_days(clock.now()))
        figures.found.update(_measure_service(folder / "data"))
        figures.found.update(measure_decks())
        figures.found.update(measure_reminders())
        figures.found.update(_measure_free(folder, today=clock.now().date()))
        figures.found.update(measure_sync(folder / "sync", today=clock.now().date()))
    return figures


def _measure_service(folder: Path) -> dict[str, Figure]:
    now = clock.now()

    async def measure_in_process() -> tuple[str, dict[str, Figure]]:
        async with open_house(folder) as house:
            member, _ = await settle(house, events=EVENTS, now=now)
            warm = await measure_warm(house, member=member, during=next_days(now), events=EVENTS)
            return member.token, warm | await measure_reindex(house, member=member, events=EVENTS, now=now)

    token, found = asyncio.run(measure_in_process())
    return found | measure_slots(folder, token=token, now=now, events=EVENTS)


def _measure_free(folder: Path, *, today: date) -> dict[str, Figure]:
    files = [folder / "a.ics", folder / "b.ics"]
    for seed, file in enumerate(files):
        file.write_bytes(make_feed(count=FREE_EVENTS, seed=seed, middle=today))
    window = ("--from", f"{today}", "--to", f"{today + timedelta(days=365)}", "--min", "60")
    command = [sys.executable, "-m", "service", "free", *map(str, files), *window, "--between", "17:00-23:00", "--json"]
    taken = median_of(lambda: subprocess.run(command, check=True, capture_output=True), times=5)
    return {
        "free_500_s": Figure(round(taken, 2), "s", f"limit 3 s, 2 x {FREE_EVENTS} events, start of Python included")
    }


def median_of(work: Callable[[], object], *, times: int) -> float:
    """Return the median of the seconds that `work` takes."""
    taken = []
    for _ in range(times):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return median(taken)


def main() -> None:
    figures = measure()
    RESULTS.parent.mkdir(exist_ok=True)
    as_json = {name: asdict(figure) for name, figure in figures.found.items()}
    RESULTS.write_text(json.dumps(as_json, indent=1) + "\n", encoding="utf-8")
    table = Table(Column("figure", no_wrap=True), Column("median", no_wrap=True), "against")
    for name, figure in figures.found.items():
        table.add_row(name, f"{figure.value} {figure.unit}", figure.peer)
    for name, reason in figures.missing.items():
        table.add_row(name, "not there", reason)
    Console().print(table)


if __name__ == "__main__":
    main()
