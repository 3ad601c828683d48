"""
Our own objects: the entry in a person's calendar, the invitation by mail, and reading them back (RFC 5545, 5546).

An entry is private and plain: no organizer, attendee or method, at which servers would send mail of their own, and no
alarm. Only the mailed request and its cancellation name somebody. Times go out in the person's zone with a compact
VTIMEZONE, or in UTC for the few zones that have none and for the hour that comes twice.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

import icalendar

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.events import Event, Reader, read_sequence
from integrations.ical.lines import fold, name_of, read_line, unfold
from integrations.ical.screen import MAX_OBJECT, screen
from integrations.ical.zones import vtimezone

PRODID = "-//Pencil In//Pencil In//EN"

_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f\"<>:;,\\@]+@[^\s\x00-\x1f\x7f\"<>:;,\\@]+")
_OURS = frozenset({"DTSTART", "DTEND", "SEQUENCE", "STATUS", "DTSTAMP", "LAST-MODIFIED"})


class Status(StrEnum):
    """How sure a date is (3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A date as one person's calendar shall hold it.

    All times are in UTC; `zone` is the person's, for how they are written. `changed` becomes DTSTAMP and LAST-MODIFIED.
    `stand_in` is the title it had before there was this one, and gives way to it where it still stands.
    """

    uid: str
    sequence: int
    status: Status
    start: datetime
    end: datetime
    zone: ZoneInfo
    title: str
    description: str
    created: datetime
    changed: datetime
    url: str | None = None
    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What we read back of an entry of ours, in UTC: never its title, which its owner may have made their own."""

    uid: str
    sequence: int
    status: Status
    start: datetime
    end: datetime


def write_entry(entry: Entry) -> bytes:
    """Return the object to PUT into the person's own calendar."""
    return _write(entry, _event(entry))


def write_request(entry: Entry, *, organizer: str, attendee: str, attendee_name: str) -> bytes:
    """
    Return the invitation to mail to `attendee`, whom it asks for an answer; `organizer` is where the answer goes.

    It is CONFIRMED from the first: what was tentative would have to be accepted twice. Raises `Refused` for no address.
    """
    event = _event(entry, status=Status.CONFIRMED)
    _add_people(event, organizer=organizer, attendee=attendee, attendee_name=attendee_name)
    event["attendee"].params["RSVP"] = "TRUE"
    return _write(entry, event, method="REQUEST")


def write_cancel(entry: Entry, *, organizer: str, attendee: str, attendee_name: str) -> bytes:
    """Return the mail object that takes an earlier request back; its SEQUENCE must be higher."""
    event = _event(entry, status=Status.CANCELLED)
    _add_people(event, organizer=organizer, attendee=attendee, attendee_name=attendee_name)
    return _write(entry, event, method="CANCEL")


def merge_entry(theirs: bytes, ours: Entry) -> bytes:
    """
    Return `theirs`, the object as the person left it, with the time and state of `ours`; all else stays as it is.

    A title that only stood in gives way, and so does an empty description. SEQUENCE never goes back. Raises
    `Unreadable` where the entry is not in there.
    """
    if len(theirs) > MAX_OBJECT:
        raise Refused("an object of more than 512 KiB")
    lines = list(unfold(theirs))
    first, last = _find_event(lines, uid=ours.uid)
    event, inner = _split_event(lines[first + 1 : last])
    own = _OURS | _to_fill_in(event, ours)
    sequence = max([ours.sequence, *map(read_sequence, _values(event, "SEQUENCE"))])
    fresh = unfold(_event(ours, sequence=sequence).to_ical())
    merged = [
        *(_zone_lines(ours) if f"TZID:{ours.zone.key}" not in lines else ()),
        lines[first],
        *(line for line in fresh if name_of(line) in own),
        *(line for line in event if name_of(line) not in own | {"DURATION"}),
        *inner,
    ]
    return _join([*lines[:first], *merged, *lines[last:]])


def is_to_fill_in(theirs: bytes, ours: Entry) -> bool:
    """Return whether `theirs` still has the title that stood in for that of `ours`. Raises `Unreadable`, `Refused`."""
    if ours.stand_in is None:
        return False
    if len(theirs) > MAX_OBJECT:
        raise Refused("an object of more than 512 KiB")
    lines = list(unfold(theirs))
    first, last = _find_event(lines, uid=ours.uid)
    return bool(_to_fill_in(_split_event(lines[first + 1 : last])[0], ours))


def read_entry(data: bytes, *, zone: tzinfo = UTC) -> Seen:
    """
    Return what `data`, an object that holds an entry of ours, says now.

    Should its owner have made it a whole day or floating, it is taken to be in `zone`. Raises `Unreadable`, `Refused`.
    """
    for calendar in screen(data):
        reader = Reader.of(calendar, zone=zone)
        for component in (component for series in calendar.series for component in series):
            event = reader.read(component)
            if event.replaces is None:
                return _see(event)
    raise Unreadable("no entry of ours")


def _see(event: Event) -> Seen:
    status = Status(event.status) if event.status in Status.__members__ else Status.CONFIRMED
    try:
        end = event.length.end_of(event.start.at)
    except OverflowError:
        raise Unreadable("an entry that never ends") from None
    return Seen(event.uid, event.sequence, status, event.start.utc, end)


def _event(entry: Entry, *, status: Status | None = None, sequence: int | None = None) -> icalendar.Event:
    """Return the VEVENT of `entry`, in another `status` or `sequence` where given."""
    zone = entry.zone if _zone_lines(entry) else UTC
    event = icalendar.Event()
    event.add("uid", _one_line(entry.uid))
    event.add("sequence", entry.sequence if sequence is None else sequence)
    event.add("status", status or entry.status)
    event.add("dtstart", entry.start.astimezone(zone))
    event.add("dtend", entry.end.astimezone(zone))
    event.add("summary", _one_line(entry.title))
    if entry.description:
        event.add("description", _clean(entry.description.replace("\r\n", "\n"), keep="\n"))
    event.add("created", entry.created.astimezone(UTC))
    event.add("dtstamp", entry.changed.astimezone(UTC))
    event.add("last-modified", entry.changed.astimezone(UTC))
    event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    if entry.url:
        event.add("url", _one_line(entry.url))
    return event


def _add_people(event: icalendar.Event, *, organizer: str, attendee: str, attendee_name: str) -> None:
    host, guest = (icalendar.vCalAddress(f"mailto:{_checked(address)}") for address in (organizer, attendee))
    host.params["CN"] = "Pencil In"
    guest.params.update({"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION"})
    if name := _one_line(attendee_name).replace('"', "'"):  # no parameter can hold a double quote
        guest.params["CN"] = name
    event.add("organizer", host)
    event.add("attendee", guest)


def _checked(address: str) -> str:
    if not _ADDRESS.fullmatch(address):
        raise Refused("not a mail address")
    return address


def _one_line(text: str) -> str:
    return _clean(re.sub(r"[\t\r\n]+", " ", text)).strip()


def _clean(text: str, *, keep: str = "") -> str:
    """Return `text` without what could end a line, or cannot be written: control characters and lone surrogates."""
    return "".join(each for each in text if each in keep or unicodedata.category(each) not in {"Cc", "Cs", "Zl", "Zp"})


def _write(entry: Entry, event: icalendar.Event, *, method: str | None = None) -> bytes:
    return _join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            f"PRODID:{PRODID}",
            "CALSCALE:GREGORIAN",
            *([f"METHOD:{method}"] if method else ()),
            *_zone_lines(entry),
            *unfold(event.to_ical()),
            "END:VCALENDAR",
        ]
    )


