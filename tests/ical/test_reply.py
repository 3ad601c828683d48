"""Answers to our invitations: what is read of them, what is passed over, and that hostile ones stay harmless."""

import traceback
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.events import Answer
from integrations.ical.reply import Method, Reply, read_reply
from integrations.ical.screen import MAX_OBJECT
from tests.ical.test_fuzz import TITLE, calendars, damaged

UID = "0123456789abcdef0123456789abcdef"
LISBON = ZoneInfo("Europe/Lisbon")
YES = "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ben@example.org"


def make(*lines: str, method: str = "REPLY", before: tuple[str, ...] = ()) -> bytes:
    """Return an object with one event of ours that holds `lines`; `before` stands in front of it."""
    event = ("BEGIN:VEVENT", f"UID:{UID}", *lines, "END:VEVENT")
    text = ("BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *before, *event, "END:VCALENDAR", "")
    return "\r\n".join(text).encode()


def read(data: bytes) -> Reply | None:
    return read_reply(data, uid=UID, zone=LISBON)


def counter(*lines: str) -> Reply | None:
    return read(make(YES, "SEQUENCE:2", *lines, method="COUNTER"))


@pytest.mark.parametrize(
    ("partstat", "answer"),
    [
        ("ACCEPTED", Answer.ACCEPTED),
        ("declined", Answer.DECLINED),
        ("TENTATIVE", Answer.TENTATIVE),
        ("NEEDS-ACTION", Answer.UNANSWERED),
        ("DELEGATED", Answer.UNANSWERED),
        ("X-PERHAPS", Answer.UNANSWERED),
    ],
)
def test_an_answer_is_yes_no_maybe_or_nothing(partstat: str, answer: Answer) -> None:
    said = read(make(f'ATTENDEE;CN="Ben; B";PARTSTAT={partstat}:mailto:ben@example.org', "SEQUENCE:3"))
    assert said == Reply(Method.REPLY, 3, answer)


def test_an_answer_needs_neither_organizer_nor_time() -> None:
    assert read(make(YES)) == Reply(Method.REPLY, 0, Answer.ACCEPTED)


def test_a_sequence_that_is_left_out_is_the_first() -> None:
    assert read(make(YES, "SEQUENCE:")) == Reply(Method.REPLY, 0, Answer.ACCEPTED)


def test_an_answer_without_attendee_says_nothing() -> None:
    assert read(make()) == Reply(Method.REPLY, 0, Answer.UNANSWERED)


def test_a_time_that_cannot_be_read_hinders_no_answer() -> None:
    assert read(make(YES, "DTSTART;TZID=Nowhere:20261204T190000")) == Reply(Method.REPLY, 0, Answer.ACCEPTED)


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH", "DECLINECOUNTER", ""])
def test_what_is_no_answer_is_passed_over(method: str) -> None:
    assert read(make(YES, method=method)) is None


def test_the_method_of_an_inner_component_is_not_that_of_the_object() -> None:
    assert read(make(YES, "METHOD:REPLY", method="REQUEST")) is None


def test_our_object_is_found_among_others() -> None:
    other = ("BEGIN:VEVENT", "UID:other", "ATTENDEE;PARTSTAT=DECLINED:mailto:ben@example.org", "END:VEVENT")
    assert read(make(YES, before=other)) == Reply(Method.REPLY, 0, Answer.ACCEPTED)
    assert read_reply(make(YES, before=other), uid="nobody's") is None


def test_an_instance_of_a_series_is_not_ours() -> None:
    assert read(make(YES, "RECURRENCE-ID:20261204T180000Z")) is None


def test_only_the_first_object_counts() -> None:
    assert read(make(YES, method="REQUEST") + make(YES)) is None


def test_a_counter_proposes_a_time() -> None:
    said = counter("DTSTART:20261205T180000Z", "DTEND:20261205T200000Z")
    assert said is not None
    assert (said.start, said.end) == (datetime(2026, 12, 5, 18, tzinfo=UTC), datetime(2026, 12, 5, 20, tzinfo=UTC))
    assert (said.method, said.sequence) == (Method.COUNTER, 2)


def test_a_counter_may_name_its_length_or_neither_end_nor_length() -> None:
    long, open_ended = counter("DTSTART:20261205T180000Z", "DURATION:PT90M"), counter("DTSTART:20261205T180000Z")
    assert long is not None
    assert long.end == datetime(2026, 12, 5, 19, 30, tzinfo=UTC)
    assert open_ended is not None
    assert (open_ended.start, open_ended.end) == (datetime(2026, 12, 5, 18, tzinfo=UTC), None)


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("DTSTART;TZID=Europe/Berlin:20261205T180000", 17),
        ("DTSTART;TZID=W. Europe Standard Time:20261205T180000", 17),
        ("DTSTART:20261205T180000", 18),  # floating: the clock in Lisbon
    ],
)
def test_a_proposed_time_is_read_in_its_zone(line: str, hour: int) -> None:
    said = counter(line)
    assert said is not None
    assert said.start == datetime(2026, 12, 5, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    "lines", [(), ("DTSTART;VALUE=DATE:20261205",), ("DTSTART;TZID=Nowhere:20261205T180000",), ("DTSTART:soon",)]
)
def test_a_counter_without_a_time_of_day_proposes_none(lines: tuple[str, ...]) -> None:
    said = counter(*lines)
    assert said is not None
    assert (said.start, said.end) == (None, None)


def test_what_is_too_large_or_no_calendar_is_refused() -> None:
    with pytest.raises(Refused):
        read(make(YES, "COMMENT:" + "x" * MAX_OBJECT))
    with pytest.raises(Unreadable):
        read(b"Dear Pencil In, yes!")


METHODS = st.sampled_from([b"METHOD:REPLY", b"METHOD:COUNTER", b"METHOD;X=:counter", b"METHOD:REPLY\r\n X"])


def read_hostile(data: bytes, *, method: bytes) -> None:
    """Read `data` with a method in it; whatever it is, only errors of the codec come of it, and no title with them."""
    text = data.replace(b"BEGIN:VCALENDAR", b"BEGIN:VCALENDAR\r\n" + method)
    assert all(TITLE not in _try_to_read(text, uid=uid) for uid in ("a", "b", ""))


def _try_to_read(data: bytes, *, uid: str) -> str:
    """Return all that a log could show of what was read, or of why it was not."""
    try:
        return repr(read_reply(data, uid=uid, zone=LISBON))
    except (Refused, Unreadable) as error:
        return "".join(traceback.format_exception(error))


BOLD = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@BOLD
@given(calendars(), METHODS)
def test_a_strange_answer_is_read_or_refused(data: bytes, method: bytes) -> None:
    read_hostile(data, method=method)


@BOLD
@given(damaged(), METHODS)
def test_a_damaged_answer_is_read_or_refused(data: bytes, method: bytes) -> None:
    read_hostile(data, method=method)


@given(st.binary(max_size=300), METHODS)
def test_octets_are_read_or_refused(data: bytes, method: bytes) -> None:
    read_hostile(data, method=method)
    read_hostile(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\n" + data, method=method)
