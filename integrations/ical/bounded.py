"""
Reading in a process of its own, which may be killed: the second wall, behind the screen.

The one place in this package that is not pure. Time is in seconds on the clock, memory in bytes of address space.
"""

import asyncio
import multiprocessing
import resource
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from pebble import ProcessPool

from integrations.errors import IntegrationError
from integrations.ical.busy import ALL_BUSY, Policy, Reading, read_busy
from integrations.ical.errors import Unreadable
from integrations.ical.stripped import Taken, take

SECONDS = 20.0
MEMORY = 1024 * 1024 * 1024
BATCH = 100

_T = TypeVar("_T")


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
        return await self._run(partial(read_busy, data, start=start, end=end, zone=zone, me=tuple(me), policy=policy))

    async def read_many(
        self,
        objects: Sequence[bytes],
        *,
        start: datetime,
        end: datetime,
        zone: ZoneInfo,
        me: Collection[str] = (),
        policy: Policy = ALL_BUSY,
    ) -> list[Taken | IntegrationError]:
        """
        Return what is to be kept of each of `objects`, or why there is nothing, in their order.

        They go through the process by the hundred, as one way there and back costs more than the reading. Where a
        hundred were not read in time, each goes alone, so that only the one to blame is lost.
        """
        work = partial(_take_all, start=start, end=end, zone=zone, me=tuple(me), policy=policy)
        taken: list[Taken | IntegrationError] = []
        for number in range(0, len(objects), BATCH):
            batch = objects[number : number + BATCH]
            try:
                taken += await self._run(partial(work, batch))
            except Unreadable:
                taken += [await self._take_alone(partial(work, [data])) for data in batch]
        return taken

    async def _take_alone(self, work: Callable[[], list[Taken | IntegrationError]]) -> Taken | IntegrationError:
        try:
            return (await self._run(work))[0]
        except Unreadable as error:
            return error

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            result: _T = await asyncio.wrap_future(self._pool.schedule(work, timeout=self._seconds))
        except IntegrationError:
            raise
        except Exception as error:  # whatever a dying process leaves behind: its text may quote the calendar
            raise Unreadable(f"reading ended with {type(error).__name__}") from None
        return result

    def stop(self) -> None:
        """End the process, and whatever it is reading."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _take_all(
    objects: Iterable[bytes], *, start: datetime, end: datetime, zone: ZoneInfo, me: Collection[str], policy: Policy
) -> list[Taken | IntegrationError]:
    taken: list[Taken | IntegrationError] = []
    for data in objects:
        try:
            taken.append(take(data, start=start, end=end, zone=zone, me=me, policy=policy))
        except IntegrationError as error:
            taken.append(error)
    return taken


def _limit_memory(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
