"""
Reading calendars that are due: claim, read the changes with no transaction open, plan, expand, record.

A calendar that does not answer keeps its last known times; its owner alone is told, once, and only where they can do
something about it. Nothing of an entry but its times outlives this module.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from integrations.caldav.client import Account, connect
from integrations.caldav.multistatus import find_key
from integrations.caldav.sync import Changes, Fetched, read_changes
from integrations.errors import AddressRefused, IntegrationError, LoginRefused
from integrations.http import GuardedClient
from integrations.ical import busy as ical
from integrations.ical.bounded import BoundedReader
from integrations.ical.errors import Refused, Unreadable
from service import ids, log
from service.actions.connect import as_refusal
from service.actions.house import House
from service.core.chance import draw
from service.core.interval import Interval
from service.core.retry import wait_after
from service.core.sync import Known, plan
from service.store import busy, calendars, couples, dates, outbox
from service.store.access import Access
from service.store.busy import Heap, Read
from service.store.calendars import Calendar
from service.store.couples import Partner
from service.store.outbox import Kind, Parcel

EVERY = timedelta(minutes=15)
LEASE = timedelta(minutes=15)
DEADLINE = timedelta(minutes=10)  # of one calendar, within the lease
AT_ONCE = 4
MOST_TIMES = 5_000  # of one object within the horizon; more is no calendar but an attack
BEHIND = timedelta(days=1)
AHEAD = timedelta(days=400)
ROLL_BEFORE = timedelta(weeks=20)  # recurring entries are laid out anew while 13 weeks are still well covered


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
            claimed = await calendars.claim(tx, owner=self.owner, now=self.house.now(), lease=LEASE, limit=AT_ONCE)
        outcomes = await asyncio.gather(*(self._sync(calendar) for calendar in claimed), return_exceptions=True)
        for calendar, outcome in zip(claimed, outcomes, strict=True):
            if isinstance(outcome, Exception):
                await self._record_failure(calendar, outcome)
        return len(claimed)

    async def _sync(self, calendar: Calendar) -> None:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            now = self.house.now()
            known = await self._load(calendar)
            anew = _is_due_anew(calendar, now=now)
            access = known.access
            changes = await read_changes(
                connect(self.http, Account(access.url, access.username, access.password, access.provider)),
                access.collection,
                known={} if anew else _as_hrefs(known.objects, collection=access.collection),
                token=None if anew else calendar.sync_token,
                sync_collection=access.sync_collection,
            )
            horizon = Interval(now - BEHIND, now + AHEAD)
            await self._record(calendar, known=known, changes=changes, anew=anew, horizon=horizon)

    async def _load(self, calendar: Calendar) -> _Known:
        async with self.house.database.read() as tx:
            return _Known(
                partner=await couples.find_partner(tx, partner_id=calendar.partner_id),
                objects=await busy.known_objects(tx, calendar_id=calendar.id),
                access=await calendars.find_access(
                    tx, partner_id=calendar.partner_id, calendar_id=calendar.id, vault=self.house.vault
                ),
            )

    async def _record(
        self, calendar: Calendar, *, known: _Known, changes: Changes, anew: bool, horizon: Interval
    ) -> None:
        arrived = {_name(each.href): each for each in changes.fetched}
        steps = plan(
            known.objects,
            arrived={name: _known(each) for name, each in arrived.items()},
            gone=_gone(known, changes, anew=anew),
            anew=anew,
        )
        read = {
            name: await self._expand(arrived[name], calendar=calendar, partner=known.partner, horizon=horizon)
            for name in sorted(steps.read)
        }
        synced = _synced(
            calendar, changes, now=self.house.now(), horizon_end=horizon.end if anew else calendar.horizon_end
        )
        async with self.house.database.write() as tx:
            if not await calendars.holds(tx, calendar_id=calendar.id, partner_id=calendar.partner_id, owner=self.owner):
                return
            # looked up last, because a date may have been penciled in since: it is no reason against itself
            own = await dates.own_names(tx, couple_id=known.partner.couple_id)
            unreadable = await busy.replace(
                tx,
                calendar_id=calendar.id,
                read={name: each for name, each in read.items() if name not in own},
                touched={name: _known(arrived[name]) for name in steps.touch if name not in own},
                dropped=steps.drop | (known.objects.keys() & own),
            )
            unreadable += len({_name(href) for href in changes.unread} - own)
            await calendars.record_sync(
                tx, replace(synced, unreadable=unreadable), owner=self.owner, due_at=calendar.next_sync_at
            )

    async def _expand(self, fetched: Fetched, *, calendar: Calendar, partner: Partner, horizon: Interval) -> Read:
        """Return the busy times of one object; one that cannot be read is counted, never silently free."""
        policy = ical.Policy(
            tentative=ical.Treat(calendar.tentative),
            unanswered=ical.Treat(calendar.unanswered),
            all_day=ical.Treat(calendar.all_day),
        )
        try:
            reading = await self.reader.read(
                fetched.data,
                start=horizon.start,
                end=horizon.end,
                zone=partner.zone,
                me=(partner.address,),
                policy=policy,
            )
        except (Refused, Unreadable):
            return Read(_known(fetched), Heap((), ()), unreadable=1)
        if len(reading.busy) > MOST_TIMES:
            return Read(_known(fetched), Heap((), ()), unreadable=1)
        return Read(_known(fetched), _heap(reading), unreadable=reading.unreadable)

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
            recorded = await calendars.record_sync(tx, failed, owner=self.owner, due_at=calendar.next_sync_at)
            if recorded and is_news:
                parcel = Parcel(ids.new_id(), calendar.partner_id, Kind.CALENDAR, created_at=now, detail=code)
                await outbox.post(tx, [parcel])


def _name(href: str) -> str:
    """Return an object's name in its collection; the path before it may name the person and the calendar."""
    return href.rpartition("/")[2]


