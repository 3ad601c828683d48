"""
A life around dates, for `test_life`: two people, their calendars and mail, two workers, and all that goes wrong.

What happened is kept beside it, for `truths` to hold against the database at the end. The clock moves when it is told.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import update

from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from service import ids
from service.actions import calendars as own_calendars
from service.actions import dates
from service.core.errors import Refusal
from service.core.interval import Interval
from service.core.retry import LONGEST_WAIT
from service.store import tables
from service.store.calendars import Calendar
from service.store.couples import Partner
from service.store.outbox import State
from service.workers.deliver import LEASE
from service.workers.passing import let_dates_pass
from service.workers.sync import Syncer
from tests.servers import SmtpSink
from tests.workers.owners import meeting
from tests.workers.servants import Mood, Postman, Server, nothing
from tests.workers.shelf import Shelf, nothing_meanwhile
from tests.workers.world import Home, PowerCut, open_home

PLACES = {"Ana": ("/ana/home/", "/ana/other/"), "Ben": ("/ben/home/", "/ana/home/")}
"""Where each may have calendars; one collection they may both connect."""
OUTAGES = timedelta(hours=30)  # of one life in all: what is older than two days is given up
UNDO = timedelta(minutes=5)
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Lost:
    """An entry that its owner deleted, and may yet bring back."""

    server: Server
    name: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An entry of ours in somebody's calendar."""

    server: Server
    name: str
    uid: str

    @property
    def text(self) -> str:
        return self.server.shelf.objects[self.name]


