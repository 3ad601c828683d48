"""
Content lines of iCalendar text (RFC 5545, section 3.1): unfolding, folding, and the parts of one line.

Forgiving where real calendars are: any line ending, a byte order mark, a tab as fold, lower case names, an unquoted
colon in the TZID of a time.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

# Their values hold no colon of their own, so the last one is the one that ends the parameters.
_TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})

_WIDTH = 75
_CONTINUATION = range(0x80, 0xC0)  # octets of UTF-8 that never begin a character

_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(rb"[^\n]+")
_FIRST = re.compile(rb"[^\n]*+(?:\n[ \t][^\n]*+)*+")
_FOLDED_NAME = re.compile(rb"\n[A-Za-z0-9-]*+\r?\n[ \t]")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_HEAD = re.compile(r'(?:[^:"]+|"[^"]*")*')
_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:[^;"]+|"[^"]*")*)')


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its name in upper case, its parameters (names in upper case, values unquoted) and its raw value."""

    name: str
    params: Mapping[str, str]
    value: str


def tidy_lines(data: bytes) -> bytes:
    """
    Return `data` with LF at the end of every line, no byte order marks, and every name of a property in one piece.

    Values may still be folded: undoing all folds costs more than all else that is done with a calendar.
    """
    text = data
    if _MARK[0] in data and (data.startswith(_MARK) or b"\n" + _MARK in data):  # one octet is found much faster
        text = data.replace(_MARK, b"")
    if b"\r" in text and b"\n" not in text:
        text = text.replace(b"\r", b"\n")
    is_cut = _FOLDED_NAME.match(lead_first(text)) or _FOLDED_NAME.search(text)
    return _undo_folds(text) if is_cut else text


def lead_first(text: bytes) -> bytes:
    """Return the first content line with an LF before it, as all others have one."""
    return b"\n" + _FIRST.match(text)[0]  # type: ignore[index]  # it also matches nothing


def unfold(data: bytes) -> Iterator[str]:
    """Yield the content lines of `data`, unfolded, blank ones left out; what is no UTF-8 becomes U+FFFD."""
    return (found.group().decode(errors="replace") for found in _LINE.finditer(_undo_folds(tidy_lines(data))))


def unfold_value(rest: bytes) -> str:
    """Return the rest of a content line behind its name, unfolded."""
    text = rest.decode(errors="replace")
    return _undo_folds(rest).decode(errors="replace") if "\n" in text else text  # a fold may cut a character in two


def _undo_folds(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n ", b"").replace(b"\n\t", b"")


def fold(text: str) -> bytes:
    """Return a content line as it is sent: pieces of at most 75 octets, no character cut in two, and CRLF."""
    rest, width = text.encode(), _WIDTH
    pieces = []
    while len(rest) > width:
        end = width
        while rest[end] in _CONTINUATION:
            end -= 1
        pieces.append(rest[:end])
        rest, width = rest[end:], _WIDTH - 1
    return b"\r\n ".join([*pieces, rest]) + b"\r\n"


def name_of(text: str) -> str:
    """Return the property name of a content line in upper case, or an empty string where there is none."""
    found = _NAME.match(text)
    return found.group().upper() if found else ""


def read_line(text: str) -> Line:
    """Take a content line apart; a line without a colon has an empty value."""
    name = name_of(text)
    return read_property(name, text[len(name) :])


def read_property(name: str, rest: str) -> Line:
    """Take apart the `rest` of a content line, behind its `name` in upper case."""
    if rest.startswith(":"):
        return Line(name, {}, rest[1:].strip())
    if name in _TIMES:
        head, _, value = rest.rpartition(":")
        params = _remember_params(head) if len(head) <= _WIDTH else _read_params(head)
        return Line(name, params, value.strip())
    end = _HEAD.match(rest).end()  # type: ignore[union-attr]  # it also matches nothing
    return Line(name, _read_params(rest[:end]), rest[end + 1 :].strip())


class Properties:
    """
    The properties of one component, each taken apart when it is asked for.

    They are given as the name and the rest of one line after another. Of two with one name the first counts.
    """

    __slots__ = ("_firsts", "_texts")

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._firsts = dict(zip(texts[-2::-2], texts[-1::-2], strict=True))  # backwards, so that the first one stays

    def __contains__(self, name: str) -> bool:
        return name in self._firsts

    def has_only(self, names: frozenset[str]) -> bool:
        return names.issuperset(self._firsts)

    def line(self, name: str) -> Line:
        return read_property(name, self._firsts[name])

    def lines(self, name: str) -> list[Line]:
        """Return all with that name."""
        if name not in self._firsts:
            return []
        pairs = zip(self._texts[::2], self._texts[1::2], strict=True)
        return [read_property(name, rest) for each, rest in pairs if each == name]

    def value(self, name: str) -> str:
        """Return the value alone, or an empty text where there is no such property."""
        rest = self._firsts.get(name, "")
        return rest[1:].strip() if rest[:1] == ":" else rest and read_property(name, rest).value


def _read_params(head: str) -> Mapping[str, str]:
    return {key.upper(): quoted.strip().replace('"', "") for key, quoted in _PARAM.findall(head)}


_remember_params = lru_cache(maxsize=256)(_read_params)  # a calendar has few zones, and names them on every line
