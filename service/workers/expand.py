"""
From a calendar's bytes to what is kept of it, and from that to busy times in its owner's zone and by their policy.

Nothing of an entry but its scheduling properties leaves this module. An entry that cannot be read is counted, never
silently free.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from integrations.caldav.sync import Fetched
from integrations.errors import IntegrationError
from integrations.ical import busy as ical
from integrations.ical.bounded import BoundedReader
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
"""What is kept of an object that its server lists and does not hand out."""


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
        return [
            Read(as_known(each), b"", laid=_UNREADABLE)
            if isinstance(found, IntegrationError)
            else Read(as_known(each), found.stripped.content, laid=_lay(found.reading))
            for each, found in zip(fetched, taken, strict=True)
        ]

    async def lay_out(self, stripped: Mapping[str, bytes]) -> dict[str, Laid]:
        """Return what the objects of which something is kept contribute now, by name."""
        kept = {name: content for name, content in stripped.items() if content}
        readings = await self.reader.read_stripped_many(
            list(kept.values()),
            start=self.horizon.start,
            end=self.horizon.end,
            zone=self.partner.zone,
            policy=self._policy,
        )
        return {
            name: _UNREADABLE if isinstance(found, IntegrationError) else _lay(found)
            for name, found in zip(kept, readings, strict=True)
        }

    @property
    def _policy(self) -> ical.Policy:
        return ical.Policy(
            tentative=ical.Treat(self.calendar.tentative),
            unanswered=ical.Treat(self.calendar.unanswered),
            all_day=ical.Treat(self.calendar.all_day),
        )


def _lay(reading: ical.Reading) -> Laid:
    if len(reading.busy) > MOST_TIMES:
        return _UNREADABLE
    heap = Heap(
        busy=tuple(Interval(each.start, each.end) for each in reading.busy if each.kind is ical.Kind.BUSY),
        soft=tuple(Interval(each.start, each.end) for each in reading.busy if each.kind is ical.Kind.SOFT),
    )
    return Laid(heap, reading.unreadable)
