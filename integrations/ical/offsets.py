"""
Time zones that a calendar brings along (VTIMEZONE; RFC 5545, section 3.6.5).

A zone is made from the whole text of its definition and remembered by it, never by its name: what one person's calendar
calls "My Zone" must not move another person's events. Changes of offset are worked out from 1970 to 2100.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from itertools import chain, islice

from integrations.errors import IntegrationError
from integrations.ical.errors import Refused, Unreadable
from integrations.ical.lines import Line, read_line
from integrations.ical.repeats import Effort, repeat
from integrations.ical.rules import Freq, read_rule
from integrations.ical.values import read_moment

MAX_RULES = 20
MAX_TURNS = 1000
MAX_EFFORT = 20_000

_FROM, _TO = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)

_OFFSET = re.compile(r"([+-])([01]\d|2[0-3])([0-5]\d)([0-5]\d)?", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """The moment, in UTC, at which clocks go from one offset to another."""

    at: datetime
    before: timedelta
    after: timedelta


class Observed(tzinfo):
    """
    A zone given by its turns; the last one lasts for ever.

    It knows the first of two equal clock faces only, which is the one calendars mean (3.3.5).
    """

    def __init__(self, turns: Iterable[Turn]) -> None:
        self.turns = sorted(set(turns))
        self._moments = [turn.at for turn in self.turns]
        self._faces = [turn.at + max(turn.before, turn.after) for turn in self.turns]

    def utcoffset(self, when: datetime | None, /) -> timedelta:
        if when is None:
            return self.turns[-1].after
        return self._offset(bisect_right(self._faces, when.replace(tzinfo=UTC)))

    def fromutc(self, when: datetime, /) -> datetime:
        return when + self._offset(bisect_right(self._moments, when.replace(tzinfo=UTC)))

    def dst(self, _when: datetime | None, /) -> None:
        return None

    def tzname(self, _when: datetime | None, /) -> None:
        return None

    def _offset(self, turns_passed: int) -> timedelta:
        return self.turns[turns_passed - 1].after if turns_passed else self.turns[0].before


def read_vtimezone(texts: tuple[str, ...]) -> Observed:
    """
    Read the content lines of one VTIMEZONE, from BEGIN to END.

    Raises `Unreadable` where its offsets cannot be understood or would take long to work out.
    """
    zone = _read_vtimezone(texts)
    if zone is None:
        raise Unreadable("a time zone without understandable offsets")
    return zone


@lru_cache(maxsize=256)
def _read_vtimezone(texts: tuple[str, ...]) -> Observed | None:
    """Return None where it cannot be read, so that a bad zone is looked at once, however many events use it."""
    observances = read_observances(texts)
    if sum(line.name == "RRULE" for lines in observances for line in lines) > MAX_RULES:
        return None
    effort = Effort(MAX_EFFORT)
    try:
        found = chain.from_iterable(_read_turns(lines, effort=effort) for lines in observances)
        turns = list(islice(found, MAX_TURNS + 1))
    except (IntegrationError, ValueError, OverflowError):
        return None
    return Observed(turns) if 0 < len(turns) <= MAX_TURNS else None


def read_observances(texts: tuple[str, ...]) -> list[list[Line]]:
    """Return the lines of each STANDARD and DAYLIGHT."""
    found: list[list[Line]] = []
    for line in map(read_line, texts):
        if line.name == "BEGIN" and line.value.upper() in {"STANDARD", "DAYLIGHT"}:
            found.append([])
        elif found:
            found[-1].append(line)
    return found


def _read_turns(lines: list[Line], *, effort: Effort) -> Iterator[Turn]:
    values = {line.name: line.value for line in reversed(lines)}
    if not values.keys() >= {"DTSTART", "TZOFFSETFROM", "TZOFFSETTO"}:
        raise Unreadable("a time zone without its offsets")
    before, after = _read_offset(values["TZOFFSETFROM"]), _read_offset(values["TZOFFSETTO"])
    clock = timezone(before)  # an onset is told by the clock that it changes
    first = read_moment(values["DTSTART"], zone=clock, days=clock).at
    yield Turn(first.astimezone(UTC), before, after)
    for text in (text for line in lines if line.name == "RDATE" for text in line.value.split(",")):
        yield Turn(read_moment(text.strip(), zone=clock, days=clock).utc, before, after)
    if "RRULE" not in values:
        return
    rule = read_rule(values["RRULE"], zone=clock)
    if rule.freq is not Freq.YEARLY:
        raise Refused("clocks that change more often than by the year")
    window = {"after": _FROM.replace(tzinfo=clock), "before": _TO.replace(tzinfo=clock)}
    for onset in repeat(rule, first=first, **window, effort=effort):
        yield Turn(onset.astimezone(UTC), before, after)


def _read_offset(text: str) -> timedelta:
    found = _OFFSET.fullmatch(text)
    if found is None:
        raise Unreadable("not an offset from UTC")
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size
