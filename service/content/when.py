"""
Times and names as people say them: days and times of day on the reader's clock, as CLDR has them for a language.

English without a country is that of Europe: a day before its month and 24 hours read alike everywhere, while ``en-US``
reads "Friday, December 4, 7:00 PM".
"""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, format_time, match_skeleton
from babel.lists import format_list

from service.content import Content
from service.core.interval import Interval

_UNPLACED = {"en": "en-150"}
_WEEKDAY = re.compile("E+")


def say_when(time: Interval, *, zone: ZoneInfo, content: Content) -> str:
    """Say when on the partner's clock, such as ``Friday 4 December, 19:00 to 21:00 (Europe/Berlin)``."""
    when = say_time(time, zone=zone, content=content)
    return content.messages.times["in_zone"].format(when=when, zone=zone.key)


def say_time(time: Interval, *, zone: ZoneInfo, content: Content) -> str:
    """Say the same where the reader knows whose clock it is."""
    start, end = time.start.astimezone(zone), time.end.astimezone(zone)
    locale = _locale(content.locale)
    words = content.messages.times["one_day" if start.date() == end.date() else "two_days"]
    return words.format(
        day=_say_day(start, locale),
        start=format_time(start, "short", locale=locale),
        last_day=_say_day(end, locale),
        end=format_time(end, "short", locale=locale),
    )


def say_names(names: Sequence[str], *, content: Content) -> str:
    """Say names as a list, such as ``Ana and Ben``."""
    return format_list(names, locale=_locale(content.locale))


def _say_day(moment: datetime, locale: Locale) -> str:
    """Say a day of the year without the year; CLDR has one pattern for every length of the weekday's name."""
    skeletons = locale.datetime_skeletons
    pattern = skeletons[match_skeleton("MMMMEEEEd", skeletons) or "MMMMEd"].pattern
    return format_datetime(moment, _WEEKDAY.sub("EEEE", pattern), locale=locale)


@lru_cache(maxsize=64)
def _locale(tag: str) -> Locale:
    return Locale.parse(_UNPLACED.get(tag, tag), sep="-")
