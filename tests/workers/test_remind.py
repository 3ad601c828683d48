"""The worker that reminds of small gestures: when they are welcome, once, and never of what was refused."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from integrations.ical.bounded import BoundedReader
from service.actions import gestures as own
from service.content.library import Library
from service.core.gestures import CHANNELS, Gesture
from service.store import gestures, outbox
from service.store.gestures import Schedule
from service.store.outbox import Kind, Parcel, State
from service.workers.remind import remind
from tests.households import NOW
from tests.postgres import fresh_database
from tests.workers.world import EVENING, Home, PowerCut, open_home

GESTURE = "foot_rub"
HOUR = timedelta(hours=1)
A_YEAR = timedelta(weeks=52)


async def wish(home: Home, *, per_week: int = 3, quiet: str | None = None) -> None:
    version = (await see(home)).version
    await own.change_settings(
        home.house,
        partner=home.ana,
        version=version,
        per_week=per_week,
        channels=CHANNELS,
        quiet=quiet,
        now=home.clock(),
    )


async def see(home: Home) -> Schedule:
    async with home.house.database.read() as tx:
        return await gestures.find(tx, partner_id=home.ana.id)


async def make_due(home: Home, **changes: object) -> None:
    """Let Ana's moment be now."""
    async with home.house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=home.ana.id)
        await gestures.save(tx, replace(schedule, next_due_at=home.clock(), **changes))  # type: ignore[arg-type]


async def reminders(home: Home) -> list[Parcel]:
    async with home.house.database.write() as tx:
        waiting = await outbox.claim(tx, owner="test", now=home.clock(), lease=A_YEAR, limit=100)
    return [parcel for parcel in waiting if parcel.kind is Kind.GESTURE]


async def test_a_due_moment_leaves_one_parcel_and_moves_on(home: Home) -> None:
    await wish(home)
    await make_due(home)
    assert await remind(home.house) == 1
    moved = await see(home)
    assert moved.last_at == NOW
    assert moved.next_due_at is not None
    assert moved.next_due_at > NOW
    assert await remind(home.house) == 0
    [parcel] = await reminders(home)
    assert parcel.partner_id == home.ana.id
    assert parcel.detail in home.house.library.gestures


async def test_a_worker_that_dies_before_the_parcel_is_left_has_not_moved_the_moment_on(home: Home) -> None:
    class Dying(dict[str, Gesture]):
        def values(self) -> NoReturn:
            raise PowerCut

    await wish(home)
    await make_due(home)
    words = replace(home.house.library.of("en"), gestures=Dying())
    with pytest.raises(PowerCut):
        await remind(replace(home.house, library=Library({"en": words})))
    assert (await see(home)).next_due_at == NOW
    assert await remind(home.house) == 1
    assert len(await reminders(home)) == 1


async def test_eight_weeks_bring_as_many_reminders_as_were_wanted_at_hours_of_their_own(home: Home) -> None:
    await wish(home, per_week=3, quiet="21:30-07:30")
    sent: list[datetime] = []
    while home.clock() < NOW + timedelta(weeks=8):
        due = (await see(home)).next_due_at
        assert due is not None
        home.clock.step(due - home.clock())
        await remind(home.house)
        sent += [home.clock() for _ in await reminders(home)]
    assert 8 * 3 - 1 <= len(sent) <= 8 * 3 + 2
    assert len({moment.hour for moment in sent}) > 3


async def test_quiet_hours_postpone(home: Home) -> None:
    await wish(home, quiet="09:00-12:00")
    await make_due(home)
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.last_at is None
    assert moved.next_due_at is not None
    assert moved.next_due_at >= NOW + 2 * HOUR  # quiet until noon in Berlin, which is 11:00 UTC


@pytest.mark.parametrize("status", ["", "STATUS:TENTATIVE"])
async def test_being_busy_postpones(home: Home, status: str) -> None:
    await home.keep(home.ana, start=NOW - HOUR, end=NOW + HOUR, line=status)
    await wish(home)
    await make_due(home)
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.next_due_at is not None
    assert moved.next_due_at >= NOW + HOUR


async def test_the_partners_busy_time_postpones_nothing(home: Home) -> None:
    await home.keep(home.ben, start=NOW - HOUR, end=NOW + HOUR)
    await wish(home)
    await make_due(home)
    await remind(home.house)
    assert len(await reminders(home)) == 1


async def test_nothing_is_sent_during_a_date(home: Home) -> None:
    await home.pencil_in()
    await wish(home)
    home.clock.moment = EVENING.start + HOUR
    await make_due(home)
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.next_due_at is not None
    assert moved.next_due_at >= EVENING.end


async def test_a_gesture_that_was_put_off_comes_first(home: Home) -> None:
    await wish(home)
    await own.remind_later(home.house, partner=home.ana, gesture_id=GESTURE, until=NOW + HOUR, now=NOW)
    home.clock.step(HOUR)
    await remind(home.house)
    assert [parcel.detail for parcel in await reminders(home)] == [GESTURE]
    assert (await see(home)).later_gesture_id is None


async def test_a_gesture_that_was_put_off_waits_for_a_welcome_moment(home: Home) -> None:
    await wish(home)
    await make_due(home, later_gesture_id=GESTURE)
    await home.keep(home.ana, start=NOW - HOUR, end=NOW + HOUR)
    await remind(home.house)
    assert (await see(home)).later_gesture_id == GESTURE


async def test_a_gesture_that_was_put_off_and_then_refused_does_not_come(home: Home) -> None:
    await wish(home)
    await own.remind_later(home.house, partner=home.ana, gesture_id=GESTURE, until=NOW + HOUR, now=NOW)
    await own.never_again(home.house, partner=home.ana, gesture_id=GESTURE)
    home.clock.step(HOUR)
    await remind(home.house)
    assert GESTURE not in [parcel.detail for parcel in await reminders(home)]
    assert (await see(home)).later_gesture_id is None


async def test_where_every_gesture_is_refused_nothing_goes_out_and_the_moment_moves_on(home: Home) -> None:
    await wish(home)
    for gesture_id in home.house.library.gestures:
        await own.never_again(home.house, partner=home.ana, gesture_id=gesture_id)
    await make_due(home)
    assert await remind(home.house) == 1
    assert await reminders(home) == []
    assert await remind(home.house) == 0


@pytest.mark.parametrize("switched_on_first", [True, False])
async def test_who_has_reminders_off_gets_none(home: Home, switched_on_first: bool) -> None:
    if switched_on_first:
        await wish(home)
        await wish(home, per_week=0)
    for _ in range(14):
        home.clock.step(timedelta(days=1))
        assert await remind(home.house) == 0
    assert await home.count(State.WAITING) == 0


@pytest.mark.servers
async def test_two_workers_at_once_on_postgresql_leave_one_parcel(tmp_path: Path, reader: BoundedReader) -> None:
    with fresh_database() as url:
        async with open_home(tmp_path, reader=reader, url=url) as home:
            for _ in range(10):
                await wish(home, quiet=None)
                await make_due(home, last_at=None)
                counts: Sequence[int] = await asyncio.gather(*(remind(home.house) for _ in range(4)))
                assert sum(counts) == 1
                assert len(await reminders(home)) == 1
