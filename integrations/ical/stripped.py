"""
The stripped form of a calendar: what decides busy time, and nothing else, small enough to be kept.

It is a calendar like any other (RFC 5545), in which the owner is called "me", so it is read by the same reader, for any
window, zone and policy. Every value in it was understood before, so no title can hide in one: what was not understood
is an empty event, which is unreadable again. Zones that everybody knows are named, others brought along under a number.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from integrations.ical.busy import ALL_BUSY, UNREAD, Policy, Reading, read_busy
from integrations.ical.events import Event, Reader, texts_of
from integrations.ical.lines import Line, Properties
from integrations.ical.offsets import read_observances
from integrations.ical.rules import tidy_rule
from integrations.ical.screen import Calendar, Component, screen
from integrations.ical.zones import find_known

_OWNER = "me"
_UTC = re.compile("[0-9T]+Z", re.IGNORECASE)
_UNREADABLE = ("BEGIN:VEVENT", "END:VEVENT")


@dataclass(frozen=True, slots=True)
class Stripped:
    """The stripped form of a calendar or of one object of it, and how many of its entries could not be read."""

    content: bytes
    unreadable: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What is kept of a calendar, and when its owner is busy."""

    stripped: Stripped
    reading: Reading


def strip(data: bytes, *, me: Collection[str] = ()) -> Stripped:
    """
    Return the stripped form of `data`, one CalDAV object or a whole feed; `me` are the owner's mail addresses.

    Raises `Refused` or `Unreadable` as `read_busy` does.
    """
    lines = [line for calendar in screen(data, me=me) for line in _strip_calendar(calendar)]
    unreadable = sum(pair == _UNREADABLE for pair in pairwise(lines))
    return Stripped("\n".join([*lines, ""]).encode(), unreadable)


def read_stripped(
    content: bytes, *, start: datetime, end: datetime, zone: ZoneInfo, policy: Policy = ALL_BUSY
) -> Reading:
    """Return what `read_busy` returns for the calendar that was stripped to `content`."""
    return read_busy(content, start=start, end=end, zone=zone, me=(_OWNER,), policy=policy)


def take(
    data: bytes,
    *,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    me: Collection[str] = (),
    policy: Policy = ALL_BUSY,
) -> Taken:
    """Strip `data` and read it at once."""
    stripped = strip(data, me=me)
    return Taken(stripped, read_stripped(stripped.content, start=start, end=end, zone=zone, policy=policy))


def _strip_calendar(calendar: Calendar) -> Iterator[str]:
    reader = Reader.of(calendar, zone=UTC)
    zones = _Zones(calendar)
    yield "BEGIN:VCALENDAR"
    if known := find_known(calendar.zone_name or ""):
        yield f"X-WR-TIMEZONE:{known.key}"
    for number, series in enumerate(calendar.series):
        uid = [f"UID:{number}"] if len(series) > 1 else []  # what stands alone belongs to nothing
        for component in series:
            yield from _unless_unreadable(partial(_event, component, uid, reader=reader, zones=zones))
    for component in calendar.periods:
        yield from _unless_unreadable(partial(_periods, component, reader=reader, zones=zones))
    yield from _UNREADABLE * calendar.refused
    yield from zones.definitions()
    yield "END:VCALENDAR"


def _unless_unreadable(write: Callable[[], list[str]]) -> Collection[str]:
    try:
        return write()
    except UNREAD:
        return _UNREADABLE


class _Zones:
    """Names the zones of one calendar, and remembers which it has to bring along."""

    def __init__(self, calendar: Calendar) -> None:
        self._given = calendar.definitions
        self._numbers: dict[tuple[str, ...], int] = {}

    def name(self, line: Line) -> str:
        """Return what stands between the name of a property with times and its value."""
        name = line.params.get("TZID")
        if not name or _UTC.fullmatch(line.value):
            return ""
        if known := find_known(name):
            return f";TZID={known.key}"
        if texts := self._given.get(name):
            return f";TZID={self._numbers.setdefault(texts, len(self._numbers) + 1)}"
        return f";TZID={name}"  # it was read, so it is an offset

    def definitions(self) -> Iterator[str]:
        for texts, number in self._numbers.items():
            yield from ("BEGIN:VTIMEZONE", f"TZID:{number}")
            for observance in read_observances(texts):
                yield "BEGIN:STANDARD"
                for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"):
                    yield next(f"{name}:{line.value}" for line in observance if line.name == name)
                yield from _dates([line for line in observance if line.name == "RDATE"], zones=None)
                yield from [f"RRULE:{tidy_rule(line.value)}" for line in observance if line.name == "RRULE"][:1]
                yield "END:STANDARD"
            yield "END:VTIMEZONE"


def _event(component: Component, uid: list[str], *, reader: Reader, zones: _Zones) -> list[str]:
    event = reader.read(component)
    given = Properties(component)
    length = [name for name in ("DTEND", "DURATION") if name in given][:1]
    replaces = ["RECURRENCE-ID"] if event.replaces else []
    rules = [] if event.replaces else given.lines("RRULE")
    return [
        "BEGIN:VEVENT",
        *uid,
        *(_time(given.line(name), event=event, zones=zones) for name in ("DTSTART", *length, *replaces)),
        *(f"RRULE:{tidy_rule(line.value, whole_day=event.start.whole_day)}" for line in rules),
        *_dates(given.lines("RDATE") + given.lines("EXDATE"), zones=zones),
        *_marks(event),
        "END:VEVENT",
    ]


def _time(line: Line, *, event: Event, zones: _Zones) -> str:
    reach = ";RANGE=THISANDFUTURE" if line.name == "RECURRENCE-ID" and event.onwards else ""
    return f"{line.name}{reach}{zones.name(line)}:{line.value.upper()}"


def _dates(lines: list[Line], *, zones: _Zones | None) -> Iterator[str]:
    for line in lines:
        texts = [text.upper() for _, text in texts_of([line])]
        if texts:
            yield f"{line.name}{zones.name(line) if zones else ''}:{','.join(texts)}"


def _marks(event: Event) -> Iterator[str]:
    """Yield what decides how an event counts, besides its time."""
    if event.sequence:
        yield f"SEQUENCE:{event.sequence}"
    if event.travel:
        yield f"X-APPLE-TRAVEL-DURATION:PT{event.travel // timedelta(seconds=1)}S"
    if event.all_day and not event.start.whole_day:
        yield "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"
    if event.status in {"CANCELLED", "TENTATIVE"}:
        yield f"STATUS:{event.status}"
    if event.transparent:
        yield "TRANSP:TRANSPARENT"
    if event.answer:
        yield f"ATTENDEE;PARTSTAT={event.answer}:{_OWNER}"


def _periods(component: Component, *, reader: Reader, zones: _Zones) -> list[str]:
    reader.read_periods(component)
    lines = ["BEGIN:VFREEBUSY"]
    for line in Properties(component).lines("FREEBUSY"):
        texts = [text.upper() for _, text in texts_of([line])]
        if texts:
            kind = line.params.get("FBTYPE", "").upper()
            known = f";FBTYPE={kind}" if kind in {"FREE", "BUSY-TENTATIVE"} else ""
            lines.append(f"FREEBUSY{known}{zones.name(line)}:{','.join(texts)}")
    return [*lines, "END:VFREEBUSY"]
