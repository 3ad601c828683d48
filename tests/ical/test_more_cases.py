"""
What calendars export that the corpus lacks: one case a habit of a program, a corner of a rule, or a slip of the pen.

The cases have the shape of the corpus: times are RFC 3339, busy times not clipped to the window yet. Each `note` names
what decides it: a section of RFC 5545, of another RFC, or, where no RFC does, what the calendar in question means.
"""

import json
from datetime import datetime
from pathlib import Path
from time import thread_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.ical.busy import Reading, read_busy
from tests.ical.calendars import calendar, event, read, utc
from tests.ical.test_corpus import CASES as CORPUS
from tests.ical.test_corpus import clip

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "more_cases.json").read_text())
SECONDS = 1.0  # of CPU, so that a busy machine fails nothing


def read_case(case: dict[str, Any]) -> Reading:
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    return read_busy(case["ics"].encode(), start=start, end=end, zone=ZoneInfo(case["zone"]), me=case["me"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_calendar_is_read_as_what_decides_it_says(case: dict[str, Any]) -> None:
    began = thread_time()
    reading = read_case(case)
    assert thread_time() - began < SECONDS
    if case["busy"] is None:
        assert reading.busy or reading.unreadable == 1, case["note"]
        return
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    accepted = [clip(pairs, start=start, end=end) for pairs in [case["busy"], *case["also_accepted"]]]
    assert [(busy.start, busy.end) for busy in reading.busy] in accepted, case["note"]


def test_every_case_says_what_decides_it_and_has_a_name_of_its_own() -> None:
    names = [case["name"] for case in [*CORPUS, *CASES]]
    assert len(names) == len(set(names))
    assert all(case["note"] for case in CASES)
    assert not [case["name"] for case in CASES if case["verdict"] == "decided" and case["also_accepted"]]


def test_folding_may_cut_a_character_in_two() -> None:
    # RFC 5545, section 3.1: folding counts octets. A character cut in two is no text, so it has no place in the JSON.
    text = event("SUMMARY:Größe", "DTSTART:20261201T170000Z", "DTEND:20261201T180000Z")
    cut = calendar(text).replace("ö".encode(), b"\xc3\r\n \xb6")
    assert [(each.start, each.end) for each in read(cut).busy] == [(utc(1, 17), utc(1, 18))]


def test_titles_that_are_no_utf_8_hide_no_event() -> None:
    text = event("SUMMARY:Gr@@e", "DTSTART:20261201T170000Z", "DTEND:20261201T180000Z")
    latin = calendar(text).replace(b"@@", b"\xf6\xdf")
    assert [(each.start, each.end) for each in read(latin).busy] == [(utc(1, 17), utc(1, 18))]
