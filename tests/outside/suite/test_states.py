"""What the service makes of a server that turns away: last known times stay, and it catches up by itself."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from service.actions import calendars as actions
from service.store.outbox import State
from tests.households import between
from tests.outside.suite import faults
from tests.outside.suite.dice import Dice
from tests.outside.suite.lives import Lives, Side, open_lives
from tests.outside.suite.proxy import Fault, run_proxy
from tests.outside.suite.servers import Server
from tests.workers.world import Home, open_home

pytestmark = pytest.mark.servers

SOON = timedelta(minutes=20)
LATER = timedelta(hours=12)


@pytest.fixture
async def home(migrated: Path, tmp_path: Path, reader: BoundedReader) -> AsyncIterator[Home]:
    async with open_home(tmp_path, reader=reader, migrated=migrated) as home:
        yield home


@pytest.fixture
async def lives(home: Home, server: Server) -> AsyncIterator[Lives]:
    with run_proxy(server.url, choose=faults.always(faults.pass_on)) as proxy:
        async with open_lives(home, server=server, proxy=proxy, dice=Dice("calm")) as lives:
            await lives.note(lives.sides[0])
            home.clock.step(SOON)
            await lives.work()
            yield lives


async def asked_in(lives: Lives, wait: timedelta) -> int:
    """Let time pass and the workers work; return how many requests that was."""
    before = len(lives.proxy.asked)
    lives.home.clock.step(wait)
    await lives.work()
    return len(lives.proxy.asked) - before


async def known(lives: Lives, side: Side) -> bool:
    """Return whether what the service knows of a side is what that side holds."""
    return await lives.home.busy_of(side.partner) == sorted(side.held.values())


@pytest.mark.step("credentials revoked")
async def test_a_login_revoked_midway_stops_the_polling_until_it_is_given_again(lives: Lives) -> None:
    side = lives.sides[0]
    await lives.note(side)
    lives.proxy.choose = faults.after(1, faults.refuse(401, {"WWW-Authenticate": 'Basic realm="calendars"'}))
    for _ in lives.sides:  # the one request that passes may be that of either
        await asked_in(lives, SOON)
    assert not await known(lives, side)
    assert len(await lives.home.busy_of(side.partner)) == 1
    assert await asked_in(lives, LATER) == 0
    lives.proxy.choose = faults.always(faults.pass_on)
    for each in lives.sides:
        await actions.sync_now(
            lives.home.house, partner=each.partner, calendar_id=each.calendar.id, now=lives.home.clock()
        )
    await lives.work()
    assert await known(lives, side)


@pytest.mark.step("throttled")
async def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(lives: Lives) -> None:
    await lives.note(lives.sides[0])
    lives.proxy.choose = faults.always(faults.refuse(429, {"Retry-After": "3000"}))
    assert 1 <= await asked_in(lives, SOON) <= len(lives.sides)
    assert await asked_in(lives, timedelta(minutes=45)) == 0
    lives.proxy.choose = faults.always(faults.pass_on)
    assert await asked_in(lives, LATER) > 0
    assert await known(lives, lives.sides[0])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.show_a_page, marks=pytest.mark.step("HTML")),
        pytest.param(faults.cut_neatly, marks=pytest.mark.step("truncated")),
        pytest.param(faults.send_to("http://127.0.0.1:9/"), marks=pytest.mark.step("private redirect")),
        pytest.param(faults.refuse(500), marks=pytest.mark.step("500")),
        pytest.param(faults.reset, marks=pytest.mark.step("reset")),
    ],
)
async def test_what_is_no_answer_changes_nothing_that_is_known(lives: Lives, fault: Fault) -> None:
    side = lives.sides[0]
    before = await lives.home.busy_of(side.partner)
    await lives.note(side)
    lives.proxy.choose = faults.always(fault)
    await asked_in(lives, SOON)
    assert await lives.home.busy_of(side.partner) == before
    assert len(before) == 1
    lives.proxy.choose = faults.always(faults.pass_on)
    for each in lives.sides:  # an address that is refused waits for its owner; anything else would come by itself
        await actions.sync_now(
            lives.home.house, partner=each.partner, calendar_id=each.calendar.id, now=lives.home.clock()
        )
    await asked_in(lives, LATER)
    assert await known(lives, side)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.reset, marks=pytest.mark.step("reset")),
        pytest.param(faults.lose_the_answer, marks=pytest.mark.step("reset")),
        pytest.param(faults.deny(502), marks=pytest.mark.step("500")),
        pytest.param(faults.refuse(503, {"Retry-After": "60"}), marks=pytest.mark.step("throttled")),
        pytest.param(faults.show_a_page, marks=pytest.mark.step("HTML")),
    ],
)
async def test_a_date_comes_into_both_calendars_once_whatever_comes_first(lives: Lives, fault: Fault) -> None:
    lives.proxy.choose = faults.only("PUT", fault, times=3)
    await lives.pencil_in(lives.sides[0], time=between(9, 18, 20))
    for _ in range(4):
        await asked_in(lives, SOON)
    assert await lives.home.count(State.WAITING) == 0
    await lives.compare()
