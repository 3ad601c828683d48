"""
From the index to shared evenings, and one changed object into the index: in process, on SQLite, everything in memory.

Times are on the clock, in milliseconds. A question's is from before its transaction is opened to after it is closed; a
change's is without the commit, which a sync pays once for all that changed, and which is told beside it.
"""

from datetime import datetime, timedelta
from itertools import islice
from statistics import median, quantiles
from time import perf_counter

from service.actions.house import House
from service.core.interval import Interval
from service.core.spans import find_free
from service.store import busy
from tests.bench.calendars import make_objects
from tests.bench.couple import Member, read_object
from tests.bench.evenings import SHORTEST, evenings
from tests.bench.figures import Figure

QUESTIONS = 2_000
CHANGES = 100


async def measure_warm(house: House, *, member: Member, during: Interval, events: int) -> dict[str, Figure]:
    """Ask for the same evenings again and again."""
    taken = []
    for _ in range(QUESTIONS):
        start = perf_counter()
        hours = evenings(during)
        async with house.database.read() as tx:
            held = await busy.held_by_couple(tx, couple_id=member.partner.couple_id)
        gaps = find_free(hours, taken=held.busy, shortest=SHORTEST)
        taken.append((perf_counter() - start) * 1000)
        if not gaps:
            raise RuntimeError("the benchmark found no gap, so it measured nothing")
    whole = f"2 x {events} events, 90 days, SQLite"
    return {
        "warm_p50_ms": Figure(round(median(taken), 3), "ms", f"limit 0.5 ms, {whole}"),
        "warm_p99_ms": Figure(round(quantiles(taken, n=100)[98], 3), "ms", f"limit 1 ms, {whole}"),
    }


async def measure_reindex(house: House, *, member: Member, events: int, now: datetime) -> dict[str, Figure]:
    """Move one entry after another by a day: read it and pack its calendar anew."""
    moved = make_objects(count=events, seed=0, middle=now.date() + timedelta(days=1))
    taken, commits = [], []
    for name, data in islice(moved, CHANGES):
        async with house.database.write() as tx:
            start = perf_counter()
            read = {name: read_object(data, partner=member.partner, now=now)}
            await busy.replace(tx, calendar_id=member.calendar_id, read=read, touched={}, dropped=())
            done = perf_counter()
        taken.append((done - start) * 1000)
        commits.append((perf_counter() - done) * 1000)
    text = f"limit 0.5 ms; one of {events}, read and written to SQLite; the commit after it {median(commits):.2f} ms"
    return {"reindex_one_ms": Figure(round(median(taken), 3), "ms", text)}
