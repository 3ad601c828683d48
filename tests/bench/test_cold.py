"""The benchmark itself: what it writes is what it says, and a peer that reads it finds what we find."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from service.core.interval import Interval
from tests.bench import cold
from tests.bench.calendars import make_feed, make_objects
from tests.bench.evenings import evenings, next_days
from tests.bench.programs import LIBRARIES, OURS, Program

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DURING = next_days(NOW)


def write(folder: Path, *, events: int) -> list[Path]:
    files = [folder / f"{seed}.ics" for seed in (0, 1)]
    for seed, file in enumerate(files):
        file.write_bytes(make_feed(count=events, seed=seed, middle=NOW.date()))
    return files


def test_the_same_seed_makes_the_same_calendar() -> None:
    first, second = (make_feed(count=50, seed=7, middle=date(2026, 11, 23)) for _ in range(2))
    assert first == second


def test_one_entry_in_seven_or_so_repeats() -> None:
    feed = make_feed(count=2000, seed=1, middle=NOW.date())
    assert 0.12 < feed.count(b"\r\nRRULE:FREQ") / 2000 - 6 / 2000 < 0.18  # six are those of the zones


def test_an_entry_takes_about_as_much_room_as_those_of_people_who_work() -> None:
    assert 2000 < len(make_feed(count=500, seed=2, middle=NOW.date())) / 500 < 2500


def test_a_feed_and_its_objects_hold_the_same_entries() -> None:
    feed = make_feed(count=100, seed=3, middle=NOW.date())
    objects = [data for _, data in make_objects(count=100, seed=3, middle=NOW.date())]
    assert feed.count(b"BEGIN:VEVENT") == sum(data.count(b"BEGIN:VEVENT") for data in objects)


def test_ninety_days_have_ninety_evenings() -> None:
    assert len(evenings(DURING)) == 90


def test_a_peer_that_does_the_same_work_finds_the_same_evenings(tmp_path: Path) -> None:
    ours, theirs = (cold.run(program, files=write(tmp_path, events=60), during=DURING) for program in (OURS, LIBRARIES))
    assert ours.busy
    assert (ours.busy, ours.gaps) == (theirs.busy, theirs.gaps)


def test_a_peer_that_does_less_is_noticed(tmp_path: Path) -> None:
    answer = """{"cpu_s": 0.1, "busy": [], "gaps": [[0, 3600]]}"""
    idle = Program("idle", (sys.executable, "-c", f"print({answer!r})"))
    with pytest.raises(RuntimeError, match="idle 0, 1"):
        cold.run_in_turns([OURS, idle], files=write(tmp_path, events=60), during=DURING)


def test_the_days_begin_at_the_coming_midnight() -> None:
    assert Interval(datetime(2026, 11, 24, tzinfo=UTC), datetime(2027, 2, 22, tzinfo=UTC)) == DURING
