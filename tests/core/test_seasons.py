"""What a clock tells of the world outside. Times are local to the zone that is named."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.seasons import SEASONS, daypart, is_dark, is_daylight, season
from tests.core.some_ideas import AUCKLAND, BERLIN, SYDNEY, moments


@pytest.mark.parametrize(
    ("hour", "expected"),
    [
        (4, "night"),
        (5, "morning"),
        (11, "morning"),
        (12, "afternoon"),
        (16, "afternoon"),
        (17, "evening"),
        (20, "evening"),
        (21, "night"),
    ],
)
def test_the_parts_of_the_day_begin_at_their_hours(hour: int, expected: str) -> None:
    assert daypart(datetime(2026, 12, 4, hour, tzinfo=BERLIN)) == expected


@pytest.mark.parametrize(
    ("month", "north", "south"),
    [
        (12, "winter", "summer"),
        (2, "winter", "summer"),
        (3, "spring", "autumn"),
        (6, "summer", "winter"),
        (9, "autumn", "spring"),
        (11, "autumn", "spring"),
    ],
)
def test_the_season_is_that_of_each_half_of_the_earth(month: int, north: str, south: str) -> None:
    tenth = datetime(2026, month, 10, 10, tzinfo=UTC)
    assert season(tenth, zone=BERLIN) == north
    assert {season(tenth, zone=zone) for zone in (SYDNEY, AUCKLAND)} == {south}


def test_every_zone_has_the_seasons_of_its_latitude() -> None:
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    june = datetime(2026, 6, 10, tzinfo=UTC)
    for _, place, name, *_ in rows:
        degrees = int(place[:3])
        if degrees >= 0 or degrees <= -15:
            assert season(june, zone=ZoneInfo(name)) == ("summer" if degrees >= 0 else "winter"), name


@pytest.mark.parametrize(
    ("month", "hour", "minute", "light", "dark"),
    [
        (1, 8, 59, False, False),
        (1, 9, 0, True, False),
        (1, 16, 0, True, False),
        (1, 16, 1, False, False),
        (1, 18, 0, False, True),
        (1, 7, 0, False, True),
        (1, 7, 1, False, False),
        (6, 21, 0, True, False),
        (6, 22, 59, False, False),
        (6, 23, 0, False, True),
        (6, 4, 0, False, True),
        (12, 15, 1, False, False),
        (12, 17, 0, False, True),
    ],
)
def test_between_day_and_dark_it_is_neither(month: int, hour: int, minute: int, light: bool, dark: bool) -> None:
    local = datetime(2026, month, 10, hour, minute, tzinfo=BERLIN)
    assert (is_daylight(local, zone=BERLIN), is_dark(local, zone=BERLIN)) == (light, dark)


@given(moment=moments)
def test_half_a_year_later_the_south_has_what_the_north_has_now(moment: datetime) -> None:
    north = moment.replace(day=1)
    south = north.replace(year=north.year + north.month // 7, month=(north.month + 5) % 12 + 1)
    for look in (season, is_daylight, is_dark):
        assert look(north, zone=BERLIN) == look(south, zone=SYDNEY)


@given(moment=moments, zone=st.sampled_from((BERLIN, SYDNEY)))
def test_it_is_never_day_and_dark_at_once_and_always_some_season(moment: datetime, zone: ZoneInfo) -> None:
    assert not (is_daylight(moment, zone=zone) and is_dark(moment, zone=zone))
    assert season(moment, zone=zone) in SEASONS
    later = moment + timedelta(days=366)
    assert daypart(moment) == daypart(later)
