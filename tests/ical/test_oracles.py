"""
Series against two oracles that share no code with ours: dateutil, and a walk over every day written from RFC 5545.

Times on clocks are naive inside the oracles; `at_clock` puts them into their zone (section 3.3.5), minutes are the
smallest unit. What the RFC leaves open is not generated: a DTSTART that its rule does not match, YEARLY with BYMONTHDAY
and no BYMONTH. What dateutil reads otherwise than the RFC is left to the walk: BYSETPOS of weeks, BYWEEKNO.
"""

from calendar import isleap, monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby, islice, product, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from integrations.ical.busy import read_busy
from tests.ical.calendars import calendar, event

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LENGTH = timedelta(minutes=25)
LONGEST = {"DAILY": 300, "WEEKLY": 400, "MONTHLY": 800, "YEARLY": 2200}  # days that the walk looks at

ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago", "UTC"]
).map(ZoneInfo)
WEEKDAYS = st.sets(st.sampled_from(DAYS), min_size=1, max_size=4)
ORDINALS = st.sampled_from(["1", "2", "-1", "5", "-5", "+3"])
MONTH_DAYS = st.sets(st.one_of(st.integers(1, 31), st.integers(-31, -1)), min_size=1, max_size=4)
MONTHS = st.sets(st.integers(1, 12), min_size=1, max_size=4)
YEAR_DAYS = st.sets(st.sampled_from([1, 59, 60, 100, 365, 366, -1, -100, -306, -307, -365, -366]), min_size=1)
WEEKS = st.sets(st.sampled_from([1, 2, 10, 20, 52, 53, -1, -10, -53]), min_size=1, max_size=4)
POSITIONS = st.sets(st.sampled_from([1, 2, 3, -1, -2]), min_size=1, max_size=2)
BIG = settings(
    max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow]
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule as its parts, values as they are written; `first` is DTSTART, on the clock of its zone."""

    freq: str
    first: datetime
    parts: dict[str, str]
    interval: int = 1

    @property
    def text(self) -> str:
        parts = {"FREQ": self.freq, "INTERVAL": str(self.interval), **self.parts}
        return ";".join(f"{name}={value}" for name, value in parts.items())

    def numbers(self, name: str) -> list[int]:
        return [int(number) for number in self.parts[name].split(",")] if name in self.parts else []


def listed(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def nth_weekdays() -> st.SearchStrategy[str]:
    """Draw a BYDAY with ordinals, or without; dateutil has its own idea of both in one list."""
    nth = st.lists(st.tuples(ORDINALS, st.sampled_from(DAYS)).map("".join), min_size=1, max_size=3, unique=True)
    return st.one_of(nth, WEEKDAYS).map(listed)


def days_of(freq: str) -> st.SearchStrategy[dict[str, str]]:
    """Return the parts that pick days, in the combinations that people use, and those that RFC 5545 has examples of."""
    weekdays, month_days, months = WEEKDAYS.map(listed), MONTH_DAYS.map(listed), MONTHS.map(listed)
    match freq:
        case "DAILY":
            optional = {"BYDAY": weekdays, "BYMONTHDAY": month_days, "BYMONTH": months}
            return st.fixed_dictionaries({}, optional=optional)
        case "WEEKLY":
            return st.fixed_dictionaries({}, optional={"BYDAY": weekdays, "BYMONTH": months})
        case "MONTHLY":
            by = {"BYDAY": nth_weekdays(), "BYMONTHDAY": month_days, "BYMONTH": months}
            return st.fixed_dictionaries({}, optional=by)
    month = st.fixed_dictionaries({"BYMONTH": months}, optional={"BYDAY": nth_weekdays(), "BYMONTHDAY": month_days})
    year_days = st.fixed_dictionaries({"BYYEARDAY": YEAR_DAYS.map(listed)}, optional={"BYDAY": weekdays})
    return st.one_of(st.just({}), month, year_days, st.fixed_dictionaries({"BYDAY": nth_weekdays()}))


@st.composite
def rules(draw: st.DrawFn, *, earliest: date, hours: st.SearchStrategy[int]) -> Wanted:
    freq = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = draw(days_of(freq))
    if draw(st.booleans()):
        parts["WKST"] = draw(st.sampled_from(DAYS))
    if draw(st.integers(0, 3)) == 0:
        parts["BYHOUR"] = listed(draw(st.sets(hours, min_size=1, max_size=3)))
    if draw(st.integers(0, 5)) == 0:
        parts["BYMINUTE"] = "0,30"
    base = datetime.combine(earliest + timedelta(days=draw(st.integers(0, 800))), time(draw(hours)))
    return Wanted(freq, base, parts, draw(st.sampled_from([1, 1, 2, 3, 5])))


def begin_where_it_matches(rule: Wanted) -> Wanted:
    """Return `rule` from the first moment that it matches on: what else DTSTART would mean is not decided."""
    first = next(walk(rule), None)
    assume(first is not None)
    return replace(rule, first=first or rule.first)


def at_clock(face: datetime, zone: ZoneInfo) -> datetime:
    return face.replace(tzinfo=zone).astimezone(UTC)


def stretches(moments: Iterable[datetime], *, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the busy times of instances that begin at `moments`, the way they are read: clipped and merged."""
    merged: list[tuple[datetime, datetime]] = []
    for at in sorted(set(moments)):
        begin, finish = max(at, start), min(at + LENGTH, end)
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(finish, merged[-1][1]))
        elif begin < finish:
            merged.append((begin, finish))
    return merged


