"""
The clock: a few fixed ticks that wake functions which claim due rows. The database is the schedule.

APScheduler holds as many jobs as there are functions, whatever the number of couples. A job that raises is logged
loudly and ticks again; two ticks of one job never overlap.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from service import log

_PATIENCE = 8.0  # seconds; whoever stops us may kill us after ten


@dataclass(frozen=True, slots=True)
class Job:
    """A function that does what is due and returns how much it was; `seconds` is the time between two ticks."""

    name: str
    seconds: float
    run: Callable[[], Awaitable[int]]


class Ticker:
    """Runs jobs on APScheduler 3.11 inside the running event loop; the only one that knows it."""

    def __init__(self, jobs: tuple[Job, ...]) -> None:
        self.jobs = jobs
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()

    @property
    def is_running(self) -> bool:
        return bool(self._scheduler.running)

    def start(self, *, now: datetime) -> None:
        """Begin to tick, each job at once and then every `seconds`."""
        for job in self.jobs:
            self._scheduler.add_job(
                self._tick,
                "interval",
                args=(job,),
                id=job.name,
                seconds=job.seconds,
                next_run_time=now,
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,  # the default of one second drops a late tick for good
            )
        self._scheduler.start()

    async def stop(self) -> None:
        """Tick no more and wait a while for what runs; what then still runs is cancelled, and its leases run out."""
        if not self.is_running:
            return
        self._scheduler.pause()
        while self._running:  # a tick that had been called for as this began may begin meanwhile
            _, late = await asyncio.wait(self._running, timeout=_PATIENCE)
            for task in late:
                task.cancel()
        self._scheduler.shutdown(wait=False)
        await asyncio.sleep(0)  # it shuts down in the loop's next round

    async def _tick(self, job: Job) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        try:
            count = await job.run()
        except Exception as error:
            log.trouble("tick failed", error, job=job.name, clock="apscheduler")
        else:
            if count:
                log.event("tick", job=job.name, clock="apscheduler", count=count)
