"""Days away: whole days on one's own clock, as time that is not free."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.away import MOST, Away, as_times, keep_ahead
from service.core.errors import Invalid
from service.core.interval import Interval
from tests.core.times import utc, zones

TODAY = date(2026, 12, 20)
ONE_DAY = timedelta(days=1)
days = st.dates(date(2026, 10, 1), date(2027, 4, 30))
stretches = st.builds(
    lambda first, length: Away(first, first + length * ONE_DAY), days, st.integers(min_value=0, max_value=20)
)


def test_a_day_away_is_the_whole_day_on_ones_own_clock() -> None:
    [time] = as_times([Away(TODAY, TODAY)], zone=ZoneInfo("Europe/Berlin"))
    assert time == Interval(utc(2026, 12, 19, 23), utc(2026, 12, 20, 23))


def test_the_last_day_is_one_of_them() -> None:
    [time] = as_times([Away(TODAY, TODAY + 7 * ONE_DAY)], zone=ZoneInfo("UTC"))
    assert time == Interval(utc(2026, 12, 20), utc(2026, 12, 28))


@given(st.lists(stretches, max_size=5), zones)
def test_a_moment_is_away_where_its_day_is(away: list[Away], zone: ZoneInfo) -> None:
    times = as_times(away, zone=zone)
    assert times == sorted(times)
    for hours in range(0, 24 * 240, 7):
        moment = utc(2026, 9, 20) + timedelta(hours=hours)
        day = moment.astimezone(zone).date()
        assert any(each.start <= moment < each.end for each in times) is any(
            each.first <= day <= each.last for each in away
        )


@pytest.mark.parametrize(
    ("first", "last"),
    [(TODAY, TODAY - ONE_DAY), (date(1999, 12, 31), TODAY), (TODAY, date(2200, 1, 1)), (date.min, date.max)],
)
def test_days_that_do_not_fit_are_refused(first: date, last: date) -> None:
    with pytest.raises(Invalid):
        Away(first, last)


@given(st.lists(stretches, max_size=10))
def test_what_is_over_goes_and_the_rest_stands_in_order(away: list[Away]) -> None:
    kept = keep_ahead(away, today=TODAY)
    assert list(kept) == sorted({each for each in away if each.last >= TODAY})
    assert keep_ahead(kept, today=TODAY) == kept


def test_more_than_fifty_times_away_are_refused() -> None:
    many = [Away(TODAY + number * ONE_DAY, TODAY + number * ONE_DAY) for number in range(MOST + 1)]
    assert len(keep_ahead(many, today=TODAY + ONE_DAY)) == MOST
    with pytest.raises(Invalid):
        keep_ahead(many, today=TODAY)