def read(rule: str, *lines: str, first: datetime, zone: ZoneInfo, start: datetime, end: datetime) -> list[object]:
    data = calendar(event(f"DTSTART;TZID={zone.key}:{first:%Y%m%dT%H%M%S}", "DURATION:PT25M", f"RRULE:{rule}", *lines))
    reading = read_busy(data, start=start, end=end, zone=ZoneInfo("Asia/Tokyo"))
    assert reading.unreadable == 0
    return [(busy.start, busy.end) for busy in reading.busy]


@BIG
@given(
    rule=rules(earliest=date(2012, 1, 1), hours=st.integers(5, 22)),
    zone=ZONES,
    ends=st.sampled_from(["", "COUNT", "UNTIL"]),
    skipped=st.integers(0, 4000),
    span=st.integers(1, 200),
)
def test_a_rule_is_read_as_dateutil_reads_it_however_far_the_window(
    rule: Wanted, zone: ZoneInfo, ends: str, skipped: int, span: int
) -> None:
    rule = begin_where_it_matches(rule)
    limit, naive = "", ""
    if ends == "COUNT":
        limit = naive = f";COUNT={skipped // 20 + 1}"
    elif ends == "UNTIL":
        last = rule.first + timedelta(days=skipped)
        limit, naive = f";UNTIL={at_clock(last, zone):%Y%m%dT%H%M%SZ}", f";UNTIL={last:%Y%m%dT%H%M%S}"
    opened = rule.first + timedelta(days=skipped)
    closed = opened + timedelta(days=span)
    found = rrulestr(rule.text + naive, dtstart=rule.first).between(opened - timedelta(days=2), closed, inc=True)
    start, end = at_clock(opened, zone), at_clock(closed, zone)
    expected = stretches((at_clock(face, zone) for face in found), start=start, end=end)
    assert read(rule.text + limit, first=rule.first, zone=zone, start=start, end=end) == expected


@st.composite
def hard_rules(draw: st.DrawFn) -> Wanted:
    """Draw what dateutil is no judge of, too: positions in weeks, numbers of weeks."""
    rule = draw(rules(earliest=date(2023, 1, 1), hours=st.integers(0, 23)))
    if rule.freq == "YEARLY" and draw(st.booleans()):
        by_week = {"BYWEEKNO": listed(draw(WEEKS)), "BYDAY": listed(draw(WEEKDAYS))}
        return replace(rule, interval=1, parts={"WKST": draw(st.sampled_from(DAYS)), **by_week})
    if draw(st.booleans()) and rule.parts.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYHOUR"}:
        return replace(rule, parts={**rule.parts, "BYSETPOS": listed(draw(POSITIONS))})
    return rule


def walk(rule: Wanted) -> Iterator[datetime]:
    """Yield, in order, every moment that `rule` matches from its first on: look at each day (3.3.10)."""
    before = -366 if rule.freq == "YEARLY" else -31  # as long as a span, which BYSETPOS counts in
    days = (rule.first.date() + timedelta(days=n) for n in range(before, LONGEST[rule.freq]))
    begun = span_of(rule.first.date(), rule)
    cut = span_of(rule.first.date() + timedelta(days=LONGEST[rule.freq]), rule)
    for span, same in groupby(days, key=lambda day: span_of(day, rule)):
        if span == cut:  # of a span that is not seen whole, nobody can count from the back
            return
        if span < begun or (span - begun) % rule.interval:
            continue
        hours, minutes = rule.numbers("BYHOUR") or [rule.first.hour], rule.numbers("BYMINUTE") or [rule.first.minute]
        picked = [
            datetime.combine(day, time(hour, minute))
            for day in same
            if matches(day, rule)
            for hour, minute in product(sorted(hours), sorted(minutes))
        ]
        positions = rule.numbers("BYSETPOS")
        chosen = {place - 1 if place > 0 else place + len(picked) for place in positions} or range(len(picked))
        yield from (at for place, at in enumerate(picked) if place in chosen and at >= rule.first)


def span_of(day: date, rule: Wanted) -> int:
    """Return the number of the year, month, week or day that INTERVAL counts."""
    match rule.freq:
        case "YEARLY":
            return day.year
        case "MONTHLY":
            return 12 * day.year + day.month
        case "WEEKLY":
            return (day - timedelta(days=weekday_from(day, rule))).toordinal() // 7
    return day.toordinal()


