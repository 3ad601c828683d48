"""
Two partners at home: a house on a database of its own, a clock that tests step, and clients of its API.

`NOW` is Tuesday, 1 December 2026, 09:00 UTC; Ana lives in Berlin, Ben in Lisbon. Nothing ticks and nothing goes out.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from shutil import copyfile

import httpx
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import func, select, update

from integrations.http import GuardedClient
from service import ids
from service.actions import joining
from service.actions.house import House
from service.app import Works, make_app, make_works
from service.core.interval import Interval
from service.core.sync import Known
from service.settings import Settings
from service.store import busy, calendars, couples, tables
from service.store.access import Access
from service.store.busy import Heap, Laid, Read
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.store.schema import migrate

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
ZONES = {"Ana": "Europe/Berlin", "Ben": "Europe/Lisbon"}


@dataclass
class Clock:
    """A clock that stands still until it is stepped."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def step(self, by: timedelta) -> None:
        self.moment += by


@dataclass(frozen=True, slots=True)
class Person:
    """A partner with the token of their own way in."""

    partner: Partner
    token: str


@dataclass(frozen=True, slots=True)
class Household:
    """A house with its clock and its API; `ana` and `ben` are a couple once `settle` was called."""

    works: Works
    clock: Clock
    app: FastAPI

    @property
    def house(self) -> House:
        return self.works.house

    def client(self, who: "Person | str | None" = None) -> httpx.AsyncClient:
        """Return a client that carries that person's token, that token, or none."""
        token = who.token if isinstance(who, Person) else who
        return httpx.AsyncClient(
            # a mistake is answered as it would be by a server, and not raised into the test
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://pencil-in.test",
            headers={"Authorization": f"Bearer {token}"} if token else {},
        )

    async def let_in(self, name: str, *, address: str | None = None) -> Person:
        """Let a first partner in, into a couple of their own."""
        link = await joining.let_in(self.house, address=address or f"{name.lower()}@example.org", now=self.clock())
        return await self.take(link.url, name=name)

    async def invite(self, person: Person, name: str, *, address: str | None = None) -> Person:
        """Let `person` invite their partner, who takes the link."""
        link = await joining.invite_partner(
            self.house, partner=person.partner, address=address or f"{name.lower()}@example.org", now=self.clock()
        )
        return await self.take(link.url, name=name)

    async def take(self, url: str, *, name: str) -> Person:
        zone = ZONES.get(name, "Europe/Berlin")
        secret = url.rpartition("/")[2]
        handed = await joining.take(self.house, secret=secret, name=name, zone=zone, language="en", now=self.clock())
        partner, _ = await joining.sign_in(self.house, secret=handed.secret)
        return Person(partner, handed.secret)

    async def settle(self) -> tuple[Person, Person]:
        """Return a couple of two joined partners, Ana and Ben, who get by without a calendar until they have one."""
        ana = await self.let_in("Ana")
        ben = await self.invite(ana, "Ben")
        return await self.do_without(ana), await self.do_without(ben)

    async def do_without(self, person: Person) -> Person:
        """Let a person keep no calendar, as if they had said so from the beginning."""
        mine = tables.partners.c.id == person.partner.id
        async with self.house.database.write() as tx:
            await tx.execute(update(tables.partners).where(mine).values(keeps_calendar=False))
        return replace(person, partner=await self.find(person))

    async def add_calendar(self, person: Person, *, collection: str | None = None, **changes: object) -> Calendar:
        """Give a person a writable calendar that was read just now and is empty, at `collection` or anywhere."""
        calendar = Calendar(
            id=ids.new_id(),
            partner_id=person.partner.id,
            role=Role.BUSY,
            writable=True,
            receives_dates=False,
            tentative=Treat.BUSY,
            unanswered=Treat.BUSY,
            all_day=Treat.BUSY,
        )
        access = Access(
            url=f"https://calendars.example.org/{calendar.id}/",
            username=person.partner.address,
            password=f"password-of-{person.partner.name}",
            provider="generic",
            collection=collection or f"https://calendars.example.org/{calendar.id}/home/",
            sync_collection=True,
        )
        async with self.house.database.write() as tx:
            await calendars.add(tx, calendar, access=access, vault=self.house.vault, now=self.clock())
            read: dict[str, object] = {"synced_at": self.clock(), "next_sync_at": None}
            await tx.execute(
                update(tables.calendars).where(tables.calendars.c.id == calendar.id).values(read | changes)
            )
            return await calendars.find(tx, partner_id=person.partner.id, calendar_id=calendar.id)

    async def fill(
        self, person: Person, *times: Interval, soft: Iterable[Interval] = (), calendar: Calendar | None = None
    ) -> Calendar:
        """Write busy times into a person's calendar, a new one where none is named."""
        calendar = calendar or await self.add_calendar(person)
        heap = Heap(busy=times, soft=tuple(soft))
        read = {f"{ids.new_id()}.ics": Read(Known("etag", sha256(b"").digest()), b"", Laid(heap, unreadable=0))}
        async with self.house.database.write() as tx:
            await busy.replace(tx, calendar_id=calendar.id, read=read, touched={}, dropped=())
        return calendar

    async def count_rows(self) -> dict[str, int]:
        """Return how many rows every table holds."""
        async with self.house.database.read() as tx:
            return {
                table.name: int((await tx.execute(select(func.count()).select_from(table))).scalar_one())
                for table in tables.metadata.sorted_tables
            }

    async def find(self, person: Person) -> Partner:
        async with self.house.database.read() as tx:
            return await couples.find_partner(tx, partner_id=person.partner.id)


@asynccontextmanager
async def open_household(
    folder: Path,
    *,
    url: str | None = None,
    migrated: Path | None = None,
    http: GuardedClient | None = None,
    sends_mail: bool = False,
) -> AsyncIterator[Household]:
    """
    Open a household on the database at `url`, or on SQLite in `folder`.

    `migrated` is a SQLite file to begin with, which spares the migration; `http` stands for the way out.
    """
    if migrated is not None:
        copyfile(migrated, folder / "pencil-in.db")
    settings = Settings(data=folder, database_url=None if url is None else SecretStr(url))
    clock = Clock()
    made = make_works(settings)
    works = replace(made, house=replace(made.house, now=clock, sends_mail=sends_mail), http=http or made.http)
    if migrated is None:
        await migrate(works.house.database)
    try:
        yield Household(works, clock, make_app(works, with_ticker=False))
    finally:
        await works.close()
        await made.http.aclose()


def between(day: int, start: float, end: float) -> Interval:
    """Return the time between two hours, in UTC, of a day in December 2026."""
    midnight = datetime(2026, 12, day, tzinfo=UTC)
    return Interval(midnight + timedelta(hours=start), midnight + timedelta(hours=end))
