"""Splitting a published calendar by UID: every piece alone means what it meant in the whole."""

import time
import tracemalloc
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from integrations.ical.busy import Reading, read_busy
from integrations.ical.errors import Refused, Unreadable
from integrations.ical.split import MAX_ENTRIES, MAX_PIECES, MAX_TOTAL, Piece, split
from tests.ical.calendars import calendar, event, read, zone_definition
from tests.ical.test_corpus import CASES
from tests.ical.test_more_cases import CASES as MORE_CASES

FRIDAY = ("DTSTART:20261204T180000Z", "DTEND:20261204T190000Z")
SATURDAY = ("DTSTART:20261205T180000Z", "DTEND:20261205T190000Z")
HOME = zone_definition("Our Own Time", offset="+0330")
AT_HOME = ("DTSTART;TZID=Our Own Time:20261204T180000", "DTEND;TZID=Our Own Time:20261204T190000")


def pieces(*parts: str) -> list[Piece]:
    return list(split(calendar(*parts)))


def read_all(contents: Iterable[bytes], case: dict[str, Any]) -> tuple[set[datetime], int] | str:
    """Return when a case turns busy or free and how many entries were not read, or what went wrong."""
    start, end = datetime.fromisoformat(case["from"]), datetime.fromisoformat(case["to"])
    try:
        readings = [
            read_busy(each, start=start, end=end, zone=ZoneInfo(case["zone"]), me=case["me"]) for each in contents
        ]
    except (Refused, Unreadable) as error:
        return type(error).__name__
    return edges(readings), sum(each.unreadable for each in readings)


def edges(readings: Iterable[Reading]) -> set[datetime]:
    """Return the moments at which somebody becomes busy or free."""
    times = sorted((each.start, each.end) for reading in readings for each in reading.busy)
    found: list[tuple[datetime, datetime]] = []
    for begin, end in times:
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return {moment for pair in found for moment in pair}


@pytest.mark.parametrize("case", [*CASES, *MORE_CASES], ids=lambda case: case["name"])
def test_the_pieces_of_every_calendar_of_the_corpus_mean_what_the_whole_means(case: dict[str, Any]) -> None:
    data = case["ics"].encode()
    assert read_all([each.data for each in split(data)], case) == read_all([data], case)


def test_everything_of_one_uid_is_one_piece_wherever_it_stands() -> None:
    moved = event("RECURRENCE-ID:20261211T180000Z", "DTSTART:20261211T200000Z", "DTEND:20261211T210000Z", uid="a")
    series = event(*FRIDAY, "RRULE:FREQ=WEEKLY;COUNT=2", uid="a")
    first, second = pieces(moved, event(*SATURDAY, uid="b"), series)
    assert [each.start.hour for each in read(first.data).busy] == [18, 20]
    assert [each.start.day for each in read(second.data).busy] == [5]


def test_a_name_is_a_hash_of_the_uid_and_stays_when_the_entry_changes() -> None:
    (before,), (after,) = pieces(event(*FRIDAY, uid="dinner@home")), pieces(event(*SATURDAY, uid="dinner@home"))
    assert before.name == after.name
    assert len(before.name) == 64
    assert set(before.name) <= set("0123456789abcdef")
    assert "dinner" not in repr(before)


def test_the_moment_of_the_download_changes_nothing() -> None:
    texts = [event(*FRIDAY, f"DTSTAMP:{stamp}", uid="a") for stamp in ("20260101T000000Z", "20260102T\r\n 000000Z")]
    (before,), (after,) = pieces(texts[0]), pieces(texts[1])
    assert (before.name, before.data) == (after.name, after.data)


def test_a_piece_brings_the_zones_it_needs_and_no_others() -> None:
    other = zone_definition("Elsewhere", offset="-0200")
    at_home, elsewhere = pieces(HOME, other, event(*AT_HOME, uid="a"), event(*SATURDAY, uid="b"))
    assert b"Our Own Time" in at_home.data
    assert b"Elsewhere" not in at_home.data
    assert b"VTIMEZONE" not in elsewhere.data
    assert [(each.start.hour, each.start.minute) for each in read(at_home.data).busy] == [(14, 30)]


def test_a_zone_everybody_knows_is_not_brought_along() -> None:
    known = zone_definition("Europe/Berlin", offset="+0900")
    (piece,) = pieces(known, event("DTSTART;TZID=Europe/Berlin:20261204T180000", uid="a"))
    assert b"VTIMEZONE" not in piece.data


def test_the_calendars_own_zone_goes_with_every_floating_time() -> None:
    floating = ("DTSTART:20261204T180000", "DTEND:20261204T190000")
    (piece,) = pieces("X-WR-TIMEZONE:Asia/Tokyo", event(*floating, uid="a"))
    assert [each.start.hour for each in read(piece.data).busy] == [9]


