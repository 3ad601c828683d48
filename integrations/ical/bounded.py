"""
Reading in a process of its own, which may be killed: the second wall, behind the screen.

The one place in this package that is not pure. Time is in seconds on the clock, memory in bytes of address space.
"""

import asyncio
import multiprocessing
import resource
from collections.abc import Collection
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from pebble import ProcessPool

from integrations.errors import IntegrationError
from integrations.ical.busy import ALL_BUSY, Policy, Reading, read_busy
from integrations.ical.errors import Unreadable

SECONDS = 20.0
MEMORY = 1024 * 1024 * 1024


class BoundedReader:
    """
    Reads one calendar at a time, each within `seconds` and `memory`.

    The process starts with the first reading and is replaced when it had to be killed. `stop` ends it.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._pool = ProcessPool(
            max_workers=1,
            context=multiprocessing.get_context("spawn"),  # a fork would inherit the locks of this process's threads
            initializer=_limit_memory,
            initargs=(memory,),
        )

    async def read(
        self,
        data: bytes,
        *,
        start: datetime,
        end: datetime,
        zone: ZoneInfo,
        me: Collection[str] = (),
        policy: Policy = ALL_BUSY,
    ) -> Reading:
        """Do as `read_busy` does; also raise `Unreadable` where it took too long, too much memory, or crashed."""
        work = partial(read_busy, data, start=start, end=end, zone=zone, me=tuple(me), policy=policy)
        try:
            return await asyncio.wrap_future(self._pool.schedule(work, timeout=self._seconds))
        except IntegrationError:
            raise
        except Exception as error:  # whatever a dying process leaves behind: its text may quote the calendar
            raise Unreadable(f"reading ended with {type(error).__name__}") from None

    def stop(self) -> None:
        """End the process, and whatever it is reading."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _limit_memory(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
