"""
Weekly hours on clocks on the wall, against the clocks themselves.

The slow way asks each quarter of an hour what the clock shows and whether that lies in a window. Where a window begins
or ends in an hour that is skipped or comes twice the clock alone does not say, so those nights are written out by hand.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.core.hours import Window, open_hours, parse_window, shared_hours, to_utc
from service.core.interval import Interval, clip
from tests.core.times import some_windows, utc, zones

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
QUARTER = timedelta(minutes=15)
NIGHTS_OF_CHANGE = [  # in Berlin, New York, Lord Howe, Apia (a skipped day) and Casablanca (around Ramadan)
    utc(2026, 3, 29, 1),
    utc(2026, 10, 25, 1),
    utc(2026, 3, 8, 7),
    utc(2026, 11, 1, 6),
    utc(2026, 4, 4, 15),
    utc(2026, 10, 3, 15, 30),
    utc(2011, 12, 30, 10),
    utc(2026, 2, 15, 2),
    utc(2026, 3, 22, 2),
]

starts = st.builds(
    lambda base, quarters: base + quarters * QUARTER,
    st.sampled_from([*NIGHTS_OF_CHANGE, utc(2024, 2, 28), utc(2026, 7, 1), utc(2027, 12, 31)]),
    st.integers(-200, 200),
)
durings = st.builds(lambda start, n: Interval(start, start + n * QUARTER), starts, st.integers(1, 200))


def quarters(during: Interval) -> Iterable[datetime]:
    moment = during.start
    while moment < during.end:
        yield moment
        moment += QUARTER


def ends(window: Window, day: date) -> tuple[datetime, datetime]:
    """Return where the window of that day begins and ends, as a clock shows it, without a zone."""
    last = day if window.end > window.start else day + timedelta(days=1)
    return datetime.combine(day, window.start), datetime.combine(last, window.end)


def is_shown_once(wall: datetime, zone: ZoneInfo) -> bool:
    here = wall.replace(tzinfo=zone)
    return here.utcoffset() == here.replace(fold=1).utcoffset()


def is_open(moment: datetime, windows: Iterable[Window], zone: ZoneInfo) -> bool:
    """Look at the clock; gives up where the clock alone does not say."""
    shown = moment.astimezone(zone).replace(tzinfo=None)
    around = [shown.date() + timedelta(days=step) for step in (-2, -1, 0, 1)]
    stretches = [ends(window, day) for window in windows for day in around if day.weekday() in window.days]
    assume(all(is_shown_once(end, zone) for stretch in stretches for end in stretch))
    return any(start <= shown < end for start, end in stretches)


def holds(intervals: Iterable[Interval], moment: datetime) -> bool:
    return any(each.start <= moment < each.end for each in intervals)


@settings(max_examples=150)
@given(some_windows, zones, durings)
def test_it_is_open_when_the_clock_says_so(kept: list[Window], zone: ZoneInfo, during: Interval) -> None:
    found = open_hours(kept, zone=zone, during=during)
    for moment in quarters(during):
        assert holds(found, moment) is is_open(moment, kept, zone), moment


@settings(max_examples=60)
@given(some_windows, zones, zones, durings)
def test_shared_hours_are_open_on_both_clocks(
    kept: list[Window], one: ZoneInfo, other: ZoneInfo, during: Interval
) -> None:
    shared = shared_hours(kept, zones=[one, other], during=during)
    each = [open_hours(kept, zone=zone, during=during) for zone in (one, other)]
    for moment in quarters(during):
        assert holds(shared, moment) is all(holds(hours, moment) for hours in each)
    assert all(during.contains(hours) for hours in shared)


@settings(max_examples=60)
@given(some_windows, zones, zones, durings)
def test_shared_hours_are_the_same_when_the_partners_change_places(
    kept: list[Window], one: ZoneInfo, other: ZoneInfo, during: Interval
) -> None:
    there = shared_hours(kept, zones=[one, other], during=during)
    assert there == shared_hours(kept[::-1], zones=[other, one], during=during)


@settings(max_examples=60)
@given(some_windows, zones, durings, st.integers(0, 300), st.integers(0, 300))
def test_the_hours_do_not_depend_on_where_one_begins_to_look(
    kept: list[Window], zone: ZoneInfo, during: Interval, before: int, after: int
) -> None:
    around = Interval(during.start - before * QUARTER, during.end + after * QUARTER)
    narrow, wide = (shared_hours(kept, zones=[zone], during=each) for each in (during, around))
    assert narrow == clip(wide, to=during)


def opened(hours: str, *, zone: ZoneInfo | str, on: date, days: str = "mon,tue,wed,thu,fri,sat,sun") -> list[Interval]:
    """Return the hours that begin on that day, whatever the zone."""
    clock = zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)
    noon = to_utc(on, time(12), zone=clock)
    window = parse_window(hours, days=days)
    around = Interval(noon - timedelta(days=2), noon + timedelta(days=2))
    begins = (to_utc(on, time(0), zone=clock), to_utc(on + timedelta(days=1), time(0), zone=clock))
    return [each for each in open_hours([window], zone=clock, during=around) if begins[0] <= each.start < begins[1]]


@pytest.mark.parametrize(
    ("zone", "day", "hours", "start", "end"),
    [
        # the clocks go forward: Berlin skips 02:00 to 03:00
        ("Europe/Berlin", date(2026, 3, 29), "01:00-04:00", utc(2026, 3, 29, 0), utc(2026, 3, 29, 2)),
        ("Europe/Berlin", date(2026, 3, 29), "02:30-05:00", utc(2026, 3, 29, 1, 30), utc(2026, 3, 29, 3)),
        ("Europe/Berlin", date(2026, 3, 29), "01:00-02:30", utc(2026, 3, 29, 0), utc(2026, 3, 29, 1, 30)),
        ("Europe/Berlin", date(2026, 3, 28), "22:00-06:00", utc(2026, 3, 28, 21), utc(2026, 3, 29, 4)),
        # and back: 02:00 to 03:00 comes twice, and the first one counts
        ("Europe/Berlin", date(2026, 10, 25), "01:00-04:00", utc(2026, 10, 24, 23), utc(2026, 10, 25, 3)),
        ("Europe/Berlin", date(2026, 10, 25), "02:30-05:00", utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 4)),
        ("Europe/Berlin", date(2026, 10, 25), "01:00-02:30", utc(2026, 10, 24, 23), utc(2026, 10, 25, 0, 30)),
        ("Europe/Berlin", date(2026, 10, 24), "22:00-06:00", utc(2026, 10, 24, 20), utc(2026, 10, 25, 5)),
        ("America/New_York", date(2026, 3, 7), "22:00-06:00", utc(2026, 3, 8, 3), utc(2026, 3, 8, 10)),
        ("America/New_York", date(2026, 10, 31), "22:00-06:00", utc(2026, 11, 1, 2), utc(2026, 11, 1, 11)),
        # Lord Howe changes by half an hour
        ("Australia/Lord_Howe", date(2026, 10, 4), "01:00-04:00", utc(2026, 10, 3, 14, 30), utc(2026, 10, 3, 17)),
        ("Australia/Lord_Howe", date(2026, 10, 4), "02:15-04:00", utc(2026, 10, 3, 15, 45), utc(2026, 10, 3, 17)),
        ("Australia/Lord_Howe", date(2026, 4, 5), "01:00-04:00", utc(2026, 4, 4, 14), utc(2026, 4, 4, 17, 30)),
        # Casablanca is an hour behind itself during Ramadan
        ("Africa/Casablanca", date(2026, 2, 14), "20:00-22:00", utc(2026, 2, 14, 19), utc(2026, 2, 14, 21)),
        ("Africa/Casablanca", date(2026, 2, 16), "20:00-22:00", utc(2026, 2, 16, 20), utc(2026, 2, 16, 22)),
        ("Asia/Kathmandu", date(2026, 12, 4), "20:00-24:00", utc(2026, 12, 4, 14, 15), utc(2026, 12, 4, 18, 15)),
    ],
)
def test_a_night_of_changing_clocks_is_right_to_the_minute(
    zone: str, day: date, hours: str, start: datetime, end: datetime
) -> None:
    assert opened(hours, zone=zone, on=day) == [Interval(start, end)]


def test_a_window_that_lies_in_the_skipped_hour_is_left_out() -> None:
    assert opened("02:00-03:00", zone=BERLIN, on=date(2026, 3, 29)) == []


def test_a_day_that_was_skipped_moves_its_hours_to_the_next() -> None:
    week = Interval(utc(2011, 12, 28), utc(2012, 1, 2))
    fridays = open_hours([parse_window("17:00-23:00", days="fri")], zone=ZoneInfo("Pacific/Apia"), during=week)
    assert fridays == [Interval(utc(2011, 12, 31, 3), utc(2011, 12, 31, 9))]


def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = parse_window("22:00-02:00", days="fri")
    sunday_to_sunday = Interval(utc(2026, 11, 29), utc(2026, 12, 6))
    expected = [Interval(utc(2026, 12, 4, 21), utc(2026, 12, 5, 1))]
    assert open_hours([night], zone=BERLIN, during=sunday_to_sunday) == expected


def test_a_window_that_began_the_night_before_is_found() -> None:
    after_midnight = Interval(utc(2026, 12, 4, 23, 30), utc(2026, 12, 5, 0))
    assert shared_hours([parse_window("22:00-02:00", days="fri")], zones=[BERLIN], during=after_midnight) == [
        after_midnight
    ]


def test_hours_come_whole_and_shared_hours_clipped() -> None:
    window = [parse_window("17:00-23:00")]
    during = Interval(utc(2026, 12, 4, 18), utc(2026, 12, 4, 19))
    assert open_hours(window, zone=BERLIN, during=during) == [Interval(utc(2026, 12, 4, 16), utc(2026, 12, 4, 22))]
    assert shared_hours(window, zones=[BERLIN, BERLIN], during=during) == [during]


def test_a_window_until_24_meets_the_one_from_0_on() -> None:
    halves = [parse_window("12:00-24:00"), parse_window("00:00-12:00")]
    during = Interval(utc(2026, 3, 27), utc(2026, 4, 1))
    assert shared_hours(halves, zones=[BERLIN], during=during) == [during]


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, ZoneInfo("Australia/Lord_Howe")], ids=str)
def test_the_whole_day_is_a_window_too(zone: ZoneInfo) -> None:
    during = Interval(utc(2026, 3, 1), utc(2026, 4, 10))
    assert shared_hours([parse_window("00:00-24:00")], zones=[zone], during=during) == [during]


def test_the_whole_of_one_day_is_as_long_as_that_day() -> None:
    (sunday,) = opened("00:00-24:00", zone=BERLIN, on=date(2026, 3, 29), days="sun")
    assert sunday.length == timedelta(hours=23)


def test_no_window_is_no_time() -> None:
    assert shared_hours([], zones=[BERLIN], during=Interval(utc(2026, 1, 1), utc(2026, 1, 9))) == []


def test_wall_time_becomes_utc() -> None:
    assert to_utc(date(2026, 7, 1), time(18), zone=BERLIN) == datetime(2026, 7, 1, 16, tzinfo=UTC)