def test_entries_without_a_uid_stay_apart() -> None:
    texts = [event(*times).replace("UID:one\r\n", "") for times in (FRIDAY, SATURDAY)]
    assert len(pieces(*texts)) == 2


def test_the_uid_of_an_alarm_is_not_that_of_its_event() -> None:
    alarm = "BEGIN:VALARM\r\nUID:alarm\r\nEND:VALARM"
    first, second = (pieces(event(alarm, *FRIDAY, uid=uid))[0] for uid in ("a", "b"))
    assert first.name == pieces(event(*FRIDAY, uid="a"))[0].name
    assert first.name != second.name


def test_two_calendars_in_one_file_keep_their_zones_apart() -> None:
    here = calendar(HOME, event(*AT_HOME, uid="a"))
    there = calendar(zone_definition("Our Own Time", offset="+0000"), event(*AT_HOME, uid="b"))
    first, second = split(here + there)
    assert [each.start.hour for each in read(first.data).busy] == [14]
    assert [each.start.hour for each in read(second.data).busy] == [18]


def test_an_empty_calendar_has_no_pieces() -> None:
    assert pieces() == []


@pytest.mark.parametrize("data", [b"", b"<!doctype html><title>Secret</title>", bytes(range(256)) * 20])
def test_what_is_no_calendar_is_refused_without_a_word_of_it(data: bytes) -> None:
    with pytest.raises(Unreadable) as raised:
        split(data)
    assert raised.value.permanent
    assert "Secret" not in str(raised.value)


@pytest.mark.parametrize("end", [-1, -5, -20, -60])
def test_a_calendar_that_was_cut_off_is_not_taken_for_a_smaller_one(end: int) -> None:
    data = calendar(event(*FRIDAY, uid="a"), event(*SATURDAY, uid="b")).strip()
    with pytest.raises(Unreadable) as raised:
        split(data[:end])
    assert not raised.value.permanent  # the next download may be whole


def test_a_calendar_that_begins_anew_before_its_end_was_cut_off() -> None:
    with pytest.raises(Unreadable):
        split(b"BEGIN:VCALENDAR\r\n" + calendar(event(*FRIDAY)))


def test_an_entry_without_its_end_is_counted_and_not_lost() -> None:
    broken = event(*SATURDAY, uid="b").replace("\r\nEND:VEVENT", "")
    whole, rest = pieces(event(*FRIDAY, uid="a"), broken)
    assert read(whole.data).unreadable == 0
    assert read(rest.data).unreadable == 1


@pytest.mark.parametrize(
    "data",
    [
        b"BEGIN:VCALENDAR\n" + b" " * (20 * 1024 * 1024),
        b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * (MAX_ENTRIES + 1) + b"END:VCALENDAR",
        b"BEGIN:VCALENDAR\n"
        + b"".join(b"BEGIN:VEVENT\nUID:%d\n" % n for n in range(MAX_PIECES + 1))
        + b"END:VCALENDAR",
    ],
    ids=["bytes", "entries", "pieces"],
)
def test_what_is_too_much_is_refused_before_anything_is_made_of_it(data: bytes) -> None:
    with pytest.raises(Refused):
        split(data)


def test_a_huge_zone_is_not_multiplied() -> None:
    zone = HOME.replace("END:VTIMEZONE", "X-NOTE:" + "x" * 500_000 + "\r\nEND:VTIMEZONE")
    many = MAX_TOTAL // 500_000 + 1
    with pytest.raises(Refused):
        split(calendar(zone, *(event(*AT_HOME, uid=str(n)) for n in range(many))))


def test_a_zone_that_all_entries_share_is_held_once_however_many_they_are() -> None:
    zone = HOME.replace("END:VTIMEZONE", "X-NOTE:" + "x" * 100_000 + "\r\nEND:VTIMEZONE")
    data = calendar(zone, *(event(*AT_HOME, uid=str(n)) for n in range(500)))
    tracemalloc.start()
    try:
        kept = {each.name: each for each in split(data)}
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(len(each.data) for each in kept.values()) > 50_000_000
    assert held < 5_000_000


@pytest.mark.parametrize(
    "data",
    [
        b"BEGIN:VCALENDAR\n" + b"UID:a\n" * 1_000_000,
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + b"BEGIN:X\n" * 1_000_000 + b"END:VCALENDAR\n",
        b"\n " * 5_000_000,
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:" + b"\n a" * 3_000_000 + b"\nEND:VCALENDAR\n",
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + b"DTSTART;TZID=x" * 700_000 + b"\nEND:VCALENDAR\n",
    ],
    ids=["uids", "nesting", "folds", "long", "params"],
)
def test_a_hostile_feed_costs_no_more_than_its_size(data: bytes) -> None:
    begun = time.process_time()
    with suppress(Refused, Unreadable):
        list(split(data))
    assert time.process_time() - begun < 5
