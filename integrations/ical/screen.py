"""
The screen in front of everything else: from bytes nobody vouches for to small, bounded entries.

It knows only the shape of iCalendar text (RFC 5545, sections 3.1 and 3.4), and goes through it once, from one line that
decides busy time to the next. All else is left behind unread: titles, places, notes, alarms, and every attendee but the
owner, of whom only the answer is kept. So nothing behind the screen can repeat what it never saw.

Sizes are in octets of UTF-8, before anything is dropped. An object is everything with one UID.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.lines import lead_first, read_line, read_property, tidy_lines, unfold_value
from integrations.ical.zones import find_known

MAX_FEED = 20 * 1024 * 1024
MAX_FEED_LINES = 1_000_000
MAX_FEED_PARTS = 40_000  # entries, zones and calendars
MAX_FEED_DATES = 100_000
MAX_FEED_ZONES = 32
MAX_OBJECT = 512 * 1024
MAX_LINES = 20_000
MAX_NESTING = 5
MAX_COMPONENTS = 200
MAX_DATES = 1400  # RDATE, EXDATE and the owner's answers; in a feed FREEBUSY, too

_SHAPES = ("BEGIN", "END", "X-WR-TIMEZONE")
_DECIDING = frozenset(
    {
        "UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID",
        "STATUS", "TRANSP", "ATTENDEE", "FREEBUSY", "X-APPLE-TRAVEL-DURATION", "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-CDO-BUSYSTATUS",
    }
)  # fmt: skip
_LISTS = frozenset({"RDATE", "EXDATE", "FREEBUSY"})
_OFFSETS = ("TZID", "TZOFFSETFROM", "TZOFFSETTO")


def _find_lines_of(*names: str) -> re.Pattern[bytes]:
    """Return what finds the lines with one of `names`; most others are passed over by their first letter."""
    initials = "".join(sorted({name[0] for name in names}))
    pattern = rf"\n(?=[{initials}])({'|'.join(names)})(?![A-Z0-9-])([^\n]*+(?:\n[ \t][^\n]*+)*+)"
    return re.compile(pattern.encode(), re.IGNORECASE)


_LINES_AND_ATTENDEES = _find_lines_of(*_SHAPES, *_OFFSETS, *sorted(_DECIDING))
_LINES = _find_lines_of(*_SHAPES, *_OFFSETS, *sorted(_DECIDING - {"ATTENDEE"}))

# The name and the rest of one content line after another, unfolded: a large calendar holds a hundred thousand, and of
# texts Python's garbage collector knows that they hold nothing else.
Component = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    One VCALENDAR, screened.

    `series` are its VEVENTs by UID, `periods` its VFREEBUSYs, `definitions` the lines of its VTIMEZONEs by TZID, and
    `zone_name` is the zone it names for itself.

    The owner's own ATTENDEE became a line PARTSTAT. `refused` counts what may block time and was not let through.
    """

    series: tuple[tuple[Component, ...], ...]
    periods: tuple[Component, ...]
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
    text = tidy_lines(data)
    if text.count(b"\n") > MAX_FEED_LINES:
        raise Refused("a calendar of more than a million lines")
    scanner = _Scanner(frozenset(map(_bare, me)) - {""})
    scanner.scan(lead_first(text))  # lines are found by the LF before them; one more before all would be a copy of all
    scanner.scan(text)
    if not (calendars := scanner.finish()):
        raise Unreadable("not a calendar")
    return tuple(calendars)


def _bare(address: str) -> str:
    return address.strip().lower().removeprefix("mailto:")


@dataclass(slots=True)
class _Entry:
    """A VEVENT or VFREEBUSY while it is read, and where in the file it is."""

    kind: str
    begin: int
    end: int = 0
    uid: str | None = None
    component: Component = ()
    components: int = 1
    dates: int = 0
    too_much: bool = False


@dataclass(slots=True)
class _Draft:
    """A VCALENDAR while it is read."""

    entries: dict[tuple[str, str], list[_Entry]] = field(default_factory=dict)
    definitions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    zone_name: str | None = None
    refused: int = 0

    def finish(self, text: bytes) -> Calendar:
        series: list[tuple[Component, ...]] = []
        periods: list[Component] = []
        while self.entries:  # a large calendar is not in memory twice
            (kind, _), entries = self.entries.popitem()
            group = tuple(entry.component for entry in entries)
            if _is_too_much(entries, text=text):
                self.refused += 1
            elif kind == "VEVENT":
                series.append(group)
            else:
                periods += group
        return Calendar(
            tuple(reversed(series)), tuple(reversed(periods)), self.definitions, self.zone_name, self.refused
        )


def _is_too_much(entries: list[_Entry], *, text: bytes) -> bool:
    size = components = dates = 0
    most_dates = MAX_DATES if entries[0].kind == "VEVENT" else MAX_FEED_DATES
    for entry in entries:
        if entry.too_much:
            return True
        size += entry.end - entry.begin
        components += entry.components
        dates += entry.dates
    if size > MAX_OBJECT or components > MAX_COMPONENTS or dates > most_dates:
        return True
    # fewer octets than that cannot be more lines than that
    return size > MAX_LINES and sum(text.count(b"\n", entry.begin, entry.end) for entry in entries) > MAX_LINES


