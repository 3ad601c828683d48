"""
Reading in a process of its own, which may be killed: the second wall, behind the screen.

The one place in this package that is not pure. Time is in seconds on the clock, memory in bytes of address space.
"""

import asyncio
import multiprocessing
import resource
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from pebble import CONSTS, ProcessPool

from integrations.errors import IntegrationError
from integrations.ical.busy import ALL_BUSY, Policy, Reading, read_busy
from integrations.ical.errors import ReaderIll, Unreadable
from integrations.ical.stripped import Taken, read_stripped, take

# Seconds between two looks of the pool after its process: its own 0.1 costs an idle service twice as much, and longer
# is what everybody waits at the end, and whoever asks on the command line. Work and its results do not wait for it.
CONSTS.sleep_unit = 0.2

SECONDS = 20.0
MEMORY = 1024 * 1024 * 1024
BATCH = 100
_HARMLESS = b"\r\n".join(
    (
        b"BEGIN:VCALENDAR",
        b"BEGIN:VEVENT",
        b"UID:harmless",
        b"DTSTART:20260101T100000Z",
        b"DTEND:20260101T110000Z",
        b"END:VEVENT",
        b"END:VCALENDAR",
        b"",
    )
)

_T = TypeVar("_T")


class BoundedReader:
    """
    Reads one calendar at a time, each within `seconds` and `memory`.

    The process starts with the first reading and is replaced when it had to be killed, or died. `stop` ends it.
    """

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY) -> None:
        self._seconds = seconds
        self._is_stopped = False
        self._make_pool = partial(
            ProcessPool,
            max_workers=1,
            context=multiprocessing.get_context("spawn"),  # a fork would inherit the locks of this process's threads
            initializer=_limit_memory,
            initargs=(memory,),
        )
        self._pool = self._make_pool()

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
        hundred were not read in time, each goes alone, so that only the one to blame is lost. Raises `ReaderIll`
        where a harmless one fares no better than the one that seemed to blame.
        """
        work = partial(take, start=start, end=end, zone=zone, me=tuple(me), policy=policy)
        return await self._run_batches(work, objects)

    async def read_stripped_many(
        self, contents: Sequence[bytes], *, start: datetime, end: datetime, zone: ZoneInfo, policy: Policy
    ) -> list[Reading | IntegrationError]:
        """Do the same with what was kept of objects: when the owner is busy in another window, zone or policy."""
        work = partial(read_stripped, start=start, end=end, zone=zone, policy=policy)
        return await self._run_batches(work, contents)

    async def _run_batches(self, work: Callable[[bytes], _T], objects: Sequence[bytes]) -> list[_T | IntegrationError]:
        done: list[_T | IntegrationError] = []
        for number in range(0, len(objects), BATCH):
            batch = objects[number : number + BATCH]
            try:
                done += await self._run(partial(_each, work, batch))
            except Unreadable:
                done += [await self._run_alone(work, data) for data in batch]
        return done

    async def _run_alone(self, work: Callable[[bytes], _T], data: bytes) -> _T | IntegrationError:
        try:
            return (await self._run(partial(_each, work, [data])))[0]
        except Unreadable as error:
            failed = error
        try:
            await self._run(partial(_each, work, [_HARMLESS]))
        except Unreadable as error:
            raise ReaderIll(str(error)) from None
        return failed

    async def _run(self, work: Callable[[], _T]) -> _T:
        try:
            try:
                return await self._try(work)
            except BrokenProcessPool:  # the process was dead before it began, so this calendar may not be to blame
                return await self._try(work)
        except IntegrationError:
            raise
        except Exception as error:  # whatever a dying process leaves behind: its text may quote the calendar
            raise Unreadable(f"reading ended with {type(error).__name__}") from None

    async def _try(self, work: Callable[[], _T]) -> _T:
        if not (self._is_stopped or self._pool.active):
            broken, self._pool = self._pool, self._make_pool()
            await asyncio.to_thread(broken.join)
        result: _T = await asyncio.wrap_future(self._pool.schedule(work, timeout=self._seconds))
        return result

    def stop(self) -> None:
        """End the process, and whatever it is reading."""
        self._is_stopped = True
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _each(work: Callable[[bytes], _T], objects: Iterable[bytes]) -> list[_T | IntegrationError]:
    done: list[_T | IntegrationError] = []
    for data in objects:
        try:
            done.append(work(data))
        except IntegrationError as error:
            done.append(error)
    return done


def _limit_memory(most: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
