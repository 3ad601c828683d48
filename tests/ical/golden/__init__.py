"""
The golden files: what we write, byte for byte, and what every reader has to find in it.

All of it follows from the values in `couple`. After a change that was meant, ``python -m tests.ical.golden`` writes the
files anew, and what became different is reviewed like code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from integrations.ical.invite import merge_entry, write_entry
from service.core.dates import Date, Stage
from service.core.interval import Interval
from service.store.couples import EntryTitle, Partner
from service.store.outbox import Kind
from tests.ical.golden.couple import (
    DESK,
    ENTRY,
    HARD,
    HARD_NAME,
    NEXT_EVENING,
    make_date,
    make_object,
    make_parcel,
    make_partner,
)

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Facts:
    """What a client has to read out of an object; times in UTC, and without a `method` nobody is asked."""

    method: str | None
    uid: str
    sequence: int
    status: str
    start: datetime
    end: datetime
    title: str
    description: str
    partstat: str | None = None
    attendee: str | None = None


@dataclass(frozen=True, slots=True)
class Golden:
    """One object of ours, and the mail that carries it, where one does."""

    content: bytes
    facts: Facts
    mail: EmailMessage | None = None


def put(date: Date, partner: Partner) -> Golden:
    """Return the entry of a calendar, which is also what its owner can download."""
    wanted = make_object(date, partner)
    facts = Facts(
        method=None,
        uid=wanted.uid,
        sequence=wanted.sequence,
        status=wanted.status,
        start=wanted.start,
        end=wanted.end,
        title=wanted.title,
        description=wanted.description,
    )
    return Golden(write_entry(wanted), facts)


_THEIRS = (
    "BEGIN:VEVENT",
    "CREATED:20261122T090000Z",
    "DTSTAMP:20261123T080000Z",
    "LAST-MODIFIED:20261123T080000Z",
    f"UID:{ENTRY.uid}",
    "SEQUENCE:4",
    "DTSTART;TZID=Europe/Berlin:20261204T190000",
    "DURATION:PT2H",
    "STATUS:TENTATIVE",
    "SUMMARY:Unser Spaziergang\\, endlich",
    "DESCRIPTION:Thermoskanne mitnehmen\\; Bett\\nfür Oma beziehen 🫖",
    "CATEGORIES:Familie,Draußen",
    "CLASS:PRIVATE",
    "TRANSP:OPAQUE",
    'X-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-TITLE="Am Fluss, links":geo:52.5,13.4',
    *("BEGIN:VALARM", "UID:alarm", "ACTION:DISPLAY", "DESCRIPTION:Los!", "TRIGGER:-PT30M", "END:VALARM"),
    *("END:VEVENT", "END:VCALENDAR", ""),
)


def merge(date: Date, partner: Partner) -> Golden:
    """Return an entry that its owner had made their own before the date became what it is."""
    head = put(make_date(), partner).content.partition(b"BEGIN:VEVENT")[0]
    content = merge_entry(head + "\r\n".join(_THEIRS).encode(), make_object(date, partner))
    facts = replace(
        put(date, partner).facts,
        sequence=4,
        title="Unser Spaziergang, endlich",
        description="Thermoskanne mitnehmen; Bett\nfür Oma beziehen 🫖",
    )
    return Golden(content, facts)


def send(kind: Kind, date: Date, partner: Partner) -> Golden:
    """Return the mail about a date and the object in it."""
    letter = DESK.about_date(make_parcel(kind, sequence=date.sequence), date=date, partner=partner, entry=ENTRY)
    assert letter is not None
    [part] = [each for each in letter.message.walk() if each.get_content_type() == "text/calendar"]
    content: bytes = part.get_payload(decode=True)  # type: ignore[assignment]
    facts = replace(
        put(date, partner).facts,
        method=kind.upper(),
        status="CANCELLED" if kind is Kind.CANCEL else "CONFIRMED",
        partstat="NEEDS-ACTION",
        attendee=partner.name.replace('"', "'"),  # no parameter can hold a double quote
    )
    return Golden(content, facts, letter.message)


_AGAIN = Interval(*(datetime(2026, 10, 25, 1, minute, tzinfo=UTC) for minute in (0, 45)))  # 02:00 to 02:45, once more
_CONFIRMED = make_date(stage=Stage.CONFIRMED, sequence=1)
_MOVED = make_date(NEXT_EVENING, sequence=1)
_CALLED_OFF = make_date(stage=Stage.CALLED_OFF, sequence=2)
_BERLIN, _NEW_YORK, _KOLKATA, _SANTIAGO = map(
    make_partner, ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "America/Santiago")
)
_NAMED = make_partner(name=HARD_NAME)

GOLDENS: Mapping[str, Golden] = {
    "pencilled": put(make_date(), _BERLIN),
    "pencilled-new-york": put(make_date(), _NEW_YORK),
    "pencilled-kolkata": put(make_date(), _KOLKATA),
    "pencilled-santiago": put(make_date(), _SANTIAGO),
    "pencilled-repeated-hour": put(make_date(_AGAIN), _BERLIN),
    "pencilled-hard-words": put(make_date(idea_id=HARD), _BERLIN),
    "pencilled-busy": put(make_date(), make_partner(title=EntryTitle.BUSY)),
    "confirmed": put(_CONFIRMED, _BERLIN),
    "called-off": put(_CALLED_OFF, _BERLIN),
    "merged-confirmed": merge(_CONFIRMED, _BERLIN),
    "merged-moved": merge(_MOVED, _BERLIN),
    "request": send(Kind.REQUEST, make_date(), _BERLIN),
    "request-new-york": send(Kind.REQUEST, make_date(), _NEW_YORK),
    "request-kolkata": send(Kind.REQUEST, make_date(), _KOLKATA),
    "request-santiago": send(Kind.REQUEST, make_date(), _SANTIAGO),
    "request-hard-words": send(Kind.REQUEST, make_date(idea_id=HARD), _NAMED),
    "update": send(Kind.REQUEST, _MOVED, _BERLIN),
    "cancel": send(Kind.CANCEL, _CALLED_OFF, _BERLIN),
}


def write_files() -> dict[str, bytes]:
    """Return every file by its name, as it should be."""
    files = {f"{name}.ics": golden.content for name, golden in GOLDENS.items()}
    return files | {f"{name}.eml": golden.mail.as_bytes() for name, golden in GOLDENS.items() if golden.mail}
