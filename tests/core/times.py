"""
Times for the core's tests: whole minutes from a Monday at midnight UTC, and zones that are hard to get right.

`minutes` turns stretches into plain sets of minutes, with which every answer can be worked out the slow way.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from service.core.hours import EVERY_DAY, Window
from service.core.interval import Interval

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
        "Asia/Kathmandu",
    )
]


def span(first: int, last: int) -> Interval:
    """Return the stretch from minute `first` to minute `last`."""
    return Interval(MONDAY + first * MINUTE, MONDAY + last * MINUTE)


def minutes(intervals: Iterable[Interval]) -> set[int]:
    return {
        minute for each in intervals for minute in range((each.start - MONDAY) // MINUTE, (each.end - MONDAY) // MINUTE)
    }


def utc(*parts: int) -> datetime:
    """Return that moment; parts are year, month, day, hour, minute."""
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


spans = st.builds(lambda first, length: span(first, first + length), st.integers(0, 150), st.integers(1, 50))
zones = st.sampled_from(ZONES)
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 15, 30, 45)))
some_windows = st.lists(
    st.tuples(st.frozensets(st.sampled_from(sorted(EVERY_DAY)), min_size=1), clock_times, clock_times)
    .filter(lambda parts: parts[1] != parts[2] or parts[1] == time(0))
    .map(lambda parts: Window(*parts)),
    max_size=3,
)
