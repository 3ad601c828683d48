"""
What a calendar says of our own entry, as its owner left it: their way to answer without leaving their calendar.

What stands there as we wrote it says nothing, and so does what we have yet to write anew. Times are UTC.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.core.dates import Date
from service.core.interval import Interval


@dataclass(frozen=True, slots=True)
class Seen:
    """What an entry of ours says now: when it is, and whether its owner set it to cancelled there."""

    start: datetime
    end: datetime
    is_cancelled: bool

    def time(self, *, usual: timedelta) -> Interval:
        """Return its time; an entry without a length of its own, which calendars allow, has the `usual` one."""
        return Interval(self.start, self.end if self.end > self.start else self.start + usual)


@dataclass(frozen=True, slots=True)
class Dragged:
    """The owner moved the entry: they propose another time."""

    time: Interval


@dataclass(frozen=True, slots=True)
class Removed:
    """The owner removed or cancelled the entry: not this time."""


Heard = Dragged | Removed


def hear(date: Date, *, applied: int | None, seen: Seen) -> Heard | None:
    """
    Return what its owner says with the entry they have; None where they say nothing.

    `applied` is the sequence that was last written there. Where that was before the present time of the date, what
    stands there is an answer to nothing that counts any more, and is about to be written over.
    """
    if not date.is_open or applied is None or applied < date.timed:
        return None
    if seen.is_cancelled:
        return Removed()
    time = seen.time(usual=date.time.length)
    return None if time == date.time else Dragged(time)
