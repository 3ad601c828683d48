"""
Storms: whatever happens between us and the server, in the end everybody knows the same, once.

The two live on, dates come and go, and both workers do their work, while a share of all requests is delayed, refused,
cut, reset before or after the deed, or answered by somebody else. Then the weather calms down, and a day later what the
two did, what the server holds and what the service knows must be the same: nothing lost, nothing doubled.
"""

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from tests.households import NOW
from tests.outside.suite import faults
from tests.outside.suite.dice import Dice
from tests.outside.suite.lives import open_lives
from tests.outside.suite.proxy import run_proxy
from tests.outside.suite.servers import Server
from tests.workers.world import Home, open_home

pytestmark = pytest.mark.servers

STORMS = int(os.environ.get("TEST_STORMS", "2"))
FAULTS = 40
LONGEST = timedelta(hours=20)  # of a storm: parcels are kept for two days
SHARE = 0.3
BAD_WEATHER = (
    faults.delay(0.02),
    faults.reset,
    faults.lose_the_answer,
    faults.lose_the_answer,
    faults.cut,
    faults.cut_neatly,
    faults.drop_after,
    faults.show_a_page,
    faults.refuse(429, {"Retry-After": "300"}),
    faults.refuse(500),
    faults.refuse(503, {"Retry-After": "120"}),
    faults.deny(500),
    faults.deny(502),
    faults.deny(504),
)


@pytest.fixture
async def home(migrated: Path, tmp_path: Path, reader: BoundedReader) -> AsyncIterator[Home]:
    async with open_home(tmp_path, reader=reader, migrated=migrated) as home:
        yield home


@pytest.mark.step("storms")
@pytest.mark.parametrize("seed", range(STORMS))
async def test_what_a_storm_delays_is_neither_lost_nor_doubled(home: Home, server: Server, seed: int) -> None:
    dice = Dice(f"lives {seed}")
    weather = faults.Weather(f"weather {seed}", faults=BAD_WEATHER, share=0.0, fair=faults.Pages(5))
    with run_proxy(server.url, choose=weather) as proxy:
        async with open_lives(home, server=server, proxy=proxy, dice=dice) as lives:
            weather.share = SHARE
            while len(weather.drawn) < FAULTS and home.clock() < NOW + LONGEST:
                for _ in range(dice.between(1, 4)):
                    await lives.go_on()
                await lives.work()
                home.clock.step(timedelta(minutes=dice.between(1, 20)))
            weather.share = 0.0
            await lives.settle()
            await lives.compare()
    assert len(weather.drawn) >= FAULTS
    assert {"REPORT", "PUT"} <= set(weather.drawn)
