"""`pencilin free`: the exact gaps of two calendars, on two clocks, best or soonest first."""

from pathlib import Path

import pytest

from tests.api.commands import Done, run
from tests.ical.calendars import calendar, event

FRIDAY = ("--from", "2026-12-04", "--to", "2026-12-05")
WEEK = ("--from", "2026-12-01", "--to", "2026-12-08")


def busy_from(day: int, start: str, end: str) -> str:
    lines = (f"DTSTART:202612{day:02}T{start}00Z", f"DTEND:202612{day:02}T{end}00Z")
    return event(*lines, uid=f"{day}-{start}")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[str, str]:
    places = tmp_path / "ana.ics", tmp_path / "ben.ics"
    places[0].write_bytes(calendar(busy_from(4, "1700", "1800")))
    places[1].write_bytes(calendar(busy_from(4, "1915", "2000")))
    return str(places[0]), str(places[1])


def free(pair: tuple[str, str], *words: str, stdin: bytes = b"") -> Done:
    return run("free", *pair, *words, stdin=stdin)


def times(done: Done) -> list[tuple[str, str]]:
    return [(each["start"][8:16], each["end"][8:16]) for each in done.data["slots"]]


def test_gaps_are_exact_and_at_least_as_long_as_asked(pair: tuple[str, str]) -> None:
    asked = (*FRIDAY, "--between", "17:00-22:00", "--json", "--by-time")
    assert times(free(pair, *asked, "--min", "75")) == [("04T18:00", "04T19:15"), ("04T20:00", "04T22:00")]
    assert times(free(pair, *asked, "--min", "76")) == [("04T20:00", "04T22:00")]
    assert free(pair, *asked, "--min", "121").data == {"slots": []}


def test_a_slot_tells_both_clocks_its_score_and_why(pair: tuple[str, str]) -> None:
    zones = ("--zone-a", "Europe/Berlin", "--zone-b", "Europe/Lisbon")
    done = free(pair, *FRIDAY, *zones, "--between", "18:00-23:00", "--min", "60", "--json", "--limit", "1")
    (slot,) = done.data["slots"]
    assert set(slot) == {"start", "end", "local_a", "local_b", "score", "why"}
    assert (slot["start"], slot["end"]) == ("2026-12-04T18:00:00Z", "2026-12-04T19:15:00Z")
    assert (slot["local_a"], slot["local_b"]) == ("2026-12-04T19:00:00+01:00", "2026-12-04T18:00:00+00:00")
    assert 0 < slot["score"] <= 1
    assert "friday_evening" in slot["why"]


def test_hours_hold_on_both_clocks_and_days_on_both_calendars(pair: tuple[str, str]) -> None:
    zones = ("--zone-a", "Europe/Berlin", "--zone-b", "Asia/Tokyo")
    asked = ("--between", "09:00-23:00", "--days", "sat", "--min", "60", "--json")
    assert times(free(pair, *WEEK, *zones, *asked)) == [("05T08:00", "05T14:00")]


def test_the_whole_day_is_a_window(pair: tuple[str, str]) -> None:
    for words in (("--between", "00:00-24:00"), ("--days", "fri"), ()):
        found = times(free(pair, *FRIDAY, *words, "--min", "60", "--json", "--by-time"))
        assert found == [("04T00:00", "04T17:00"), ("04T18:00", "04T19:15"), ("04T20:00", "05T00:00")], words


def test_a_buffer_is_kept_before_and_after_every_entry(pair: tuple[str, str]) -> None:
    asked = (*FRIDAY, "--between", "17:00-22:00", "--min", "30", "--buffer", "15", "--by-time", "--json")
    assert times(free(pair, *asked)) == [("04T18:15", "04T19:00"), ("04T20:15", "04T22:00")]


def test_best_come_first_or_soonest_and_no_more_than_the_limit(pair: tuple[str, str]) -> None:
    asked = (*WEEK, "--between", "18:00-22:00", "--min", "60", "--json")
    best, soonest = free(pair, *asked).data["slots"], free(pair, *asked, "--by-time").data["slots"]
    assert [each["score"] for each in best] == sorted((each["score"] for each in best), reverse=True)
    assert [each["start"] for each in soonest] == sorted(each["start"] for each in best)
    assert free(pair, *asked, "--limit", "2").data["slots"] == best[:2]


def test_partners_who_change_places_find_the_same(pair: tuple[str, str]) -> None:
    asked = (*WEEK, "--between", "17:00-22:00", "--min", "60", "--json")
    assert times(free(pair, *asked)) == times(free((pair[1], pair[0]), *asked))


def test_what_one_declined_is_free(tmp_path: Path, pair: tuple[str, str]) -> None:
    lines = ("DTSTART:20261204T180000Z", "DTEND:20261204T190000Z")
    declined = calendar(event(*lines, "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org"))
    asked = (*FRIDAY, "--between", "18:00-19:00", "--min", "60", "--json")
    assert free(("-", pair[0]), *asked, stdin=declined).data["slots"] == []
    assert times(free(("-", pair[0]), *asked, "--me-a", "ana@example.org", stdin=declined)) == [
        ("04T18:00", "04T19:00")
    ]


def test_people_see_a_table_or_a_sentence(pair: tuple[str, str]) -> None:
    some = free(pair, *FRIDAY, "--between", "20:00-22:00", "--min", "60")
    assert "Fri 04 Dec 20:00 to 22:00" in some.out
    none = free(pair, *FRIDAY, "--between", "17:00-18:00", "--min", "60")
    assert (none.status, none.out) == (0, "There is no time that both share.\n")


def test_entries_that_cannot_be_read_are_told_beside_the_answer(pair: tuple[str, str]) -> None:
    broken = calendar(event("DTSTART:20261204T180000Z", "RRULE:FREQ=SECONDLY"))
    done = free(("-", pair[0]), *FRIDAY, "--min", "60", "--json", stdin=broken)
    assert done.status == 0
    assert done.err == "Some entries could not be read; time that looks free may not be.\n"


@pytest.mark.parametrize(
    "words",
    [
        (*FRIDAY, "--min", "0"),
        (*FRIDAY, "--min", "-5"),
        (*FRIDAY, "--min", "99999999999999"),
        (*FRIDAY, "--min", "60", "--buffer", "-1"),
        (*FRIDAY, "--min", "60", "--buffer", "99999999999999"),
        (*FRIDAY, "--min", "60", "--limit", "-1"),
        (*FRIDAY, "--min", "60", "--between", "evening"),
        (*FRIDAY, "--min", "60", "--between", "18:00-18:00"),
        (*FRIDAY, "--min", "60", "--days", "someday"),
        (*FRIDAY, "--min", "60", "--zone-a", "Mars/Olympus"),
        (*FRIDAY, "--min", "60", "--zone-b", "Mars/Olympus"),
        ("--from", "2026-12-05", "--to", "2026-12-04", "--min", "60"),
        ("--from", "0001-01-01", "--to", "9999-12-31", "--min", "60", "--days", "fri"),
    ],
)
def test_what_does_not_fit_ends_in_one_plain_line(pair: tuple[str, str], words: tuple[str, ...]) -> None:
    done = free(pair, *words)
    assert (done.status, done.out) == (1, "")
    assert done.is_one_plain_line, done.err


def test_standard_input_is_one_calendar_not_both() -> None:
    done = free(("-", "-"), *FRIDAY, "--min", "60")
    assert (done.status, done.is_one_plain_line) == (1, True)
