"""How long `GET /v1/slots` takes: the service as a process, one client, two calendars as a first sync leaves them."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx

from integrations.ical import busy as ical
from service.actions import joining
from service.actions.house import House
from service.app import make_house
from service.core.interval import Interval
from service.core.sync import Known
from service.settings import Settings
from service.store import busy, calendars, couples
from service.store.busy import Heap, Read
from service.store.calendars import Access, Calendar, Role, Treat
from service.store.couples import Partner
from service.store.schema import migrate
from tests.bench.calendars import make_objects
from tests.servers import Service, find_free_port

REQUESTS = 200
AHEAD = timedelta(days=90)
HORIZON = timedelta(days=400)
_ACCESS = Access("https://example.org", "ana", "secret", "generic", "https://example.org/ana/", sync_collection=True)


async def time_slots(folder: Path, *, events: int) -> float:
    """Return the median milliseconds of a request for the slots of 90 days, as its client sees them."""
    settings = Settings(data=folder / "data")
    house = make_house(settings)
    await migrate(house.database)
    now = house.now()
    tokens = [await _settle(house, number=number, events=events, now=now) for number in (0, 1)]
    await house.database.dispose()
    service = Service(find_free_port(), environ={"PENCILIN_DATA": str(folder / "data")}, log=folder / "log")
    service.start()
    try:
        return _ask(service, token=tokens[0], until=now + AHEAD)
    finally:
        service.stop()


def _ask(service: Service, *, token: str, until: datetime) -> float:
    taken = []
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=service.url, headers=headers, trust_env=False) as client:
        for _ in range(REQUESTS):
            start = perf_counter()
            answer = client.get("/v1/slots", params={"to": until.isoformat(), "limit": 12})
            taken.append(perf_counter() - start)
            if len(answer.json()["data"]) == 0:
                raise RuntimeError("the benchmark found no slot, so it measured nothing")
    return median(taken) * 1000


async def _settle(house: House, *, number: int, events: int, now: datetime) -> str:
    """Let one partner join with a calendar of that many events, already synced; return their token."""
    if number == 0:
        link = await joining.let_in(house, address="ana@example.org", now=now)
    else:
        async with house.database.read() as tx:
            first = await couples.find_partner_by_address(tx, address="ana@example.org")
        assert first is not None
        link = await joining.invite_partner(house, partner=first, address="ben@example.org", now=now)
    secret = link.url.rpartition("/")[2]
    handed = await joining.take(house, secret=secret, name=f"Partner {number}", zone="Europe/Berlin", now=now)
    partner, _ = await joining.sign_in(house, secret=handed.secret)
    await _sync(house, partner=partner, events=events, seed=number, now=now)
    return handed.secret


async def _sync(house: House, *, partner: Partner, events: int, seed: int, now: datetime) -> None:
    calendar = Calendar(
        id=f"calendar{seed}",
        partner_id=partner.id,
        role=Role.BUSY,
        writable=True,
        receives_dates=True,
        tentative=Treat.BUSY,
        unanswered=Treat.BUSY,
        all_day=Treat.BUSY,
    )
    objects = make_objects(count=events, seed=seed, middle=now.date())
    read = {name: _read(data, partner=partner, now=now) for name, data in objects}
    async with house.database.write() as tx:
        await calendars.add(tx, calendar, access=_ACCESS, vault=house.vault, now=now)
        await busy.replace(tx, calendar_id=calendar.id, read=read, touched={}, dropped=())
        claimed = await calendars.claim(
            tx, owner="bench", now=now, lease=timedelta(minutes=1), limit=1, vault=house.vault
        )
        for each, _ in claimed:
            await calendars.record_sync(tx, replace(each, synced_at=now, next_sync_at=None), owner="bench")


def _read(data: bytes, *, partner: Partner, now: datetime) -> Read:
    reading = ical.read_busy(data, start=now - timedelta(days=1), end=now + HORIZON, zone=partner.zone)
    times = tuple(Interval(each.start, each.end) for each in reading.busy)
    return Read(Known("etag", sha256(data).digest()), Heap(busy=times, soft=()), unreadable=reading.unreadable)
