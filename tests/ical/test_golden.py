"""Golden files: what we write is what was reviewed, byte for byte, and means to other libraries what we mean."""

from email import message_from_bytes
from email.policy import default

import pytest

from integrations.ical.invite import read_entry
from tests.ical.golden import FOLDER, GOLDENS, write_files
from tests.ical.readers import READERS

FILES = write_files()


@pytest.mark.parametrize("name", FILES)
def test_what_we_write_is_its_golden_file(name: str) -> None:
    assert FILES[name] == (FOLDER / name).read_bytes(), "if this was meant: python -m tests.ical.golden"


def test_every_golden_file_is_one_that_we_write() -> None:
    assert {path.name for path in FOLDER.iterdir() if path.suffix in {".ics", ".eml"}} == set(FILES)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", GOLDENS)
def test_an_object_is_read_by_other_libraries_as_we_mean_it(name: str, reader: str) -> None:
    assert READERS[reader]((FOLDER / f"{name}.ics").read_bytes()) == GOLDENS[name].facts


@pytest.mark.parametrize("name", GOLDENS)
def test_an_object_is_read_back_by_ourselves(name: str) -> None:
    facts, seen = GOLDENS[name].facts, read_entry((FOLDER / f"{name}.ics").read_bytes())
    assert (seen.uid, seen.sequence, seen.status, seen.start, seen.end) == (
        *(facts.uid, facts.sequence, facts.status),
        *(facts.start, facts.end),
    )


@pytest.mark.parametrize("name", [name for name, golden in GOLDENS.items() if golden.mail])
def test_a_mail_carries_its_object_twice(name: str) -> None:
    mail = message_from_bytes((FOLDER / f"{name}.eml").read_bytes(), policy=default)
    kinds = ("text/calendar", "application/ics")
    carried = [part.get_payload(decode=True) for part in mail.walk() if part.get_content_type() in kinds]
    assert carried == [(FOLDER / f"{name}.ics").read_bytes()] * 2


@pytest.mark.parametrize("name", [name for name in GOLDENS if "hard" in name or "merged" in name])
def test_no_line_is_long_and_no_character_is_cut(name: str) -> None:
    for line in (FOLDER / f"{name}.ics").read_bytes().split(b"\r\n"):
        assert len(line) <= 75
        assert "\ufffd" not in line.decode(errors="replace")
