"""When the mail about the week comes, on the clock of whoever gets it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import Invalid
from service.core.hours import find_quiet_end
from service.core.weekly import Weekly, next_moment
from tests.core.times import MINUTE, utc, zones

BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY_EVENING = Weekly(day=3, hour=20)
moments = st.builds(lambda n: utc(2025, 12, 29) + n * MINUTE, st.integers(0, 60 * 24 * 400))
wishes = st.builds(Weekly, st.integers(0, 6), st.integers(0, 23))


@given(moments, wishes, zones)
def test_it_is_that_hour_of_that_day_and_within_a_week(now: datetime, wish: Weekly, zone: ZoneInfo) -> None:
    moment = next_moment(now, wish=wish, zone=zone)
    # clocks that change may add an hour, and skip the one that was asked for
    assert timedelta(0) < moment - now <= timedelta(days=7, hours=1)
    there = moment.astimezone(zone)
    assert there.weekday() == wish.day
    assert there.hour - wish.hour in {0, 1}


def test_at_the_very_moment_the_next_one_is_a_week_away() -> None:
    assert next_moment(utc(2026, 12, 3, 19), wish=THURSDAY_EVENING, zone=BERLIN) == utc(2026, 12, 10, 19)
    assert next_moment(utc(2026, 12, 3, 18), wish=THURSDAY_EVENING, zone=BERLIN) == utc(2026, 12, 3, 19)


@pytest.mark.parametrize(("day", "hour"), [(-1, 0), (7, 0), (0, -1), (0, 24)])
def test_another_day_or_hour_there_is_not(day: int, hour: int) -> None:
    with pytest.raises(Invalid):
        Weekly(day, hour)


def test_quiet_hours_end_in_the_morning() -> None:
    assert find_quiet_end(utc(2026, 12, 3, 22), quiet="21:30-07:30", zone=BERLIN) == utc(2026, 12, 4, 6, 30)
    assert find_quiet_end(utc(2026, 12, 3, 19), quiet="21:30-07:30", zone=BERLIN) is None
    assert find_quiet_end(utc(2026, 12, 3, 22), quiet=None, zone=BERLIN) is None
