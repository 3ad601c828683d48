"""How times are said: the day, the hours and the zone as each language writes them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.content.library import load_library
from service.content.when import say_time, say_when
from service.core.interval import Interval

LIBRARY = load_library()
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 12, 4, 18, tzinfo=UTC)
EVENING = Interval(START, START + timedelta(hours=2))
NARROW = "\u202f"  # the blank that CLDR has before AM and PM


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Friday 4 December, 19:00 to 21:00 (Europe/Berlin)"),
        ("en-GB", "Friday 4 December, 19:00 to 21:00 (Europe/Berlin)"),
        ("en-US", f"Friday, December 4, 7:00{NARROW}PM to 9:00{NARROW}PM (Europe/Berlin)"),
        ("de", "Freitag, 4. Dezember, 19:00 bis 21:00 Uhr (Europe/Berlin)"),
        ("de-AT", "Freitag, 4. Dezember, 19:00 bis 21:00 Uhr (Europe/Berlin)"),
    ],
)
def test_an_evening_is_said_as_its_language_writes_it(language: str, said: str) -> None:
    assert say_when(EVENING, zone=BERLIN, content=LIBRARY.of(language)) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Friday 4 December, 19:00 to Saturday 5 December, 00:30"),
        ("de", "Freitag, 4. Dezember, 19:00 Uhr bis Samstag, 5. Dezember, 00:30 Uhr"),
    ],
)
def test_a_time_over_midnight_names_both_days(language: str, said: str) -> None:
    late = Interval(START, START + timedelta(hours=5, minutes=30))
    assert say_time(late, zone=BERLIN, content=LIBRARY.of(language)) == said


@pytest.mark.parametrize("language", sorted(LIBRARY.contents))
def test_every_day_of_a_year_is_said_with_its_weekday_and_its_day(language: str) -> None:
    content = LIBRARY.of(language)
    said = {
        say_time(Interval(day, day + timedelta(hours=1)), zone=ZoneInfo("UTC"), content=content)
        for day in (START + timedelta(days=each) for each in range(365))
    }
    assert len(said) == 365
    assert len({each.split()[0].strip(",") for each in said}) == 7
