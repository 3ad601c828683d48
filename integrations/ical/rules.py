"""
Rules of repetition (RFC 5545, section 3.3.10) on the clock faces of one zone.

Rules are walked year by year, month by month, week by week or day by day, and every walk ends at the window, so even a
rule that never matches costs at most one look at each day of six centuries. The walk of the libraries ends only at a
match, and a rule like ``BYMONTH=2;BYMONTHDAY=30`` never has one.

Weekdays are 0 (Monday) to 6. The first moment always belongs to the set and counts for COUNT (3.8.5.3), also where the
rule does not match it.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import count, product

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.values import LAST_YEAR, Moment, read_moment

MAX_INTERVAL = 9999
MAX_COUNT = 5000
MAX_TIMES_A_DAY = 24
MAX_LIST = 40

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_BYDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_RANGES = {
    "BYMONTH": range(1, 13),
    "BYWEEKNO": range(-53, 54),
    "BYYEARDAY": range(-366, 367),
    "BYMONTHDAY": range(-31, 32),
    "BYHOUR": range(24),
    "BYMINUTE": range(60),
    "BYSETPOS": range(-366, 367),
}
_KNOWN = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_RANGES})


class Freq(StrEnum):
    """How often; SECONDLY and MINUTELY are not read."""

    HOURLY = "HOURLY"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    MONTHLY = "MONTHLY"
    YEARLY = "YEARLY"


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE; an empty tuple is a part that was not given. `days` holds (ordinal or 0, weekday)."""

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: Moment | None = None
    week_start: int = 0
    months: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    year_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[tuple[int, int], ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()


def read_rule(text: str, *, zone: tzinfo, whole_day: bool = False) -> Rule:
    """
    Read an RRULE whose series runs in `zone`, and on whole days where `whole_day`.

    Raises `Refused` where it could keep this service busy for long, `Unreadable` where it cannot be understood: a part
    that is not understood may be the one that decides.
    """
    parts = dict(part.strip().partition("=")[::2] for part in text.upper().split(";") if part.strip())
    parts = {name: value for name, value in parts.items() if not name.startswith("X-")}
    if not parts.keys() <= _KNOWN:
        raise Refused("a rule with seconds, or with parts that are not known here")
    if parts.get("FREQ") not in Freq.__members__:
        raise Refused("a rule that repeats too often, or without FREQ")
    try:
        rule = Rule(
            freq=Freq(parts["FREQ"]),
            interval=int(parts.get("INTERVAL", "1")),
            count=int(parts["COUNT"]) if "COUNT" in parts else None,
            until=_read_until(parts.get("UNTIL"), zone=zone, whole_day=whole_day),
            week_start=WEEKDAYS.index(parts.get("WKST", "MO")),
            months=_read_numbers("BYMONTH", parts),
            weeks=_read_numbers("BYWEEKNO", parts),
            year_days=_read_numbers("BYYEARDAY", parts),
            month_days=_read_numbers("BYMONTHDAY", parts),
            days=_read_days(parts.get("BYDAY")),
            hours=() if whole_day else _read_numbers("BYHOUR", parts),
            minutes=() if whole_day else _read_numbers("BYMINUTE", parts),
            positions=_read_numbers("BYSETPOS", parts),
        )
    except ValueError:
        raise Unreadable("not a rule") from None
    _check_bounds(rule, whole_day=whole_day)
    return rule


def _read_numbers(name: str, parts: dict[str, str]) -> tuple[int, ...]:
    if name not in parts:
        return ()
    numbers = [int(number) for number in parts[name].split(",") if number.strip()]
    if len(numbers) > MAX_LIST:
        raise Refused("a rule with long lists")
    if not all(number in _RANGES[name] for number in numbers):
        raise Unreadable("a rule with impossible numbers")
    return tuple(sorted(set(numbers)))


def _read_days(text: str | None) -> tuple[tuple[int, int], ...]:
    found = [_BYDAY.fullmatch(day.strip()) for day in text.split(",")] if text else []
    if len(found) > MAX_LIST:
        raise Refused("a rule with long lists")
    if not all(found):
        raise Unreadable("not a weekday")
    return tuple((int(day[1] or 0), WEEKDAYS.index(day[2])) for day in found if day)


def _read_until(text: str | None, *, zone: tzinfo, whole_day: bool) -> Moment | None:
    if text is None or (text[:4].isdecimal() and int(text[:4]) > LAST_YEAR):  # 9999 is how some write "for ever"
        return None
    until = read_moment(text.strip(), zone=zone, days=zone)
    return replace(until, whole_day=True) if whole_day else until


def _check_bounds(rule: Rule, *, whole_day: bool) -> None:
    if not 1 <= rule.interval <= MAX_INTERVAL:
        raise Refused("an INTERVAL outside 1 to 9999")
    if rule.count is not None and not 1 <= rule.count <= MAX_COUNT:
        raise Refused("a COUNT outside 1 to 5000")
    if len(rule.hours or "1") * len(rule.minutes or "1") > MAX_TIMES_A_DAY:
        raise Refused("a rule with too many times a day")
    if rule.freq is Freq.HOURLY and ((rule.count is None and rule.until is None) or rule.positions or whole_day):
        raise Refused("an hourly rule without end")


def repeat(rule: Rule, *, first: datetime, after: datetime, before: datetime) -> Iterator[datetime]:
    """
    Yield the moments of `rule` from `first` on, in order, up to `before`; all three share one zone.

    Moments before `after` may be left out where nothing is counted from the start.
    """
    yield first
    rule = _complete(rule, first)
    left = rule.count - 1 if rule.count is not None else -1
    for step in count(_steps_before(rule, first=first, after=after), _stride(rule)):
        day, days = _span(rule, first, step)
        if day > before.date():
            return
        for at in _moments(rule, first, day=day, days=days):
            if at <= first:
                continue
            if left == 0 or at > before or _is_over(rule, at):
                return
            left -= 1
            yield at


def _complete(rule: Rule, first: datetime) -> Rule:
    """Fill in from `first` which days are meant where the rule does not say."""
    if rule.days or rule.month_days or rule.year_days:
        return rule
    if rule.freq is Freq.WEEKLY or rule.weeks:
        return replace(rule, days=((0, first.weekday()),))
    if rule.freq is Freq.MONTHLY:
        return replace(rule, month_days=(first.day,))
    if rule.freq is Freq.YEARLY:
        return replace(rule, months=rule.months or (first.month,), month_days=(first.day,))
    return rule


def _stride(rule: Rule) -> int:
    """Return every how many spans the walk looks; hours are counted inside of each day."""
    return 1 if rule.freq is Freq.HOURLY else rule.interval


def _steps_before(rule: Rule, *, first: datetime, after: datetime) -> int:
    """Return how many spans can be skipped without losing the phase, nor a moment from `after` on."""
    if rule.count is not None or after <= first:
        return 0
    match rule.freq:
        case Freq.YEARLY:
            steps = after.year - first.year
        case Freq.MONTHLY:
            steps = 12 * (after.year - first.year) + after.month - first.month
        case Freq.WEEKLY:
            steps = (after.date() - first.date()).days // 7
        case _:
            steps = (after.date() - first.date()).days
    return steps - steps % _stride(rule)


def _span(rule: Rule, first: datetime, step: int) -> tuple[date, int]:
    """Return the first day, and how many days, of the year, month, week or day that is `step` after that of `first`."""
    match rule.freq:
        case Freq.YEARLY:
            year = first.year + step
            return date(year, 1, 1), 365 + isleap(year)
        case Freq.MONTHLY:
            year, month = divmod(12 * first.year + first.month - 1 + step, 12)
            return date(year, month + 1, 1), monthrange(year, month + 1)[1]
        case Freq.WEEKLY:
            back = (first.weekday() - rule.week_start) % 7
            return first.date() + timedelta(days=7 * step - back), 7
        case _:
            return first.date() + timedelta(days=step), 1


def _moments(rule: Rule, first: datetime, *, day: date, days: int) -> list[datetime]:
    """Return what the rule picks of one span, in order."""
    clock = first.timetz()
    found = [
        datetime.combine(each, clock.replace(hour=hour, minute=minute))
        for each in _days(rule, day, days)
        for hour, minute in product(_hours(rule, first, each), rule.minutes or (first.minute,))
    ]
    if not rule.positions:
        return found
    places = {place - 1 if place > 0 else len(found) + place for place in rule.positions}
    return [found[place] for place in sorted(places) if 0 <= place < len(found)]


def _days(rule: Rule, day: date, days: int) -> Iterator[date]:
    """Yield the days of one span that fit; of a year, only its months in question are looked at."""
    spans = [(day, days)]
    if rule.freq is Freq.YEARLY and rule.months:
        spans = [(day.replace(month=month), monthrange(day.year, month)[1]) for month in rule.months]
    every = (start + timedelta(days=n) for start, length in spans for n in range(length))
    return (each for each in every if _fits(each, rule))


def _hours(rule: Rule, first: datetime, day: date) -> tuple[int, ...]:
    if rule.freq is not Freq.HOURLY:
        return rule.hours or (first.hour,)
    passed = 24 * (day - first.date()).days - first.hour
    return tuple(hour for hour in rule.hours or range(24) if (passed + hour) % rule.interval == 0)


def _is_over(rule: Rule, at: datetime) -> bool:
    if rule.until is None:
        return False
    return at.date() > rule.until.at.date() if rule.until.whole_day else at > rule.until.at


def _fits(day: date, rule: Rule) -> bool:
    if rule.months and day.month not in rule.months:
        return False
    if rule.days and not _is_weekday(day, rule):
        return False
    if rule.month_days and not _counts(day.day, of=monthrange(day.year, day.month)[1], among=rule.month_days):
        return False
    if rule.year_days and not _counts(_day_of_year(day), of=365 + isleap(day.year), among=rule.year_days):
        return False
    return not rule.weeks or _counts(*_week(day, rule.week_start), among=rule.weeks)


def _counts(number: int, of: int, *, among: tuple[int, ...]) -> bool:
    """Tell whether the `number`-th is meant, counted from the front or, below zero, from the back."""
    return number in among or number - of - 1 in among


def _is_weekday(day: date, rule: Rule) -> bool:
    place, size = _day_of_year(day), 365 + isleap(day.year)
    if rule.freq is Freq.MONTHLY or rule.months:
        place, size = day.day, monthrange(day.year, day.month)[1]
    ordinals = {0, (place - 1) // 7 + 1, -((size - place) // 7 + 1)}
    # An ordinal means something in a month or a year only; elsewhere it is ignored, as most calendars do.
    ignored = rule.freq not in {Freq.MONTHLY, Freq.YEARLY} or bool(rule.weeks)
    return any(day.weekday() == weekday and (ignored or nth in ordinals) for nth, weekday in rule.days)


def _day_of_year(day: date) -> int:
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def _week(day: date, week_start: int) -> tuple[int, int]:
    """Return which week of its year `day` is in, and how many that year has; its fourth day says which year it is."""
    fourth = day + timedelta(days=3 - (day.weekday() - week_start) % 7)
    last = date(fourth.year, 12, 31)
    last -= timedelta(days=(last.weekday() - fourth.weekday()) % 7)
    return (_day_of_year(fourth) - 1) // 7 + 1, (_day_of_year(last) - 1) // 7 + 1
