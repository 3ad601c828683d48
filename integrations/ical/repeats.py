"""
The moments of a rule of repetition (RFC 5545, section 3.3.10), on the clock faces of one zone.

Rules are walked year by year, month by month, week by week or day by day, from the window's beginning where nothing is
counted, and every walk ends at the window's end, so even a rule that never matches costs at most one look at each day
of six centuries. The walk of the libraries ends only at a match, and a rule like ``BYMONTH=2;BYMONTHDAY=30`` never has
one.

The first moment always belongs to the set and counts for COUNT (3.8.5.3), also where the rule does not match it.
"""

from calendar import isleap, monthrange
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import count, product

from integrations.ical.errors import Refused
from integrations.ical.rules import Freq, Rule

_SPAN, _MOMENT = 2, 4
_EFFORT, _WINDOW = 600_000, timedelta(days=400)


class Effort:
    """
    How much walking rules may cost in all: a span is 2, a day looked at 1, a moment found 4, about a microsecond each.

    Rules that come when the effort is spent are refused, while everything else is read.
    """

    def __init__(self, units: int) -> None:
        self._left = units

    @classmethod
    def for_window(cls, length: timedelta) -> "Effort":
        """Return what one file may cost: about half a second, and as much again for every 400 days more."""
        return cls(int(_EFFORT * max(1, length / _WINDOW)))

    def spend(self, cost: int) -> None:
        """Raise `Refused` where nothing is left."""
        self._left -= cost
        if self._left < 0:
            raise Refused("more repetition than a calendar of this size may have")


def repeat(rule: Rule, *, first: datetime, after: datetime, before: datetime, effort: Effort) -> Iterator[datetime]:
    """
    Yield the moments of `rule` from `first` on, in order, up to `before`; all three share one zone.

    Moments before `after` may be left out where nothing is counted from the start. Raises `Refused`.
    """
    yield first
    rule = _complete(rule, first)
    skipped = _steps_before(rule, first=first, after=after)
    left = -1 if rule.count is None else max(0, rule.count - max(1, skipped // _stride(rule)))
    for step in count(skipped, _stride(rule)):
        day, days = _span(rule, first, step)
        if day > before.date():
            return
        effort.spend(_SPAN)
        near = _find_days(rule, day, days)
        effort.spend(len(near))
        found = _find_moments(rule, first, near)
        effort.spend(_MOMENT * len(found))
        for at in _pick(found, rule.positions):
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
    """Return how many spans can be skipped without losing the phase, the count, nor a moment from `after` on."""
    if after <= first or (rule.count is not None and not _has_one_each(rule, first)):
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


def _has_one_each(rule: Rule, first: datetime) -> bool:
    """Tell whether every span surely has exactly one moment, the first one's own."""
    picked = replace(rule, interval=1, count=None, until=None, week_start=0)
    plain = Rule(rule.freq, days=((0, first.weekday()),) if rule.freq is Freq.WEEKLY else ())
    return picked == plain and rule.freq in {Freq.DAILY, Freq.WEEKLY}


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


def _find_moments(rule: Rule, first: datetime, days: list[date]) -> list[datetime]:
    """Return the moments of the rule in those of `days` that fit, in order."""
    clock = first.timetz()
    return [
        datetime.combine(each, clock.replace(hour=hour, minute=minute))
        for each in days
        if _fits(each, rule)
        for hour, minute in product(_hours(rule, first, each), rule.minutes or (first.minute,))
    ]


def _pick(found: list[datetime], positions: tuple[int, ...]) -> list[datetime]:
    """Return those of the moments of one span that BYSETPOS names; all, where there is none."""
    if not positions:
        return found
    places = {place - 1 if place > 0 else len(found) + place for place in positions}
    return [found[place] for place in sorted(places) if 0 <= place < len(found)]


def _find_days(rule: Rule, day: date, days: int) -> list[date]:
    """Return the days of one span that are worth looking at: those which one part of the rule names outright."""
    found: list[date] = []
    spans = [(day, days)]
    if rule.freq is Freq.YEARLY and rule.months:
        spans = [(day.replace(month=month), monthrange(day.year, month)[1]) for month in rule.months]
    by_month_day = rule.month_days and (rule.freq is Freq.MONTHLY or spans != [(day, days)])
    for start, length in spans:
        if by_month_day:
            places = sorted({number - 1 if number > 0 else length + number for number in rule.month_days})
        elif rule.days:
            weekdays = {(weekday - start.weekday()) % 7 for _, weekday in rule.days}
            places = [place for place in range(length) if place % 7 in weekdays]
        else:
            places = list(range(length))
        found += (start + timedelta(days=place) for place in places if 0 <= place < length)
    return found


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
    wanted = {nth for nth, weekday in rule.days if weekday == day.weekday()}
    # An ordinal means something in a month or a year only; elsewhere it is ignored, as most calendars do.
    if not wanted or 0 in wanted or rule.freq not in {Freq.MONTHLY, Freq.YEARLY} or rule.weeks:
        return bool(wanted)
    place, size = _day_of_year(day), 365 + isleap(day.year)
    if rule.freq is Freq.MONTHLY or rule.months:
        place, size = day.day, monthrange(day.year, day.month)[1]
    return not wanted.isdisjoint({(place - 1) // 7 + 1, -((size - place) // 7 + 1)})


def _day_of_year(day: date) -> int:
    return day.toordinal() - date(day.year, 1, 1).toordinal() + 1


def _week(day: date, week_start: int) -> tuple[int, int]:
    """Return which week of its year `day` is in, and how many that year has; its fourth day says which year it is."""
    fourth = day + timedelta(days=3 - (day.weekday() - week_start) % 7)
    return (_day_of_year(fourth) - 1) // 7 + 1, _weeks_of(fourth.year, fourth.weekday())


@lru_cache(maxsize=1024)
def _weeks_of(year: int, fourth: int) -> int:
    """Return how many weeks a year has, where `fourth` is the weekday of the fourth day of a week."""
    last = date(year, 12, 31)
    last -= timedelta(days=(last.weekday() - fourth) % 7)
    return (_day_of_year(last) - 1) // 7 + 1
