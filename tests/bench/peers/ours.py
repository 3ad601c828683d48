"""The work of `tests.bench.peers` by `integrations.ical` and `service.core`; also prints `peak_mib` of this process."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

from integrations.ical.busy import read_busy
from service.core.hours import find_zone
from service.core.interval import Interval, merge
from service.core.slots import find_slots
from tests.bench.evenings import SHORTEST, ZONE, evenings


def main() -> None:
    files = sys.argv[1:3]
    start, end = (datetime.fromtimestamp(int(text), UTC) for text in sys.argv[3:5])
    begun = process_time()
    zone = find_zone(ZONE)
    hours = evenings(Interval(start, end))
    busy = []
    for file in files:
        reading = read_busy(Path(file).read_bytes(), start=start, end=end, zone=zone)
        if reading.unreadable:
            raise RuntimeError("a calendar of the benchmark could not be read whole")
        busy += [Interval(each.start, each.end) for each in reading.busy]
    gaps = find_slots(hours, busy=busy, shortest=SHORTEST)
    taken = process_time() - begun
    print(json.dumps({"cpu_s": taken, "peak_mib": _peak_mib(), "busy": _pairs(merge(busy)), "gaps": _pairs(gaps)}))  # noqa: T201


def _pairs(times: Iterable[Interval]) -> list[tuple[int, int]]:
    return [(int(each.start.timestamp()), int(each.end.timestamp())) for each in times]


def _peak_mib() -> float:
    # not getrusage, which starts with the memory of the process that this one was forked from
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


if __name__ == "__main__":
    main()
