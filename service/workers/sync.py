"""
Reading calendars that are due: claim, read the changes with no transaction open, plan, expand, record.

A calendar that does not answer keeps its last known times; its owner alone is told, once, and only where they can do
something about it. Nothing of an entry but its scheduling properties and its times is written down.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.caldav.client import Account, connect
from integrations.caldav.multistatus import find_key
from integrations.caldav.sync import Changes, read_changes
from integrations.errors import AddressRefused, IntegrationError, LoginRefused
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from service import ids, log
from service.actions.connect import as_refusal
from service.actions.house import House
from service.core.chance import draw
from service.core.interval import Interval
from service.core.retry import wait_after
from service.core.sync import Known, plan
from service.store import busy, calendars, couples, dates, outbox, turns
from service.store.access import Access
from service.store.calendars import Calendar
from service.store.couples import Partner
from service.store.outbox import Kind, Parcel
from service.workers.expand import Expander, as_known, find_horizon, is_due_anew

EVERY = timedelta(minutes=15)
LEASE = timedelta(minutes=15)
DEADLINE = timedelta(minutes=10)  # of one calendar, within the lease
AT_ONCE = 4


class LeaseLost(Exception):
    """Another worker has the calendar by now; what was read is not written."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knows of a calendar before it is read."""

    partner: Partner
    objects: Mapping[str, Known]
    access: Access


@dataclass(frozen=True, slots=True)
class Syncer:
    """Reads due calendars through the guarded client; `reader` expands entries under a hard limit."""

    house: House
    http: GuardedClient
    reader: BoundedReader
    owner: str

    async def run(self) -> int:
        """Read what is due; return how many calendars that was. One that fails in any way keeps no other from it."""
        async with self.house.database.write() as tx:
            claimed = await turns.claim(tx, owner=self.owner, now=self.house.now(), lease=LEASE, limit=AT_ONCE)
        outcomes = await asyncio.gather(*(self._sync(calendar) for calendar in claimed), return_exceptions=True)
        for calendar, outcome in zip(claimed, outcomes, strict=True):
            if isinstance(outcome, Exception) and not isinstance(outcome, LeaseLost):
                await self._record_failure(calendar, outcome)
        return len(claimed)

    async def _sync(self, calendar: Calendar) -> None:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            known = await self._load(calendar)
            expander = Expander(self.reader, calendar, known.partner, find_horizon(self.house.now()))
            calendar = await self._lay_out(expander)
            access = known.access
            changes = await read_changes(
                connect(self.http, Account(access.url, access.username, access.password, access.provider)),
                access.collection,
                known=_as_hrefs(known.objects, collection=access.collection),
                token=calendar.sync_token,
                sync_collection=access.sync_collection,
            )
            await self._record(calendar, known=known, changes=changes, expander=expander)

    async def _lay_out(self, expander: Expander) -> Calendar:
        """Lay out anew what is kept where that is due, without the network, and return the calendar as it is then."""
        calendar = expander.calendar
        if calendar.synced_at is None or not is_due_anew(calendar, now=self.house.now()):
            return calendar
        async with self.house.database.read() as tx:
            stripped = await busy.stripped_objects(tx, calendar_id=calendar.id)
        laid = await expander.lay_out(stripped)
        async with self.house.database.write() as tx:
            unreadable = await busy.lay_out(tx, calendar_id=calendar.id, laid=laid)
            done = replace(
                calendar,
                read_edition=calendar.edition,
                horizon_end=expander.horizon.end,
                unreadable=unreadable,
            )
            if not await turns.record_layout(tx, done, owner=self.owner):
                raise LeaseLost
        return done

    async def _load(self, calendar: Calendar) -> _Known:
        async with self.house.database.read() as tx:
            return _Known(
                partner=await couples.find_partner(tx, partner_id=calendar.partner_id),
                objects=await busy.known_objects(tx, calendar_id=calendar.id),
                access=await calendars.find_access(
                    tx, partner_id=calendar.partner_id, calendar_id=calendar.id, vault=self.house.vault
                ),
            )

    async def _record(self, calendar: Calendar, *, known: _Known, changes: Changes, expander: Expander) -> None:
        arrived = {_name(each.href): each for each in changes.fetched}
        steps = plan(
            known.objects,
            arrived={name: as_known(each) for name, each in arrived.items()},
            gone=[_name(href) for href in changes.gone],
        )
        names = sorted(steps.read)
        read = dict(zip(names, await expander.read([arrived[name] for name in names]), strict=True))
        synced = _synced(calendar, changes, now=self.house.now(), horizon=expander.horizon)
        async with self.house.database.write() as tx:
            if not await turns.holds(tx, calendar_id=calendar.id, partner_id=calendar.partner_id, owner=self.owner):
                raise LeaseLost
            # looked up last, because a date may have been penciled in since: it is no reason against itself
            own = await dates.own_names(tx, couple_id=known.partner.couple_id)
            unreadable = await busy.replace(
                tx,
                calendar_id=calendar.id,
                read={name: each for name, each in read.items() if name not in own},
                touched={name: as_known(arrived[name]) for name in steps.touch if name not in own},
                dropped=steps.drop | (known.objects.keys() & own),
            )
            unreadable += len({_name(href) for href in changes.unread} - own)
            await turns.record_sync(
                tx, replace(synced, unreadable=unreadable), owner=self.owner, due_at=calendar.next_sync_at
            )

    async def _record_failure(self, calendar: Calendar, error: Exception) -> None:
        now = self.house.now()
        outside = error if isinstance(error, IntegrationError) else IntegrationError()
        code = as_refusal(outside).code
        attempts = calendar.attempts + 1
        log.trouble("sync failed", error, job="sync", code=code, attempts=attempts)
        failed = replace(
            calendar,
            problem=code,
            attempts=attempts,
            # trying a refused password again locks accounts; anything else may pass by itself
            next_sync_at=None
            if isinstance(error, LoginRefused | AddressRefused)
            else now + wait_after(attempts, asked=outside.retry_after),
        )
        is_news = outside.permanent and calendar.problem != code
        async with self.house.database.write() as tx:
            recorded = await turns.record_failure(tx, failed, owner=self.owner, due_at=calendar.next_sync_at)
            if recorded and is_news:
                parcel = Parcel(ids.new_id(), calendar.partner_id, Kind.CALENDAR, created_at=now, detail=code)
                await outbox.post(tx, [parcel])


def _name(href: str) -> str:
    """Return an object's name in its collection; the path before it may name the person and the calendar."""
    return href.rpartition("/")[2]


def _as_hrefs(objects: Mapping[str, Known], *, collection: str) -> dict[str, str]:
    path = find_key(collection).rstrip("/")
    return {f"{path}/{name}": known.etag for name, known in objects.items()}


def _synced(calendar: Calendar, changes: Changes, *, now: datetime, horizon: Interval) -> Calendar:
    return replace(
        calendar,
        # what was listed but not handed out is asked for again only if everything is
        sync_token=None if changes.unread else changes.token,
        read_edition=calendar.edition,
        problem=None,
        attempts=0,
        synced_at=now,
        next_sync_at=now + _jittered(EVERY, calendar_id=calendar.id, now=now),
        horizon_end=calendar.horizon_end or horizon.end,
    )


def _jittered(every: timedelta, *, calendar_id: str, now: datetime) -> timedelta:
    return every * (0.8 + 0.4 * draw(calendar_id, "poll", now.isoformat()))
