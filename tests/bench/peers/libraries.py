"""The work of `tests.bench.peers` by icalendar and recurring-ical-events."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import recurring_ical_events
from icalendar import Calendar

SHORTEST = 3600
Times = list[tuple[int, int]]


def main() -> None:
    files = sys.argv[1:3]
    start, end = map(int, sys.argv[3:5])
    begun = process_time()
    found = [time for file in files for time in read(Path(file).read_bytes(), start=start, end=end)]
    busy = merge(found)
    windows = [(int(first), int(last)) for first, last in (text.split("-") for text in sys.argv[5].split(","))]
    gaps = [gap for window in windows for gap in gaps_in(window, busy=busy)]
    print(json.dumps({"cpu_s": process_time() - begun, "busy": busy, "gaps": gaps}))  # noqa: T201


def read(data: bytes, *, start: int, end: int) -> Times:
    calendar = Calendar.from_ical(data)
    days = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    found = []
    for event in recurring_ical_events.of(calendar).between(*days):
        if event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED":
            continue
        times = int(event.start.timestamp()), int(event.end.timestamp())
        if times[0] < end and start < times[1]:
            found.append((max(times[0], start), min(times[1], end)))
    return found


def merge(times: Times) -> Times:
    merged: Times = []
    for start, end in sorted(times):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def gaps_in(window: tuple[int, int], *, busy: Times) -> Times:
    start, last = window
    gaps = []
    for first, end in [*busy, (last, last)]:
        if end <= start:
            continue
        if min(first, last) - start >= SHORTEST:
            gaps.append((start, min(first, last)))
        if first >= last:
            break
        start = max(start, end)
    return gaps


if __name__ == "__main__":
    main()
