"""
What a sync shows of our own entries: what their owners moved or removed in their calendar is their answer.

Our own objects count as nobody's busy time, whatever name they have there and however they came: a mail program that
accepts an invitation puts it into the calendar too, and a feed shows it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from integrations.caldav.sync import Fetched
from integrations.errors import IntegrationError
from integrations.ical.invite import read_entry
from service.actions.hearing import act_on
from service.actions.house import House
from service.actions.invitations import as_parcel
from service.core.dates import Date
from service.core.echoes import Removed, hear
from service.core.invitations import Channel, Invite
from service.core.sync import Listed
from service.store import dates, entries, outbox
from service.store.calendars import Calendar
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.entries import Entry, EntryState
from service.workers.entries import as_seen
from service.workers.reading import Part

GONE_AGAIN = timedelta(minutes=5)  # after which an entry that is still gone was removed by its owner


@dataclass(slots=True)
class Listener:
    """Keeps our own objects apart while a calendar is read, and hears them at the end."""

    house: House
    calendar: Calendar
    partner: Partner
    uids: frozenset[bytes]
    mine: Mapping[str, Entry]
    _arrived: dict[str, Fetched] = field(default_factory=dict)

    @classmethod
    async def begin(cls, house: House, *, calendar: Calendar, partner: Partner) -> "Listener":
        """Listen for the dates ahead: `mine` are the entries of the calendar's owner, by their name."""
        async with house.database.read() as tx:
            ahead = await entries.ahead(tx, couple_id=partner.couple_id, now=house.now())
        mine = {each.href: each for each in ahead if each.partner_id == partner.id and each.href is not None}
        return cls(house, calendar, partner, frozenset(each.uid.encode() for each in ahead), mine)

    def take(self, part: Part) -> Part:
        """Return a part without what is ours in it."""
        ours = {name: each for name, each in part.arrived.items() if name in self.mine or self._is_ours(each)}
        if not ours:
            return part
        self._arrived.update(ours)
        rest = {name: each for name, each in part.arrived.items() if name not in ours}
        return Part(rest, part.unread)

    async def hear(self, listed: Listed) -> bool:
        """Act on what the entries say; return whether one is missing, so that the calendar is to be read again soon."""
        doubts = [await self._hear_one(name, entry, listed=listed) for name, entry in self.mine.items()]
        return any(doubts)

    def _is_ours(self, fetched: Fetched) -> bool:
        return any(uid in fetched.data for uid in self.uids)

    async def _hear_one(self, name: str, entry: Entry, *, listed: Listed) -> bool:
        if entry.applied is None:
            return False
        if name in listed.etags:
            await self._found(entry, self._arrived.get(name))
        elif self._holds(entry) and (listed.whole or name in listed.gone):
            return await self._missed(entry, now=self.house.now())
        return False

    def _holds(self, entry: Entry) -> bool:
        """Return whether the calendar is where the entry was last, and where it still should be."""
        return entry.calendar_id == self.calendar.id and entry.state is not EntryState.WITHDRAWN

    async def _found(self, entry: Entry, fetched: Fetched | None) -> None:
        """Hear an entry that is there: its owner may have put it into another of their calendars, or back."""
        is_where_it_was = entry.calendar_id == self.calendar.id and entry.missing_at is None
        if fetched is None or (fetched.etag == entry.etag and is_where_it_was):
            return
        try:
            seen = as_seen(read_entry(fetched.data, zone=self.partner.zone))
        except IntegrationError:
            return  # what cannot be read says nothing
        async with self.house.database.write() as tx:
            kept = await entries.find(tx, partner_id=entry.partner_id, date_id=entry.date_id)
            if (kept.applied, kept.state) != (entry.applied, entry.state):
                return  # a delivery was quicker, and looked for itself
            here = replace(kept, calendar_id=self.calendar.id, etag=fetched.etag)
            await entries.save(tx, replace(here, missing_at=None, state=EntryState.OPEN))
            date = (await dates.find(tx, couple_id=self.partner.couple_id, date_id=entry.date_id)).date
            if entry.state is not EntryState.OPEN or entry.calendar_id != self.calendar.id:
                await self._bring_again(tx, date)
        if heard := hear(date, applied=entry.applied, seen=seen):
            await act_on(self.house, heard, partner=self.partner, date=date, now=self.house.now())

    async def _bring_again(self, tx: Tx, date: Date) -> None:
        """Leave a parcel for an entry that is back: the date may have changed, or gone, while it was away."""
        parcel = as_parcel(Invite(self.partner.id, Channel.CALDAV), date=date)
        await outbox.post(tx, [replace(parcel, created_at=self.house.now())])

    async def _missed(self, entry: Entry, *, now: datetime) -> bool:
        """Return whether to look again: what is gone twice, while its calendar answers, was removed by its owner."""
        if entry.missing_at is not None and now - entry.missing_at >= GONE_AGAIN:
            await self._believe(entry, now=now)
            return False
        async with self.house.database.write() as tx:
            await entries.mark(tx, entry, state=entry.state, missing_at=entry.missing_at or now)
        return True

    async def _believe(self, entry: Entry, *, now: datetime) -> None:
        async with self.house.database.write() as tx:
            await entries.mark(tx, entry, state=EntryState.REMOVED, missing_at=entry.missing_at)
            date = (await dates.find(tx, couple_id=self.partner.couple_id, date_id=entry.date_id)).date
        await act_on(self.house, Removed(), partner=self.partner, date=date, now=now)
