"""Waiting one's turn at other people's servers, and what is held against those that keep everybody waiting."""

import asyncio
from datetime import UTC, datetime

import pytest

from integrations.errors import TooSlow
from service.store.access import Access
from service.workers.manners import Manners, Resting

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
AT_HOME = Access(
    "https://calendar.example", "ana", "secret", "generic", "https://calendar.example/home/", sync_collection=True
)


def soon() -> float:
    return asyncio.get_running_loop().time() + 0.05


def later() -> float:
    return asyncio.get_running_loop().time() + 10


async def visit(manners: Manners, *, until: float, seconds: float = 0.0) -> None:
    async with manners.visit(AT_HOME, now=lambda: NOW, until=until):
        await asyncio.sleep(seconds)


async def test_a_host_at_which_the_time_runs_out_three_times_in_a_row_is_left_alone() -> None:
    manners = Manners()
    for _ in range(3):
        with pytest.raises(TooSlow):
            await visit(manners, until=soon(), seconds=5)
    with pytest.raises(Resting) as refused:
        await visit(manners, until=later())
    assert isinstance(refused.value.cause, TooSlow)


async def test_who_waits_for_a_turn_until_the_time_runs_out_has_asked_nobody() -> None:
    manners = Manners()
    async with manners.visit(AT_HOME, now=lambda: NOW, until=later()):
        for _ in range(3):
            with pytest.raises(Resting):
                await visit(manners, until=soon())
    await visit(manners, until=later())


async def test_who_comes_after_the_time_ran_out_asks_nobody() -> None:
    with pytest.raises(Resting):
        await visit(Manners(), until=soon() - 1)
