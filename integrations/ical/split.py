"""
Splits a published calendar into one small calendar per UID (RFC 5545, section 3.8.4.7).

So of a large feed only what changed is read again. It goes over the bytes once and takes nothing apart: titles pass
through unread, to be dropped by the screen. What does not outlive a download (DTSTAMP, which some servers set to the
moment of asking) is left out, so that equal bytes mean an unchanged entry. Sizes are octets.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain, groupby

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.lines import read_property, tidy_lines, unfold_value
from integrations.ical.screen import MAX_FEED
from integrations.ical.zones import find_known

MAX_PIECES = 50_000
MAX_ENTRIES = 2 * MAX_PIECES
MAX_TOTAL = 8 * MAX_FEED  # of all pieces; each brings its zones along, and a huge zone may not be multiplied

_BLOCKS = frozenset({"VEVENT", "VFREEBUSY", "VTIMEZONE"})  # one is never inside another, so the next one ends the last
_REST = rb"([^\n]*(?:\n[ \t][^\n]*)*)"
_SHAPE = re.compile(rb"\n(BEGIN|END|UID|X-WR-TIMEZONE)(?=[:;])" + _REST, re.IGNORECASE)
_TZID = re.compile(rb"\n(TZID)(?=[:;])" + _REST, re.IGNORECASE)
_ZONED = re.compile(rb"\n(DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)(?=;)" + _REST, re.IGNORECASE)
_STAMP = re.compile(rb"\nDTSTAMP(?=[:;])[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """
    Everything with one UID, as a calendar of its own; `name` is a hash of the UID, in hex.

    Its bytes are made when they are asked for, so that the zones it shares with others are not kept again with each.
    """

    name: str
    blocks: "Sequence[_Block]" = field(repr=False)

    @property
    def data(self) -> bytes:
        return b"".join(_parts(self.blocks)).lstrip(b"\n")


def split(data: bytes) -> Iterator[Piece]:
    """
    Return the pieces of `data`; a calendar without entries has none.

    Raises, before anything is returned, `Refused` for what is too large, and `Unreadable` for what is no calendar or
    ends early: what was cut off must not be taken for deleted.
    """
    if len(data) > MAX_FEED:
        raise Refused("a calendar of more than 20 MiB")
    found = _Splitter(b"\n" + tidy_lines(data)).scan()
    if len(found) > MAX_PIECES:
        raise Refused("a calendar of too many entries")
    if sum(len(part) for blocks in found.values() for part in _parts(blocks)) > MAX_TOTAL:
        raise Refused("a calendar of too large time zones")
    return (Piece(name, blocks) for name, blocks in found.items())


@dataclass(slots=True)
class _Calendar:
    """What the entries of one VCALENDAR share: the line with its own zone, and its VTIMEZONEs by TZID."""

    zone: bytes = b""
    definitions: dict[str, bytes] = field(default_factory=dict)

    def define(self, text: bytes) -> None:
        """Keep a VTIMEZONE under its name, which has backslashes here but not where it is used (3.3.11, 3.2)."""
        if found := _TZID.search(text):
            name = read_property("TZID", unfold_value(found[2])).value.strip('"')
            for each in (name, name.replace("\\,", ",").replace("\\;", ";")):
                self.definitions.setdefault(each, text)


@dataclass(slots=True)
class _Block:
    """
    An entry or a zone: where it begins, and what it says of itself.

    `inside` counts the components that are open in it, `zones` are those it needs brought along.
    """

    kind: str
    calendar: _Calendar
    begin: int
    uid: str = ""
    inside: int = 0
    text: bytes = b""
    zones: tuple[str, ...] = ()


class _Splitter:
    """Goes through a file in which every line is led by LF, and keeps what is open."""

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._calendar: _Calendar | None = None
        self._block: _Block | None = None
        self._is_calendar = False
        self._found: dict[str, list[_Block]] = {}
        self._entries = 0

    def scan(self) -> dict[str, list[_Block]]:
        """Return the entries by the names of their pieces."""
        for found in _SHAPE.finditer(self._text):
            name = found[1].decode().upper()
            if name == "BEGIN":
                self._begin(_read_kind(found[2]), at=found.start())
            elif name == "END":
                self._end(_read_kind(found[2]), at=found.start(), after=found.end())
            else:
                self._note(name, found)
        if self._calendar:
            raise Unreadable("a calendar that ends early", permanent=False)
        if not self._is_calendar:
            raise Unreadable("not a calendar")
        return self._found

    def _note(self, name: str, found: re.Match[bytes]) -> None:
        if self._block is None:
            if name == "X-WR-TIMEZONE" and self._calendar:
                self._calendar.zone = found[0]
        elif name == "UID" and not self._block.inside:
            self._block.uid = self._block.uid or read_property("UID", unfold_value(found[2])).value

    def _begin(self, kind: str, *, at: int) -> None:
        if kind == "VCALENDAR":
            if self._calendar:
                raise Unreadable("a calendar that ends early", permanent=False)
            self._calendar, self._is_calendar = _Calendar(), True
        elif self._calendar is None:
            return
        elif kind in _BLOCKS:
            self._close(at)
            self._block = _Block(kind, self._calendar, at)
        elif self._block:
            self._block.inside += 1

    def _end(self, kind: str, *, at: int, after: int) -> None:
        if kind == "VCALENDAR":
            self._close(at)  # without its END, so that it is counted as one that cannot be read
            self._calendar = None
        elif self._block and kind == self._block.kind:
            self._close(after)
        elif self._block and self._block.inside:
            self._block.inside -= 1

    def _close(self, end: int) -> None:
        block, self._block = self._block, None
        if block is None:
            return
        text = self._text[block.begin : end]
        if block.kind == "VTIMEZONE":
            block.calendar.define(text)
            return
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise Refused("a calendar of too many entries")
        block.text = _STAMP.sub(b"", text)
        block.zones = tuple(dict.fromkeys(_find_zones(text)))
        # entries without a UID have nothing to do with each other
        name = sha256(block.uid.encode(errors="replace") or block.text).hexdigest()
        self._found.setdefault(name, []).append(block)


def _parts(blocks: Sequence[_Block]) -> Iterator[bytes]:
    """Yield what makes a calendar of entries, one for each they came from; every line is led by LF."""
    for _, group in groupby(blocks, key=lambda block: id(block.calendar)):
        entries = list(group)
        shared = entries[0].calendar
        yield b"\nBEGIN:VCALENDAR"
        yield shared.zone
        yield from (
            shared.definitions.get(name, b"") for name in dict.fromkeys(chain(*(each.zones for each in entries)))
        )
        yield from (each.text for each in entries)
        yield b"\nEND:VCALENDAR\n"


def _find_zones(text: bytes) -> Iterator[str]:
    """Yield the zones that times in `text` name and that not everybody knows."""
    for found in _ZONED.finditer(text):
        name = read_property(found[1].decode().upper(), unfold_value(found[2])).params.get("TZID")
        if name and not find_known(name):
            yield name


def _read_kind(rest: bytes) -> str:
    return unfold_value(rest)[1:].strip().upper()