def _as_hrefs(objects: Mapping[str, Known], *, collection: str) -> dict[str, str]:
    path = find_key(collection).rstrip("/")
    return {f"{path}/{name}": known.etag for name, known in objects.items()}


def _synced(calendar: Calendar, changes: Changes, *, now: datetime, horizon_end: datetime | None) -> Calendar:
    return replace(
        calendar,
        # what was listed but not handed out is asked for again only if everything is
        sync_token=None if changes.unread else changes.token,
        read_edition=calendar.edition,
        problem=None,
        attempts=0,
        synced_at=now,
        next_sync_at=now + _jittered(EVERY, calendar_id=calendar.id, now=now),
        horizon_end=horizon_end,
    )


def _is_due_anew(calendar: Calendar, *, now: datetime) -> bool:
    if calendar.horizon_end is None or calendar.edition != calendar.read_edition:
        return True
    return calendar.horizon_end < now + ROLL_BEFORE


def _gone(known: _Known, changes: Changes, *, anew: bool) -> set[str]:
    if not anew:
        return {_name(href) for href in changes.gone}
    # read against nothing, the server could name nothing as gone: gone is what it no longer lists
    listed = {_name(each.href) for each in changes.fetched} | {_name(href) for href in changes.unread}
    return set(known.objects) - listed


def _known(fetched: Fetched) -> Known:
    return Known(fetched.etag, sha256(fetched.data).digest())


def _heap(reading: ical.Reading) -> Heap:
    return Heap(
        busy=tuple(Interval(each.start, each.end) for each in reading.busy if each.kind is ical.Kind.BUSY),
        soft=tuple(Interval(each.start, each.end) for each in reading.busy if each.kind is ical.Kind.SOFT),
    )


def _jittered(every: timedelta, *, calendar_id: str, now: datetime) -> timedelta:
    return every * (0.8 + 0.4 * draw(calendar_id, "poll", now.isoformat()))
