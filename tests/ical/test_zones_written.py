"""
Time zones as we write them: every zone of the IANA database, through two years, as another library reads them.

What is right depends on the database a machine has, so the tests ask `zoneinfo`, and hold for any version of it.
"""

import io
import re
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from integrations.ical.invite import Entry, Status, write_entry
from integrations.ical.zones import vtimezone

ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
YEARS = (2026, 2027)
DECEMBER = datetime(2026, 12, 4, 18, tzinfo=UTC)
IRREGULAR = ("Africa/Cairo", "America/Nuuk", "America/Santiago", "Asia/Gaza", "Asia/Jerusalem")
MOST_IN_UTC = 20
EXCHANGE_READS = re.compile(r"RRULE:FREQ=YEARLY;BYDAY=(-1|[1-4])(MO|TU|WE|TH|FR|SA|SU);BYMONTH=\d+")


def moments_of(year: int) -> Iterator[datetime]:
    first = datetime(year, 1, 1, 5, tzinfo=UTC)
    return (first + timedelta(hours=12 * n) for n in range(2 * 365))


def changes_of(zone: ZoneInfo, *, year: int) -> Iterator[datetime]:
    """Yield the seconds, in UTC, at which the clocks of a zone change."""
    for before, after in pairwise([datetime(year, 1, 1, tzinfo=UTC), *moments_of(year)]):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield find_change(zone, before=before, after=after)


def find_change(zone: ZoneInfo, *, before: datetime, after: datetime) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


@cache
def read_elsewhere(body: tuple[str, ...]) -> tzinfo:
    """Return what dateutil makes of the lines of a VTIMEZONE."""
    found = tzical(io.StringIO("\r\n".join(body) + "\r\n")).get()
    assert found is not None
    return found


