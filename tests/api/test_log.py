"""Logs hold events and fields of a closed list; what libraries say, and what errors quote, never gets in."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import pytest

from service import log

TITLE = "Dinner with Sam"


@contextmanager
def listening() -> Iterator[list[dict[str, Any]]]:
    """Configure the logs, and hand over the lines they wrote when the block ends."""
    root, lines = logging.getLogger(), list[dict[str, Any]]()
    before, level = root.handlers[:], root.level
    with redirect_stderr(io.StringIO()) as written:
        log.configure()
        try:
            yield lines
        finally:
            root.handlers[:] = before
            root.setLevel(level)
    lines += [json.loads(line) for line in written.getvalue().splitlines()]


def fail() -> None:
    raise ValueError(TITLE)


def test_an_event_is_one_line_of_json_with_its_fields() -> None:
    with listening() as lines:
        log.event("tick", job="sync", count=3)
    (line,) = lines
    assert line.keys() == {"at", "level", "event", "job", "count"}
    assert (line["level"], line["event"], line["job"], line["count"]) == ("info", "tick", "sync", 3)


@pytest.mark.parametrize("field", ["title", "address", "token", "url", "password", "username", "body"])
def test_a_field_that_is_not_on_the_list_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match=field):
        log.event("tick", level=logging.INFO, **{field: TITLE})


def test_trouble_names_the_kind_of_an_error_and_none_of_its_words() -> None:
    with listening() as lines:
        try:
            fail()
        except ValueError as error:
            log.trouble("tick failed", error, job="sync")
    (line,) = lines
    assert (line["level"], line["error"]) == ("error", "ValueError")
    assert TITLE not in json.dumps(line)


@pytest.mark.parametrize("name", ["caldav", "httpx", "sqlalchemy.engine", "uvicorn.error", "py.warnings", "anything"])
def test_what_a_library_says_is_cut_to_its_name(name: str) -> None:
    logger = logging.getLogger(name)
    with listening() as lines:
        logger.error("could not read %s", TITLE)
        try:
            fail()
        except ValueError:
            logger.exception("while reading %s", TITLE)
    assert [(line["event"], line["kind"]) for line in lines] == [("library", name)] * 2
    assert lines[1]["error"] == "ValueError"
    assert TITLE not in json.dumps(lines)


@pytest.mark.parametrize("name", ["caldav", "httpx", "httpcore", "apscheduler", "aiosmtplib", "uvicorn.access"])
def test_libraries_say_nothing_below_a_warning(name: str) -> None:
    with listening() as lines:
        logging.getLogger(name).info("GET https://calendars.example.org/%s", TITLE)
        logging.getLogger(name).debug(TITLE)
    assert lines == []
