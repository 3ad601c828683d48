"""
`make chaos`: crashes under load, for three minutes and until all is quiet; figures go to ``build/chaos.json``.

``python -m tests.chaos --seed 7 --seconds 60 --dates 100`` repeats what was drawn; when a process dies in the middle of
what is never the same twice. The exit status is 1 where anything was lost or doubled.
"""

import argparse
import json
import secrets
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table

from tests.bench.figures import Figure
from tests.chaos.run import Outcome, Plan, run

RESULTS = Path("build/chaos.json")
FOLDER = Path("build/chaos")  # logs, mails and calendars stay there, to be looked at
PAUSES = (2.0, 6.0)  # seconds


def main() -> int:
    options = _read_options()
    console = Console()
    console.print(
        f"seed {options.seed}: {options.dates} dates, kills for {options.seconds:g} s, then until it is quiet"
    )
    plan = Plan(options.seed, dates=options.dates, seconds=options.seconds, pauses=PAUSES, waits=True)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    outcome = run(plan, folder=FOLDER.resolve())
    figures = make_figures(outcome)
    as_json = {name: asdict(figure) for name, figure in figures.items()}
    RESULTS.write_text(json.dumps(as_json, indent=1) + "\n", encoding="utf-8")
    _print(console, outcome, figures)
    verdict = outcome.verdict
    wrong = (*verdict.lost, *verdict.doubled, *outcome.troubles)
    for sentence in wrong:
        console.print(sentence, markup=False, style="red")
    return 1 if wrong or verdict.repeats_other_id else 0


def make_figures(outcome: Outcome) -> dict[str, Figure]:
    """Return the figures by the names that are published."""
    verdict = outcome.verdict
    counts = {
        "dates": outcome.dates,
        "kills": outcome.kills,
        "lost": len(verdict.lost),
        "doubled_entries": len(verdict.doubled),
        "repeats_same_id": verdict.repeats_same_id,
        "repeats_other_id": verdict.repeats_other_id,
        "dead_parcels": outcome.dead_parcels,
    }
    return {name: Figure(float(count), "count", "") for name, count in counts.items()}


def _print(console: Console, outcome: Outcome, figures: dict[str, Figure]) -> None:
    table = Table(Column("figure", no_wrap=True), Column("count", justify="right"))
    for name, figure in figures.items():
        table.add_row(name, f"{figure.value:g}")
    console.print(table)
    console.print(
        f"{outcome.live} dates live at the end, {outcome.requests} requests, {outcome.retries} attempts in vain, "
        f"{outcome.mails} mails, {outcome.outages} times a server outside died, quiet after {outcome.waited:.0f} s."
    )


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Crashes under load.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="what to draw from")
    parser.add_argument("--seconds", type=float, default=180, help="for how long processes are killed")
    parser.add_argument("--dates", type=int, default=500, help="how many dates are penciled in")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
