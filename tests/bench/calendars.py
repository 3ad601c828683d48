"""
Realistic calendars by seed: 15 in 100 entries repeat, some of those with a moved instance, five zones, long texts.

Entries lie within five years around `middle`; about 2 kB each, as calendars of people who work have them.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from icalendar import Timezone

ZONES = ("Europe/Berlin", "Europe/Berlin", "Europe/Berlin", "Europe/London", "America/New_York")
_RULES = (
    "FREQ=WEEKLY;BYDAY=MO,WE",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",
    "FREQ=DAILY;COUNT=30",
    "FREQ=MONTHLY;BYDAY=1TU",
    "FREQ=MONTHLY;BYMONTHDAY=15",
    "FREQ=YEARLY",
)
_TEXT = "Agenda, notes and the usual link to the room. " * 24
_SPAN_DAYS = 5 * 365


def make_objects(*, count: int, seed: int, middle: date) -> Iterator[tuple[str, bytes]]:
    """Yield `count` names and calendar objects, one entry with its overrides each."""
    random = Random(seed)  # noqa: S311 - repeatable, not secret
    zones = {key: Timezone.from_tzinfo(ZoneInfo(key)).to_ical().decode().strip() for key in set(ZONES)}
    for number in range(count):
        uid = f"{seed}-{number}@bench"
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Bench//EN"]
        zone = random.choice(ZONES)
        lines += [zones[zone], *_make_events(random, uid=uid, zone=zone, middle=middle), "END:VCALENDAR", ""]
        yield f"{uid}.ics", "\r\n".join(lines).encode()


def make_feed(*, count: int, seed: int, middle: date) -> bytes:
    """Return one calendar file that holds as many entries."""
    objects = [data.decode() for _, data in make_objects(count=count, seed=seed, middle=middle)]
    events = "".join("BEGIN:VEVENT" + part for text in objects for part in text.split("BEGIN:VEVENT")[1:])
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\n"
    zones = {text.partition("BEGIN:VTIMEZONE")[2].partition("END:VTIMEZONE")[0] for text in objects}
    body = "".join(f"BEGIN:VTIMEZONE{zone}END:VTIMEZONE\r\n" for zone in sorted(zones))
    return (head + body + events.replace("END:VCALENDAR\r\n", "") + "END:VCALENDAR\r\n").encode()


def _make_events(random: Random, *, uid: str, zone: str, middle: date) -> Iterator[str]:
    day = middle + timedelta(days=random.randint(-_SPAN_DAYS // 2, _SPAN_DAYS // 2))
    start = datetime.combine(day, time(random.randint(7, 20), random.choice((0, 15, 30, 45))))
    length = timedelta(minutes=random.choice((15, 30, 30, 45, 60, 60, 90, 120)))
    rule = random.choice(_RULES) if random.random() < 0.15 else None
    yield _make_event(uid, zone=zone, start=start, length=length, extra=[f"RRULE:{rule}"] if rule else [])
    if rule == "FREQ=DAILY;COUNT=30" and random.random() < 0.5:
        original = start + timedelta(days=7)
        extra = [f"RECURRENCE-ID;TZID={zone}:{original:%Y%m%dT%H%M%S}"]
        yield _make_event(uid, zone=zone, start=original + timedelta(hours=1), length=length, extra=extra)


def _make_event(uid: str, *, zone: str, start: datetime, length: timedelta, extra: list[str]) -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20260101T000000Z",
        f"DTSTART;TZID={zone}:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID={zone}:{start + length:%Y%m%dT%H%M%S}",
        *extra,
        "SUMMARY:Meeting about the next meeting",
        "LOCATION:Room 4",
        *_fold(f"DESCRIPTION:{_TEXT}"),
        "ORGANIZER:mailto:office@example.org",
        *(f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:person{number}@example.org" for number in range(6)),
        "END:VEVENT",
    ]
    return "\r\n".join(lines)


def _fold(line: str) -> Iterator[str]:
    yield line[:74]
    for start in range(74, len(line), 73):
        yield " " + line[start : start + 73]
