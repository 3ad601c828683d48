"""
The client side of a sync, in a process of its own, so that its peak is its own: prints what it measured as JSON.

Arguments are a folder with a database, the URL of a collection, its user and password, an object of it to change, and
the port of `tests.bench.answering`. CPU is this process's and its reader's, in seconds; the reader runs before anything
is counted. Memory is in MiB.
"""

import asyncio
import json
import multiprocessing
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx

from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from service import clock, ids
from service.actions import joining
from service.actions.house import House
from service.app import make_house, spare_the_collector
from service.settings import Settings
from service.store import calendars, turns
from service.store.access import Access
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.workers.sync import Syncer

TURNS = 30
POLLED = 2_000
_TINY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Bench//EN\r\nEND:VCALENDAR\r\n"


class CountingClient(GuardedClient):
    """The guarded client, which here also counts what it is asked."""

    asked = 0

    async def send(self, request: httpx.Request, **rest: Any) -> httpx.Response:
        self.asked += 1
        return await super().send(request, **rest)


@dataclass
class Desk:
    """A worker that runs, with a partner whose calendars it reads."""

    house: House
    http: CountingClient
    syncer: Syncer
    partner: Partner

    async def add(self, url: str, *, username: str, password: str, **known: object) -> Calendar:
        calendar = Calendar(
            id=ids.new_id(),
            partner_id=self.partner.id,
            role=Role.BUSY,
            writable=True,
            receives_dates=False,
            tentative=Treat.BUSY,
            unanswered=Treat.BUSY,
            all_day=Treat.BUSY,
        )
        access = Access(url, username, password, "generic", url, sync_collection=True)
        async with self.house.database.write() as tx:
            await calendars.add(tx, calendar, access=access, vault=self.house.vault, now=clock.now())
        return calendar

    async def see(self, calendar: Calendar) -> Calendar:
        async with self.house.database.read() as tx:
            return await calendars.find(tx, partner_id=self.partner.id, calendar_id=calendar.id)

    async def run(self, calendar: Calendar) -> tuple[float, int]:
        """Read the calendar now; return the CPU seconds and the requests that took."""
        async with self.house.database.write() as tx:
            await calendars.ask_for_sync(tx, partner_id=self.partner.id, calendar_id=calendar.id, now=clock.now())
        before, asked = cpu(), self.http.asked
        count, spent = await self.syncer.run(), cpu() - before
        problem = (await self.see(calendar)).problem
        if count != 1 or problem:
            raise RuntimeError(f"the benchmark read no calendar ({problem}), so it measured nothing")
        return spent, self.http.asked - asked


@asynccontextmanager
async def open_desk(folder: Path, *, opening: str) -> AsyncIterator[Desk]:
    reader = BoundedReader()
    house = make_house(Settings(data=folder))
    spare_the_collector()  # as the service does before it begins
    async with CountingClient(Egress.parse(opening)) as http:
        now = clock.now()
        await reader.read(_TINY, start=now, end=now + timedelta(days=1), zone=ZoneInfo("UTC"))
        partner = await _join(house, address="ana@example.org")
        try:
            yield Desk(house, http, Syncer(house, http=http, reader=reader, owner="bench"), partner)
        finally:
            reader.stop()
            await house.database.dispose()


async def _join(house: House, *, address: str) -> Partner:
    now = clock.now()
    link = await joining.let_in(house, address=address, now=now)
    handed = await joining.take(
        house, secret=link.url.rpartition("/")[2], name="Ana", zone="Europe/Berlin", language="en", now=now
    )
    partner, _ = await joining.sign_in(house, secret=handed.secret)
    return partner


def cpu() -> float:
    """Return the CPU seconds of this process and of its reader, by the clock that Linux has for each process."""
    children = multiprocessing.active_children()
    return time.process_time() + sum(time.clock_gettime(~(each.pid or 0) << 3 | 2) for each in children)


async def measure(
    folder: Path, url: str, *, username: str, password: str, changing: str, port: str
) -> dict[str, float]:
    parts = urlsplit(url)
    async with open_desk(folder, opening=f"{parts.netloc},127.0.0.1:{port}") as desk:
        calendar = await desk.add(url, username=username, password=password)
        start = time.perf_counter()
        first = asyncio.create_task(desk.run(calendar))
        while (await desk.see(calendar)).first_until is None and not first.done():  # noqa: ASYNC110 - as a client would
            await asyncio.sleep(0.02)
        answered = time.perf_counter() - start
        initial, _ = await first
        found = {
            "initial_cpu_s": initial,
            "initial_s": time.perf_counter() - start,
            "first_answer_s": answered,
            "peak_mib": find_peak(),
            **await measure_unchanged(desk, calendar),
            **await measure_one(desk, calendar, url=url + changing, auth=(username, password)),
        }
        return found | {"poll_cpu_s": await measure_polls(desk, port=port)}


def find_peak() -> float:
    """Return the most memory this process has held; rusage would begin with what the process that started it held."""
    told = Path("/proc/self/status").read_text(encoding="ascii").partition("VmHWM:")[2]
    return int(told.split()[0]) / 1024


async def measure_unchanged(desk: Desk, calendar: Calendar) -> dict[str, float]:
    took = [await desk.run(calendar) for _ in range(TURNS)]
    return {
        "unchanged_cpu_s": median(each for each, _ in took),
        "unchanged_requests": max(requests for _, requests in took),
    }


async def measure_one(desk: Desk, calendar: Calendar, *, url: str, auth: tuple[str, str]) -> dict[str, float]:
    """Move one entry by an hour, again and again."""
    took = []
    async with httpx.AsyncClient(auth=auth, trust_env=False, timeout=60) as owner:
        text = (await owner.get(url)).text
        for turn in range(TURNS):
            changed = text.replace("SEQUENCE:0", f"SEQUENCE:{turn + 1}")
            headers = {"Content-Type": "text/calendar"}
            (await owner.put(url, content=changed, headers=headers)).raise_for_status()
            took.append(await desk.run(calendar))
    return {"one_cpu_s": median(each for each, _ in took), "one_requests": max(requests for _, requests in took)}


async def measure_polls(desk: Desk, *, port: str) -> float:
    """Return the CPU seconds of one poll of each of many calendars in which nothing changed, two of each partner's."""
    for number in range(POLLED):
        if number % 2 == 0:
            desk = replace(desk, partner=await _join(desk.house, address=f"ana{number}@example.org"))
        await desk.add(f"http://127.0.0.1:{port}/{number}/", username=f"ana{number}", password="secret")
    await _let_be_due(desk.house, now=clock.now())
    before, count = cpu(), 0
    while found := await desk.syncer.run():
        count += found
    if count != POLLED:
        raise RuntimeError("the benchmark did not poll every calendar once")
    return cpu() - before


async def _let_be_due(house: House, *, now: datetime) -> None:
    """Let all new calendars have been read before, and be due again."""
    lease = timedelta(minutes=1)
    async with house.database.write() as tx:
        for turn in await turns.claim(tx, owner="bench", now=now, lease=lease, limit=POLLED, of_one=POLLED):
            each = turn.calendar
            read = replace(each, sync_token="1", synced_at=now, compared_at=now, horizon_end=now + timedelta(days=400))
            await turns.record_sync(tx, read, owner="bench", due_at=each.next_sync_at)


def main() -> None:
    folder, url, username, password, changing, port = sys.argv[1:]
    found = measure(Path(folder), url, username=username, password=password, changing=changing, port=port)
    print(json.dumps(asyncio.run(found)))  # noqa: T201


if __name__ == "__main__":
    main()