def weekday_from(day: date, rule: Wanted) -> int:
    """Return how many days `day` is after the last WKST."""
    return (day.weekday() - DAYS.index(rule.parts.get("WKST", "MO"))) % 7


def matches(day: date, rule: Wanted) -> bool:
    month, year = monthrange(day.year, day.month)[1], 365 + isleap(day.year)
    passed = day.timetuple().tm_yday
    return (
        (day.month in (rule.numbers("BYMONTH") or [day.month]))
        and is_among(day.day, month, rule.numbers("BYMONTHDAY"))
        and is_among(passed, year, rule.numbers("BYYEARDAY"))
        and is_weekday(day, rule)
        and ("BYWEEKNO" not in rule.parts or is_among(*week_of(day, rule), rule.numbers("BYWEEKNO")))
        and has_the_day_of_the_first(day, rule)
    )


def is_among(number: int, total: int, wanted: list[int]) -> bool:
    return not wanted or number in wanted or number - total - 1 in wanted


def week_of(day: date, rule: Wanted) -> tuple[int, int]:
    """Return the number of the week, and of weeks in its year: week one has at least four days of the year."""
    monday = day - timedelta(days=weekday_from(day, rule))
    starts = {year: first_week(year, rule) for year in range(day.year - 1, day.year + 3)}
    year = max(year for year, start in starts.items() if start <= monday)
    return (monday - starts[year]).days // 7 + 1, (starts[year + 1] - starts[year]).days // 7


def first_week(year: int, rule: Wanted) -> date:
    fourth = date(year, 1, 4)
    return fourth - timedelta(days=weekday_from(fourth, rule))


def is_weekday(day: date, rule: Wanted) -> bool:
    if "BYDAY" not in rule.parts:
        return True
    in_month = rule.freq == "MONTHLY" or "BYMONTH" in rule.parts
    place, total = day.timetuple().tm_yday, 365 + isleap(day.year)
    if in_month:
        place, total = day.day, monthrange(day.year, day.month)[1]
    nth = {"", str((place + 6) // 7), f"+{(place + 6) // 7}", str(-((total - place) // 7 + 1))}
    return any(text[-2:] == DAYS[day.weekday()] and text[:-2] in nth for text in rule.parts["BYDAY"].split(","))


def has_the_day_of_the_first(day: date, rule: Wanted) -> bool:
    """Where no part says which day is meant, DTSTART does."""
    if rule.freq == "DAILY" or rule.parts.keys() & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}:
        return True
    if rule.freq == "WEEKLY":
        return day.weekday() == rule.first.weekday()
    same_month = rule.freq == "MONTHLY" or "BYMONTH" in rule.parts or day.month == rule.first.month
    return day.day == rule.first.day and same_month


@BIG
@given(
    rule=hard_rules(),
    zone=ZONES,
    count=st.one_of(st.none(), st.integers(1, 40)),
    skipped=st.integers(0, 300),
    span=st.integers(1, 400),
)
def test_a_rule_is_read_as_a_walk_over_every_day_reads_it(
    rule: Wanted, zone: ZoneInfo, count: int | None, skipped: int, span: int
) -> None:
    rule = begin_where_it_matches(rule)
    opened = rule.first + timedelta(days=skipped)
    closed = min(opened + timedelta(days=span), rule.first + timedelta(days=LONGEST[rule.freq] - 8))
    faces = islice(takewhile(lambda face: face < closed, walk(rule)), count)
    start, end = at_clock(opened, zone), at_clock(closed, zone)
    expected = stretches((at_clock(face, zone) for face in faces), start=start, end=end)
    limit = f";COUNT={count}" if count else ""
    assert read(rule.text + limit, first=rule.first, zone=zone, start=start, end=end) == expected


@settings(max_examples=300, deadline=None)
@given(data=st.data(), rule=hard_rules(), zone=ZONES)
def test_a_series_is_its_rule_and_its_dates_without_its_exceptions(
    data: st.DataObject, rule: Wanted, zone: ZoneInfo
) -> None:
    rule = begin_where_it_matches(rule)
    ruled = list(islice(walk(rule), 12))
    noon = datetime.combine(rule.first.date(), time(12))
    added = [noon + timedelta(days=n) for n in data.draw(st.lists(st.integers(0, 300), max_size=4))]
    removed = data.draw(st.lists(st.sampled_from([*ruled, *added]), max_size=4))
    lines = [
        *(f"RDATE;TZID={zone.key}:{face:%Y%m%dT%H%M%S}" for face in added),
        *(f"EXDATE:{at_clock(face, zone):%Y%m%dT%H%M%SZ}" for face in removed),
    ]
    start, end = at_clock(rule.first, zone), at_clock(rule.first + timedelta(days=301), zone)
    kept = {at_clock(face, zone) for face in [*ruled, *added]} - {at_clock(face, zone) for face in removed}
    text = f"{rule.text};COUNT={len(ruled)}"
    assert read(text, *lines, first=rule.first, zone=zone, start=start, end=end) == stretches(
        kept, start=start, end=end
    )
