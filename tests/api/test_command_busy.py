"""`pencilin busy`: one calendar from a file, standard input or an address, in JSON and in words."""

from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.api.commands import Done, run
from tests.ical.calendars import calendar, event
from tests.ical.test_corpus import CASES, clip

DECEMBER = ("--from", "2026-12-01", "--to", "2027-01-01")
TIMED = ("DTSTART:20261204T180000Z", "DTEND:20261204T190000Z")
ENTRIES = {
    "declined": event(*TIMED, "ATTENDEE;PARTSTAT=DECLINED:mailto:alex@example.org", uid="declined"),
    "tentative": event("DTSTART:20261205T180000Z", "DTEND:20261205T190000Z", "STATUS:TENTATIVE", uid="tentative"),
    "unanswered": event(
        "DTSTART:20261206T180000Z",
        "DTEND:20261206T190000Z",
        "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alex@example.org",
        uid="unanswered",
    ),
    "all_day": event("DTSTART;VALUE=DATE:20261207", uid="all-day"),
    "floating": event("DTSTART:20261209T180000", "DTEND:20261209T190000", uid="floating"),
}


@pytest.fixture
def source(tmp_path: Path) -> str:
    path = tmp_path / "alex.ics"
    path.write_bytes(calendar(*ENTRIES.values()))
    return str(path)


def busy(source: str, *words: str, stdin: bytes = b"") -> Done:
    return run("busy", source, *words, stdin=stdin)


def times(done: Done) -> list[tuple[str, str, str]]:
    return [(each["start"][:16], each["end"][:16], each["kind"]) for each in done.data["busy"]]


def test_times_are_utc_sorted_and_all_busy_where_nothing_is_chosen(source: str) -> None:
    done = busy(source, *DECEMBER, "--zone", "Europe/Berlin", "--me", "alex@example.org", "--json")
    assert done.data == {
        "busy": [
            {"start": "2026-12-05T18:00:00Z", "end": "2026-12-05T19:00:00Z", "kind": "busy"},
            {"start": "2026-12-06T18:00:00Z", "end": "2026-12-06T19:00:00Z", "kind": "busy"},
            {"start": "2026-12-06T23:00:00Z", "end": "2026-12-07T23:00:00Z", "kind": "busy"},
            {"start": "2026-12-09T17:00:00Z", "end": "2026-12-09T18:00:00Z", "kind": "busy"},
        ],
        "unreadable": 0,
    }


def test_each_sort_of_entry_counts_as_it_is_asked_to(source: str) -> None:
    policies = ("--tentative", "soft", "--unanswered", "free", "--all-day", "free", "--me", "alex@example.org")
    assert times(busy(source, *DECEMBER, *policies, "--json")) == [
        ("2026-12-05T18:00", "2026-12-05T19:00", "soft"),
        ("2026-12-09T18:00", "2026-12-09T19:00", "busy"),
    ]


def test_an_answer_counts_for_its_owner_only(source: str) -> None:
    friday = ("--from", "2026-12-04", "--to", "2026-12-05", "--json")
    assert times(busy(source, *friday)) == [("2026-12-04T18:00", "2026-12-04T19:00", "busy")]
    assert times(busy(source, *friday, "--me", "sam@example.org", "--me", "alex@example.org")) == []


def test_days_begin_in_the_zone_and_times_are_clipped(source: str) -> None:
    day = ("--from", "2026-12-07", "--to", "2026-12-08", "--json")
    assert times(busy(source, *day, "--zone", "Asia/Tokyo")) == [("2026-12-06T15:00", "2026-12-07T15:00", "busy")]
    clipped = busy(source, "--from", "2026-12-07T10:00:00+01:00", "--to", "2026-12-07T12:00:00Z", "--json")
    assert times(clipped) == [("2026-12-07T09:00", "2026-12-07T12:00", "busy")]


def test_a_calendar_comes_in_by_standard_input() -> None:
    done = busy("-", *DECEMBER, "--json", stdin=calendar(ENTRIES["floating"]))
    assert times(done) == [("2026-12-09T18:00", "2026-12-09T19:00", "busy")]


def test_people_read_local_times(source: str) -> None:
    done = busy(source, "--from", "2026-12-09", "--to", "2026-12-10", "--zone", "Europe/Berlin")
    assert (done.status, done.out) == (0, "Wed 09 Dec 2026 18:00 to Wed 09 Dec 2026 19:00  busy\n")


