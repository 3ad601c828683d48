"""
What somebody's calendar app answers to our invitation: the iTIP methods REPLY and COUNTER (RFC 5546, 3.2.3 and 3.2.7).

Read are the answer, the sequence it answers, and the time a counter-proposal names, in UTC. Who answers, what they
write beside it (COMMENT) and every title stay unread. ORGANIZER is not asked for: Exchange leaves it out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.events import Answer, Reader, read_sequence
from integrations.ical.lines import Properties, name_of, read_line, unfold
from integrations.ical.screen import MAX_OBJECT, Component, screen

_KEPT = frozenset({"UID", "SEQUENCE", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "ATTENDEE"})


class Method(StrEnum):
    """The two ways to answer."""

    REPLY = "REPLY"
    COUNTER = "COUNTER"


@dataclass(frozen=True, slots=True)
class Reply:
    """
    One answer to one object of ours.

    `answer` is UNANSWERED for whatever is neither yes, no nor maybe, such as DELEGATED. `start` and `end` are what a
    COUNTER proposes, in UTC; `start` is None where that is no time of day, `end` where it names none.
    """

    method: Method
    sequence: int
    answer: Answer
    start: datetime | None = None
    end: datetime | None = None


def read_reply(data: bytes, *, uid: str, zone: tzinfo = UTC) -> Reply | None:
    """
    Return what `data` says to our object `uid`; None where it is about something else, or no answer.

    Floating times are taken to be in `zone`. A SEQUENCE that is left out is 0 (3.2.3): then it may be. Raises `Refused`
    or `Unreadable`.
    """
    if len(data) > MAX_OBJECT:
        raise Refused("an object of more than 512 KiB")
    calendar = screen(data)[0]
    method, components = _take_apart(unfold(data))
    if method not in Method.__members__:
        return None
    for component in components:
        given = Properties(component)
        if given.value("UID") == uid and "RECURRENCE-ID" not in given:
            times = _read_times(Reader.of(calendar, zone=zone), component) if method == Method.COUNTER else (None, None)
            return Reply(Method(method), read_sequence(given.value("SEQUENCE")), _read_answer(given), *times)
    return None


def _take_apart(lines: Iterable[str]) -> tuple[str, list[Component]]:
    """Return the METHOD of the first calendar, and of each of its VEVENTs the lines that are read."""
    method = ""
    events: list[list[str]] = []
    opened: list[str] = []
    for text in lines:
        name = name_of(text)
        if name == "BEGIN":
            opened.append(read_line(text).value.upper())
            if opened == ["VCALENDAR", "VEVENT"]:
                events.append([])
        elif name == "END":
            if opened == ["VCALENDAR"]:
                break
            del opened[-1:]
        elif name == "METHOD" and opened == ["VCALENDAR"]:
            method = read_line(text).value.upper()
        elif name in _KEPT and opened == ["VCALENDAR", "VEVENT"]:
            events[-1] += (name, text[len(name) :])
    return method, [tuple(event) for event in events]


def _read_answer(given: Properties) -> Answer:
    """Return PARTSTAT of the one attendee that an answer has (3.2.12)."""
    said = given.line("ATTENDEE").params.get("PARTSTAT", "").upper() if "ATTENDEE" in given else ""
    return next((answer for answer in Answer if answer == said), Answer.UNANSWERED)


def _read_times(reader: Reader, component: Component) -> tuple[datetime | None, datetime | None]:
    try:
        event = reader.read(component)
        start, end = event.start.utc, event.length.end_of(event.start.at)
    except (Refused, Unreadable, OverflowError):
        return None, None
    if event.all_day:
        return None, None
    return start, end if end > start else None
