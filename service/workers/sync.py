"""
Reading calendars that are due: claim, look what changed with no transaction open, fetch that, read it, keep it.

What changed decides the cost: where nothing did, one request and one row written. The concerns lie beside this module:
`manners` (at whose door, how often), `reading` (the kinds of calendars), `keeping` (what is written when), `spells`
(what goes wrong, and who is told).
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta

from integrations.errors import IntegrationError, LoginRefused, Throttled
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from service import log
from service.actions.house import House
from service.core.chance import draw
from service.core.sync import EMPTY_AGAIN, Listed, find_gone, find_wanted, is_believed_empty, is_due_whole
from service.store import couples, turns
from service.store.access import Access
from service.store.calendars import FIRST_ANSWER, Calendar
from service.store.turns import Turn
from service.workers.expand import Expander, find_horizon, is_due_anew
from service.workers.keeping import Haul, Keeper, LeaseLost
from service.workers.listening import GONE_AGAIN, Listener
from service.workers.manners import Manners, Resting
from service.workers.reading import SOURCES, Look, Part
from service.workers.spells import end_spell, record_failure

EVERY = timedelta(minutes=15)
LEASE = timedelta(minutes=15)
DEADLINE = timedelta(minutes=10)  # after which nothing is asked for a calendar, within the lease
AT_ONCE = 10
PATIENCE = 2.0  # seconds for which the others wait for a slow calendar
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Syncer:
    """Reads due calendars through the guarded client; `reader` expands entries under a hard limit."""

    house: House
    http: GuardedClient
    reader: BoundedReader
    owner: str
    manners: Manners = field(default_factory=Manners)

    async def run(self) -> int:
        """Read what is due; return how many calendars that was. One that fails or is slow keeps no other from it."""
        count = 0
        running = await self._start(AT_ONCE)
        try:
            while running:
                done, running = await asyncio.wait(running, timeout=PATIENCE)
                count += len(done)
                # one that was due alone, and now rests, left nothing behind: a claim takes all that it may
                if await _settle(done) or running or count > 1:
                    running |= await self._start(AT_ONCE - len(running))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
        return count

    async def _start(self, most: int) -> set[asyncio.Task[bool]]:
        async with self.house.database.read() as tx:
            if most <= 0 or not await turns.is_any_due(tx, now=self.house.now()):
                return set()
        async with self.house.database.write() as tx:
            claimed = await turns.claim(tx, owner=self.owner, now=self.house.now(), lease=LEASE, limit=most)
        return {asyncio.create_task(self._take(turn)) for turn in claimed}

    async def _take(self, turn: Turn) -> bool:
        """Read a calendar; return whether it may be due again at once, as it is where that was asked for meanwhile."""
        try:
            return await self._sync(turn, deadline=asyncio.get_running_loop().time() + DEADLINE.total_seconds())
        except LeaseLost:
            pass
        except Exception as error:
            await record_failure(self.house, turn.calendar, error=error, owner=self.owner)
        return True

    async def _sync(self, turn: Turn, *, deadline: float) -> bool:
        calendar = await self._lay_out(turn.calendar)
        if calendar.is_only_laid_out:
            await self._stay_stopped(calendar)
            return True
        access = turn.open(self.house.vault)
        calendar = await self._answer_first(calendar, access=access, deadline=deadline)
        source = SOURCES[calendar.kind]
        now = self.house.now()
        async with self.manners.visit(access, now=self.house.now, until=deadline):
            look = await source.look(self.http, access, calendar=calendar, anew=_is_due_whole(calendar, now=now))
        if not look.listed.says_nothing:
            again = await self._keep(calendar, look, access=access, now=now, deadline=deadline)
        else:
            async with self.house.database.write() as tx:
                synced = _synced(calendar, look, now=now)
                again = await turns.record_sync(tx, synced, owner=self.owner, due_at=calendar.next_sync_at)
        return again is None or again <= self.house.now()

    async def _stay_stopped(self, calendar: Calendar) -> None:
        async with self.house.database.write() as tx:
            stopped = replace(calendar, next_sync_at=None)
            await turns.record_spell(tx, stopped, owner=self.owner, due_at=calendar.next_sync_at)

    async def _lay_out(self, calendar: Calendar) -> Calendar:
        """Lay out anew what is kept where that is due, and return the calendar as it is then."""
        if calendar.horizon_end is None or not is_due_anew(calendar, now=self.house.now()):
            return calendar
        return await (await self._keeper(calendar)).lay_out()

    async def _answer_first(self, calendar: Calendar, *, access: Access, deadline: float) -> Calendar:
        """Read the next two weeks of a new calendar before the rest, where its server can tell them apart."""
        first = SOURCES[calendar.kind].first
        now = self.house.now()
        if calendar.synced_at is not None or calendar.known_until(now=now) is not None or first is None:
            return calendar
        keeper, haul = await self._keeper(calendar), Haul()
        # at midnight, because where what is known ends is where what is offered to both ends
        until = datetime.combine(now.astimezone(UTC) + FIRST_ANSWER, time(), UTC)
        try:
            async with self.manners.visit(access, now=self.house.now, until=deadline):
                part = await first(self.http, access, start=now - _ONE_DAY, end=until + _ONE_DAY)
        except (LoginRefused, Throttled, Resting):
            raise
        except IntegrationError:
            return calendar  # not every server can, and reading all of it will say what is wrong
        known = await keeper.find_known(Listed(etags=dict.fromkeys(part.arrived, "")))
        await keeper.add(haul, part, known=known)
        return await keeper.write_some(haul, replace(calendar, first_until=until))

    async def _keep(
        self, calendar: Calendar, look: Look, *, access: Access, now: datetime, deadline: float
    ) -> datetime | None:
        """
        Fetch and keep what changed; a calendar that was emptied is believed when it is seen so twice.

        Returns when it is due again, as far as that is known.
        """
        due_at, keeper = calendar.next_sync_at, await self._keeper(calendar)
        known = await keeper.find_known(look.listed)
        emptied = await keeper.is_emptied(known, listed=look.listed)
        if emptied and not is_believed_empty(emptied_at=calendar.emptied_at, now=now):
            await self._doubt(calendar, now=now)
            return None
        wanted = sorted(find_wanted(known, listed=look.listed))
        listed = len(look.listed.etags)
        calendar = replace(calendar, objects_listed=listed, objects_read=listed - len(wanted))
        haul, listener = Haul(), await Listener.begin(self.house, calendar=calendar, partner=keeper.expander.partner)
        async for part in self._fetch(look, wanted, access=access, deadline=deadline):
            await keeper.add(haul, listener.take(part), known=known)
            calendar = replace(calendar, objects_read=calendar.objects_read + part.size)
            if haul.is_full:
                calendar = await keeper.write_some(haul, calendar)
                haul = Haul()
        haul.dropped |= find_gone(known, listed=look.listed)  # last: what replaces them may have another name
        synced = _synced(calendar, look, now=now)
        if await listener.hear(look.listed):
            synced = replace(synced, compared_at=None, next_sync_at=now + GONE_AGAIN)
        return await keeper.finish(haul, synced, due_at=due_at)

    async def _fetch(self, look: Look, names: Sequence[str], *, access: Access, deadline: float) -> AsyncIterator[Part]:
        """Yield the objects part by part, each in a turn of its own: others wait at that host as well."""
        parts = look.fetch(names)
        while True:
            async with self.manners.visit(access, now=self.house.now, until=deadline):
                part = await anext(parts, None)
            if part is None:
                return
            yield part

    async def _doubt(self, calendar: Calendar, *, now: datetime) -> None:
        doubted = replace(end_spell(calendar), emptied_at=calendar.emptied_at or now, next_sync_at=now + EMPTY_AGAIN)
        async with self.house.database.write() as tx:
            await turns.record_spell(tx, doubted, owner=self.owner, due_at=calendar.next_sync_at)

    async def _keeper(self, calendar: Calendar) -> Keeper:
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=calendar.partner_id)
        expander = Expander(self.reader, calendar, partner, find_horizon(self.house.now()))
        return Keeper(self.house, expander, self.owner)


async def _settle(done: set[asyncio.Task[bool]]) -> bool:
    """
    Return whether any of them may be due again.

    Tells of those that could not even record what went wrong: their leases will run out.
    """
    again = False
    for task in done:
        try:
            again |= await task
        except Exception as error:
            log.trouble("sync not recorded", error, job="sync")
    return again


def _is_due_whole(calendar: Calendar, *, now: datetime) -> bool:
    return is_due_whole(
        compared_at=calendar.compared_at,
        unreadable=calendar.unreadable,
        now=now,
        spread=draw(calendar.id, "compare", f"{calendar.compared_at}"),
    )


def _synced(calendar: Calendar, look: Look, *, now: datetime) -> Calendar:
    return replace(
        end_spell(calendar),
        sync_token=look.token,
        ctag=look.ctag,
        read_edition=calendar.edition,
        synced_at=now,
        compared_at=now if look.listed.whole else calendar.compared_at,
        first_until=None,
        next_sync_at=now + EVERY * (0.8 + 0.4 * draw(calendar.id, "poll", now.isoformat())),
    )