class _Scanner:
    """Goes through a file once, and keeps what is open: at most one calendar, and in it one entry or one zone."""

    def __init__(self, me: frozenset[str]) -> None:
        self._text = b""
        self._me = me
        self._calendars: list[Calendar] = []
        self._open: list[str] = []
        self._draft: _Draft | None = None
        self._entry: _Entry | None = None
        self._kept: list[str] = []  # of the open entry
        self._zone: list[str] | None = None
        self._parts = 0
        self._dates = 0
        self._zones: set[Component] = set()

    def scan(self, text: bytes) -> None:
        """Go through the lines of `text` that are led by LF."""
        self._text = text
        pattern = _LINES_AND_ATTENDEES if self._me else _LINES
        for found in pattern.finditer(text):
            name = found[1].decode().upper()
            rest = unfold_value(found[2])
            if name == "BEGIN":
                self._begin(rest[1:].strip().upper(), at=found.start())
            elif name == "END":
                self._end(rest[1:].strip().upper(), at=found.start())
            elif self._entry is not None:
                if name in _DECIDING and self._open[-1] == self._entry.kind:
                    self._keep(self._entry, name, rest)
            elif self._zone is not None:
                self._zone.append(name + rest)
            elif self._draft and name == "X-WR-TIMEZONE":
                self._draft.zone_name = read_property(name, rest).value

    def finish(self) -> list[Calendar]:
        self._close_calendar(cut=True)
        return self._calendars

    def _close_calendar(self, *, cut: bool) -> None:
        """Finish the open calendar; where it was `cut` off, there is no telling what else it held."""
        if self._draft:
            self._draft.refused += cut
            self._calendars.append(self._draft.finish(self._text))
        self._open, self._draft, self._entry, self._zone = [], None, None, None

    def _count_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_FEED_PARTS:
            raise Refused("a calendar of more than 40,000 entries")

    def _begin(self, kind: str, *, at: int) -> None:
        if kind == "VCALENDAR":
            self._count_part()
            self._close_calendar(cut=True)
            self._draft = _Draft()
        elif self._draft is None:
            return
        elif kind in {"VEVENT", "VFREEBUSY"}:
            self._count_part()
            self._close_inner(at)
            self._entry = _Entry(kind, at, too_much=len(self._open) >= MAX_NESTING)
            self._kept = []
        elif self._entry is not None:
            self._entry.components += 1
            self._entry.too_much |= len(self._open) >= MAX_NESTING
        elif kind == "VTIMEZONE":
            self._count_part()
            self._zone = []
        if self._zone is not None:
            self._zone.append(f"BEGIN:{kind}")
        if len(self._open) < 2 * MAX_NESTING:
            self._open.append(kind)

    def _end(self, kind: str, *, at: int) -> None:
        if kind not in self._open:
            return
        if kind == "VCALENDAR":
            self._close_calendar(cut=self._entry is not None)
            return
        while self._open.pop() != kind:
            pass
        if self._entry is not None and kind == self._entry.kind:
            self._close_entry(at)
        elif kind == "VTIMEZONE":
            self._close_zone()

    def _close_inner(self, at: int) -> None:
        """Finish what is open inside the calendar: one is never inside another, so its END is missing."""
        if self._entry is None and len(self._open) == 1:
            return
        for kind in ("VEVENT", "VFREEBUSY", "VTIMEZONE"):
            self._end(kind, at=at)
        self._close_entry(at)

    def _keep(self, entry: _Entry, name: str, rest: str) -> None:
        if len(self._kept) > 2 * MAX_LINES or self._dates + entry.dates > MAX_FEED_DATES:
            return  # it will be refused
        if name == "ATTENDEE":
            self._keep_answer(entry, rest)
            return
        if name == "UID" and entry.uid is None:
            entry.uid = read_property(name, rest).value
        elif name in _LISTS:
            entry.dates += 1 + rest.count(",")
        self._kept += (name, rest)

    def _keep_answer(self, entry: _Entry, rest: str) -> None:
        text = rest.lower()
        if not any(address in text for address in self._me):
            return
        line = read_property("ATTENDEE", rest)
        if {_bare(line.value), _bare(line.params.get("EMAIL", ""))} & self._me:
            entry.dates += 1
            self._kept += ("PARTSTAT", ":" + line.params.get("PARTSTAT", "NEEDS-ACTION").upper())

    def _close_entry(self, at: int) -> None:
        if self._entry is not None and self._draft is not None:
            self._entry.end, self._entry.component = at, tuple(self._kept)
            if self._dates + self._entry.dates > MAX_FEED_DATES:
                self._entry.too_much = True
            else:
                self._dates += self._entry.dates
            # Entries without a UID have nothing to do with each other.
            key = (self._entry.kind, self._entry.uid or f"\n{len(self._draft.entries)}")
            self._draft.entries.setdefault(key, []).append(self._entry)
        self._entry = None

    def _close_zone(self) -> None:
        lines, self._zone = self._zone or [], None
        given = (read_line(line).value.strip('"') for line in lines if line.startswith("TZID"))
        name = next(given, "")
        if self._draft is None or find_known(name) or len(lines) > MAX_LINES or sum(map(len, lines)) > MAX_OBJECT:
            return
        texts = tuple(lines)
        if texts not in self._zones and len(self._zones) == MAX_FEED_ZONES:
            return
        self._zones.add(texts)
        self._draft.definitions.setdefault(name, texts)
        # here it is a text (3.3.11), where it is used it is a parameter, which knows no backslashes (3.2)
        self._draft.definitions.setdefault(name.replace("\\,", ",").replace("\\;", ";"), texts)
