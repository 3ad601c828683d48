"""
Rules of repetition as they are written (RFC 5545, section 3.3.10). Weekdays are 0 (Monday) to 6.

What could keep this service busy for long is refused here; `repeats` walks the rest.
"""

import re
from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from functools import lru_cache

from integrations.ical.errors import Refused, Unreadable
from integrations.ical.values import LAST_YEAR, Moment, read_moment

MAX_INTERVAL = 9999
MAX_COUNT = 5000
MAX_TIMES_A_DAY = 24
MAX_LIST = 40
MAX_REMEMBERED = 100

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
_AS_USUAL = frozenset({"RSCALE=GREGORIAN", "SKIP=OMIT"})  # RFC 7529, sections 4.1 and 4.2
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
    read = _remember_rule if len(text) <= MAX_REMEMBERED else _read_rule
    return read(text, zone, whole_day)


def _read_rule(text: str, zone: tzinfo, whole_day: bool) -> Rule:  # noqa: FBT001 - positional, for the memory below
    parts = _split(text)
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


_remember_rule = lru_cache(maxsize=256)(_read_rule)  # a calendar has few rules, and many series


def tidy_rule(text: str, *, whole_day: bool = False) -> str:
    """Return the text of a rule that can be read, without the parts that mean nothing."""
    unread = {"BYHOUR", "BYMINUTE"} if whole_day else set()
    parts = {name: value for name, value in _split(text).items() if name not in unread}
    if _is_for_ever(parts.get("UNTIL")):
        del parts["UNTIL"]
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _split(text: str) -> dict[str, str]:
    parts = [part.strip() for part in text.upper().split(";")]
    telling = (part for part in parts if part and part not in _AS_USUAL and not part.startswith("X-"))
    return {name: value.strip() for name, _, value in (part.partition("=") for part in telling)}


def _is_for_ever(until: str | None) -> bool:
    """Tell whether that is how some write it: a year that nobody here lives to see, mostly 9999."""
    return until is not None and until[:4].isdecimal() and int(until[:4]) > LAST_YEAR


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
    if text is None or _is_for_ever(text):
        return None
    until = read_moment(text, zone=zone, days=zone)
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