def test_an_entry_that_cannot_be_read_is_counted_and_the_rest_is_read() -> None:
    endless = event(*TIMED, "RRULE:FREQ=SECONDLY", uid="endless")
    done = busy("-", *DECEMBER, "--json", stdin=calendar(endless, ENTRIES["floating"]))
    assert done.data["unreadable"] == 1
    assert ("2026-12-09T18:00", "2026-12-09T19:00", "busy") in times(done)


def test_half_a_calendar_is_told_and_not_shown() -> None:
    done = busy("-", *DECEMBER, stdin=b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Secret dinner")
    assert done.out == "1 entry could not be read; time that looks free may not be.\n"


HTML = b"<!doctype html><title>Secret dinner</title>"


@pytest.mark.parametrize(
    ("place", "words", "stdin"),
    [
        ("/nowhere/alex.ics", DECEMBER, b""),
        ("/", DECEMBER, b""),
        ("-", DECEMBER, bytes(range(256)) * 20),
        ("-", DECEMBER, HTML),
        ("-", (*DECEMBER, "--zone", "Mars/Olympus"), b""),
        ("-", (*DECEMBER, "--tentative", "maybe"), b""),
        ("-", ("--from", "2026-12-02", "--to", "2026-12-01"), b""),
        ("-", ("--from", "2026-12-01", "--to", "2026-12-01"), b""),
        ("-", ("--from", "yesterday", "--to", "2026-12-01"), b""),
        ("-", ("--from", "2026-12-01T10:00:00", "--to", "2026-12-02"), b""),
        ("-", ("--from", "0001-01-01", "--to", "2026-12-02", "--zone", "Asia/Tokyo"), b""),
        ("-", ("--from", "0001-01-01T00:00:00+14:00", "--to", "2026-12-02"), b""),
        ("http://127.0.0.1:1/x.ics", DECEMBER, b""),
        ("https://10.0.0.1/x.ics", DECEMBER, b""),
        ("http://[half/x.ics", DECEMBER, b""),
        ("webcal://10.0.0.1/x.ics", DECEMBER, b""),
    ],
)
def test_what_does_not_fit_ends_in_one_plain_line(place: str, words: tuple[str, ...], stdin: bytes) -> None:
    done = busy(place, *words, stdin=stdin)
    assert (done.status, done.out) == (1, "")
    assert done.is_one_plain_line, done.err
    assert "Secret" not in done.err


@pytest.mark.parametrize("words", [(), ("x.ics",), ("x.ics", "--from", "2026-12-01"), ("x.ics", *DECEMBER, "--what")])
def test_bad_usage_ends_with_two(words: tuple[str, ...]) -> None:
    done = run("busy", *words)
    assert done.status == 2
    assert "Traceback" not in done.err


class Feed(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        found = self.path == "/alex.ics"
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write(calendar(ENTRIES["floating"]) if found else HTML)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.servers
def test_a_feed_is_read_where_the_operator_allows_it() -> None:
    with HTTPServer(("127.0.0.1", 0), Feed) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        allowed = {"PENCILIN_EGRESS_ALLOW": f"127.0.0.1:{server.server_port}"}
        read = run("busy", f"{url}/alex.ics", *DECEMBER, "--json", environ=allowed)
        missing = run("busy", f"{url}/ben.ics", *DECEMBER, environ=allowed)
        refused = busy(f"{url}/alex.ics", *DECEMBER)
        server.shutdown()
    assert times(read) == [("2026-12-09T18:00", "2026-12-09T19:00", "busy")]
    assert [(each.status, each.is_one_plain_line) for each in (missing, refused)] == [(1, True), (1, True)]


def is_right(case: dict[str, Any], *, path: Path) -> bool:
    """Tell whether the command reads a case of the corpus as it was decided."""
    path.write_text(case["ics"], newline="")
    window = ("--from", case["from"], "--to", case["to"], "--zone", case["zone"])
    me = [word for address in case["me"] for word in ("--me", address)]
    found = busy(str(path), *window, *me, "--json").data["busy"]
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    pairs = [(datetime.fromisoformat(each["start"]), datetime.fromisoformat(each["end"])) for each in found]
    return pairs == clip(case["busy"], start=start, end=end)


def test_twenty_cases_of_the_corpus_come_out_as_they_were_decided(tmp_path: Path) -> None:
    decided = [case for case in CASES if case["verdict"] == "decided" and case["busy"] is not None]
    chosen = decided[:: len(decided) // 20][:20]
    assert len(chosen) == 20
    assert [case["name"] for case in chosen if not is_right(case, path=tmp_path / "case.ics")] == []
