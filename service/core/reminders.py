"""
When to be reminded of a small gesture.

A moment is drawn, never set: it lies in the hours that suit some gesture's cue on the person's clock, outside their
quiet hours and whatever stands in their calendar, and in an hour of the couple that is theirs. The week is cut into as
many equal cells as reminders are wanted, and each cell holds at most one moment: so never two at once, never more than
wanted, never at a fixed hour. Only one's own time goes into it, so that no moment tells anything of the partner.

Moments are UTC and whole seconds; quiet hours and cues are wall time in the person's own zone.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count, pairwise
from math import ceil
from types import MappingProxyType
from zoneinfo import ZoneInfo

from service.core.chance import draw
from service.core.errors import Invalid
from service.core.gestures import CHANNELS
from service.core.hours import Window, to_utc
from service.core.spans import Span, Spans, find_gaps, intersect_spans, merge_spans

MOST_A_WEEK = 7
ANY_HOUR = frozenset[str]()
"""In place of cues: no cue is asked for."""

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_ANCHOR = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday; cells are counted from here
_LEAST = 300  # seconds; a welcome moment lasts at least as long as it takes to read and do
_PAUSE = timedelta(hours=6)  # two cells meet at an instant: without a pause their moments could too
_MOST_CELLS = 100
_HOUR, _HOURS_A_DAY, _MINUTES_A_DAY = 3600, 24, 24 * 60
_HALF_A_DAY = 12 * _HOUR  # no cue's hours take longer, and none begins again sooner
_SATURDAY = 5

_CUE_HOURS: Mapping[str, tuple[time, time]] = MappingProxyType(
    {
        "morning_coffee": (time(6, 30), time(10)),
        "lunch_message": (time(11, 30), time(13, 30)),
        "at_the_door": (time(16, 30), time(19)),
        "after_dinner": (time(18, 30), time(21)),
        "before_sleep": (time(20, 30), time(23)),
        "weekend": (time(9), time(20)),
    }
)
"""The hours of a day that each cue of `service.core.gestures` means; the weekend's are those of Saturday and Sunday."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one person wants to be reminded: `per_week` 0 is never; `quiet` is read in `zone`, None for never."""

    per_week: int
    channels: frozenset[str]
    quiet: Window | None
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if not 0 <= self.per_week <= MOST_A_WEEK:
            raise Invalid(f"Reminders can come 0 to {MOST_A_WEEK} times a week.")
        if not self.channels <= frozenset(CHANNELS):
            raise Invalid(f"Gestures are of these kinds: {', '.join(CHANNELS)}.")


