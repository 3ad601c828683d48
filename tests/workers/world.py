"""
A household for the workers: the couple of `tests.households`, with calendars on shelves in place of the world outside.

All times are in UTC; the dates of these tests are on Friday 4 and Saturday 5 December 2026.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from integrations.push.vapid import Vapid, new_vapid_line
from service import ids
from service.actions import dates as actions
from service.actions.house import House
from service.core.interval import Interval
from service.store import busy, calendars, couples, entries, outbox
from service.store.access import Access
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.store.dates import Kept
from service.store.entries import Entry
from service.store.outbox import State
from service.workers.deliver import Courier
from service.workers.letters import Desk
from service.workers.push import Pusher
from service.workers.sync import Syncer
from tests.households import NOW, Clock, Household, between, open_household
from tests.workers.shelf import HOST, Shelf, nothing_meanwhile

EVENING = between(4, 18, 20)
LATER = between(5, 18, 20)
DOMAIN = "dates.example.org"
SENDER = f"pencil-in@{DOMAIN}"
SECRET = "secret"


class PowerCut(BaseException):
    """What a worker meets that is killed: nothing of ours records it."""


@dataclass
class Home:
    """The couple, with what the workers need; `shelves` are the servers' collections, by their paths."""

    household: Household
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
        access = Access(url or HOST, partner.name.lower(), SECRET, "generic", url or shelf.url, sync_collection=True)
        return await self._add(partner, access), shelf

    async def connect_beside(self, partner: Partner, name: str, *, login: str = SECRET) -> tuple[Calendar, Shelf]:
        """Give the partner one more calendar at the same server; the password is `login`."""
        shelf = Shelf(f"/{partner.name.lower()}/{name}/")
        self.shelves[shelf.path] = shelf
        access = Access(HOST, partner.name.lower(), login, "generic", shelf.url, sync_collection=True)
        return await self._add(partner, access), shelf

    async def connect_again(self, partner: Partner, shelf: Shelf, *, calendar_id: str) -> Calendar:
        """Give the partner a calendar that stands on a shelf already, maybe as the other's; it has that id."""
        self.shelves.setdefault(shelf.path, shelf)
        access = Access(HOST, partner.name.lower(), SECRET, "generic", shelf.url, sync_collection=True)
        return await self._add(partner, access, calendar_id=calendar_id)

    async def subscribe(self, partner: Partner, url: str) -> Calendar:
        """Let the partner follow a published calendar, due for its first reading."""
        access = Access(url, "", "", "generic", url, sync_collection=False)
        return await self._add(partner, access, kind="ics")

    async def _add(self, partner: Partner, access: Access, *, kind: str = "caldav", calendar_id: str = "") -> Calendar:
        calendar = Calendar(
            id=calendar_id or ids.new_id(),
            partner_id=partner.id,
            role=Role.BUSY,
            writable=kind == "caldav",
            receives_dates=kind == "caldav",
            tentative=Treat.BUSY,
            unanswered=Treat.BUSY,
            all_day=Treat.BUSY,
            kind=kind,
        )
        async with self.house.database.write() as tx:
            await calendars.add(tx, calendar, access=access, vault=self.house.vault, now=self.clock())
        return calendar

    def syncer(self, *, owner: str = "one", http: GuardedClient | None = None) -> Syncer:
        return Syncer(self.house, http=http or self.http, reader=self.reader, owner=owner)

    def courier(
        self, *, owner: str = "one", mailer: Mailer | None = None, http: GuardedClient | None = None
    ) -> Courier:
        desk = Desk.of(self.house, sender=SENDER)
        pusher = Pusher(self.house, http or self.http, Vapid.from_text(new_vapid_line(), contact=f"mailto:{SENDER}"))
        return Courier(self.house, http=http or self.http, mailer=mailer, desk=desk, pusher=pusher, owner=owner)

    async def sync(self) -> None:
        """Read every calendar that is due, those that have just been connected first."""
        await self.syncer().run()

    async def keep(self, partner: Partner, *, start: datetime, end: datetime, line: str = "") -> None:
        """Put an entry into a new calendar of the partner's, and read it; `line` says more about it."""
        _, shelf = await self.connect(partner)
        times = (f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}")
        shelf.put("kept.ics", make_object(*times, *([line] if line else [])))
        await self.sync()

    async def pencil_in(self, *, idea_id: str | None = None, time: Interval = EVENING) -> Kept:
        """Let Ana pencil in a date."""
        return await actions.pencil_in(self.house, partner=self.ana, time=time, idea_id=idea_id, now=self.clock())

    async def see(self, calendar: Calendar) -> Calendar:
        async with self.house.database.read() as tx:
            return await calendars.find(tx, partner_id=calendar.partner_id, calendar_id=calendar.id)

    async def busy_of(self, partner: Partner) -> list[Interval]:
        """Return the partner's busy times of three months around the start."""
        around = Interval(NOW - timedelta(weeks=1), NOW + timedelta(weeks=100))
        async with self.house.database.read() as tx:
            return list((await busy.of_partner(tx, partner_id=partner.id, within=[around])).busy)

    async def entry(self, partner: Partner, date_id: str) -> Entry:
        async with self.house.database.read() as tx:
            return await entries.find(tx, partner_id=partner.id, date_id=date_id)

    async def count(self, state: State) -> int:
        async with self.house.database.read() as tx:
            return await outbox.count(tx, state=state)

    async def change(self, partner: Partner, **values: object) -> Partner:
        """Write other values into the partner's row, such as ``entry_title``."""
        async with self.house.database.write() as tx:
            return await couples.save_partner(tx, replace(partner, **values))  # type: ignore[arg-type]


@asynccontextmanager
async def open_home(
    folder: Path, *, reader: BoundedReader, migrated: Path | None = None, url: str | None = None
) -> AsyncIterator[Home]:
    """Open a household in `folder`, or at `url`, whose way out leads to the shelves; `migrated` as there."""
    shelves: dict[str, Shelf] = {}
    http = GuardedClient(Egress(), transport=httpx.MockTransport(partial(serve, shelves)))
    async with open_household(folder, url=url, migrated=migrated, http=http) as household:
        ana, ben = await household.settle()
        house = replace(household.house, sends_mail=True)
        yield Home(household, house, household.clock, ana.partner, ben.partner, http, reader, shelves)


async def serve(shelves: Mapping[str, Shelf], request: httpx.Request) -> httpx.Response:
    """Answer for every calendar server of the world."""
    shelf = next((each for path, each in shelves.items() if request.url.path.startswith(path)), None)
    if shelf is None:
        return httpx.Response(404)
    meanwhile, shelf.meanwhile = shelf.meanwhile, nothing_meanwhile
    await meanwhile()
    return shelf(request)


def make_object(*lines: str, uid: str = "one") -> str:
    """Return an object with one entry, which is on 4 December at 20:00 UTC unless its lines say otherwise."""
    time = () if any(line.startswith("DTSTART") for line in lines) else _EVENING
    event = ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20260101T000000Z", *time, *lines, "END:VEVENT")
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *event, "END:VCALENDAR", ""])


_EVENING = ("DTSTART:20261204T200000Z", "DTEND:20261204T210000Z")
