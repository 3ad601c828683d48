"""
Events: a screened VEVENT, or a period of a VFREEBUSY, with its values understood.

Floating times are in the zone that the calendar names for itself, or else in the owner's; days are always the owner's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.lines import Line, Properties
from integrations.ical.rules import Rule, read_rule
from integrations.ical.screen import Calendar, Component
from integrations.ical.values import Length, Moment, length_between, length_from, read_length, read_moment
from integrations.ical.zones import find_known, find_zone

MAX_RULES = 4
MAX_TRAVEL = timedelta(days=1)

_PLAIN = frozenset({"UID", "SEQUENCE", "DTSTART", "DTEND", "STATUS", "TRANSP", "PARTSTAT"})


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
    RECURRENCE-ID; where `onwards`, all later instances are meant too (RANGE=THISANDFUTURE). `travel` is the time that
    it takes to get there.
    """

    start: Moment
    length: Length
    uid: str = ""
    sequence: int = 0
    rules: tuple[Rule, ...] = ()
    extra: tuple[tuple[Moment, Length | None], ...] = ()
    skipped: tuple[Moment, ...] = ()
    replaces: Moment | None = None
    onwards: bool = False
    travel: timedelta = timedelta()
    all_day: bool = False
    status: str = ""
    transparent: bool = False
    answer: Answer | None = None


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

    def lies_outside(self, component: Component, *, start: datetime, end: datetime) -> bool:
        """
        Tell at little cost whether a VEVENT that stands alone is surely over by `start`, or begins at `end` or later.

        That is most of any calendar. Raises as `read` does.
        """
        given = Properties(component)
        if not (given.has_only(_PLAIN) and "DTSTART" in given and "DTEND" in given):
            return False
        first, last = self._moment(given.line("DTSTART")), self._moment(given.line("DTEND"))
        return not first.whole_day and (last.utc <= start or first.utc >= end)

    def read(self, component: Component) -> Event:
        """Read a VEVENT. Raises `Refused` or `Unreadable` where it cannot be placed in time."""
        given = Properties(component)
        if "DTSTART" not in given:
            raise Unreadable("an event without a beginning")
        start = self._moment(given.line("DTSTART"))
        replaces = given.line("RECURRENCE-ID") if "RECURRENCE-ID" in given else None
        return Event(
            start,
            self._length(start, given=given),
            uid=given.value("UID"),
            sequence=read_sequence(given.value("SEQUENCE")),
            rules=() if replaces else _read_rules(given, start=start),
            extra=tuple(self._period(*each) for each in texts_of(given.lines("RDATE"))),
            skipped=tuple(self._moment(*each) for each in texts_of(given.lines("EXDATE"))),
            replaces=self._moment(replaces) if replaces else None,
            onwards=replaces is not None and replaces.params.get("RANGE", "").upper() == "THISANDFUTURE",
            travel=_read_travel(given, start=start),
            all_day=start.whole_day or given.value("X-MICROSOFT-CDO-ALLDAYEVENT").upper() == "TRUE",
            status=_read_status(given),
            transparent=_is_transparent(given),
            answer=_read_answer(given.lines("PARTSTAT")),
        )

    def read_periods(self, component: Component) -> list[Event]:
        """Read a VFREEBUSY (3.6.4); a kind of period that nobody knows is busy (3.2.9)."""
        events = []
        for line, text in texts_of(Properties(component).lines("FREEBUSY")):
            start, length = self._period(line, text)
            if length is None:
                raise Unreadable("a period without its end")
            kind = line.params.get("FBTYPE", "").upper()
            status = "TENTATIVE" if kind == "BUSY-TENTATIVE" else ""
            events.append(Event(start, length, status=status, transparent=kind == "FREE"))
        return events

    def _moment(self, line: Line, text: str | None = None) -> Moment:
        name = line.params.get("TZID")
        zone = find_zone(name, definitions=self.definitions) if name else self.floating
        return read_moment(line.value if text is None else text, zone=zone, days=self.days)

    def _length(self, start: Moment, *, given: Properties) -> Length:
        if "DTEND" in given:
            return length_between(start, self._moment(given.line("DTEND")))
        if "DURATION" in given:
            return length_from(start, read_length(given.value("DURATION")))
        return Length(days=int(start.whole_day))

    def _period(self, line: Line, text: str) -> tuple[Moment, Length | None]:
        """Read one value of an RDATE; a PERIOD gives its end or its duration (3.3.9)."""
        first, _, last = text.partition("/")
        start = self._moment(line, first)
        if not last:
            return start, None
        if last[0].isdigit():
            return start, length_between(start, self._moment(line, last))
        return start, length_from(start, read_length(last))


def texts_of(lines: list[Line]) -> list[tuple[Line, str]]:
    """Return the single values of all `lines`."""
    return [(line, text.strip()) for line in lines for text in line.value.split(",") if text.strip()]


def _read_rules(given: Properties, *, start: Moment) -> tuple[Rule, ...]:
    lines = given.lines("RRULE")
    if len(lines) > MAX_RULES or "EXRULE" in given:
        raise Refused("too many rules, or a rule of exceptions")
    zone = start.at.tzinfo
    return tuple(read_rule(line.value, zone=zone, whole_day=start.whole_day) for line in lines) if zone else ()


def read_sequence(text: str) -> int:
    """Return SEQUENCE (3.8.7.4); what is not a sensible number counts as none."""
    return int(text) if text.isdecimal() and len(text) <= len("999999999") else 0


def _read_travel(given: Properties, *, start: Moment) -> timedelta:
    """Return the way to an event, as Apple's calendars know it; nobody sets off for a whole day."""
    if start.whole_day or "X-APPLE-TRAVEL-DURATION" not in given:
        return timedelta()
    length = read_length(given.value("X-APPLE-TRAVEL-DURATION"))
    return min(max(timedelta(days=length.days) + length.exact, timedelta()), MAX_TRAVEL)


def _read_status(given: Properties) -> str:
    """Return STATUS; Outlook says of an invitation it put there by itself that it is tentative, elsewhere."""
    status = given.value("STATUS").upper()
    is_tentative = status != "CANCELLED" and given.value("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "TENTATIVE"
    return "TENTATIVE" if is_tentative else status


def _is_transparent(given: Properties) -> bool:
    if "TRANSP" in given:
        return given.value("TRANSP").upper() == "TRANSPARENT"
    return given.value("X-MICROSOFT-CDO-BUSYSTATUS").upper() == "FREE"


def _read_answer(given: list[Line]) -> Answer | None:
    """Return what the owner answered: under several addresses the busiest, handed on to somebody else is a no."""
    if not given:
        return None
    known = {"DELEGATED": Answer.DECLINED} | {answer.value: answer for answer in Answer}
    answers = {known.get(line.value, Answer.UNANSWERED) for line in given}
    return next(answer for answer in Answer if answer in answers)
