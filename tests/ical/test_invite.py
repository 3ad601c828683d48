"""Our own objects: what is in them, what cannot get into them, and how they come back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.invite import (
    Entry,
    Seen,
    Status,
    is_to_fill_in,
    merge_entry,
    read_entry,
    write_cancel,
    write_entry,
    write_request,
)
from integrations.ical.lines import name_of, unfold

ANA = {"organizer": "date+7f3c@dates.example.org", "attendee": "ana@example.com", "attendee_name": "Ana"}
WALK = Entry(
    uid="7f3c2a91e4b84c0fa6d2@dates.example.org",
    sequence=0,
    status=Status.TENTATIVE,
    start=datetime(2026, 12, 4, 18, tzinfo=UTC),
    end=datetime(2026, 12, 4, 20, tzinfo=UTC),
    zone=ZoneInfo("Europe/Berlin"),
    title="Walk to the river, phones in a bag",
    description="Two hours for the two of you. Answer or move it: https://dates.example.org/r/7f3c\nGenießt es.",
    created=datetime(2026, 11, 22, 9, tzinfo=UTC),
    changed=datetime(2026, 11, 22, 9, tzinfo=UTC),
    url="https://dates.example.org/r/7f3c",
)
LATER = replace(WALK, sequence=1, start=WALK.start + timedelta(days=1), end=WALK.end + timedelta(days=1))
OURS = {
    "pencilled.ics": write_entry(WALK),
    "confirmed.ics": write_entry(replace(WALK, status=Status.CONFIRMED, sequence=1)),
    "utc.ics": write_entry(replace(WALK, zone=ZoneInfo("America/Santiago"))),
    "request.ics": write_request(WALK, **ANA),
    "cancel.ics": write_cancel(replace(WALK, sequence=2), **ANA),
}


@pytest.mark.parametrize("name", ["pencilled.ics", "confirmed.ics", "utc.ics"])
def test_an_entry_names_nobody_whom_a_server_could_mail(name: str) -> None:
    for word in (b"METHOD", b"ORGANIZER", b"ATTENDEE", b"mailto", b"VALARM"):
        assert word not in OURS[name]


def test_a_request_asks_one_person_for_an_answer() -> None:
    (event,) = icalendar.Calendar.from_ical(OURS["request.ics"]).walk("VEVENT")
    attendee = event["attendee"]
    assert attendee == "mailto:ana@example.com"
    assert (attendee.params["PARTSTAT"], attendee.params["RSVP"]) == ("NEEDS-ACTION", "TRUE")
    assert event["organizer"] == "mailto:date+7f3c@dates.example.org"
    assert event["status"] == "CONFIRMED"


def test_what_was_written_is_read_back() -> None:
    seen = Seen(WALK.uid, 0, Status.TENTATIVE, WALK.start, WALK.end)
    assert read_entry(write_entry(WALK)) == seen
    assert read_entry(OURS["cancel.ics"]) == replace(seen, sequence=2, status=Status.CANCELLED)


@given(
    start=st.integers(0, 365 * 24 * 4).map(lambda quarters: WALK.start + timedelta(minutes=15 * quarters)),
    minutes=st.integers(1, 600),
    zone=st.sampled_from([ZoneInfo(name) for name in ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Gaza", "UTC")]),
)
def test_times_come_back_whatever_the_zone(start: datetime, minutes: int, zone: ZoneInfo) -> None:
    entry = replace(WALK, start=start, end=start + timedelta(minutes=minutes), zone=zone)
    seen = read_entry(write_entry(entry))
    assert (seen.start, seen.end) == (entry.start, entry.end)


@given(text=st.text(max_size=300), name=st.text(max_size=100))
def test_no_text_can_add_a_line(text: str, name: str) -> None:
    entry = replace(WALK, title=text, description=text, url=text or None)
    data = write_request(entry, **{**ANA, "attendee_name": name})
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    absent = set() if text else {"URL", "DESCRIPTION"}
    expected = [name_of(line) for line in unfold(OURS["request.ics"]) if name_of(line) not in absent]
    assert [name_of(line) for line in unfold(data)] == expected


@pytest.mark.parametrize("mean", ["Tea\r\nATTENDEE:x", "Tea\nATTENDEE:x", "Tea\x85ATTENDEE:x", "\ud800"])
def test_a_mean_title_stays_in_its_line(mean: str) -> None:
    data = write_entry(replace(WALK, title=mean))
    assert b"\r\nATTENDEE" not in data
    assert read_entry(data).uid == WALK.uid


@pytest.mark.parametrize(
    "address",
    ["", "ana", "ana@example.com\r\nX:1", "ana@example.com,bob@example.com", "a b@example.com", "<ana@example.com>"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Refused) as caught:
        write_request(WALK, **{**ANA, "attendee": address})
    assert str(caught.value) == "not a mail address"


ALARM = b"BEGIN:VALARM\r\nUID:alarm\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n"
EDITED = (
    write_entry(WALK)
    .replace(b"SUMMARY:Walk", b"SUMMARY:Our walk")
    .replace(b"END:VEVENT", b"COMMENT:bring tea\r\n" + ALARM + b"END:VEVENT")
)


def test_merging_moves_the_entry_and_keeps_what_its_owner_made_of_it() -> None:
    merged = merge_entry(EDITED, LATER)
    assert read_entry(merged) == Seen(WALK.uid, 1, Status.TENTATIVE, LATER.start, LATER.end)
    for kept in (b"SUMMARY:Our walk", b"COMMENT:bring tea", ALARM):
        assert kept in merged
    assert merged.count(b"BEGIN:VTIMEZONE") == merged.count(b"DTSTART;") == merged.count(b"\r\nDTEND;") == 1


HELD = replace(WALK, title="Time together", description="")
FILLED = replace(WALK, sequence=1, stand_in="Time together")


def test_a_title_that_stood_in_gives_way_with_its_empty_description() -> None:
    theirs = write_entry(HELD)
    assert is_to_fill_in(theirs, FILLED)
    merged = merge_entry(theirs, FILLED)
    assert sorted(unfold(merged)) == sorted(unfold(write_entry(FILLED)))
    assert not is_to_fill_in(merged, FILLED)


def test_what_the_person_wrote_into_a_held_entry_stays() -> None:
    named = write_entry(HELD).replace(b"SUMMARY:Time together", b"SUMMARY:Just us")
    assert not is_to_fill_in(named, FILLED)
    assert b"SUMMARY:Just us" in merge_entry(named, FILLED)
    noted = write_entry(replace(HELD, description="Bring tea"))
    assert is_to_fill_in(noted, FILLED)
    merged = merge_entry(noted, FILLED)
    assert b"SUMMARY:Walk to the river" in merged
    assert b"DESCRIPTION:Bring tea" in merged


def test_without_a_stand_in_nothing_is_filled_in() -> None:
    theirs = write_entry(HELD)
    assert not is_to_fill_in(theirs, WALK)
    assert not is_to_fill_in(theirs, replace(HELD, stand_in="Time together"))
    assert b"SUMMARY:Time together" in merge_entry(theirs, WALK)


def test_merging_twice_is_merging_once() -> None:
    assert merge_entry(merge_entry(EDITED, LATER), LATER) == merge_entry(EDITED, LATER)


def test_merging_never_takes_the_sequence_back() -> None:
    assert read_entry(merge_entry(EDITED.replace(b"SEQUENCE:0", b"SEQUENCE:7"), LATER)).sequence == 7
    assert read_entry(merge_entry(EDITED.replace(b"SEQUENCE:0", b"SEQUENCE:" + b"7" * 5000), LATER)).sequence == 1


def test_merging_replaces_a_duration_and_brings_the_zone_along() -> None:
    theirs = "\r\n".join(
        [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", f"UID:{WALK.uid}", "RECURRENCE-ID:20261204T180000Z"),
            *("DTSTART:20261204T180000Z", "END:VEVENT", "BEGIN:VEVENT", f"UID:{WALK.uid}", "DTSTART:20261204T180000Z"),
            *("DURATION:PT2H", "SUMMARY:Mine", "END:VEVENT", "END:VCALENDAR", ""),
        ]
    )
    merged = merge_entry(theirs.encode(), LATER)
    assert b"DURATION" not in merged
    assert b"RECURRENCE-ID:20261204T180000Z" in merged
    assert merged.index(b"END:VTIMEZONE") < merged.index(b"DTSTART;TZID=Europe/Berlin:20261205T190000")
    assert read_entry(merged).start == LATER.start


@pytest.mark.parametrize("theirs", [b"", b"<html>", write_entry(replace(WALK, uid="another"))])
def test_merging_into_something_else_is_unreadable(theirs: bytes) -> None:
    with pytest.raises(Unreadable):
        merge_entry(theirs, LATER)


def test_an_entry_that_became_a_whole_day_is_a_day_in_its_owners_zone() -> None:
    day = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTART;VALUE=DATE:20261204\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    seen = read_entry(day, zone=WALK.zone)
    assert (seen.start, seen.end) == (datetime(2026, 12, 3, 23, tzinfo=UTC), datetime(2026, 12, 4, 23, tzinfo=UTC))
    assert seen.status is Status.CONFIRMED


@pytest.mark.parametrize("data", [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", OURS["pencilled.ics"][:-120]])
def test_what_holds_no_entry_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_entry(data)
