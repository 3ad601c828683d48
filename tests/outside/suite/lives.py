"""
Two people who live with their calendars, and dates that come and go, in whatever weather there is on the way.

What the two did at their own calendars is remembered here, so that in the end all three can be compared: what they did,
what the server holds, and what the service knows. Entries of theirs lie in the morning and dates in the evening, each
on a day of its own, so that every one can be told by its time.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.errors import Unreadable
from integrations.ical.invite import Seen, read_entry
from integrations.ical.invite import Status as ObjectStatus
from service.actions import dates as actions
from service.core.dates import PartStat, Status
from service.core.errors import Refusal
from service.core.interval import Interval
from service.store import busy
from service.store.calendars import Calendar
from service.store.couples import Partner
from service.store.dates import Kept
from service.store.entries import EntryState
from service.store.outbox import State
from service.workers.deliver import Courier
from service.workers.sync import Syncer
from tests.households import NOW
from tests.outside.suite.dice import Dice
from tests.outside.suite.places import make_event
from tests.outside.suite.proxy import FaultProxy
from tests.outside.suite.servers import Server
from tests.workers.world import Home

DEADLINE = timedelta(seconds=2)
LATELY = 3
_MOST = 20  # runs of a worker at one moment
_FIRST_DAY = NOW.replace(hour=0) + timedelta(days=2)


@dataclass
class Side:
    """One of the two: their calendar at the server, and what they keep in it."""

    partner: Partner
    calendar: Calendar
    url: str
    held: dict[str, Interval] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    renamed: set[str] = field(default_factory=set)


@dataclass
class Lives:
    """The couple at one server, whose service reaches it through the proxy only."""

    home: Home
    server: Server
    proxy: FaultProxy
    syncer: Syncer
    courier: Courier
    sides: tuple[Side, Side]
    dice: Dice
    dates: list[Kept] = field(default_factory=list)
    mornings: int = 0

    async def go_on(self) -> None:
        """Let something happen to one of them, or to the two."""
        side = self.dice.choose(self.sides)
        often = (self.note, self.pencil_in)
        seldom = (self._change, self._strike, self._answer, self._move, self._call_off, self._rename, self._remove)
        happen = self.dice.choose((*often, *often, *seldom))
        with suppress(Refusal):  # a slot taken, a date over: life
            await happen(side)

    async def work(self) -> None:
        """Let the workers do what is due."""
        for _ in range(_MOST):
            if not await self.syncer.run() + await self.courier.run():
                return

    async def settle(self) -> None:
        """Let a day go by in quiet, until everything is delivered, and every calendar was read and compared."""
        for _ in range(30):
            self.home.clock.step(timedelta(hours=1))
            await self.work()

    async def note(self, side: Side) -> None:
        """Let that side write something into their own calendar."""
        name = f"{uuid4().hex}.ics"
        side.held[name] = self._put(side, name)

    async def _change(self, side: Side) -> None:
        if side.held:
            name = self.dice.choose(sorted(side.held))
            side.held[name] = self._put(side, name)

    async def _strike(self, side: Side) -> None:
        if side.held:
            name = self.dice.choose(sorted(side.held))
            self.server.delete(side.url + name, user=user_of(side.partner))
            del side.held[name]

    async def pencil_in(self, side: Side, *, time: Interval | None = None) -> None:
        """Let that side pencil a date in, some evening where no time is given."""
        kept = await actions.pencil_in(
            self.home.house, partner=side.partner, time=time or self._evening(), idea_id=None, now=self.home.clock()
        )
        self.dates.append(kept)

    async def _answer(self, side: Side) -> None:
        date = await self._some_date(side)
        partstat = self.dice.choose([PartStat.ACCEPTED, PartStat.ACCEPTED, PartStat.DECLINED])
        await actions.answer(
            self.home.house,
            partner=side.partner,
            date_id=date.date.id,
            partstat=partstat,
            sequence=date.date.sequence,
            now=self.home.clock(),
        )

    async def _move(self, side: Side) -> None:
        date = await self._some_date(side)
        await actions.move(
            self.home.house,
            partner=side.partner,
            date_id=date.date.id,
            time=self._evening(),
            version=None,
            now=self.home.clock(),
        )

    async def _call_off(self, side: Side) -> None:
        date = await self._some_date(side)
        await actions.call_off(
            self.home.house, partner=side.partner, date_id=date.date.id, version=None, now=self.home.clock()
        )

    async def _rename(self, side: Side) -> None:
        if url := await self._settled_entry(side):
            text = self.server.get(url, user=user_of(side.partner))
            renamed = text.replace("SUMMARY:Time together", "SUMMARY:Just us")
            self.server.put(url, renamed, user=user_of(side.partner))
            side.renamed.add(url.rpartition("/")[2])

    async def _remove(self, side: Side) -> None:
        if url := await self._settled_entry(side):
            self.server.delete(url, user=user_of(side.partner))
            side.removed.add(url.rpartition("/")[2])

    async def _settled_entry(self, side: Side) -> str | None:
        """Return where the person finds one of the dates, if the service knows that it is there."""
        date = (await self._some_date(side)).date
        entry = await self.home.entry(side.partner, date.id)
        is_there = entry.state is EntryState.OPEN and entry.applied is not None and date.status is not Status.CANCELLED
        return f"{side.url}{entry.href}" if is_there and entry.href not in side.removed else None

    async def _some_date(self, side: Side) -> Kept:
        if not self.dates:
            raise Refusal
        chosen = self.dice.choose(self.dates[-LATELY:])  # so that much happens to the same one
        return await actions.see(self.home.house, partner=side.partner, date_id=chosen.date.id)

    def _put(self, side: Side, name: str) -> Interval:
        """Write an entry of an hour in a morning of its own."""
        self.mornings += 1
        start = _FIRST_DAY + timedelta(days=self.mornings, hours=9)
        event = make_event("theirs", uid=name.removesuffix(".ics"))
        event = event.replace("20260105T180000Z", f"{start:%Y%m%dT%H%M%SZ}")
        event = event.replace("20260105T190000Z", f"{start + timedelta(hours=1):%Y%m%dT%H%M%SZ}")
        self.server.put(side.url + name, event, user=user_of(side.partner))
        return Interval(start, start + timedelta(hours=1))

    def _evening(self) -> Interval:
        start = _FIRST_DAY + timedelta(days=self.dice.between(1, 80), hours=18)
        return Interval(start, start + timedelta(hours=2))

    async def compare(self) -> None:
        """Assert that nothing was lost and nothing doubled, on either side."""
        assert await self.home.count(State.WAITING) == 0
        for side in self.sides:
            objects = self.server.objects(side.url, user=user_of(side.partner))
            ours = read_ours(objects)
            assert sorted(objects.keys() - ours.keys()) == sorted(side.held)
            assert await self.home.busy_of(side.partner) == sorted(side.held.values())
            async with self.home.house.database.read() as tx:
                known = await busy.known_objects(tx, calendar_id=side.calendar.id)
            assert sorted(known) == sorted(side.held)
            assert all("SUMMARY:Just us" in objects[name] for name in ours.keys() & side.renamed)
            assert sorted(ours.values(), key=lambda seen: seen.uid) == await self._wanted(side)

    async def _wanted(self, side: Side) -> list[Seen]:
        """Return what the dates are now, as they have to stand in that calendar."""
        wanted = []
        for kept in self.dates:
            date = (await actions.see(self.home.house, partner=side.partner, date_id=kept.date.id)).date
            entry = await self.home.entry(side.partner, date.id)
            if date.status is not Status.CANCELLED and entry.href not in side.removed:
                status = ObjectStatus[date.status.name]
                wanted.append(Seen(entry.uid, date.sequence, status, date.time.start, date.time.end))
        return sorted(wanted, key=lambda seen: seen.uid)


@asynccontextmanager
async def open_lives(home: Home, *, server: Server, proxy: FaultProxy, dice: Dice) -> AsyncIterator[Lives]:
    """Connect a calendar of each of the two, through the proxy, and read it."""
    sides = []
    for partner in (home.ana, home.ben):
        url = server.make_calendar(user=user_of(partner))
        calendar, _ = await home.connect(partner, url=proxy.at(url))
        sides.append(Side(partner, calendar, url))
    async with GuardedClient(Egress.parse(proxy.opening), deadline=DEADLINE) as http:
        syncer, courier = home.syncer(http=http), home.courier(http=http)
        lives = Lives(home, server, proxy, syncer, courier, (sides[0], sides[1]), dice)
        await lives.work()
        yield lives


def read_ours(objects: Mapping[str, str]) -> dict[str, Seen]:
    """Return the dates among the objects of a calendar, by name."""
    found = {}
    for name, text in objects.items():
        if "SUMMARY:theirs" not in text:
            with suppress(Unreadable):
                found[name] = read_entry(text.encode())
    return found


def user_of(partner: Partner) -> str:
    return partner.name.lower()