def _zone_lines(entry: Entry) -> tuple[str, ...]:
    """Return the VTIMEZONE of an entry, nothing where it is written in UTC: a clock face means the first of two."""
    if any(at.astimezone(entry.zone).fold for at in (entry.start, entry.end)):
        return ()
    return vtimezone(entry.zone, at=entry.start) or ()


def _join(lines: Iterable[str]) -> bytes:
    return b"".join(map(fold, lines))


def _find_event(lines: Sequence[str], *, uid: str) -> tuple[int, int]:
    """Return where the VEVENT of `uid` begins and ends; changed instances of it do not count."""
    first = 0
    for number, line in enumerate(lines):
        match line.strip().upper():
            case "BEGIN:VEVENT":
                first = number
            case "END:VEVENT":
                event, _ = _split_event(lines[first + 1 : number])
                if _values(event, "UID") == [uid] and not _values(event, "RECURRENCE-ID"):
                    return first, number
    raise Unreadable("no entry of ours")


def _split_event(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the lines of a VEVENT itself, and those of its alarms and other inner components."""
    own: list[str] = []
    inner: list[str] = []
    depth = 0
    for line in lines:
        depth += name_of(line) == "BEGIN"
        (inner if depth else own).append(line)
        depth -= name_of(line) == "END"
    return own, inner


def _to_fill_in(event: Sequence[str], ours: Entry) -> frozenset[str]:
    """Return the properties of their event which are ours to fill in: the person has left them as they were."""
    if ours.stand_in is None or ours.stand_in == ours.title or _values(event, "SUMMARY") != [ours.stand_in]:
        return frozenset()
    notes = any(_values(event, "DESCRIPTION"))
    return frozenset({"SUMMARY"} if notes else {"SUMMARY", "DESCRIPTION"})


def _values(lines: Iterable[str], name: str) -> list[str]:
    return [read_line(line).value for line in lines if name_of(line) == name]
