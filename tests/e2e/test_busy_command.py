"""
`pencilin busy` over the whole corpus: what is promised of the engine holds for who calls it.

Every case goes through the process that the command reads in, with the command's own understanding of times, zones and
policies. Starting that process takes half a second each time, so the command itself is run on some of the cases, chosen
to be of every kind, and as an installed script once.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from integrations.ical.bounded import BoundedReader
from integrations.ical.busy import Policy, Reading, Treat
from service.__main__ import app
from service.commands.reading import parse_choice, parse_moment
from service.core.hours import find_zone
from tests.ical.test_corpus import CASES as CORPUS
from tests.ical.test_corpus import clip
from tests.ical.test_more_cases import CASES as MORE

CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in [*CORPUS, *MORE]}
DEFAULTS = Policy(*(parse_choice("busy", of=Treat) for _ in range(3)))
TITLE = "Xyzzyplugh"

SAMPLE = [
    "dst-weekly-fallback", "exdate-date-on-timed", "until-far-east", "rdate-period-end", "override-moved-out",
    "taf-across-dst", "allday-2days", "tz-windows-vtimezone", "impossible-rule", "minutely-exrule-bomb", "declined",
    "no-dtstart", "outlook-two-customized-time-zones", "google-recurrence-id-in-utc-after-the-change",
    "apple-travel-time", "apple-day-skipped-at-the-date-line", "notes-list-of-periods", "airline-lands-before-it-left",
    "timetable-wkst-su", "roster-nights-over-the-change-of-clocks", "last-working-day-of-the-month",
    "half-an-hour-of-summer-time", "attendee-by-second-address", "freebusy-types", "line-ends-of-old-macs",
]  # fmt: skip


def accepts(case: dict[str, Any], busy: list[tuple[datetime, datetime]], *, unreadable: int) -> bool:
    if case["busy"] is None:
        return bool(busy) or unreadable == 1
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    return busy in [clip(pairs, start=start, end=end) for pairs in [case["busy"], *case["also_accepted"]]]


async def read_as_the_command_does(case: dict[str, Any], *, reader: BoundedReader) -> Reading:
    zone = find_zone(case["zone"])
    start, end = (parse_moment(case[name], zone=zone) for name in ("from", "to"))
    return await reader.read(
        case["ics"].encode(), start=start, end=end, zone=zone, me=tuple(case["me"]), policy=DEFAULTS
    )


async def test_every_case_is_read_behind_the_wall_of_the_command() -> None:
    reader = BoundedReader()
    try:
        readings = {name: await read_as_the_command_does(case, reader=reader) for name, case in CASES.items()}
    finally:
        reader.stop()
    assert [
        name
        for name, reading in readings.items()
        if not accepts(CASES[name], [(each.start, each.end) for each in reading.busy], unreadable=reading.unreadable)
    ] == []


def words(case: dict[str, Any], source: str) -> list[str]:
    me = [word for address in case["me"] for word in ("--me", address)]
    return ["busy", source, "--from", case["from"], "--to", case["to"], "--zone", case["zone"], *me, "--json"]


def assert_answer(case: dict[str, Any], text: str) -> None:
    answer = json.loads(text)
    assert answer.keys() == {"busy", "unreadable"}
    assert {each["kind"] for each in answer["busy"]} <= {"busy"}
    assert all(each[edge].endswith("Z") for each in answer["busy"] for edge in ("start", "end"))
    busy = [(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])) for each in answer["busy"]]
    assert accepts(case, busy, unreadable=answer["unreadable"]), case["note"]


@pytest.mark.parametrize("name", SAMPLE)
def test_the_command_answers_as_decided(name: str) -> None:
    result = CliRunner().invoke(app, words(CASES[name], "-"), input=CASES[name]["ics"].encode())
    assert result.exit_code == 0
    assert_answer(CASES[name], result.stdout)


def test_the_installed_command_answers_as_decided(tmp_path: Path) -> None:
    case = CASES["fastmail-many-overrides"]
    (tmp_path / "calendar.ics").write_bytes(case["ics"].encode())
    command = [str(Path(sys.executable).with_name("pencilin")), *words(case, str(tmp_path / "calendar.ics"))]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stderr == ""
    assert_answer(case, result.stdout)


UNSURE = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        *("BEGIN:VEVENT", "UID:a", f"SUMMARY:{TITLE}", "DTSTART;VALUE=DATE:20261201", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:b", f"LOCATION:{TITLE}", "DTSTART:20261203T100000Z", "DTEND:20261203T110000Z"),
        *("STATUS:TENTATIVE", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:c", f"DESCRIPTION:{TITLE}", "DTSTART:20261204T100000Z", "DTEND:20261204T110000Z"),
        *("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alex@example.org", "END:VEVENT"),
        *("BEGIN:VEVENT", "UID:d", f"DTSTART:{TITLE}", "END:VEVENT"),
        "END:VCALENDAR",
        "",
    ]
)
DAYS = ["--from", "2026-12-01", "--to", "2026-12-05", "--zone", "Europe/Berlin", "--me", "alex@example.org"]


def test_days_are_those_of_the_zone_and_policies_those_asked_for() -> None:
    policies = ["--all-day", "soft", "--tentative", "free", "--unanswered", "soft"]
    result = CliRunner().invoke(app, ["busy", "-", *DAYS, *policies, "--json"], input=UNSURE)
    assert json.loads(result.stdout) == {
        "busy": [
            {"start": "2026-11-30T23:00:00Z", "end": "2026-12-01T23:00:00Z", "kind": "soft"},
            {"start": "2026-12-04T10:00:00Z", "end": "2026-12-04T11:00:00Z", "kind": "soft"},
        ],
        "unreadable": 1,
    }


def test_what_is_printed_for_people_has_local_times_and_no_title() -> None:
    result = CliRunner().invoke(app, ["busy", "-", *DAYS], input=UNSURE)
    assert result.exit_code == 0
    assert TITLE not in result.output
    assert "Thu 03 Dec 2026 11:00 to Thu 03 Dec 2026 12:00  busy" in result.output
    assert "1 entry could not be read" in result.output


def test_the_window_of_a_day_begins_at_its_midnight_in_the_zone() -> None:
    assert parse_moment("2026-10-25", zone=find_zone("Europe/Berlin")) == datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert parse_moment("2026-10-26", zone=find_zone("Europe/Berlin")) == datetime(2026, 10, 25, 23, tzinfo=UTC)
