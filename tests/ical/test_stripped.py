"""What is kept of a calendar: as much as decides busy time, whatever is asked of it later, and nothing else."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ical.busy import Policy, Treat, read_busy
from integrations.ical.errors import Refused, Unreadable
from integrations.ical.screen import MAX_FEED
from integrations.ical.stripped import read_stripped, strip, take
from tests.ical.calendars import BERLIN, END, ME, START, calendar, event, read, zone_definition
from tests.ical.test_busy import events
from tests.ical.test_hostile import BAD_EVENTS, DENSE_ZONE

DATA = Path(__file__).parent / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "busy_cases.json").read_text())
POLICIES = [Policy(*treats) for treats in product(Treat, repeat=3)]
PLANTED = "COUPLES THERAPY"

# Every line of a stripped form, and so all that it can say; a zone is one that everybody knows, or a number.
SPOKEN = re.compile(
    r"""
    (BEGIN|END):(VCALENDAR|VEVENT|VFREEBUSY|VTIMEZONE|STANDARD)
    | (UID|SEQUENCE):\d+ | TZID:\d+ | X-WR-TIMEZONE:[\w/+-]+
    | TZOFFSET(FROM|TO):[+-]\d+
    | (DTSTART|DTEND|RDATE|EXDATE|RECURRENCE-ID|FREEBUSY)(;RANGE=THISANDFUTURE|;FBTYPE=(FREE|BUSY-TENTATIVE))?
      (;TZID=[\w/+:-]+)?:[\dTZPWDHMS/,+-]+
    | (DURATION|X-APPLE-TRAVEL-DURATION):[+-]?P[\dTWDHMS]+
    | RRULE:([A-Z]+=[A-Z\d,+-]+;?)+
    | STATUS:(CANCELLED|TENTATIVE) | TRANSP:TRANSPARENT | X-MICROSOFT-CDO-ALLDAYEVENT:TRUE
    | ATTENDEE;PARTSTAT=(ACCEPTED|TENTATIVE|NEEDS-ACTION|DECLINED):me
    """,
    re.VERBOSE | re.ASCII,
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_stripped_calendar_is_read_as_the_whole_one_whatever_zone_and_policy(case: dict[str, Any]) -> None:
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    data = case["ics"].encode()
    stripped = strip(data, me=case["me"])
    for name, policy in product({case["zone"], "America/New_York", "Asia/Tokyo"}, POLICIES):
        asked = partial(read_busy, start=start, end=end, zone=ZoneInfo(name), policy=policy)
        again = partial(read_stripped, start=start, end=end, zone=ZoneInfo(name), policy=policy)
        assert again(stripped.content) == asked(data, me=case["me"])


@given(st.lists(events(), max_size=8), st.sampled_from(POLICIES), st.integers(0, 100))
def test_a_stripped_calendar_answers_for_any_window(parts: list[str], policy: Policy, days: int) -> None:
    start = START + timedelta(days=days)
    data = calendar(*parts)
    reading = read_stripped(strip(data, me=ME).content, start=start, end=END, zone=BERLIN, policy=policy)
    assert reading == read(data, policy=policy, start=start)


@pytest.mark.parametrize("bad", BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_what_cannot_be_read_stays_counted(bad: str) -> None:
    data = calendar(DENSE_ZONE, bad)
    stripped = strip(data)
    reading = read_stripped(stripped.content, start=START, end=END, zone=BERLIN)
    assert reading == read(data)
    assert reading.unreadable == 1


def test_how_many_could_not_be_read_is_known_without_reading_again() -> None:
    bad = event("DTSTART:tomorrow", uid="bad")
    assert strip(calendar(bad, event("DTSTART:20261201T170000Z"), bad, DENSE_ZONE)).unreadable == 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_stripped_calendar_speaks_a_language_without_words_of_its_owner(case: dict[str, Any]) -> None:
    lines = strip(case["ics"].encode(), me=case["me"]).content.decode().splitlines()
    assert [line for line in lines if not SPOKEN.fullmatch(line)] == []


NAMES = [
    *("UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS"),
    *("TRANSP", "X-APPLE-TRAVEL-DURATION", "X-MICROSOFT-CDO-BUSYSTATUS", "X-MICROSOFT-CDO-ALLDAYEVENT", "SUMMARY"),
    *("PARTSTAT", "TZID", "X-WR-TIMEZONE", "FREEBUSY", "ATTENDEE;PARTSTAT=X", "DTSTART;TZID=Mine;X-A", "DTEND;X-B=x"),
]
VALUES = [
    *(PLANTED, "20261201T170000Z", "20261201", f"FREQ=DAILY;BYHOUR={PLANTED};X-A={PLANTED};COUNT=2", "PT1H"),
    *(f"FREQ=DAILY;UNTIL=9999{PLANTED}", f"{PLANTED}:mailto:alex@example.org", f"={PLANTED}:20261201T180000", "TRUE"),
    "20261201T170000Z/PT1H",
]


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=8))
def test_a_title_planted_anywhere_is_not_in_the_stripped_form(planted: list[tuple[str, str]]) -> None:
    lines = ["DTSTART;VALUE=DATE:20261201", *(f"{name}:{value}" for name, value in planted)]
    zone = zone_definition("Mine", offset="+0100").replace("END:STANDARD", f"TZNAME:{PLANTED}\r\nEND:STANDARD")
    parts = [zone, event(*lines), "BEGIN:VFREEBUSY", *lines[1:], "END:VFREEBUSY", f"X-WR-CALNAME:{PLANTED}", *lines]
    data = calendar(*parts)
    stripped = strip(data, me=ME).content
    assert [line for line in stripped.decode().splitlines() if not SPOKEN.fullmatch(line)] == []
    assert read_stripped(stripped, start=START, end=END, zone=BERLIN) == read(data)


def test_a_zone_is_brought_along_only_where_nobody_knows_it() -> None:
    times = ("DTSTART;TZID=Europe/Berlin:20261201T180000", "DURATION:PT1H")
    known = calendar(zone_definition("Europe/Berlin", offset="+0100"), event(*times))
    assert b"VTIMEZONE" not in strip(known).content
    own = known.replace(b"Europe/Berlin", b"Our Zone")
    assert b"Our Zone" not in strip(own).content
    assert b"VTIMEZONE" in strip(own).content
    assert take(own, start=START, end=END, zone=BERLIN).reading == read(own)


def test_stripping_again_changes_nothing() -> None:
    for case in CASES:
        stripped = strip(case["ics"].encode(), me=case["me"])
        assert strip(stripped.content, me=["me"]) == stripped


def test_a_typical_object_takes_less_than_three_hundred_bytes() -> None:
    override = event("RECURRENCE-ID;TZID=Europe/Berlin:20261208T180000", "DTSTART;TZID=Europe/Berlin:20261208T190000")
    series = event(
        *("DTSTART;TZID=Europe/Berlin:20261201T180000", "DTEND;TZID=Europe/Berlin:20261201T190000"),
        *("RRULE:FREQ=WEEKLY;BYDAY=TU,TH", "STATUS:CONFIRMED", "TRANSP:OPAQUE", "SUMMARY:" + "x" * 2000),
        "ATTENDEE;CN=Alex;PARTSTAT=ACCEPTED:mailto:alex@example.org",
    )
    assert len(strip(calendar(series), me=ME).content) < 220
    assert len(strip(calendar(series, override), me=ME).content) < 380


@pytest.mark.parametrize(("data", "error"), [(b"<html>", Unreadable), (calendar() + b"x" * MAX_FEED, Refused)])
def test_what_is_no_calendar_has_no_stripped_form(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        strip(data)


def test_a_thousand_objects_are_read_again_in_no_time() -> None:
    stripped = strip(calendar(event("DTSTART;TZID=Europe/Berlin:20261201T180000", "RRULE:FREQ=WEEKLY"))).content
    readings = [read_stripped(stripped, start=START, end=END, zone=BERLIN) for _ in range(1000)]
    assert len(set(readings)) == 1


def test_times_are_in_utc() -> None:
    floating = strip(calendar(event("DTSTART:20261201T120000", "DURATION:PT1H"))).content
    busy = read_stripped(floating, start=START, end=END, zone=ZoneInfo("America/New_York")).busy
    assert busy[0].start == datetime(2026, 12, 1, 17, tzinfo=UTC)
