"""The demo as a newcomer runs it: a process of its own that tells the truth and leaves nothing behind."""

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from integrations.ical.invite import read_entry
from service.clock import now
from service.commands.demo.calendars import Person, make_people
from tests.e2e.stage import Json

pytestmark = pytest.mark.servers

SHAPE = {"slots", "ideas", "date", "entries", "mails", "reminder", "moved", "proposal", "called_off"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo printed and wrote, and what it left: names of files, and ids of processes of its session."""

    facts: Json
    text: str
    status: int
    seconds: float
    files: list[str]
    processes: list[int]
    people: tuple[Person, Person]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("demo")
    temporary = folder / "tmp"
    temporary.mkdir()
    today = now()
    began = monotonic()
    with (folder / "text").open("wb") as text:
        process = subprocess.Popen(
            (sys.executable, "-m", "service", "demo", "--json", str(folder / "seen.json")),
            env={**os.environ, "TMPDIR": str(temporary)},
            stdout=text,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        status = process.wait(timeout=60)
    return Shown(
        facts=json.loads((folder / "seen.json").read_text()),
        text=(folder / "text").read_text(),
        status=status,
        seconds=monotonic() - began,
        files=[path.name for path in temporary.iterdir()],
        processes=find_processes(session=process.pid),
        people=make_people(monday=(today + timedelta(days=7 - today.weekday())).date(), passwords=("", "")),
    )


def find_processes(*, session: int) -> list[int]:
    """Return the processes of that session which still run; one that has ended may wait to be noticed (proc(5))."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _parent, _group, of, *_ = path.read_text().rpartition(")")[2].split()
            if int(of) == session and state != "Z":
                found.append(int(path.parent.name))
    return found


def test_it_succeeds_within_a_minute(shown: Shown) -> None:
    assert shown.status == 0, shown.text
    assert shown.seconds < 60


def test_it_leaves_nothing_behind(shown: Shown) -> None:
    assert shown.files == []
    assert shown.processes == []


def test_its_json_has_the_agreed_shape(shown: Shown) -> None:
    facts = shown.facts
    assert set(facts) == SHAPE
    assert set(facts["entries"]) == {"a", "b"}
    assert all(set(mail) == {"to", "subject", "calendar_part"} for mail in facts["mails"])
    assert set(facts["reminder"]) == {"to", "subject", "fired_by"}
    assert set(facts["moved"]) == {"before", "after"}
    assert set(facts["called_off"]) == {"entries_left"}


def test_the_entries_are_the_date(shown: Shown) -> None:
    date = shown.facts["date"]
    for text in shown.facts["entries"].values():
        entry = read_entry(text.encode())
        assert (entry.start, entry.end) == tuple(datetime.fromisoformat(date[each]) for each in ("start", "end"))
        assert (entry.status.lower(), entry.sequence) == (date["status"], date["sequence"])
    assert date["status"] == "confirmed"


def test_the_reminder_was_fired_by_the_scheduler_to_one_of_the_two(shown: Shown) -> None:
    assert shown.facts["reminder"] == {
        "to": "ana@example.org",
        "subject": "A small thought for today",
        "fired_by": "apscheduler",
    }


def test_the_second_date_moved_and_is_gone(shown: Shown) -> None:
    before, after = (read_entry(shown.facts["moved"][each].encode()) for each in ("before", "after"))
    assert after.start > before.start
    assert after.sequence > before.sequence
    assert after.uid == before.uid
    assert shown.facts["called_off"]["entries_left"] == 0


def test_a_move_made_in_the_calendar_itself_came_back_as_a_proposal(shown: Shown) -> None:
    after, asked = read_entry(shown.facts["moved"]["after"].encode()), shown.facts["proposal"]
    assert (after.start, after.end) == tuple(datetime.fromisoformat(asked[each]) for each in ("start", "end"))
    assert (asked["awaits"], asked["answered"]) == ("ben", "confirmed")


def test_there_are_slots_and_each_is_free_in_both_calendars(shown: Shown, tmp_path: Path) -> None:
    slots = shown.facts["slots"]
    assert len(slots) >= 2
    first, last = min(slot["start"] for slot in slots), max(slot["end"] for slot in slots)
    for person in shown.people:
        calendar = tmp_path / f"{person.name}.ics"
        calendar.write_text("".join(person.entries.values()), newline="")
        words = ("busy", str(calendar), "--from", first, "--to", last, "--zone", person.zone, "--me", person.address)
        done = subprocess.run(
            (sys.executable, "-m", "service", *words, "--json"), check=True, capture_output=True, text=True
        )
        busy = [times(each) for each in json.loads(done.stdout)["busy"]]
        assert busy
        assert [each for slot in slots for each in busy if overlap(times(slot), each)] == []


def test_it_tells_each_act(shown: Shown) -> None:
    date = shown.facts["date"]
    for words in (
        "Two calendars",
        "The hours they share",
        "Something simple",
        "Both said yes",
        "A small gesture",
        "moved and then called off",
        shown.facts["reminder"]["subject"],
        shown.facts["ideas"][0]["title"],
        f"“{date['title']}”",
        "STATUS:CONFIRMED",
        f"{len(shown.facts['mails'])} mails in all",
    ):
        assert words in shown.text
    assert "Traceback" not in shown.text


def times(slot: Json) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(slot["start"]), datetime.fromisoformat(slot["end"])


def overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    return one[0] < other[1] and other[0] < one[1]
