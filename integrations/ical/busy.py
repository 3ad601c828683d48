"""
From calendar bytes to busy times: all that this service keeps of somebody's calendar.

Everything is in UTC and half-open. A `Busy` has no title, place or name, so no later mistake can show one. What cannot
be read is counted, never taken for free time.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from integrations.errors import IntegrationError
from integrations.ical.events import Answer, Event, Reader
from integrations.ical.expand import Instance, expand
from integrations.ical.repeats import Effort
from integrations.ical.screen import Calendar, Component, screen


class Kind(StrEnum):
    """How taken a time is: SOFT may be offered where nothing better is left."""

    BUSY = "busy"
    SOFT = "soft"


@dataclass(frozen=True, slots=True, order=True)
class Busy:
    """A stretch of somebody's time that is taken."""

    start: datetime
    end: datetime
    kind: Kind


class Treat(StrEnum):
    """What an uncertain event counts as."""

    BUSY = "busy"
    SOFT = "soft"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Policy:
    """How the owner wants three kinds of events to count; where several apply, the freest does."""

    tentative: Treat = Treat.BUSY
    unanswered: Treat = Treat.BUSY
    all_day: Treat = Treat.BUSY


ALL_BUSY = Policy()

UNREAD = (IntegrationError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: busy times, merged by kind, sorted and clipped; and how many events could not be read."""

    busy: tuple[Busy, ...]
    unreadable: int


def read_busy(
    data: bytes,
    *,
    start: datetime,
    end: datetime,
    zone: ZoneInfo,
    me: Collection[str] = (),
    policy: Policy = ALL_BUSY,
) -> Reading:
    """
    Return when the owner of `data`, one CalDAV object or a whole feed, is busy between `start` and `end`.

    `zone` is where the owner's days, and floating times, are; `me` are the owner's mail addresses. Raises `Refused` or
    `Unreadable` where `data` as a whole is too large, or no calendar.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    found: list[Busy] = []
    unreadable = 0
    effort = Effort.for_window(end - start)
    for calendar in screen(data, me=me):
        reader = Reader.of(calendar, zone=zone)
        instances, refused = _read_instances(calendar, reader=reader, start=start, end=end, effort=effort)
        unreadable += refused
        kinds = ((instance, _kind_of(instance.event, policy)) for instance in instances)
        found += (Busy(max(each.start, start), min(each.end, end), kind) for each, kind in kinds if kind)
    return Reading(tuple(sorted(_merge(found))), unreadable)


def _read_instances(
    calendar: Calendar, *, reader: Reader, start: datetime, end: datetime, effort: Effort
) -> tuple[list[Instance], int]:
    """Return the instances of everything readable, and the count of what is not."""
    instances: list[Instance] = []
    unreadable = calendar.refused
    for series in calendar.series:
        events, refused = _read_series(series, reader=reader, start=start, end=end)
        unreadable += refused
        try:
            instances += expand(events, start=start, end=end, effort=effort)
        except UNREAD:
            unreadable += 1
    for component in calendar.periods:
        try:
            for period in reader.read_periods(component):
                instances += expand([period], start=start, end=end, effort=effort)
        except UNREAD:
            unreadable += 1
    return instances, unreadable


def _read_series(
    series: tuple[Component, ...], *, reader: Reader, start: datetime, end: datetime
) -> tuple[list[Event], int]:
    """Return the events of `series`, but not one that stands alone elsewhere, and the count of what is not readable."""
    events: list[Event] = []
    unreadable = 0
    for component in series:
        try:
            if len(series) > 1 or not reader.lies_outside(component, start=start, end=end):
                events.append(reader.read(component))
        except UNREAD:
            unreadable += 1
    return events, unreadable


def _kind_of(event: Event, policy: Policy) -> Kind | None:
    """Return how `event` counts, or None where it leaves its owner free."""
    if event.transparent or event.status == "CANCELLED" or event.answer is Answer.DECLINED:
        return None
    treats = {Treat.BUSY}
    if event.all_day:
        treats.add(policy.all_day)
    if event.status == "TENTATIVE" or event.answer is Answer.TENTATIVE:
        treats.add(policy.tentative)
    if event.answer is Answer.UNANSWERED:
        treats.add(policy.unanswered)
    if Treat.FREE in treats:
        return None
    return Kind.SOFT if Treat.SOFT in treats else Kind.BUSY


def _merge(found: Iterable[Busy]) -> Iterator[Busy]:
    """Yield the same times of each kind in as few stretches as possible, touching ones joined."""
    last: Busy | None = None
    for each in sorted(found, key=lambda busy: (busy.kind, busy.start)):
        if last and last.kind is each.kind and each.start <= last.end:
            last = Busy(last.start, max(last.end, each.end), each.kind)
            continue
        if last:
            yield last
        last = each
    if last:
        yield last
