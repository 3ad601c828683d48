"""
Events: a screened VEVENT with its values understood.

Floating times are in the zone that the calendar names for itself, or else in the owner's; days are always the owner's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from enum import StrEnum

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.lines import Line
from integrations.ical.rules import Rule, read_rule
from integrations.ical.screen import Calendar, Component
from integrations.ical.values import Length, Moment, length_between, length_from, read_length, read_moment
from integrations.ical.zones import find_known, find_zone

MAX_RULES = 4


class Answer(StrEnum):
    """What the owner said to an invitation (PARTSTAT, RFC 5545, section 3.2.12), from the busiest on."""

    ACCEPTED = "ACCEPTED"
    TENTATIVE = "TENTATIVE"
    UNANSWERED = "NEEDS-ACTION"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Event:
    """
    One event, one series, or what became of one instance of a series.

    `extra` are its RDATEs, with a length of their own where they are periods; `skipped` its EXDATEs. `replaces` is the
    RECURRENCE-ID; where `onwards`, all later instances are meant too (RANGE=THISANDFUTURE).
    """

    uid: str
    sequence: int
    start: Moment
    length: Length
    rules: tuple[Rule, ...]
    extra: tuple[tuple[Moment, Length | None], ...]
    skipped: tuple[Moment, ...]
    replaces: Moment | None
    onwards: bool
    status: str
    transparent: bool
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the events of one calendar."""

    definitions: Mapping[str, tuple[str, ...]]
    floating: tzinfo
    days: tzinfo

    @classmethod
    def of(cls, calendar: Calendar, *, zone: tzinfo) -> "Reader":
        """Return the reader for `calendar`, whose owner lives in `zone`."""
        floating = find_known(calendar.zone_name) if calendar.zone_name else None
        return cls(calendar.definitions, floating or zone, zone)

    def read(self, component: Component) -> Event:
        """Raise `Refused` or `Unreadable` where the event cannot be placed in time."""
        lines = {line.name: line for line in reversed(component)}  # of two equal ones the first counts
        if "DTSTART" not in lines:
            raise Unreadable("an event without a beginning")
        start = self._moment(lines["DTSTART"].value, line=lines["DTSTART"])
        replaces = lines.get("RECURRENCE-ID")
        return Event(
            uid=lines["UID"].value if "UID" in lines else "",
            sequence=read_sequence(lines["SEQUENCE"].value) if "SEQUENCE" in lines else 0,
            start=start,
            length=self._length(start, lines=lines),
            rules=() if replaces else _read_rules(component, start=start),
            extra=tuple(self._extra(text, line=line) for line, text in _texts(component, "RDATE")),
            skipped=tuple(self._moment(text, line=line) for line, text in _texts(component, "EXDATE")),
            replaces=self._moment(replaces.value, line=replaces) if replaces else None,
            onwards=replaces is not None and replaces.params.get("RANGE", "").upper() == "THISANDFUTURE",
            status=_read_status(lines),
            transparent=_is_transparent(lines),
            answer=_read_answer(component),
        )

    def _moment(self, text: str, *, line: Line) -> Moment:
        name = line.params.get("TZID")
        zone = find_zone(name, definitions=self.definitions) if name else self.floating
        return read_moment(text, zone=zone, days=self.days)

    def _length(self, start: Moment, *, lines: Mapping[str, Line]) -> Length:
        if "DTEND" in lines:
            return length_between(start, self._moment(lines["DTEND"].value, line=lines["DTEND"]))
        if "DURATION" in lines:
            return length_from(start, read_length(lines["DURATION"].value))
        return Length(days=int(start.whole_day))

    def _extra(self, text: str, *, line: Line) -> tuple[Moment, Length | None]:
        """Read one value of an RDATE; a PERIOD gives its end or its duration (3.3.9)."""
        first, _, last = text.partition("/")
        start = self._moment(first, line=line)
        if not last:
            return start, None
        if last[0].isdigit():
            return start, length_between(start, self._moment(last, line=line))
        return start, length_from(start, read_length(last))


def _texts(component: Component, name: str) -> list[tuple[Line, str]]:
    """Return the single values of all lines called `name`."""
    lines = [line for line in component if line.name == name]
    return [(line, text.strip()) for line in lines for text in line.value.split(",") if text.strip()]


def _read_rules(component: Component, *, start: Moment) -> tuple[Rule, ...]:
    texts = [line.value for line in component if line.name == "RRULE"]
    if len(texts) > MAX_RULES or any(line.name == "EXRULE" for line in component):
        raise Refused("too many rules, or a rule of exceptions")
    zone = start.at.tzinfo
    return tuple(read_rule(text, zone=zone, whole_day=start.whole_day) for text in texts) if zone else ()


def read_sequence(text: str) -> int:
    """Return SEQUENCE (3.8.7.4); what is not a sensible number counts as none."""
    return int(text) if text.isdecimal() and len(text) <= len("999999999") else 0


def _read_status(lines: Mapping[str, Line]) -> str:
    """Return STATUS; Outlook says of an invitation it put there by itself that it is tentative, elsewhere."""
    status = lines["STATUS"].value.upper() if "STATUS" in lines else ""
    busy = lines.get("X-MICROSOFT-CDO-BUSYSTATUS")
    return "TENTATIVE" if status != "CANCELLED" and busy and busy.value.upper() == "TENTATIVE" else status


def _is_transparent(lines: Mapping[str, Line]) -> bool:
    if "TRANSP" in lines:
        return lines["TRANSP"].value.upper() == "TRANSPARENT"
    busy = lines.get("X-MICROSOFT-CDO-BUSYSTATUS")
    return busy is not None and busy.value.upper() == "FREE"


def _read_answer(component: Component) -> Answer | None:
    """Return what the owner answered: under several addresses the busiest, handed on to somebody else is a no."""
    given = {line.value for line in component if line.name == "PARTSTAT"}
    known = {"DELEGATED": Answer.DECLINED} | {answer.value: answer for answer in Answer}
    answers = {known.get(answer, Answer.UNANSWERED) for answer in given}
    return next((answer for answer in Answer if answer in answers), None)
