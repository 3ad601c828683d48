"""Time zones: by any name, and by their own definition."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.ical.busy import Busy, Kind
from integrations.ical.errors import Unreadable
from integrations.ical.offsets import read_vtimezone
from integrations.ical.screen import MAX_FEED_ZONES
from integrations.ical.zones import find_zone, vtimezone
from tests.ical.calendars import busy_of, calendar, event, read, utc, zone_definition

ZONES = sorted(zoneinfo.available_timezones() - {"localtime"})
BERLIN_LINES = vtimezone(ZoneInfo("Europe/Berlin"), at=datetime(2026, 12, 4, tzinfo=UTC)) or ()


@pytest.mark.parametrize(
    ("name", "known_as"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("/mozilla.org/20050126_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("/freeassociation.sourceforge.net/UTC", "UTC"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Z", "UTC"),
    ],
)
def test_a_zone_is_known_by_many_names(name: str, known_as: str) -> None:
    assert find_zone(name, definitions={}) == ZoneInfo(known_as)


@pytest.mark.parametrize(
    ("name", "hours"), [("GMT+1", 1), ("GMT+0100", 1), ("UTC-05:00", -5), ("UTC+5:30", 5.5), ("+02:00", 2), ("GMT", 0)]
)
def test_a_name_can_be_an_offset(name: str, hours: float) -> None:
    zone = find_zone(name, definitions={})
    assert zone.utcoffset(datetime(2026, 12, 1, tzinfo=zone)) == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["Nowhere/Land", "../../etc/passwd", "localtime", "\0", "x" * 5000, "GMT+99"])
def test_a_name_that_nobody_knows_is_no_zone(name: str) -> None:
    with pytest.raises(Unreadable):
        find_zone(name, definitions={})


def test_a_quoted_name_may_hold_a_colon() -> None:
    name = "(UTC+05:00) Anywhere"
    definition = zone_definition(name, offset="+0500")
    for tzid in (f'"{name}"', name):
        times = busy_of(definition, event(f"DTSTART;TZID={tzid}:20261201T180000", "DURATION:PT1H"))
        assert times == (Busy(utc(1, 13), utc(1, 14), Kind.BUSY),)


def test_one_calendars_definition_never_moves_anothers_events() -> None:
    at_six = event("DTSTART;TZID=My Zone:20261201T180000", "DURATION:PT1H")
    assert busy_of(zone_definition("My Zone", offset="+0500"), at_six)[0].start == utc(1, 13)
    assert busy_of(zone_definition("My Zone", offset="-0500"), at_six)[0].start == utc(1, 23)
    assert read(calendar(at_six)).unreadable == 1


@pytest.mark.parametrize("name", ["Europe/Berlin", "W. Europe Standard Time"])
def test_a_name_that_everybody_knows_cannot_be_redefined(name: str) -> None:
    at_six = event(f"DTSTART;TZID={name}:20261201T180000", "DURATION:PT1H")
    assert busy_of(zone_definition(name, offset="+0500"), at_six)[0].start == utc(1, 17)


def test_a_file_has_only_so_many_zones_of_its_own_however_often_it_repeats_them() -> None:
    known = [zone_definition(name, offset="+0500") for name in ZONES[:100]]
    own = [zone_definition(f"Zone {number}", offset="+0500") for number in range(MAX_FEED_ZONES + 1)]
    events = [
        event(f"DTSTART;TZID=Zone {number}:20261201T180000", "DURATION:PT1H", uid=str(number))
        for number in range(MAX_FEED_ZONES + 1)
    ]
    assert busy_of(*known, *own[:-1] * 2, *events[:-1])[0].start == utc(1, 13)
    assert read(calendar(*own, *events)).unreadable == 1
    assert read(calendar(*own[:-1], *events[:-1]) * 2).unreadable == 0


def test_a_definition_that_takes_long_to_work_out_is_unreadable() -> None:
    dense = "RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=-1"
    with pytest.raises(Unreadable):
        read_vtimezone(tuple(dense if line.startswith("RRULE") else line for line in BERLIN_LINES))


def test_a_definition_with_dates_instead_of_rules_is_understood() -> None:
    lines = (
        *("BEGIN:VTIMEZONE", "TZID:By dates"),
        *("BEGIN:DAYLIGHT", "DTSTART:20260329T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"),
        *("RDATE:20270328T020000,20280326T020000", "END:DAYLIGHT"),
        *("BEGIN:STANDARD", "DTSTART:20261025T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100"),
        *("RDATE:20271031T030000", "END:STANDARD", "END:VTIMEZONE"),
    )
    zone = read_vtimezone(lines)
    offsets = [zone.utcoffset(datetime(year, month, 15, tzinfo=zone)) for year in (2026, 2027) for month in (1, 7, 12)]
    assert [offset / timedelta(hours=1) for offset in offsets if offset is not None] == [1, 2, 1, 1, 2, 1]


def test_rules_that_have_ended_leave_the_last_offset() -> None:
    ended = tuple(line + ";UNTIL=20100101T000000Z" if line.startswith("RRULE") else line for line in BERLIN_LINES)
    zone = read_vtimezone(ended)
    assert zone.utcoffset(datetime(2026, 7, 1, tzinfo=zone)) == timedelta(hours=1)


@pytest.mark.parametrize(
    "lines",
    [
        (),
        ("BEGIN:VTIMEZONE", "TZID:x", "END:VTIMEZONE"),
        ("BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0100", "END:STANDARD"),
        ("BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+9900", "TZOFFSETTO:+0100", "END:STANDARD"),
        tuple(line.replace("YEARLY", "DAILY") for line in BERLIN_LINES),
        BERLIN_LINES * 20,
    ],
)
def test_a_bad_definition_is_unreadable(lines: tuple[str, ...]) -> None:
    with pytest.raises(Unreadable):
        read_vtimezone(lines)


@given(minutes=st.integers(0, 60 * 24 * 365 * 3))
def test_a_definition_of_berlin_is_berlin(minutes: int) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ours, theirs = at.astimezone(read_vtimezone(BERLIN_LINES)), at.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{ours:%c}" == f"{theirs:%c}"
    first = theirs.replace(fold=0)
    assert ours.astimezone(UTC) == first.astimezone(UTC)


@pytest.mark.parametrize("face", [datetime(2026, 3, 29, 2, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 30, tzinfo=UTC)])
def test_a_definition_agrees_in_the_gap_and_in_the_repeated_hour(face: datetime) -> None:
    ours, theirs = face.replace(tzinfo=read_vtimezone(BERLIN_LINES)), face.replace(tzinfo=ZoneInfo("Europe/Berlin"))
    assert ours.astimezone(UTC) == theirs.astimezone(UTC)
