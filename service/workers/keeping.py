"""
Writing down what a sync brought: bit by bit where it is much, else all at once.

Objects may be written before the token that stands for them, never after it: what is fetched twice does no harm. Every
write asks first whether the calendar is still ours to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.actions import clashes, cover
from service.actions.house import House
from service.core.sync import Known, Listed, find_gone, is_emptied, plan
from service.store import busy, entries, objects, turns
from service.store.busy import Read
from service.store.calendars import Calendar, Role
from service.store.engine import Tx
from service.workers.expand import UNREAD, Expander, as_known, says_nothing
from service.workers.reading import Part

AT_ONCE = 200  # objects written in one transaction


class LeaseLost(Exception):
    """Another worker has the calendar by now; what was read is not written."""


@dataclass(slots=True)
class Haul:
    """What came and is not written yet, by name."""

    read: dict[str, Read] = field(default_factory=dict)
    touched: dict[str, Known] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)

    @property
    def is_full(self) -> bool:
        return len(self.read) + len(self.touched) >= AT_ONCE


@dataclass(frozen=True, slots=True)
class Keeper:
    """Keeps what is read of one calendar, for the worker `owner` that holds it."""

    house: House
    expander: Expander
    owner: str

    async def lay_out(self) -> Calendar:
        """
        Lay out anew all that is kept, without the network, and return the calendar as it is then.

        Of an object that cannot be read any more the last known times stay, and it is asked for again.
        """
        calendar = self.expander.calendar
        async with self.house.database.read() as tx:
            stripped = await busy.stripped_objects(tx, calendar_id=calendar.id)
        laid = await self.expander.lay_out(stripped)
        lost = {name for name, content in stripped.items() if content} - laid.keys()
        async with self.house.database.write() as tx:
            await busy.replace(
                tx, calendar_id=calendar.id, read={}, touched=dict.fromkeys(lost, UNREAD.known), dropped=()
            )
            unreadable = await busy.lay_out(tx, calendar_id=calendar.id, laid=laid)
            end = self.expander.horizon.end
            done = replace(calendar, read_edition=calendar.edition, horizon_end=end, unreadable=unreadable)
            if not await turns.record_kept(tx, done, owner=self.owner):
                raise LeaseLost
            await self._notice_cover(tx)
        return done

    async def find_known(self, listed: Listed) -> Mapping[str, Known]:
        """Return what is known of the objects the server told of; of all of them where it told of all."""
        calendar_id = self.expander.calendar.id
        async with self.house.database.read() as tx:
            if listed.whole:
                return await busy.known_objects(tx, calendar_id=calendar_id)
            return await objects.known_among(tx, calendar_id=calendar_id, names=listed.etags.keys() | listed.gone)

    async def is_emptied(self, known: Mapping[str, Known], *, listed: Listed) -> bool:
        """Return whether nothing but our own dates would be left of a calendar that held more."""
        if not find_gone(known, listed=listed):
            return False
        async with self.house.database.read() as tx:
            own = await entries.own_names(tx, couple_id=self.expander.partner.couple_id)
            if not is_emptied(known, listed=listed, own=own):
                return False
            return await objects.are_all(tx, calendar_id=self.expander.calendar.id, names=known.keys())

    async def add(self, haul: Haul, part: Part, *, known: Mapping[str, Known]) -> None:
        """
        Read those objects of a part whose bytes are new, and add to `haul` what is to be written of it all.

        Of an object that is not handed out or says nothing understandable the last known times stay; it is counted as
        unreadable, and asked for again as long as it lacks an ETag.
        """
        here = {name: as_known(each) for name, each in part.arrived.items()}
        steps = plan(known, arrived=here)
        names = sorted(steps.read)
        reads = await self.expander.read([part.arrived[name] for name in names])
        found = dict(zip(names, reads, strict=True)) | dict.fromkeys(part.unread, UNREAD)
        stays = {name for name, each in found.items() if name in known and says_nothing(each)}
        haul.read.update((name, each) for name, each in found.items() if name not in stays)
        haul.touched.update((name, here[name]) for name in steps.touch if known[name] != here[name])
        haul.touched.update((name, UNREAD.known) for name in stays)

    async def write_some(self, haul: Haul, calendar: Calendar) -> Calendar:
        """Write what came so far, and how far that is; returns the calendar as it is then."""
        async with self.house.database.write() as tx:
            kept = await self._write(tx, haul, calendar)
            await turns.record_kept(tx, kept, owner=self.owner)
        return kept

    async def finish(self, haul: Haul, calendar: Calendar, *, due_at: datetime | None) -> datetime | None:
        """Write what came last, with the token that stands for all of it; do with the calendar as `record_sync`."""
        async with self.house.database.write() as tx:
            kept = await self._write(tx, haul, calendar)
            return await turns.record_sync(tx, kept, owner=self.owner, due_at=due_at)

    async def _write(self, tx: Tx, haul: Haul, calendar: Calendar) -> Calendar:
        if not await turns.holds(tx, calendar_id=calendar.id, partner_id=calendar.partner_id, owner=self.owner):
            raise LeaseLost
        # looked up last, because a date may have been penciled in since: it is no reason against itself
        partner = self.expander.partner
        own = await entries.own_names(tx, couple_id=partner.couple_id)
        unreadable = await busy.replace(
            tx,
            calendar_id=calendar.id,
            read={name: each for name, each in haul.read.items() if name not in own},
            touched={name: each for name, each in haul.touched.items() if name not in own},
            dropped=haul.dropped | (haul.touched.keys() & own),
        )
        if haul.read or haul.dropped:
            await clashes.notice(tx, partner=partner, now=self.house.now())
            await self._notice_cover(tx)
        return replace(
            calendar,
            unreadable=unreadable,
            read_edition=calendar.edition,
            horizon_end=calendar.horizon_end or self.expander.horizon.end,
        )

    async def _notice_cover(self, tx: Tx) -> None:
        if self.expander.calendar.role is Role.COVER:
            couple_id = self.expander.partner.couple_id
            await cover.notice(tx, house=self.house, couple_id=couple_id, now=self.house.now())
