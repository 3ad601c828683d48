"""
Two calendars such as two tired people have, laid out from a Monday: Ana's in Berlin, Ben's in London.

Series with a moved instance and with one left out, a trip of whole days, a declined invitation, an entry that does not
block. Days are counted from that Monday; times are wall times of each one's own zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Person:
    """Someone in the demo; `entries` maps the name of an object to its iCalendar text."""

    name: str
    address: str
    zone: str
    user: str
    password: str
    entries: dict[str, str]


def make_people(*, monday: date, passwords: tuple[str, str]) -> tuple[Person, Person]:
    """Return Ana and Ben with the entries of the weeks from `monday` on."""
    ana = Person(
        name="Ana",
        address="ana@example.org",
        zone="Europe/Berlin",
        user="ana",
        password=passwords[0],
        entries=dict(_ana(monday)),
    )
    ben = Person(
        name="Ben",
        address="ben@example.org",
        zone="Europe/London",
        user="ben",
        password=passwords[1],
        entries=dict(_ben(monday)),
    )
    return ana, ben


def _ana(monday: date) -> Iterator[tuple[str, str]]:
    zone = "Europe/Berlin"
    yield _entry("standup", "Team stand-up", _at(monday, 0, "0915", "0930", zone), "RRULE:FREQ=DAILY;COUNT=60")
    choir = _at(monday, 2, "1930", "2130", zone)
    skipped = f"EXDATE;TZID={zone}:{_day(monday, 16)}T193000"
    church = _at(monday, 10, "1930", "2130", zone)
    moved = _instance("choir", "Choir, in the church", f"{_day(monday, 9)}T193000", church)
    yield _entry("choir", "Choir", choir, "RRULE:FREQ=WEEKLY;COUNT=20", skipped, more=moved)
    yield _entry("trip", "Lisbon with Jo", f"DTSTART;VALUE=DATE:{_day(monday, 4)}\nDTEND;VALUE=DATE:{_day(monday, 6)}")
    declined = "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@example.org"
    host = "ORGANIZER:mailto:office@example.org"
    yield _entry("party", "Office party", _at(monday, 3, "1830", "2300", zone), host, declined)
    yield _entry("bins", "Put the bins out", _at(monday, 1, "1900", "2200", zone), "TRANSP:TRANSPARENT")


def _ben(monday: date) -> Iterator[tuple[str, str]]:
    zone = "Europe/London"
    review = _at(monday, 0, "1700", "1930", zone)
    late = _at(monday, 8, "1800", "2030", zone)
    later = _instance("review", "Weekly review, late", f"{_day(monday, 7)}T170000", late)
    yield _entry("review", "Weekly review", review, "RRULE:FREQ=WEEKLY;INTERVAL=1;COUNT=15;BYDAY=MO", more=later)
    yield _entry("football", "Five-a-side", _at(monday, 6, "1900", "2030", zone), "RRULE:FREQ=WEEKLY;COUNT=15")
    yield _entry("dentist", "Dentist", _at(monday, 1, "0830", "0915", zone))
    maybe = _at(monday, 11, "1900", "2100", zone)
    yield _entry("pub", "Quiz with Sam?", maybe, "STATUS:TENTATIVE")


def _day(monday: date, number: int) -> str:
    return f"{monday + timedelta(days=number):%Y%m%d}"


def _at(monday: date, number: int, start: str, end: str, zone: str) -> str:
    day = _day(monday, number)
    return f"DTSTART;TZID={zone}:{day}T{start}00\nDTEND;TZID={zone}:{day}T{end}00"


def _instance(uid: str, title: str, original: str, time: str) -> str:
    zone = time.partition("TZID=")[2].partition(":")[0]
    return _event(uid, title, time, f"RECURRENCE-ID;TZID={zone}:{original}")


def _event(uid: str, title: str, time: str, *lines: str) -> str:
    fields = [f"UID:{uid}@demo", "DTSTAMP:20260101T000000Z", *time.split("\n"), f"SUMMARY:{title}", *lines]
    return "\n".join(["BEGIN:VEVENT", *fields, "END:VEVENT"])


def _entry(uid: str, title: str, time: str, *lines: str, more: str = "") -> tuple[str, str]:
    events = [_event(uid, title, time, *lines), *([more] if more else [])]
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Demo//EN", *events, "END:VCALENDAR", ""])
    return f"{uid}.ics", text.replace("\n", "\r\n")