def nameless(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Return a definition under another name, so that zones of equal rules are worked out once."""
    return tuple("TZID:x" if line.startswith("TZID:") else line for line in lines if not line.startswith("TZNAME:"))


@cache
def offset_elsewhere(body: tuple[str, ...], face: datetime) -> timedelta | None:
    return read_elsewhere(body).utcoffset(face)


@pytest.mark.parametrize("year", YEARS)
def test_what_we_write_of_any_zone_is_true_on_every_day_of_the_year_that_follows(year: int) -> None:
    wrong = []
    for zone in map(ZoneInfo, ZONES):
        if lines := vtimezone(zone, at=datetime(year, 1, 1, 12, tzinfo=UTC)):
            body = nameless(lines)
            local = [at.astimezone(zone) for at in moments_of(year)]
            first = [at for at in local if not at.fold]  # the only one of two equal faces that can be written
            wrong += [at for at in first if offset_elsewhere(body, at.replace(tzinfo=None)) != at.utcoffset()]
    assert wrong == []


def test_few_zones_are_written_in_utc() -> None:
    unsaid = [zone for zone in map(ZoneInfo, ZONES) if vtimezone(zone, at=DECEMBER) is None]
    in_utc = [zone.key for zone in unsaid if any(at.astimezone(zone).utcoffset() for at in moments_of(2027))]
    said = f"{len(in_utc)} of {len(ZONES)} zones can only be written in UTC: {', '.join(in_utc)}"
    assert len(in_utc) <= MOST_IN_UTC, said
    assert set(IRREGULAR) <= set(in_utc), said


@pytest.mark.parametrize("name", ["UTC", "Etc/Zulu", "GMT", "Atlantic/Reykjavik"])
def test_nothing_has_to_be_said_of_a_zone_that_is_always_at_utc(name: str) -> None:
    assert vtimezone(ZoneInfo(name), at=DECEMBER) is None


def test_every_zone_is_told_in_words_that_exchange_understands() -> None:
    for name in ZONES:
        lines = vtimezone(ZoneInfo(name), at=DECEMBER) or ()
        rules = [line for line in lines if line.startswith("RRULE")]
        parts = [line for line in lines if line.startswith("BEGIN") and line != "BEGIN:VTIMEZONE"]
        assert all(map(EXCHANGE_READS.fullmatch, rules)), name
        assert not any(line.startswith(("RDATE", "EXDATE")) for line in lines), name
        assert len(rules) == (2 if len(parts) == 2 else 0), name
        assert sorted(parts) in ([], ["BEGIN:STANDARD"], ["BEGIN:DAYLIGHT", "BEGIN:STANDARD"]), name


@pytest.mark.parametrize("name", ["Europe/Dublin", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_daylight_time_is_ahead_of_standard_time_as_every_client_expects(name: str) -> None:
    text = "\n".join(vtimezone(ZoneInfo(name), at=DECEMBER) or ())
    offsets = dict(re.findall(r"BEGIN:(DAYLIGHT|STANDARD)\n(?:.*\n)*?TZOFFSETTO:([+-]\d{4})", text))
    assert int(offsets["DAYLIGHT"]) > int(offsets["STANDARD"])


def test_a_date_before_other_rules_begin_is_not_told_by_the_rules_of_today() -> None:
    new_york = ZoneInfo("America/New_York")
    assert vtimezone(new_york, at=datetime(1990, 6, 1, tzinfo=UTC)) is None
    assert vtimezone(new_york, at=datetime(2006, 4, 1, tzinfo=UTC)) is None  # the present rules began in March 2007
    assert vtimezone(new_york, at=datetime(2006, 10, 1, tzinfo=UTC)) is None


def test_what_was_different_before_a_date_does_not_matter_to_it() -> None:
    assert vtimezone(ZoneInfo("America/New_York"), at=datetime(2007, 1, 15, tzinfo=UTC)) is not None
    assert vtimezone(ZoneInfo("Asia/Pyongyang"), at=datetime(2018, 6, 1, tzinfo=UTC)) is not None  # new on 5 May 2018


def times_in(data: bytes) -> list[datetime]:
    """Return when an object begins and ends, in UTC, by what is written in it alone."""
    text = data.decode()
    found = re.findall(r"^(?:DTSTART|DTEND)(?:;TZID=[^:]+)?:(\w+)\r$", text.partition("BEGIN:VEVENT")[2], re.MULTILINE)
    definition = re.search(r"^BEGIN:VTIMEZONE.*^END:VTIMEZONE", text, re.DOTALL | re.MULTILINE)
    zone = read_elsewhere(nameless(tuple(definition[0].splitlines()))) if definition else UTC
    assert all(each.endswith("Z") is (zone is UTC) for each in found)
    faces = [datetime.strptime(each.rstrip("Z"), "%Y%m%dT%H%M%S").replace(tzinfo=zone) for each in found]
    return [face.astimezone(UTC) for face in faces]


def entry_of(zone: ZoneInfo, *, start: datetime, end: datetime) -> Entry:
    return Entry("x", 0, Status.TENTATIVE, start, end, zone, "Tea", "", created=DECEMBER, changed=DECEMBER)


@pytest.mark.parametrize("year", YEARS)
def test_an_entry_around_any_change_of_clocks_begins_and_ends_when_it_should(year: int) -> None:
    wrong = []
    minutes = (-90, -30, 30, 90)  # on both sides, in and out of the hour that comes twice
    for zone in map(ZoneInfo, ZONES):
        for change in changes_of(zone, year=year):
            moments = [change + timedelta(minutes=each) for each in minutes]
            spans = [(start, end) for start in moments for end in moments if start < end]
            wrong += [
                (zone.key, start, end)
                for start, end in spans
                if times_in(write_entry(entry_of(zone, start=start, end=end))) != [start, end]
            ]
    assert wrong == []


def test_an_entry_in_any_zone_each_on_another_evening_begins_and_ends_when_it_should() -> None:
    for number, zone in enumerate(map(ZoneInfo, ZONES)):
        start = datetime(2026, 1, 1, 19, tzinfo=UTC) + timedelta(days=number * 37 % 730)
        end = start + timedelta(hours=3)
        assert times_in(write_entry(entry_of(zone, start=start, end=end))) == [start, end]
