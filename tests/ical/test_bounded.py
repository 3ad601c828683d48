"""Reading in a process that may be killed."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, NoReturn

import pytest

from integrations.ical.bounded import BoundedReader
from integrations.ical.busy import ALL_BUSY, Reading, read_busy
from integrations.ical.errors import ReaderIll, Unreadable
from integrations.ical.stripped import Taken, take
from tests.ical.calendars import BERLIN, END, ME, START, calendar, event

GOOD = calendar(event("DTSTART;TZID=Europe/Berlin:20261201T180000", "DURATION:PT1H"))
# Within the screen's bounds; and whoever asks about two centuries may wait for many seconds of work.
SLOW = calendar(
    *(
        event(
            *("DTSTART:16000101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9"),
            uid=str(number),
        )
        for number in range(2000)
    )
)
FAR = datetime(2200, 1, 1, tzinfo=UTC)
LARGE = calendar(event("DTSTART:20261201T180000", "ATTENDEE" + f";X={ME[0]}" * 1_000_000))


async def read(reader: BoundedReader, data: bytes, *, end: datetime = END) -> Reading:
    return await reader.read(data, start=START, end=end, zone=BERLIN, me=ME)


@pytest.fixture
def reader() -> Iterator[BoundedReader]:
    reader = BoundedReader(seconds=2)
    yield reader
    reader.stop()


async def test_it_reads_what_the_plain_reader_reads(reader: BoundedReader) -> None:
    assert await read(reader, GOOD) == read_busy(GOOD, start=START, end=END, zone=BERLIN, me=ME)


async def test_what_takes_too_long_is_unreadable_and_the_next_calendar_is_read(reader: BoundedReader) -> None:
    await read(reader, GOOD)
    started = perf_counter()
    with pytest.raises(Unreadable) as caught:
        await read(reader, SLOW, end=FAR)
    assert perf_counter() - started < 6
    assert caught.value.permanent
    assert (await read(reader, GOOD)).busy


async def test_what_is_no_calendar_is_told_as_by_the_plain_reader(reader: BoundedReader) -> None:
    with pytest.raises(Unreadable, match="not a calendar"):
        await read(reader, b"<html>")


async def test_what_takes_too_much_memory_is_unreadable_and_the_next_calendar_is_read() -> None:
    reader = BoundedReader(seconds=10, memory=200 * 1024 * 1024)
    try:
        assert (await read(reader, GOOD)).busy
        with pytest.raises(Unreadable):
            await read(reader, LARGE)
        assert (await read(reader, GOOD)).busy
    finally:
        reader.stop()


async def test_a_process_that_was_killed_while_it_had_nothing_to_do_is_replaced(reader: BoundedReader) -> None:
    before = set(multiprocessing.active_children())
    await read(reader, GOOD)
    for process in set(multiprocessing.active_children()) - before:
        process.kill()
        process.join()
    assert (await read(reader, GOOD)).busy
    assert (await read(reader, GOOD)).busy


async def test_objects_are_read_by_the_hundred_each_as_if_it_were_alone(reader: BoundedReader) -> None:
    objects = [GOOD, b"<html>", *[GOOD] * 150, calendar()]
    taken = await reader.read_many(objects, start=START, end=END, zone=BERLIN, me=ME)
    assert [type(each) for each in taken] == [Taken, Unreadable, *[Taken] * 151]
    assert taken[0] == taken[-2] == take(GOOD, start=START, end=END, zone=BERLIN, me=ME)


async def test_an_object_that_takes_too_long_is_the_only_one_lost(reader: BoundedReader) -> None:
    await read(reader, GOOD)
    taken = await reader.read_many([GOOD, SLOW, GOOD], start=START, end=FAR, zone=BERLIN, me=ME)
    assert [type(each) for each in taken] == [Taken, Unreadable, Taken]


async def test_nothing_to_read_is_read_at_once(reader: BoundedReader) -> None:
    assert await reader.read_many([], start=START, end=END, zone=BERLIN) == []


async def test_once_stopped_it_reads_nothing_any_more() -> None:
    reader = BoundedReader()
    reader.stop()
    with pytest.raises(Unreadable):
        await read(reader, GOOD)


class Dying(BoundedReader):
    """Its process dies over everything, as where the machine has no memory left."""

    async def _try(self, work: Callable[[], Any]) -> Any:
        return await super()._try(_die)


async def test_where_nothing_at_all_can_be_read_no_object_is_to_blame() -> None:
    reader = Dying()
    try:
        with pytest.raises(ReaderIll) as caught:
            await reader.read_many([GOOD], start=START, end=END, zone=BERLIN, me=ME)
        assert not caught.value.permanent
    finally:
        reader.stop()


async def test_nor_is_what_was_kept_of_an_object() -> None:
    reader = BoundedReader()
    reader.stop()
    with pytest.raises(ReaderIll):
        await reader.read_stripped_many([GOOD], start=START, end=END, zone=BERLIN, policy=ALL_BUSY)


def _die() -> NoReturn:
    os._exit(1)
