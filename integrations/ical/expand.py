"""
From one series to its instances, in UTC (RFC 5545, sections 3.8.4.4 and 3.8.5).

Instances are told apart by the instant at which the rule puts them, in a series of whole days by the day. A whole day
among EXDATE or RECURRENCE-ID of a series of times means what begins on that day.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice

from integrations.ical.errors import Refused
from integrations.ical.events import MAX_TRAVEL, Event
from integrations.ical.repeats import Effort, repeat
from integrations.ical.values import Length, Moment

MAX_INSTANCES = 100_000


@dataclass(frozen=True, slots=True)
class Instance:
    """When something takes place, half-open and in UTC, and the event that says how it counts."""

    start: datetime
    end: datetime
    event: Event


def expand(events: Sequence[Event], *, start: datetime, end: datetime, effort: Effort) -> list[Instance]:
    """
    Return what of the `events` of one UID takes place between `start` and `end`.

    Of several versions the one with the highest SEQUENCE counts. A changed instance counts wherever it was moved from,
    and even where the rule does not know it. Raises `Refused` where that takes more than the `effort` left.
    """
    if not events:
        return []
    if len(events) == 1 and not (events[0].rules or events[0].extra or events[0].skipped):
        instances = [_place(events[0].start.at, events[0], events[0].length)]
    else:
        instances = list(_expand_series(events, start=start, end=end, effort=effort))
    return [each for each in instances if each.start < end and each.end > start and each.start < each.end]


def _place(face: datetime, event: Event, length: Length) -> Instance:
    end = length.end_of(face)
    begin = face.astimezone(UTC)
    return Instance(begin - event.travel if begin < end else begin, end, event)


def _expand_series(events: Sequence[Event], *, start: datetime, end: datetime, effort: Effort) -> Iterator[Instance]:
    latest = _latest(events)
    changes = [event for event in latest if event.replaces]
    single = {_instant(event) for event in changes if not event.onwards}
    for event in changes:
        if not event.onwards or _instant(event) not in single:
            yield _place(event.start.at, event, event.length)
    for event in latest:
        if not event.replaces:
            yield from _instances(event, changes, start=start, end=end, effort=effort)


def _instant(event: Event) -> datetime | None:
    return event.replaces.utc if event.replaces else None


def _latest(events: Sequence[Event]) -> list[Event]:
    versions: dict[tuple[datetime | None, bool], list[Event]] = {}
    for event in events:
        versions.setdefault((_instant(event), event.onwards), []).append(event)
    newest = {which: max(event.sequence for event in same) for which, same in versions.items()}
    return [event for which, same in versions.items() for event in same if event.sequence == newest[which]]


def _instances(
    series: Event, changes: Sequence[Event], *, start: datetime, end: datetime, effort: Effort
) -> Iterator[Instance]:
    """Yield the instances of `series` that are neither skipped nor changed, each as the last change onwards left it."""
    turns = sorted((_Turn.of(each, series) for each in changes if each.onwards), key=lambda turn: turn.at)
    reach = max((abs(turn.shift) for turn in turns), default=timedelta()) + MAX_TRAVEL
    lengths = [series.length, *(length for _, length in series.extra if length), *(turn.event.length for turn in turns)]
    after = start - reach - max(length.longest for length in lengths)
    gone = _marks(series, [*series.skipped, *(each.replaces for each in changes if each.replaces)])
    for at, (face, length) in _moments(series, after=after, before=end + reach, effort=effort).items():
        if at in gone or face.date() in gone:
            continue
        passed = bisect_right(turns, at, key=lambda turn: turn.at)
        yield turns[passed - 1].apply(face) if passed else _place(face, series, length)


def _moments(
    series: Event, *, after: datetime, before: datetime, effort: Effort
) -> dict[datetime, tuple[datetime, Length]]:
    """Return when the instances begin: the instant, the clock face, and the length, which a period gives by itself."""
    zone = series.start.at.tzinfo
    window = {"after": after.astimezone(zone), "before": before.astimezone(zone)}
    ruled = chain.from_iterable(repeat(rule, first=series.start.at, **window, effort=effort) for rule in series.rules)
    faces = list(islice(ruled, MAX_INSTANCES + 1)) or [series.start.at]
    if len(faces) > MAX_INSTANCES:
        raise Refused("a series of more than 100,000 instances")
    moments = {face.astimezone(UTC): (face, series.length) for face in faces}
    for moment, length in sorted(series.extra, key=lambda extra: extra[1] is not None):
        face = _face_of(moment, series)
        moments[face.astimezone(UTC)] = (face, length or series.length)
    return moments


def _face_of(moment: Moment, series: Event) -> datetime:
    """Return the clock face that `moment` means in `series`, where one of them is a day and the other a time."""
    if moment.whole_day == series.start.whole_day:
        return moment.at
    return datetime.combine(moment.at.date(), series.start.at.timetz())


def _marks(series: Event, moments: Sequence[Moment]) -> frozenset[date]:
    """Return the days and the instants (a datetime is a date, too) at which the rule of `series` does not hold."""
    by_day = series.start.whole_day
    return frozenset(each.at.date() if by_day or each.whole_day else each.utc for each in moments)


@dataclass(frozen=True, slots=True)
class _Turn:
    """From the instant `at` on, every instance is moved by `shift`, on the clock, and as `event` says."""

    at: datetime
    shift: timedelta
    event: Event

    @classmethod
    def of(cls, event: Event, series: Event) -> "_Turn":
        origin = _face_of(event.replaces or series.start, series)
        return cls(origin.astimezone(UTC), event.start.at - _on_clock_of(event, origin), event)

    def apply(self, face: datetime) -> Instance:
        return _place(_on_clock_of(self.event, face) + self.shift, self.event, self.event.length)


def _on_clock_of(event: Event, face: datetime) -> datetime:
    return face.astimezone(event.start.at.tzinfo).replace(fold=0)
