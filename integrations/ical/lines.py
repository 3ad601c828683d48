"""
Content lines of iCalendar text (RFC 5545, section 3.1): unfolding, folding, and the parts of one line.

Forgiving where real calendars are: any line ending, a byte order mark, a tab as fold, lower case names, an unquoted
colon in the TZID of a time.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Their values hold no colon of their own, so the last one is the one that ends the parameters.
_TIMES = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})

_WIDTH = 75
_CONTINUATION = range(0x80, 0xC0)  # octets of UTF-8 that never begin a character

_LINE = re.compile(r"[^\n]+")
_NAME = re.compile(r"[A-Za-z0-9-]+")
_HEAD = re.compile(r'(?:[^:"]+|"[^"]*")*')
_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:[^;"]+|"[^"]*")*)')


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its name in upper case, its parameters (names in upper case, values unquoted) and its raw value."""

    name: str
    params: Mapping[str, str]
    value: str


def unfold(data: bytes) -> Iterator[str]:
    """Yield the content lines of `data`, unfolded, blank ones left out; what is no UTF-8 becomes U+FFFD."""
    ends = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = ends.replace(b"\n ", b"").replace(b"\n\t", b"").decode(errors="replace")
    return (found.group() for found in _LINE.finditer(text))


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
    if name in _TIMES:
        head, _, value = text.rpartition(":")
    else:
        end = _HEAD.match(text).end()  # type: ignore[union-attr]  # it also matches nothing
        head, value = text[:end], text[end + 1 :]
    params = {key.upper(): quoted.strip().replace('"', "") for key, quoted in _PARAM.findall(head)}
    return Line(name, params, value.strip())