@dataclass
class Life:
    """
    One life, and what was done in it that the database need not know.

    `uids` are those of its entries, with partner and date. `lost` are the entries that their owners deleted, by UID,
    `added` what they wrote into them; `dragged` are pairs of a partner's and a date's id, `busy` the ids of those into
    whose calendars something else came.
    """

    home: Home
    sink: SmtpSink
    mailer: Postman
    servers: dict[str, Server]
    folder: Path
    log_lines: list[str]
    date_ids: list[str] = field(default_factory=list)
    uids: dict[str, tuple[str, str]] = field(default_factory=dict)
    calendars: dict[tuple[str, str], Calendar] = field(default_factory=dict)
    lost: dict[str, Lost] = field(default_factory=dict)
    added: dict[str, set[str]] = field(default_factory=dict)
    dragged: set[tuple[str, str]] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    syncers: dict[str, Syncer] = field(default_factory=dict)
    outages_left: timedelta = OUTAGES
    deaths: int = 0
    connected: int = 0

    @property
    def calendars_by_id(self) -> dict[str, str]:
        return {calendar.id: place for (_, place), calendar in self.calendars.items()}

    def tick(self) -> datetime:
        """Return the time, which nothing shares with what happened before."""
        self.home.clock.step(timedelta(milliseconds=1))
        return self.home.clock()

    def partner(self, name: str) -> Partner:
        return self.home.ana if name == "Ana" else self.home.ben

    # --- the workers ---

    async def work(self, owner: str = "one", *, mailer: Mailer | None = None) -> int:
        """Let one worker do all that is due now; return how many parcels that was."""
        await self.sync(owner)
        done = await self.deliver(owner, mailer=mailer)
        await let_dates_pass(self.home.house)
        return done

    async def work_at_once(self) -> None:
        """Let both of a worker's ticks come at the same time, as calendars are read because their owners look."""
        await asyncio.gather(self.sync_now(), self.deliver())

    async def sync(self, owner: str = "one") -> None:
        name = f"{owner}{self.deaths}"
        self.syncers.setdefault(name, self.home.syncer(owner=name))
        with suppress(PowerCut):
            await self.syncers[name].run()

    async def sync_now(self, owner: str = "one") -> None:
        """Read all calendars, as when their owners look."""
        for (name, _), calendar in self.calendars.items():
            partner = self.partner(name)
            await own_calendars.sync_now(self.home.house, partner=partner, calendar_id=calendar.id, now=self.tick())
        await self.sync(owner)

    async def deliver(self, owner: str = "one", *, mailer: Mailer | None = None) -> int:
        courier = self.home.courier(owner=f"{owner}{self.deaths}", mailer=mailer or self.mailer)
        with suppress(PowerCut):
            return await courier.run()
        return 0

    async def work_and_die(self, *, after: str) -> None:
        """Let a worker die at the first answer to a method, or after a mail; the next one has another name."""
        for server in self.servers.values():
            server.deadly = after
        await self.work(mailer=replace(self.mailer, dies=after == "MAIL"))
        for server in self.servers.values():
            server.deadly = ""
        self.deaths += 1

    async def work_deaf(self, *, to: str) -> None:
        """Let the answers to a method get lost."""
        for server in self.servers.values():
            server.deaf = to
        await self.work()
        for server in self.servers.values():
            server.deaf = ""

    async def work_while(self, happens: Callable[[], Awaitable[None]], *, on_the_way_of_mail: bool) -> None:
        """Let something happen once while a worker waits for a server."""
        is_to_come = True

        async def once() -> None:
            nonlocal is_to_come
            if is_to_come:
                is_to_come = False
                await happens()

        for server in self.servers.values():
            server.shelf.meanwhile = nothing_meanwhile if on_the_way_of_mail else once
        await self.work(mailer=replace(self.mailer, first=once if on_the_way_of_mail else nothing))
        for server in self.servers.values():
            server.shelf.meanwhile = nothing_meanwhile

    async def replay(self) -> None:
        """Forget of every parcel that it was delivered, as a worker does that dies before it is recorded."""
        async with self.home.house.database.write() as tx:
            done = tables.outbox.c.state == State.DONE
            await tx.execute(update(tables.outbox).where(done).values(state=State.WAITING, due_at=self.tick()))

    # --- their surroundings ---

    async def wait(self, by: timedelta) -> None:
        """Let time pass; nothing stays down for so long that its parcels are given up."""
        if any(each.mood is not Mood.WELL for each in self.servers.values()) or self.sink.refusals:
            if by > self.outages_left:
                self.recover()
            else:
                self.outages_left -= by
        self.home.clock.step(by)

    def recover(self) -> None:
        for server in self.servers.values():
            server.mood = Mood.WELL
        self.sink.refusals.clear()

    async def connect(self, name: str, place: str) -> None:
        if (name, place) not in self.calendars:
            shelf = self.servers[place].shelf
            self.connected += 1
            named = ids.id_of(f"calendar {self.connected}")  # its id sets the moments at which it is read
            partner = self.partner(name)
            self.calendars[name, place] = await self.home.connect_again(partner, shelf, calendar_id=named)

    async def disconnect(self, name: str, place: str) -> None:
        if calendar := self.calendars.pop((name, place), None):
            partner = self.partner(name)
            await own_calendars.remove_calendar(self.home.house, partner=partner, calendar_id=calendar.id)

    async def prefer_mail(self, name: str, *, on: bool) -> None:
        partner = await self.home.change(self.partner(name), prefers_email=on)
        self.home.ana, self.home.ben = (
            partner if each.id == partner.id else each for each in (self.home.ana, self.home.ben)
        )

    def meet(self, place: str, time: Interval) -> None:
        """Put something else into a calendar, or take it out again."""
        uid = f"meeting-{time.start:%d%H%M}"
        shelf = self.servers[place].shelf
        if uid in shelf.objects:
            shelf.delete(uid)
            return
        shelf.put(uid, meeting(uid, time=time))
        self.busy |= {self.partner(each).id for each, where in PLACES.items() if place in where}

    async def pencil_in(self, name: str, time: Interval) -> None:
        """Let somebody pencil in a date, where it can be."""
        partner = self.partner(name)
        house = self.home.house
        try:
            kept = await dates.pencil_in(house, partner=partner, time=time, idea_id=None, now=self.tick())
        except Refusal:
            return
        self.date_ids.append(kept.date.id)
        for each in (self.home.ana, self.home.ben):
            entry = await self.home.entry(each, kept.date.id)
            self.uids[entry.uid] = (each.id, kept.date.id)

    def standing(self) -> list[Standing]:
        """Return where entries of ours stand in calendars, in the order of their dates."""
        return [
            Standing(server, f"{uid}.ics", uid)
            for uid in self.uids
            for server in self.servers.values()
            if f"{uid}.ics" in server.shelf.objects
        ]

    async def settle(self) -> None:
        """Let everything be well again, and time pass until nothing is left to do."""
        self.recover()
        for wait in (LEASE, *(UNDO,) * 2, timedelta(minutes=16), LONGEST_WAIT * 1.3, *(timedelta(hours=15),) * 2):
            self.home.clock.step(wait)
            await self._work_off()
        for _ in range(3):
            self.home.clock.step(timedelta(minutes=16))
            await self._work_off()

    async def _work_off(self) -> None:
        for _ in range(_ROUNDS):
            if not await self.work():
                return
        raise AssertionError("the workers never come to rest")


@asynccontextmanager
async def open_life(
    folder: Path, *, migrated: Path, reader: BoundedReader, sink: SmtpSink, mailer: Postman, lines: list[str]
) -> AsyncIterator[Life]:
    sink.received.clear()
    sink.refusals.clear()
    servers = {path: Server(Shelf(path)) for places in PLACES.values() for path in places}
    async with open_home(folder, reader=reader, migrated=migrated) as home:
        yield Life(home, sink, mailer, servers, folder, lines)
