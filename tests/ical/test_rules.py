"""Rules of repetition against the walk of `dateutil`, and where that one is wrong, against the RFC."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dateutil import rrule as dateutil
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.repeats import Effort, repeat
from integrations.ical.rules import read_rule

FIRST = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
END = datetime(2029, 1, 1, tzinfo=UTC)
WEEKDAYS = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])


def walk(text: str, *, first: datetime = FIRST, after: datetime = FIRST, before: datetime = END) -> list[datetime]:
    return list(repeat(read_rule(text, zone=UTC), first=first, after=after, before=before, effort=Effort(10_000_000)))


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Draw rules that `dateutil` reads as the RFC does."""
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={freq}", f"INTERVAL={draw(st.integers(1, 5))}", f"WKST={draw(WEEKDAYS)}"]
    weekdays = ",".join(draw(st.lists(WEEKDAYS, min_size=1, max_size=3, unique=True)))
    ordinal = draw(st.sampled_from([-5, -2, -1, 1, 2, 5]))
    choices = {
        "month": f"BYMONTH={draw(st.integers(1, 12))},{draw(st.integers(1, 12))}",
        "weekday": f"BYDAY={weekdays}",
        "hour": f"BYHOUR={draw(st.integers(0, 23))},{draw(st.integers(0, 23))}",
    }
    if freq in {"MONTHLY", "YEARLY"}:
        choices["day"] = f"BYMONTHDAY={draw(st.sampled_from([-31, -2, -1, 1, 2, 13, 30, 31]))},7"
        choices["weekday"] = f"BYDAY={draw(st.sampled_from([weekdays, f'{ordinal}{draw(WEEKDAYS)}']))}"
    if freq == "YEARLY":
        choices["day of year"] = f"BYYEARDAY={draw(st.sampled_from([-366, -1, 1, 60, 366]))},200"
    chosen = draw(st.lists(st.sampled_from(sorted(choices)), max_size=3, unique=True))
    return ";".join([*parts, *(choices[name] for name in chosen)])


def oracle(text: str, *, first: datetime) -> list[datetime]:
    """Return what `dateutil` finds after `first`, which it leaves out where the rule does not match it."""
    ended = f"{text};UNTIL={END:%Y%m%dT%H%M%SZ}"
    return [at for at in dateutil.rrulestr(ended, dtstart=first) if at > first]


@settings(deadline=None)
@given(text=rules(), days=st.integers(0, 400))
def test_a_rule_finds_what_dateutil_finds(text: str, days: int) -> None:
    first = FIRST + timedelta(days=days)
    assert walk(text, first=first, after=first)[1:] == oracle(text, first=first)


@given(text=rules(), count=st.integers(1, 30))
def test_count_ends_a_rule_after_as_many_moments(text: str, count: int) -> None:
    assert walk(f"{text};COUNT={count}") == walk(text)[:count]


@given(text=rules(), days=st.integers(0, 1200))
def test_jumping_to_the_window_keeps_the_phase(text: str, days: int) -> None:
    after = FIRST + timedelta(days=days)
    jumped = walk(text, after=after)
    assert [at for at in jumped if at >= after] == [at for at in walk(text) if at >= after]


@given(text=rules(), days=st.integers(0, 1200), count=st.integers(1, 300))
def test_jumping_to_the_window_keeps_the_count(text: str, days: int, count: int) -> None:
    after = FIRST + timedelta(days=days)
    jumped = walk(f"{text};COUNT={count}", after=after)
    assert [at for at in jumped if at >= after] == [at for at in walk(f"{text};COUNT={count}") if at >= after]


@pytest.mark.parametrize("freq", ["DAILY", "WEEKLY", "WEEKLY;BYDAY=TH;WKST=FR"])
@pytest.mark.parametrize("interval", [1, 2, 3])
def test_a_plain_rule_is_counted_without_being_walked(freq: str, interval: int) -> None:
    text = f"FREQ={freq};INTERVAL={interval};COUNT=20"
    for days in range(0, 450, 10):
        after = FIRST + timedelta(days=days)
        assert [at for at in walk(text, after=after) if at >= after] == [at for at in walk(text) if at >= after]


