"""
The screen in front of everything else: from bytes nobody vouches for to small, bounded entries.

It knows only the shape of iCalendar text (RFC 5545, sections 3.1 and 3.4), and reads it line by line, once. What does
not decide busy time is dropped here: titles, places, notes, alarms, and every attendee but the owner, of whom only the
answer is kept. So nothing behind the screen can repeat what it never saw.

Sizes are in octets of UTF-8, before anything is dropped. An object is everything with one UID.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.lines import Line, name_of, read_line, unfold

MAX_FEED = 20 * 1024 * 1024
MAX_FEED_LINES = 1_000_000
MAX_OBJECT = 512 * 1024
MAX_LINES = 20_000
MAX_NESTING = 5
MAX_COMPONENTS = 200
MAX_DATES = 1400

_DECIDING = frozenset(
    {
        "UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
        "STATUS", "TRANSP", "ATTENDEE", "X-MICROSOFT-CDO-BUSYSTATUS",
    }
)  # fmt: skip

Component = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    One VCALENDAR, screened: its VEVENTs by UID, the lines of its VTIMEZONEs by TZID, and the zone it names for itself.

    The owner's own ATTENDEE became a line PARTSTAT. `refused` counts what may block time and was not let through.
    """

    series: tuple[tuple[Component, ...], ...]
    definitions: Mapping[str, tuple[str, ...]]
    zone_name: str | None
    refused: int


def screen(data: bytes, *, me: Collection[str] = ()) -> tuple[Calendar, ...]:
    """
    Split `data` into its calendars; `me` are the addresses of the owner, with or without ``mailto:``.

    Raises `Refused` where it is too large as a whole, `Unreadable` where it is no calendar at all: neither may be taken
    for an empty one.
    """
    if len(data) > MAX_FEED:
        raise Refused("a calendar of more than 20 MiB")
    scanner = _Scanner(frozenset(map(_bare, me)) - {""})
    for number, text in enumerate(unfold(data)):
        if number >= MAX_FEED_LINES:
            raise Refused("a calendar of more than a million lines")
        scanner.take(text)
    scanner.close_calendar(cut=True)
    if not scanner.calendars:
        raise Unreadable("not a calendar")
    return tuple(scanner.calendars)


def _bare(address: str) -> str:
    return address.strip().lower().removeprefix("mailto:")


@dataclass(slots=True)
class _Event:
    """A VEVENT while it is read."""

    kept: list[Line] = field(default_factory=list)
    size: int = 0
    lines: int = 0
    components: int = 1
    dates: int = 0
    too_deep: bool = False

    def is_too_much(self) -> bool:
        return (
            self.too_deep
            or self.size > MAX_OBJECT
            or self.lines > MAX_LINES
            or self.components > MAX_COMPONENTS
            or self.dates > MAX_DATES
        )


@dataclass(slots=True)
class _Draft:
    """A VCALENDAR while it is read."""

    events: dict[str, list[_Event]] = field(default_factory=dict)
    definitions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    zone_name: str | None = None
    refused: int = 0

    def finish(self) -> Calendar:
        objects = [(events, _add_up(events)) for events in self.events.values()]
        series = (tuple(tuple(event.kept) for event in events) for events, total in objects if not total.is_too_much())
        refused = self.refused + sum(total.is_too_much() for _, total in objects)
        return Calendar(tuple(series), self.definitions, self.zone_name, refused)


def _add_up(events: Iterable[_Event]) -> _Event:
    total = _Event(components=0)
    for event in events:
        total.size += event.size
        total.lines += event.lines
        total.components += event.components
        total.dates += event.dates
        total.too_deep |= event.too_deep
    return total


class _Scanner:
    """Takes content lines one by one, and keeps what is open: at most one calendar, and in it one event or one zone."""

    def __init__(self, me: frozenset[str]) -> None:
        self.calendars: list[Calendar] = []
        self._me = me
        self._open: list[str] = []
        self._draft: _Draft | None = None
        self._event: _Event | None = None
        self._zone: list[str] | None = None

    def take(self, text: str) -> None:
        name = name_of(text)
        if self._event:
            self._event.size += len(text.encode())
            self._event.lines += 1
        if self._zone is not None:
            self._zone.append(text)
        if name == "BEGIN":
            self._begin(text.partition(":")[2].strip().upper())
        elif name == "END":
            self._end(text.partition(":")[2].strip().upper())
        elif self._event and self._open[-1] == "VEVENT":
            self._keep(name, text)
        elif self._draft and name == "X-WR-TIMEZONE":
            self._draft.zone_name = read_line(text).value

    def close_calendar(self, *, cut: bool) -> None:
        """Finish the open calendar; where it was `cut` off, there is no telling what else it held."""
        if self._draft:
            self._draft.refused += cut
            self.calendars.append(self._draft.finish())
        self._open, self._draft, self._event, self._zone = [], None, None, None

    def _begin(self, kind: str) -> None:
        if kind == "VCALENDAR":
            self.close_calendar(cut=True)
            self._draft = _Draft()
        elif self._draft is None:
            return
        elif kind == "VEVENT":
            self._end("VEVENT")  # one is never inside another: the END of the one before is missing
            self._end("VTIMEZONE")
            self._event = _Event(too_deep=len(self._open) >= MAX_NESTING)
        elif self._event:
            self._event.components += 1
            self._event.too_deep |= len(self._open) >= MAX_NESTING
        elif kind == "VTIMEZONE":
            self._zone = ["BEGIN:VTIMEZONE"]
        if len(self._open) < 2 * MAX_NESTING:
            self._open.append(kind)

    def _end(self, kind: str) -> None:
        if kind not in self._open:
            return
        if kind == "VCALENDAR":
            self.close_calendar(cut=self._event is not None)
            return
        while self._open.pop() != kind:
            pass
        if kind == "VEVENT":
            self._close_event()
        elif kind == "VTIMEZONE":
            self._close_zone()

    def _keep(self, name: str, text: str) -> None:
        event = self._event
        if event is None or name not in _DECIDING or event.is_too_much():
            return
        line = read_line(text)
        if name == "ATTENDEE":
            if {_bare(line.value), _bare(line.params.get("EMAIL", ""))} & self._me:
                event.kept.append(Line("PARTSTAT", {}, line.params.get("PARTSTAT", "NEEDS-ACTION").upper()))
            return
        if name in {"RDATE", "EXDATE"}:
            event.dates += 1 + line.value.count(",")
        event.kept.append(line)

    def _close_event(self) -> None:
        if self._event and self._draft:
            uid = next((line.value for line in self._event.kept if line.name == "UID"), "")
            # Events without a UID have nothing to do with each other.
            self._draft.events.setdefault(uid or f"\n{len(self._draft.events)}", []).append(self._event)
        self._event = None

    def _close_zone(self) -> None:
        lines, self._zone = self._zone or [], None
        names = (read_line(text).value.strip('"') for text in lines if name_of(text) == "TZID")
        if self._draft and len(lines) <= MAX_LINES and sum(map(len, lines)) <= MAX_OBJECT:
            self._draft.definitions.setdefault(next(names, ""), tuple(lines))