@dataclass(frozen=True, slots=True)
class Rota:
    """
    Which hours of the day are whose: every other hour (UTC), and chance says each day with whom it begins.

    It is the same whether or not the other wants reminders, so that nothing follows from it. `couple` seeds it.
    """

    couple: str
    is_second: bool

    def is_mine(self, hour: int) -> bool:
        """Return whether the hour that many hours after 1970 is mine."""
        return (hour + _first_turn(self.couple, hour // _HOURS_A_DAY)) % 2 == self.is_second

    def cut(self, spans: Iterable[Span]) -> Iterator[Span]:
        """Yield what of each span lies in hours of mine."""
        for start, end in spans:
            for hour in range(start // _HOUR, -(-end // _HOUR)):
                if self.is_mine(hour):
                    yield max(start, hour * _HOUR), min(end, (hour + 1) * _HOUR)


@dataclass(frozen=True, slots=True)
class Own:
    """
    One person's own side of a reminder: their wishes, hours and time.

    `taken` is when they are busy, maybe busy, or on a date, merged, one `Spans` a calendar.
    """

    wishes: Wishes
    rota: Rota
    taken: tuple[Spans, ...]


def next_due(now: datetime, *, last: datetime | None, own: Own, cues: Collection[str], seed: str) -> datetime | None:
    """
    Return the next moment for a reminder that fits one of `cues`, from `now` on; None where there is none.

    `last` is the moment of the latest one, whose cell is used up. The same arguments give the same moment.
    """
    if own.wishes.per_week == 0 or not cues:
        return None
    length = _WEEK / own.wishes.per_week
    first = (now - _ANCHOR) // length
    if last is not None:
        first = max(first, (last - _ANCHOR) // length + 1)
    for number in count(first):
        if number > first + _MOST_CELLS:
            return None
        start, end = _ANCHOR + number * length, _ANCHOR + (number + 1) * length
        start = max(start, now, last + _PAUSE) if last else max(start, now)
        moments = _welcome(_span(start, end), own=own, cues=frozenset(cues))
        if moments:
            return _draw_moment(moments, chance=draw(seed, "moment", str(number)))
    return None


def is_welcome(now: datetime, *, own: Own, cues: Collection[str]) -> bool:
    """Return whether a reminder that fits one of `cues` may arrive now; with `ANY_HOUR` in hours of the other's too."""
    instant = int(now.timestamp())
    return bool(_welcome((instant, instant + _LEAST), own=own, cues=frozenset(cues)))


def first_welcome(at: datetime, *, own: Own) -> datetime | None:
    """Return the first moment from `at` on, within a week, at which a reminder may arrive that fits any hour."""
    moments = _welcome(_span(at, at + _WEEK), own=own, cues=ANY_HOUR)
    return _moment(moments[0][0]) if moments else None


def soon(at: datetime, *, own: Own, cue: str, seed: str) -> datetime | None:
    """Return a moment that fits the cue on the first day from `at` on that has one, within two weeks."""
    moments = _welcome(_span(at, at + 2 * _WEEK), own=own, cues=frozenset({cue}))
    of_that_day = [each for each in moments if each[0] < moments[0][0] + _HALF_A_DAY]
    return _draw_moment(of_that_day, chance=draw(seed, "soon", at.isoformat())) if moments else None


def cues_at(moment: datetime, *, zone: ZoneInfo) -> frozenset[str]:
    """Return the cues whose hours those are on the clock of `zone`."""
    there = moment.astimezone(zone)
    return frozenset(cue for cue, (start, end) in _cues_of(there.weekday(), _CUE_HOURS) if start <= there.time() < end)


def _welcome(within: Span, *, own: Own, cues: frozenset[str]) -> list[Span]:
    zone, quiet = own.wishes.zone, own.wishes.quiet
    first, last = (datetime.fromtimestamp(each, zone).date() for each in within)
    days = (first + number * _DAY for number in range((last - first).days + 1))
    hours = merge_spans(span for day in days for span in _hours_of_day(day, zone=zone, quiet=quiet, cues=cues))
    gaps = find_gaps(own.taken, within=within, least=_LEAST)
    open_hours = intersect_spans(hours, gaps)
    mine = own.rota.cut(open_hours) if cues else open_hours
    return [(start, end) for start, end in mine if end - start >= _LEAST]


@lru_cache(maxsize=1 << 14)
def _hours_of_day(day: date, *, zone: ZoneInfo, quiet: Window | None, cues: frozenset[str]) -> tuple[Span, ...]:
    """Return the hours of a day that fit one of `cues`, the whole day without any, without quiet hours."""
    asked = [_minutes(*hours) for _, hours in _cues_of(day.weekday(), cues)] if cues else [(0, _MINUTES_A_DAY)]
    edges = [(0, 0), *sorted(_quiet_of(day.weekday(), quiet)), (_MINUTES_A_DAY, _MINUTES_A_DAY)]
    loud = [(end, start) for (_, end), (start, _) in pairwise(edges) if end < start]
    walls = intersect_spans(merge_spans(sorted(asked)), loud)
    spans = ((_at(day, start, zone=zone), _at(day, end, zone=zone)) for start, end in walls)
    return tuple((start, end) for start, end in spans if start < end)  # a change of clocks may swallow one


@lru_cache(maxsize=1 << 14)
def _first_turn(couple: str, day: int) -> bool:
    return draw(couple, "rota", str(day)) < 0.5  # noqa: PLR2004 - a coin


def _cues_of(weekday: int, cues: Iterable[str]) -> list[tuple[str, tuple[time, time]]]:
    return [(cue, _CUE_HOURS[cue]) for cue in cues if cue != "weekend" or weekday >= _SATURDAY]


def _quiet_of(weekday: int, quiet: Window | None) -> Iterator[Span]:
    """Yield the quiet minutes of a day: those that begin in it, and what the night before leaves over."""
    if quiet is None:
        return
    start, end = quiet.start.hour * 60 + quiet.start.minute, quiet.end.hour * 60 + quiet.end.minute
    goes_over = end <= start
    if weekday in quiet.days:
        yield start, _MINUTES_A_DAY if goes_over else end
    if goes_over and (weekday - 1) % 7 in quiet.days:
        yield 0, end


def _minutes(start: time, end: time) -> Span:
    return start.hour * 60 + start.minute, end.hour * 60 + end.minute


def _at(day: date, minutes: int, *, zone: ZoneInfo) -> int:
    days, rest = divmod(minutes, _MINUTES_A_DAY)
    return int(to_utc(day + days * _DAY, time(rest // 60, rest % 60), zone=zone).timestamp())


def _draw_moment(moments: Sequence[Span], *, chance: float) -> datetime:
    # none in the last minutes of a stretch: too late to read it and do it
    rooms = [end - start - _LEAST for start, end in moments]
    left = int(sum(rooms) * chance)
    for (start, _), room in zip(moments, rooms, strict=True):
        if left <= room:
            return _moment(start + left)
        left -= room
    return _moment(moments[-1][0])


def _span(start: datetime, end: datetime) -> Span:
    return ceil(start.timestamp()), int(end.timestamp())


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
