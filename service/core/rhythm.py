"""
The rhythm of a couple: a date about every so many days, kept by one soft hold that is pencilled ahead.

Days are counted on both partners' clocks, and where those differ the later one decides. Moments are UTC. Which of the
two is which is no argument anywhere here, and nothing is left to chance, so both see one and the same hold.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from service.core.dates import Date, Origin, PartStat, Status
from service.core.errors import Invalid
from service.core.hours import to_utc
from service.core.interval import Interval
from service.core.slots import Slot, next_quarter

NOTICE = timedelta(hours=24)  # which a hold leaves to say yes, and within which nothing moves by itself
IDEA_AHEAD = timedelta(days=3)  # before a hold, when it gets its idea
SHORT = timedelta(minutes=20)  # of a date where there is no time for a longer one
MOST_DAYS = 60
_A_DAY_OFF = 100  # what a day further from the best one costs; a slot is worth up to 1000
_PERHAPS_NEEDED = 400  # what it costs that somebody may still need some of the slot
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A date about every `about_days` days, never sooner than `least_days` after the last; raises `Invalid`."""

    about_days: int = 7
    least_days: int = 5
    most_days: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.least_days <= self.about_days <= self.most_days <= MOST_DAYS:
            raise Invalid(f"A rhythm is about so many days, at least and at most so many: 1 to {MOST_DAYS}, in order.")


@dataclass(frozen=True, slots=True)
class Due:
    """Where the next hold should lie: within `window`, best on the day that begins at `target`."""

    window: Interval
    target: datetime


@dataclass(frozen=True, slots=True)
class Outlook:
    """The date ahead that keeps the rhythm, or where a hold is due; neither after one that came to nothing."""

    next: Date | None = None
    due: Due | None = None


def look_ahead(dates: Iterable[Date], *, rhythm: Rhythm, now: datetime, zones: Iterable[ZoneInfo]) -> Outlook:
    """
    Return how the rhythm stands, given the couple's `dates` since a few days before `now`, called off ones among them.

    One that came to nothing keeps its place: nobody is asked again before its evening is over, nor soon after.
    """
    clocks = frozenset(zones)
    known = sorted(dates, key=lambda each: each.time)
    last = max((each.time.start for each in known if each.time.end <= now), default=None)
    due = next_window(last, rhythm=rhythm, now=now, zones=clocks)
    ahead = [each for each in known if each.time.end > now]
    live = [each for each in ahead if each.status is not Status.CANCELLED]
    if live and live[0].time.start < due.window.end:
        return Outlook(next=live[0])
    if ahead and ahead[0].time.start < due.window.end:
        return Outlook()
    if not live:
        return Outlook(due=due)
    before = _end_before(live[0], rhythm=rhythm, zones=clocks)
    if before <= due.window.start:
        return Outlook(next=live[0])
    return Outlook(due=Due(Interval(due.window.start, min(before, due.window.end)), due.target))


def next_window(last: datetime | None, *, rhythm: Rhythm, now: datetime, zones: Iterable[ZoneInfo]) -> Due:
    """
    Return where the next hold should lie: from the least to the most days after the day of `last`, the latest date.

    After a long gap, and before the first date, it begins with the next day, and is no longer: nothing is caught up on.
    """
    earliest = _earliest(now)
    spread, best = (timedelta(days=each - rhythm.least_days) for each in (rhythm.most_days, rhythm.about_days))
    starts, targets, ends = zip(
        *(
            (_midnight(first, zone=zone), _midnight(first + best, zone=zone), _midnight(first + spread, 1, zone=zone))
            for zone in zones
            for first in [_first_day(last, rhythm=rhythm, earliest=earliest, zone=zone)]
        ),
        strict=True,
    )
    return Due(Interval(max(earliest, *starts), max(ends)), max(targets))


def choose_hold(
    slots: Sequence[Slot], *, due: Due, length: timedelta, zones: Iterable[ZoneInfo], soft: Iterable[Interval] = ()
) -> Interval | None:
    """
    Return the time for a hold, near the best day and in a good slot; None where the window has no room.

    It is as long as the couple's wish, `length`, or 20 minutes where no slot is. `soft` is time that either of them may
    still need.
    """
    clocks, perhaps = frozenset(zones), tuple(soft)
    for long in (length, SHORT):
        holds = [(slot, hold) for slot in slots for hold in _begin(slot.time, within=due.window, length=long)]
        if holds:
            return min((_cost(slot, hold, due=due, zones=clocks, soft=perhaps), hold) for slot, hold in holds)[1]
    return None


def is_soft(date: Date, *, now: datetime) -> bool:
    """Return whether the date is a hold that may still be laid elsewhere: nobody said yes, and it is not near."""
    return (
        date.origin is Origin.RHYTHM
        and date.status is Status.TENTATIVE
        and PartStat.ACCEPTED not in date.answers.values()
        and date.time.start >= _earliest(now)
    )


def wants_idea(date: Date, *, now: datetime) -> bool:
    """Return whether it is time to fill in what a hold is for."""
    return _lacks_idea(date) and now < date.time.start <= now + IDEA_AHEAD


def next_look(date: Date, *, now: datetime) -> datetime:
    """Return when the date that keeps the rhythm is to be looked at again, unless something happens before."""
    idea_at = date.time.start - IDEA_AHEAD
    return idea_at if _lacks_idea(date) and idea_at > now else date.time.end


def _earliest(now: datetime) -> datetime:
    return next_quarter(now + NOTICE)


def _lacks_idea(date: Date) -> bool:
    return date.origin is Origin.RHYTHM and date.idea_id is None and date.is_open


def _first_day(last: datetime | None, *, rhythm: Rhythm, earliest: datetime, zone: ZoneInfo) -> date:
    soonest = earliest.astimezone(zone).date()
    return soonest if last is None else max(soonest, _day(last, zone) + timedelta(days=rhythm.least_days))


def _end_before(following: Date, *, rhythm: Rhythm, zones: Iterable[ZoneInfo]) -> datetime:
    """Return where a window ends that leaves the least days before the date that follows."""
    least = timedelta(days=rhythm.least_days)
    return min(_midnight(_day(following.time.start, zone) - least, 1, zone=zone) for zone in zones)


def _begin(slot: Interval, *, within: Interval, length: timedelta) -> list[Interval]:
    """Return the time of that length with which the slot begins, on the quarter of an hour where it can; or nothing."""
    start, end = max(slot.start, within.start), min(slot.end, within.end)
    starts = (each for each in (next_quarter(start), start) if each + length <= end)
    return [Interval(start, start + length) for start in starts][:1]


def _cost(slot: Slot, hold: Interval, *, due: Due, zones: Iterable[ZoneInfo], soft: Iterable[Interval]) -> int:
    off = max(abs(_day(hold.start, zone) - _day(due.target, zone)) for zone in zones).days
    # of the whole slot, because a beginning that steps around soft time would draw its edges
    perhaps = any(each.overlaps(slot.time) for each in soft)
    return off * _A_DAY_OFF + perhaps * _PERHAPS_NEEDED - round(slot.score * 1000)


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _midnight(day: date, later: int = 0, *, zone: ZoneInfo) -> datetime:
    return to_utc(day + later * _ONE_DAY, time(0), zone=zone)