@pytest.mark.parametrize("part", ["X-NOTE=1", "RSCALE=GREGORIAN;SKIP=OMIT", ";", "INTERVAL=1"])
def test_parts_that_mean_nothing_change_nothing(part: str) -> None:
    assert walk(f"{part};FREQ=MONTHLY;BYDAY=2TH") == walk("FREQ=MONTHLY;BYDAY=2TH")


@settings(deadline=None, max_examples=40)  # without a match the oracle walks on to the year 9999
@given(text=rules(), position=st.sampled_from([-1, 1]))
def test_positions_pick_from_each_whole_month(text: str, position: int) -> None:
    monthly = text.replace("YEARLY", "MONTHLY").replace("DAILY", "MONTHLY").replace("WEEKLY", "MONTHLY")
    monthly = ";".join(part for part in monthly.split(";") if not part.startswith("BYYEARDAY"))
    assert walk(f"{monthly};BYSETPOS={position}")[1:] == oracle(f"{monthly};BYSETPOS={position}", first=FIRST)


def test_positions_count_in_the_whole_week_even_where_the_series_begins_midweek() -> None:
    thursday = FIRST
    found = walk("FREQ=WEEKLY;BYDAY=MO,TH,SA;BYSETPOS=2", first=thursday)
    assert all(at.weekday() == 3 for at in islice(found, 10))


def test_a_week_number_without_weekday_means_the_weekday_of_the_first() -> None:
    found = walk("FREQ=YEARLY;BYWEEKNO=45", first=datetime(2026, 11, 3, 12, tzinfo=UTC))
    assert [at.date().isoformat() for at in found] == ["2026-11-03", "2027-11-09", "2028-11-07"]


@given(week=st.integers(1, 52), start=WEEKDAYS)
def test_week_numbers_are_those_of_dateutil(week: int, start: str) -> None:
    text = f"FREQ=YEARLY;BYWEEKNO={week};BYDAY=MO,TU,WE,TH,FR,SA,SU;WKST={start}"
    assert set(oracle(text, first=FIRST)) <= set(walk(text))
    assert {at.year for at in walk(text)[1:]} >= {2027, 2028}


def test_hours_keep_their_phase_over_midnight() -> None:
    found = walk("FREQ=HOURLY;INTERVAL=5;COUNT=300")
    assert found == [FIRST + n * timedelta(hours=5) for n in range(300)]


def test_the_first_moment_belongs_to_the_series_and_counts_even_where_the_rule_does_not_match_it() -> None:
    assert [at.weekday() for at in walk("FREQ=WEEKLY;BYDAY=WE;COUNT=3")] == [3, 2, 2]


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=2",
        "FREQ=HOURLY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=10000",
        "FREQ=DAILY;COUNT=5001",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYSECOND=0",
        "FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=1,2,3,4,5",
        "FREQ=YEARLY;BYYEARDAY=" + ",".join(map(str, range(1, 42))),
        "FREQ=MONTHLY;BYDAY=" + ",".join(["MO"] * 41),
        "FREQ=DAILY;SKIP=BACKWARD",
        "COUNT=3",
    ],
)
def test_a_rule_that_could_keep_the_service_busy_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_rule(text, zone=UTC)


@pytest.mark.parametrize(
    "text", ["FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;BYMONTH=13", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;WKST=XX"]
)
def test_a_rule_that_cannot_be_understood_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        read_rule(text, zone=UTC)


def test_for_ever_is_how_the_year_9999_is_read() -> None:
    assert read_rule("FREQ=DAILY;UNTIL=99991231T235959Z", zone=UTC).until is None
