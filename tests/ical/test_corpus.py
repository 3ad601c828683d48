"""Every case of the corpus of what calendars really contain; times are RFC 3339, busy times not clipped yet."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.ical.busy import read_busy

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "busy_cases.json").read_text())
Stretches = list[tuple[datetime, datetime]]


def clip(pairs: Iterable[Sequence[str]], *, start: datetime, end: datetime) -> Stretches:
    """Return `pairs` as the reader would: inside the window, touching ones joined."""
    clipped: Stretches = []
    for first, last in sorted(tuple(map(datetime.fromisoformat, pair)) for pair in pairs):
        begin, finish = max(first.astimezone(UTC), start), min(last.astimezone(UTC), end)
        if clipped and begin <= clipped[-1][1]:
            clipped[-1] = (clipped[-1][0], max(clipped[-1][1], finish))
        elif begin < finish:
            clipped.append((begin, finish))
    return clipped


@pytest.mark.parametrize("case", [case for case in CASES if case["busy"] is not None], ids=lambda case: case["name"])
def test_a_calendar_of_the_corpus_is_read_as_its_authors_meant_it(case: dict[str, Any]) -> None:
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    reading = read_busy(case["ics"].encode(), start=start, end=end, zone=ZoneInfo(case["zone"]), me=case["me"])
    accepted = [case["busy"], *case["also_accepted"]]
    if case["verdict"] == "decided":
        accepted = accepted[:1]
    assert [(busy.start, busy.end) for busy in reading.busy] in [
        clip(pairs, start=start, end=end) for pairs in accepted
    ]


@pytest.mark.parametrize("case", [case for case in CASES if case["busy"] is None], ids=lambda case: case["name"])
def test_a_calendar_without_an_agreed_answer_is_read_or_counted(case: dict[str, Any]) -> None:
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    reading = read_busy(case["ics"].encode(), start=start, end=end, zone=ZoneInfo(case["zone"]), me=case["me"])
    assert reading.busy or reading.unreadable == 1
