"""
`make bench`: figures of what is built, as medians, printed as a table and written to ``build/bench.json``.

Each figure is ``{"value", "unit", "peer"}``; a peer is what it was measured against in the same run, or a limit.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console
from rich.table import Table

from service import clock
from tests.bench.calendars import make_feed
from tests.bench.slots import time_slots

Figure = dict[str, float | str]
RESULTS = Path("build/bench.json")
EVENTS = 5_000
FREE_EVENTS = 500


def measure() -> dict[str, Figure]:
    with TemporaryDirectory(prefix="pencil-in-bench-") as name:
        folder = Path(name)
        return {
            "slots_api_ms": {
                "value": round(asyncio.run(time_slots(folder, events=EVENTS)), 2),
                "unit": "ms",
                "peer": f"limit 15 ms, 2 x {EVENTS} events, SQLite",
            },
            "free_500_s": {
                "value": round(_time_free(folder), 2),
                "unit": "s",
                "peer": f"limit 3 s, 2 x {FREE_EVENTS} events, start of Python included",
            },
        }


def _time_free(folder: Path) -> float:
    today = clock.now().date()
    files = [folder / "a.ics", folder / "b.ics"]
    for seed, file in enumerate(files):
        file.write_bytes(make_feed(count=FREE_EVENTS, seed=seed, middle=today))
    window = ("--from", f"{today}", "--to", f"{today.replace(year=today.year + 1)}", "--min", "60")
    command = [sys.executable, "-m", "service", "free", *map(str, files), *window, "--between", "17:00-23:00", "--json"]
    return median_of(lambda: subprocess.run(command, check=True, capture_output=True), times=5)


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
    RESULTS.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    table = Table("figure", "median", "against")
    for name, figure in figures.items():
        table.add_row(name, f"{figure['value']} {figure['unit']}", str(figure["peer"]))
    Console().print(table)


if __name__ == "__main__":
    main()
