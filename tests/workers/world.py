"""
A couple at home, for the workers: a real database, a clock that a test moves, and their calendars on shelves.

Ana lives in Berlin, Ben in London. The clock starts on Monday 2 November 2026 at noon UTC; nothing else reads a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import httpx

from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from service import ids
from service.actions import dates as actions
from service.actions.house import House
from service.content import load_content
from service.core.hours import EVERY_DAY, Window
from service.core.interval import Interval
from service.store import busy, calendars, couples, dates, outbox
from service.store.calendars import Access, Calendar, Role, Treat
from service.store.couples import EntryTitle, Partner
from service.store.dates import Entry, Kept
from service.store.engine import Database
from service.store.outbox import State
from service.store.vault import Vault, new_key_line
from service.workers.deliver import Courier
from service.workers.letters import Desk
from service.workers.sync import Syncer
from tests.workers.shelf import HOST, Shelf

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
EVENING = Interval(datetime(2026, 11, 6, 18, tzinfo=UTC), datetime(2026, 11, 6, 20, tzinfo=UTC))
LATER = Interval(datetime(2026, 11, 7, 18, tzinfo=UTC), datetime(2026, 11, 7, 20, tzinfo=UTC))
DOMAIN = "dates.example.org"
SENDER = f"pencil-in@{DOMAIN}"


class PowerCut(BaseException):
    """What a worker meets that is killed: nothing of ours catches it."""


@dataclass
class Clock:
    """Stands still until a test moves it."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def move(self, by: timedelta) -> None:
        self.at += by


@dataclass
class Home:
    """The couple, with what the workers need; `shelves` are the servers' collections, by their paths."""

    house: House
    clock: Clock
    ana: Partner
    ben: Partner
    http: GuardedClient
    reader: BoundedReader
    shelves: dict[str, Shelf] = field(default_factory=dict)

    async def connect(self, partner: Partner, *, url: str | None = None) -> tuple[Calendar, Shelf]:
        """Give the partner a calendar that receives dates, due for its first sync; on a shelf, or at `url`."""
        shelf = Shelf(f"/{partner.name.lower()}/home/")
        if url is None:
            self.shelves[shelf.path] = shelf
        calendar = Calendar(
            id=ids.new_id(),
            partner_id=partner.id,
            role=Role.BUSY,
            writable=True,
            receives_dates=True,
            tentative=Treat.BUSY,
            unanswered=Treat.BUSY,
            all_day=Treat.BUSY,
        )
        access = Access(url or HOST, partner.name.lower(), "secret", "generic", url or shelf.url, sync_collection=True)
        async with self.house.database.write() as tx:
            await calendars.add(tx, calendar, access=access, vault=self.house.vault, now=self.clock.now())
        return calendar, shelf

    def syncer(self, *, owner: str = "one", http: GuardedClient | None = None) -> Syncer:
        return Syncer(self.house, http=http or self.http, reader=self.reader, owner=owner)

    def courier(
        self, *, owner: str = "one", mailer: Mailer | None = None, http: GuardedClient | None = None
    ) -> Courier:
        desk = Desk(self.house.content, sender=SENDER, domain=DOMAIN)
        return Courier(self.house, http=http or self.http, mailer=mailer, desk=desk, owner=owner)

    async def sync(self) -> None:
        """Read every calendar that is due, those that have just been connected first."""
        await self.syncer().run()

    async def pencil_in(self, *, idea_id: str | None = None, time: Interval = EVENING) -> Kept:
        """Let Ana pencil in a date."""
        return await actions.pencil_in(self.house, partner=self.ana, time=time, idea_id=idea_id, now=self.clock.now())

    async def see(self, calendar: Calendar) -> Calendar:
        async with self.house.database.read() as tx:
            return await calendars.find(tx, partner_id=calendar.partner_id, calendar_id=calendar.id)

    async def busy_of(self, partner: Partner) -> list[Interval]:
        """Return the partner's busy times of three months around the start."""
        around = Interval(START - timedelta(weeks=1), START + timedelta(weeks=100))
        async with self.house.database.read() as tx:
            return list((await busy.of_partner(tx, partner_id=partner.id, within=[around])).busy)

    async def entry(self, partner: Partner, date_id: str) -> Entry:
        async with self.house.database.read() as tx:
            return await dates.find_entry(tx, partner_id=partner.id, date_id=date_id)

    async def count(self, state: State) -> int:
        async with self.house.database.read() as tx:
            return await outbox.count(tx, state=state)

    async def change(self, partner: Partner, **values: object) -> Partner:
        """Write other values into the partner's row, such as ``entry_title``."""
        async with self.house.database.write() as tx:
            return await couples.save_partner(tx, replace(partner, **values))  # type: ignore[arg-type]


async def make_home(database: Database, *, reader: BoundedReader) -> Home:
    """Move Ana and Ben into an empty, migrated database."""
    clock = Clock()
    house = House(
        database=database,
        vault=Vault.from_text(new_key_line()),
        content=load_content(),
        now=clock.now,
        public_url="https://pencil.example.org",
        mail_domain=DOMAIN,
        sends_mail=True,
    )
    couple_id = ids.new_id()
    ana = make_partner(couple_id, name="Ana", zone="Europe/Berlin")
    ben = make_partner(couple_id, name="Ben", zone="Europe/London")
    async with database.write() as tx:
        windows = (Window(EVERY_DAY, time(18), time(22, 30)),)
        await couples.add(tx, couple_id=couple_id, windows=windows, shortest=timedelta(hours=1), now=START)
        for partner in (ana, ben):
            await couples.add_partner(tx, partner, now=START)
    shelves: dict[str, Shelf] = {}
    http = GuardedClient(Egress(), transport=httpx.MockTransport(partial(serve, shelves)))
    return Home(house, clock, ana, ben, http, reader, shelves)


def serve(shelves: Mapping[str, Shelf], request: httpx.Request) -> httpx.Response:
    """Answer for every calendar server of the world."""
    shelf = next((each for path, each in shelves.items() if request.url.path.startswith(path)), None)
    return shelf(request) if shelf else httpx.Response(404)


def make_partner(couple_id: str, *, name: str, zone: str) -> Partner:
    return Partner(
        id=ids.new_id(),
        couple_id=couple_id,
        name=name,
        address=f"{name.lower()}@example.org",
        zone=ZoneInfo(zone),
        entry_title=EntryTitle.IDEA,
        prefers_email=False,
        version=1,
    )


def make_object(*lines: str, uid: str = "one") -> str:
    """Return an object with one entry, which is on 6 November at 20:00 UTC unless its lines say otherwise."""
    time = () if any(line.startswith("DTSTART") for line in lines) else _EVENING
    event = ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *time, *lines, "END:VEVENT")
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *event, "END:VCALENDAR", ""])


_EVENING = ("DTSTART:20261106T200000Z", "DTEND:20261106T210000Z")
