"""A couple whose two calendars hold thousands of entries each, in a database as a first sync leaves it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from integrations.ical.stripped import take
from service.actions import joining
from service.actions.house import House
from service.app import make_house
from service.core.interval import Interval
from service.core.sync import Known
from service.settings import Settings
from service.store import busy, calendars, couples, turns
from service.store.access import Access
from service.store.busy import Heap, Laid, Read
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.store.schema import migrate
from tests.bench.calendars import make_objects

HORIZON = timedelta(weeks=20)
_ACCESS = Access("https://example.org", "ana", "secret", "generic", "https://example.org/ana/", sync_collection=True)


@dataclass(frozen=True, slots=True)
class Member:
    """A partner, the secret of their token, and their calendar: number 0 or 1, which is its seed as well."""

    partner: Partner
    token: str
    calendar_id: str


@asynccontextmanager
async def open_house(folder: Path) -> AsyncIterator[House]:
    """Open the database in `folder`, made where it is not there yet."""
    house = make_house(Settings(data=folder))
    try:
        await migrate(house.database)
        yield house
    finally:
        await house.database.dispose()


async def settle(house: House, *, events: int, now: datetime) -> tuple[Member, Member]:
    """Let two partners join, each with a calendar of that many entries, already synced."""
    link = await joining.let_in(house, address="ana@example.org", now=now)
    first = await _join(house, link=link.url, number=0, events=events, now=now)
    async with house.database.read() as tx:
        partner = await couples.find_partner(tx, partner_id=first.partner.id)
    link = await joining.invite_partner(house, partner=partner, address="ben@example.org", now=now)
    return first, await _join(house, link=link.url, number=1, events=events, now=now)


def read_object(data: bytes, *, partner: Partner, now: datetime) -> Read:
    """Return what one object contributes, as a sync reads it."""
    taken = take(data, start=now - timedelta(days=1), end=now + HORIZON, zone=partner.zone)
    times = tuple(Interval(each.start, each.end) for each in taken.reading.busy)
    laid = Laid(Heap(busy=times, soft=()), taken.reading.unreadable)
    return Read(Known("etag", sha256(data).digest()), taken.stripped.content, laid)


async def _join(house: House, *, link: str, number: int, events: int, now: datetime) -> Member:
    secret = link.rpartition("/")[2]
    handed = await joining.take(
        house, secret=secret, name=f"Partner {number}", zone="Europe/Berlin", language="en", now=now
    )
    partner, _ = await joining.sign_in(house, secret=handed.secret)
    member = Member(partner, handed.secret, f"calendar{number}")
    await _sync(house, member=member, events=events, seed=number, now=now)
    return member


async def _sync(house: House, *, member: Member, events: int, seed: int, now: datetime) -> None:
    calendar = Calendar(
        id=member.calendar_id,
        partner_id=member.partner.id,
        role=Role.BUSY,
        writable=True,
        receives_dates=True,
        tentative=Treat.BUSY,
        unanswered=Treat.BUSY,
        all_day=Treat.BUSY,
    )
    objects = make_objects(count=events, seed=seed, middle=now.date())
    read = {name: read_object(data, partner=member.partner, now=now) for name, data in objects}
    async with house.database.write() as tx:
        await calendars.add(tx, calendar, access=_ACCESS, vault=house.vault, now=now)
        await busy.replace(tx, calendar_id=calendar.id, read=read, touched={}, dropped=())
        for turn in await turns.claim(tx, owner="bench", now=now, lease=timedelta(minutes=1), limit=1):
            each = turn.calendar
            synced = replace(each, synced_at=now, next_sync_at=None)
            await turns.record_sync(tx, synced, owner="bench", due_at=each.next_sync_at)
