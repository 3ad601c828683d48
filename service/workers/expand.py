"""
From a calendar's bytes to what is kept of it, and from that to busy times in its owner's zone and by their policy.

Nothing of an entry but its scheduling properties leaves this module. An entry that cannot be read is counted, never
silently free, and kept without ETag and digest, so that it is asked for and read again. Where the reader is to blame
and not the entry, nothing is known of it: `ReaderIll` goes up, and whoever asked tries again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from integrations.caldav.sync import Fetched
from integrations.errors import IntegrationError
from integrations.ical import busy as ical
from integrations.ical.bounded import BoundedReader
from integrations.ical.stripped import Taken
from service.core.interval import Interval
from service.core.sync import Known
from service.store.busy import NOTHING, Heap, Laid, Read
from service.store.calendars import Calendar
from service.store.couples import Partner

BEHIND = timedelta(days=1)
AHEAD = timedelta(weeks=20)
ROLL_BEFORE = timedelta(weeks=14)  # recurring entries are laid out anew while 13 weeks are still covered
MOST_TIMES = 5_000  # of one object within the horizon; more is no calendar but an attack
_UNREADABLE = Laid(NOTHING, unreadable=1)
UNREAD = Read(Known("", b""), b"", laid=_UNREADABLE)
"""What is kept of an object that its server lists and does not hand out, or that says nothing understandable."""


def find_horizon(now: datetime) -> Interval:
    """Return the stretch in which recurring entries are laid out."""
    return Interval(now - BEHIND, now + AHEAD)


def is_due_anew(calendar: Calendar, *, now: datetime) -> bool:
    """Return whether what is kept must be laid out again: for another zone or policy, or further ahead."""
    if calendar.horizon_end is None or calendar.edition != calendar.read_edition:
        return True
    return calendar.horizon_end < now + ROLL_BEFORE


def as_known(fetched: Fetched) -> Known:
    return Known(fetched.etag, sha256(fetched.data).digest())


def says_nothing(read: Read) -> bool:
    """Return whether nothing could be read of an object, so that what was known of it before is the better guess."""
    return read.laid.unreadable > 0 and read.laid.heap == NOTHING


@dataclass(frozen=True, slots=True)
class Expander:
    """Reads one partner's calendar, under the hard limits of `reader`."""

    reader: BoundedReader
    calendar: Calendar
    partner: Partner
    horizon: Interval

    async def read(self, fetched: Sequence[Fetched]) -> list[Read]:
        """Return what is to be kept of each object, in their order."""
        taken = await self.reader.read_many(
            [each.data for each in fetched],
            start=self.horizon.start,
            end=self.horizon.end,
            zone=self.partner.zone,
            me=(self.partner.address,),
            policy=self._policy,
        )
        return [_keep(each, found=found) for each, found in zip(fetched, taken, strict=True)]

    async def lay_out(self, stripped: Mapping[str, bytes]) -> dict[str, Laid]:
        """Return by name what the objects of which something is kept contribute now; those that cannot be read lack."""
        kept = {name: content for name, content in stripped.items() if content}
        readings = await self.reader.read_stripped_many(
            list(kept.values()),
            start=self.horizon.start,
            end=self.horizon.end,
            zone=self.partner.zone,
            policy=self._policy,
        )
        laid = {name: _lay(found) for name, found in zip(kept, readings, strict=True)}
        return {name: each for name, each in laid.items() if each is not _UNREADABLE}

    @property
    def _policy(self) -> ical.Policy:
        return ical.Policy(
            tentative=ical.Treat(self.calendar.tentative),
            unanswered=ical.Treat(self.calendar.unanswered),
            all_day=ical.Treat(self.calendar.all_day),
        )


def _keep(fetched: Fetched, *, found: Taken | IntegrationError) -> Read:
    if isinstance(found, IntegrationError):
        return UNREAD
    laid = _lay(found.reading)
    return Read(UNREAD.known if laid.unreadable else as_known(fetched), found.stripped.content, laid=laid)


def _lay(reading: ical.Reading | IntegrationError) -> Laid:
    if isinstance(reading, IntegrationError) or len(reading.busy) > MOST_TIMES:
        return _UNREADABLE
    heap = Heap(
        busy=tuple(Interval(each.start, each.end) for each in reading.busy if each.kind is ical.Kind.BUSY),
        soft=tuple(Interval(each.start, each.end) for each in reading.busy if each.kind is ical.Kind.SOFT),
    )
    return Laid(heap, reading.unreadable)
