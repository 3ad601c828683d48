"""The clock: jobs tick at once and then again, whatever becomes of a tick; these tests take real parts of a second."""

import asyncio
import logging
import threading

import pytest

from service.clock import now
from service.workers.ticker import Job, Ticker

OFTEN = 0.02  # seconds
LONG = 3600.0


class Counter:
    """A job that counts its ticks; `seconds` is how long each takes, `error` what it ends with."""

    def __init__(self, *, seconds: float = 0, error: Exception | None = None) -> None:
        self.begun = 0
        self.ended = 0
        self.most_at_once = 0
        self.ticked = asyncio.Event()
        self._seconds = seconds
        self._error = error

    async def __call__(self) -> int:
        self.begun += 1
        self.most_at_once = max(self.most_at_once, self.begun - self.ended)
        self.ticked.set()
        await asyncio.sleep(self._seconds)
        self.ended += 1
        if self._error:
            raise self._error
        return 1

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(5):
            while self.begun < count:
                self.ticked.clear()
                await self.ticked.wait()


async def test_a_job_ticks_at_once_and_then_again() -> None:
    job = Counter()
    ticker = Ticker((Job("job", seconds=OFTEN, run=job),))
    running = [ticker.is_running]
    ticker.start(now=now())
    running.append(ticker.is_running)
    await job.reach(3)
    await ticker.stop()
    running.append(ticker.is_running)
    assert running == [False, True, False]


async def test_a_job_that_raises_is_logged_loudly_and_ticks_again(caplog: pytest.LogCaptureFixture) -> None:
    job = Counter(error=ValueError("words of somebody's calendar"))
    ticker = Ticker((Job("sync", seconds=OFTEN, run=job),))
    ticker.start(now=now())
    await job.reach(3)
    await ticker.stop()
    failed = [record for record in caplog.records if record.getMessage() == "tick failed"]
    assert failed[0].levelno == logging.ERROR
    assert getattr(failed[0], "fields", {}) == {"error": "ValueError", "job": "sync", "clock": "apscheduler"}
    assert "words of somebody" not in caplog.text


async def test_a_job_that_raises_does_not_keep_the_others_from_ticking() -> None:
    bad, good = Counter(error=ValueError()), Counter()
    ticker = Ticker((Job("bad", seconds=OFTEN, run=bad), Job("good", seconds=OFTEN, run=good)))
    ticker.start(now=now())
    await good.reach(3)
    await ticker.stop()


async def test_two_ticks_of_one_job_never_overlap() -> None:
    job = Counter(seconds=4 * OFTEN)
    ticker = Ticker((Job("job", seconds=OFTEN, run=job),))
    ticker.start(now=now())
    await job.reach(3)
    await ticker.stop()
    assert job.most_at_once == 1


async def test_ticks_that_were_due_meanwhile_become_one() -> None:
    job = Counter()
    ticker = Ticker((Job("job", seconds=OFTEN, run=job),))
    ticker.start(now=now())
    await job.reach(1)
    hold_the_loop(10 * OFTEN)
    await asyncio.sleep(OFTEN / 2)
    await ticker.stop()
    assert job.begun <= 3


async def test_stopping_waits_for_what_runs() -> None:
    job = Counter(seconds=5 * OFTEN)
    ticker = Ticker((Job("job", seconds=LONG, run=job),))
    ticker.start(now=now())
    await job.reach(1)
    assert job.ended == 0
    await ticker.stop()
    assert (job.begun, job.ended) == (1, 1)


async def test_nothing_ticks_after_stopping() -> None:
    job = Counter()
    ticker = Ticker((Job("job", seconds=OFTEN, run=job),))
    ticker.start(now=now())
    await job.reach(2)
    await ticker.stop()
    before = job.begun
    await asyncio.sleep(4 * OFTEN)
    assert job.begun == before


async def test_stopping_what_never_ran_is_nothing() -> None:
    ticker = Ticker(())
    await ticker.stop()
    assert not ticker.is_running


async def test_a_tick_with_something_to_do_is_told_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pencilin")
    job = Counter()
    ticker = Ticker((Job("remind", seconds=LONG, run=job),))
    ticker.start(now=now())
    await job.reach(1)
    await ticker.stop()
    [told] = [record for record in caplog.records if record.name == "pencilin"]
    assert getattr(told, "fields", {}) == {"job": "remind", "clock": "apscheduler", "count": 1}


def hold_the_loop(seconds: float) -> None:
    """Keep the event loop from doing anything, as a busy machine would."""
    threading.Event().wait(seconds)
