"""
From bytes to shared evenings, by us and by peers, each in a process of its own, in turns, on the same two files.

Times are seconds of CPU. Whoever finds another busy second than we do is not measured but reported as an error: nobody
wins by doing less.
"""

import json
import resource
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median

from service.core.interval import Interval
from tests.bench.calendars import make_feed
from tests.bench.evenings import evenings
from tests.bench.figures import Figure, Figures
from tests.bench.programs import OURS, PEERS, NotThere, Program

EVENTS = 5_000
MANY = 20_000
ROUNDS = 3
_LIMITS = {"cold_ratio_recurring_ical_events": "at least 15; ", "cold_ratio_libical": "at most 2; "}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a program: `cpu` is of its work, `whole` of its process; `peak` is in MiB, ours only."""

    cpu: float
    whole: float
    busy: frozenset[tuple[int, int]]
    gaps: tuple[tuple[int, int], ...]
    peak: float


def measure_cold(folder: Path, *, during: Interval) -> Figures:
    """Compare us with every peer that is there, then 5,000 entries with 20,000."""
    figures = Figures()
    programs: dict[str, Program] = {}
    for name, find in PEERS.items():
        try:
            programs[name] = _try_out(find(), folder=folder, during=during)
        except NotThere as reason:
            figures.missing[name] = str(reason)
    files = _write(folder, events=EVENTS, middle=during.start.date())
    runs = run_in_turns([OURS, *programs.values()], files=files, during=during)
    for name, program in programs.items():
        figures.found[name] = _compare(runs[OURS], runs[program], name=name, program=program)
    figures.found.update(_measure_growth(folder, during=during))
    return figures


def run_in_turns(programs: Iterable[Program], *, files: list[Path], during: Interval) -> dict[Program, list[Run]]:
    """Run each program in every round, slow ones in the first; raises `RuntimeError` where two disagree."""
    runs: dict[Program, list[Run]] = {}
    for number in range(ROUNDS):
        for program in programs:
            if number == 0 or not program.slow:
                runs.setdefault(program, []).append(run(program, files=files, during=during))
    answers = {(each.busy, each.gaps) for taken in runs.values() for each in taken}
    if len(answers) > 1 or not all(gaps for _, gaps in answers):
        told = (f"{program.name} {len(each.busy)}, {len(each.gaps)}" for program in runs for each in runs[program])
        raise RuntimeError(f"no gaps, or not the same busy times and gaps everywhere: {'; '.join(told)}")
    return runs


def run(program: Program, *, files: list[Path], during: Interval) -> Run:
    windows = ",".join("-".join(_edges(each)) for each in evenings(during))
    before = _cpu_of_children()
    command = [*program.command, *map(str, files), *_edges(during), windows]
    answer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=300).stdout)
    return Run(
        cpu=answer["cpu_s"],
        whole=_cpu_of_children() - before,
        busy=frozenset((start, end) for start, end in answer["busy"]),
        gaps=tuple((start, end) for start, end in answer["gaps"]),
        peak=answer.get("peak_mib", 0.0),
    )


def _try_out(program: Program, *, folder: Path, during: Interval) -> Program:
    """Return the program if it runs here; raises `NotThere`."""
    try:
        run(program, files=_write(folder, events=1, middle=during.start.date()), during=during)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise NotThere(f"{program.name} does not run here") from None
    return program


def _compare(ours: list[Run], theirs: list[Run], *, name: str, program: Program) -> Figure:
    mine, other = (median(each.cpu for each in runs) for runs in (ours, theirs))
    ratio = mine / other if name == "cold_ratio_libical" else other / mine
    wholes = [median(each.whole for each in runs) for runs in (ours, theirs)]
    text = (
        f"{_LIMITS.get(name, '')}{program.name} {other * 1000:.0f} ms, ours {mine * 1000:.0f}; "
        f"with the start of the process {wholes[1] * 1000:.0f} and {wholes[0] * 1000:.0f}; "
        f"the same {len(ours[0].busy)} busy times"
    )
    return Figure(round(ratio, 2), "x", text)


def _measure_growth(folder: Path, *, during: Interval) -> dict[str, Figure]:
    # without notes, because 20,000 entries with theirs are more than the 20 MiB that a feed may have
    few, many = (_write(folder, events=events, middle=during.start.date(), brief=True) for events in (EVENTS, MANY))
    small, large = [], []
    for _ in range(ROUNDS):
        small.append(run(OURS, files=few, during=during))
        large.append(run(OURS, files=many, during=during))
    times = [median(each.cpu for each in runs) for runs in (small, large)]
    size = many[0].stat().st_size / 2**20
    return {
        "cold_scaling": Figure(
            round(times[1] / times[0], 2),
            "x",
            f"at most 4.4; {times[1] * 1000:.0f} ms at 2 x {MANY}, {times[0] * 1000:.0f} ms at 2 x {EVENTS}, no notes",
        ),
        "cold_peak_mib": Figure(
            round(median(each.peak for each in large), 1), "MiB", f"at most 150; 2 x {MANY} in files of {size:.0f} MiB"
        ),
    }


def _write(folder: Path, *, events: int, middle: date, brief: bool = False) -> list[Path]:
    files = [folder / f"{events}-{'brief' if brief else 'full'}-{seed}.ics" for seed in (0, 1)]
    for seed, file in enumerate(files):
        file.write_bytes(make_feed(count=events, seed=seed, middle=middle, brief=brief))
    return files


def _edges(time: Interval) -> tuple[str, str]:
    return f"{time.start.timestamp():.0f}", f"{time.end.timestamp():.0f}"


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
