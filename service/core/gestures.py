"""
Small gestures: which one, and when to be reminded of it.

A reminder goes only to the person who switched them on, about what they may do. Moments are UTC; quiet hours are wall
time in the person's own zone. The week is cut into as many equal cells as reminders are wanted, and each cell holds at
most one moment, drawn among the minutes at which it is welcome: so never two at once, never more than wanted, never at
a fixed hour.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from service.core.chance import draw
from service.core.errors import Invalid
from service.core.hours import Window, open_hours
from service.core.interval import Interval, merge, subtract

CHANNELS = ("touch", "words", "acts", "time", "gift")
CUES = ("after_dinner", "at_the_door", "before_sleep", "morning_coffee", "lunch_message", "weekend")
MOST_A_WEEK = 7
_WEEK = timedelta(days=7)
_ANCHOR = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday; cells are counted from here
_SHORTEST_MOMENT = timedelta(minutes=5)  # a welcome moment lasts at least as long as it takes to read and do
_PAUSE = timedelta(hours=6)  # two cells meet at an instant: without a pause their moments could too
_HORIZON_CELLS = 100


@dataclass(frozen=True, slots=True)
class Gesture:
    """One small thing a person may do; `channel` and `cue` are of the closed lists above."""

    id: str
    title: str
    line: str
    minutes: int
    channel: str
    cue: str
    repeat_after_days: int
    only_if_welcome: bool


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


def next_due(
    now: datetime, *, last: datetime | None, wishes: Wishes, avoid: Iterable[Interval], seed: str
) -> datetime | None:
    """
    Return the next moment for a reminder, from `now` on, or None where none is wanted or possible.

    `last` is the moment of the latest one, whose cell is used up; `avoid` is when the person is busy or on a date.
    The same arguments give the same moment.
    """
    if wishes.per_week == 0 or not wishes.channels:
        return None
    length = _WEEK / wishes.per_week
    first = (now - _ANCHOR) // length
    if last is not None:
        first = max(first, (last - _ANCHOR) // length + 1)
    busy = merge(avoid)
    for number in count(first):
        if number > first + _HORIZON_CELLS:
            return None
        start, end = _ANCHOR + number * length, _ANCHOR + (number + 1) * length
        cell = Interval(max(start, now, last + _PAUSE) if last else max(start, now), end)
        moments = _welcome(cell, wishes=wishes, busy=busy)
        if moments:
            return _draw_moment(moments, chance=draw(seed, "moment", str(number)))
    return None


def is_welcome(now: datetime, *, wishes: Wishes, avoid: Iterable[Interval]) -> bool:
    """Return whether a reminder may arrive now."""
    instant = Interval(now, now + _SHORTEST_MOMENT)
    return bool(_welcome(instant, wishes=wishes, busy=merge(avoid)))


def first_welcome(at: datetime, *, wishes: Wishes, avoid: Iterable[Interval]) -> datetime | None:
    """Return the first moment from `at` on, within a week, at which a reminder may arrive."""
    moments = _welcome(Interval(at, at + _WEEK), wishes=wishes, busy=merge(avoid))
    return moments[0].start if moments else None


def choose_gesture(
    gestures: Iterable[Gesture],
    *,
    channels: Collection[str],
    never: Collection[str],
    latest: Mapping[str, datetime],
    now: datetime,
    seed: str,
) -> Gesture | None:
    """
    Return a gesture of the wanted kinds that was not suggested within its own pause, or None where none is left.

    `never` are the ids of those the person does not want; `latest` is when each was last suggested or done.
    """
    fitting = [
        gesture
        for gesture in gestures
        if gesture.channel in channels
        and gesture.id not in never
        and (gesture.id not in latest or latest[gesture.id] + timedelta(days=gesture.repeat_after_days) <= now)
    ]
    return min(fitting, key=lambda gesture: draw(seed, "gesture", gesture.id, now.isoformat()), default=None)


def _welcome(cell: Interval, *, wishes: Wishes, busy: Sequence[Interval]) -> list[Interval]:
    quiet = open_hours([wishes.quiet], zone=wishes.zone, during=cell) if wishes.quiet else []
    free = subtract(cell, merge([*busy, *quiet]))
    return [moment for moment in free if moment.length >= _SHORTEST_MOMENT]


def _draw_moment(moments: Sequence[Interval], *, chance: float) -> datetime:
    # none in the last minutes of a stretch: too late to read it and do it
    rooms = [moment.length - _SHORTEST_MOMENT for moment in moments]
    left = sum(rooms, timedelta(0)) * chance
    for moment, room in zip(moments, rooms, strict=True):
        if left <= room:
            return moment.start + left
        left -= room
    return moments[-1].start
