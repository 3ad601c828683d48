"""Windows and zones as people write them: what is read, what is written back, and what is refused."""

from contextlib import suppress
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import EmptyWindow, Invalid, UnknownZone
from service.core.hours import Window, find_zone, format_window, parse_window
from tests.core.times import some_windows


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "/",
        "..",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "Europe/",
        "europe/berlin",
        " Europe/Berlin",
        "Europe//Berlin",
        "Europe/../Europe/Berlin",
        "Europe/Berlin\0",
        "Europe/Nowhere",
        "zone.tab",
        "tzdata.zi",
        "__init__.py",
        "localtime",
        "posixrules",
        "Factory",
        "right/Europe/Berlin",
        "posix/Europe/Berlin",
        "\ud800",
        "é",
        "x" * 10_000,
        "x/" * 5_000,
    ],
    ids=lambda name: repr(name[:30]),
)
def test_a_zone_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(UnknownZone) as refused:
        find_zone(name)
    assert refused.value.__cause__ is None


@given(st.text(max_size=40))
def test_no_text_breaks_the_search_for_a_zone(name: str) -> None:
    with suppress(UnknownZone):
        assert find_zone(name).key == name


@pytest.mark.parametrize("hours", ["17:00-17:00", "00:00-00:00"])
def test_a_window_of_no_minutes_is_refused(hours: str) -> None:
    with pytest.raises(EmptyWindow):
        parse_window(hours)


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        ("", "mon"),
        ("17:00", "mon"),
        ("17:00-", "mon"),
        ("17:00-18:00-19:00", "mon"),
        ("25:00-26:00", "mon"),
        ("17:60-18:00", "mon"),
        ("24:30-25:00", "mon"),
        ("24:00-06:00", "mon"),
        ("17:00Z-18:00Z", "mon"),
        ("17:00+01:00-18:00", "mon"),
        ("5pm-6pm", "mon"),
        ("17:00:10-17:00:50", "mon"),
        ("12:24:00-13:00", "mon"),
        ("17:00-18:00", ""),
        ("17:00-18:00", "monday"),
        ("17:00-18:00", "mon;tue"),
        ("17:00-18:00", "mon,,tue"),
        ("1" * 10_000, "mon"),
    ],
)
def test_hours_in_another_form_are_refused(hours: str, days: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_window(hours, days=days)
    assert refused.value.code == "invalid"


def test_hours_are_read_with_some_patience() -> None:
    assert parse_window(" 17:00 - 23:30 ", days="Mon, tue") == Window(frozenset({0, 1}), time(17), time(23, 30))


@pytest.mark.parametrize("days", [frozenset[int](), frozenset({7}), frozenset({-1, 0})])
def test_days_outside_the_week_are_refused(days: frozenset[int]) -> None:
    with pytest.raises(Invalid):
        Window(days, time(17), time(18))


@given(some_windows)
def test_a_window_can_be_written_down_and_read_again(kept: list[Window]) -> None:
    for window in kept:
        hours, days = format_window(window)
        assert parse_window(hours, days=days) == window


def test_the_whole_day_can_be_written_down_and_read_again() -> None:
    assert format_window(parse_window("00:00-24:00", days="sat")) == ("00:00-24:00", "sat")
