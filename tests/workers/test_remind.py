"""The worker that reminds of small gestures: when they are welcome, once, and never of what was refused."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from integrations.ical.bounded import BoundedReader
from service.actions import gestures as own
from service.content.library import Library
from service.core.gestures import AT_HOME, Gesture
from service.core.reminders import cues_at
from service.store import gestures
from service.store.outbox import State
from service.workers.remind import remind
from tests.households import NOW
from tests.postgres import fresh_database
from tests.workers.reminding import HOUR, MINUTE, come, make_due, remind_for, reminders, see, wish
from tests.workers.world import EVENING, Home, PowerCut, open_home


async def test_a_due_moment_leaves_one_parcel_and_moves_on(home: Home) -> None:
    await wish(home)
    moment = await come(home)
    assert await remind(home.house) == 1
    moved = await see(home)
    assert moved.last_at == moment
    assert moved.next_due_at is not None
    assert moved.next_due_at > moment
    assert await remind(home.house) == 0
    [parcel] = await reminders(home)
    assert parcel.partner_id == home.ana.id
    assert parcel.detail in home.house.library.gestures


async def test_a_worker_that_dies_before_the_parcel_is_left_has_not_moved_the_moment_on(home: Home) -> None:
    class Dying(dict[str, Gesture]):
        def values(self) -> NoReturn:
            raise PowerCut

    await wish(home)
    moment = await come(home)
    words = replace(home.house.library.of("en"), gestures=Dying())
    with pytest.raises(PowerCut):
        await remind(replace(home.house, library=Library({"en": words})))
    assert (await see(home)).next_due_at == moment
    assert await remind(home.house) == 1
    assert len(await reminders(home)) == 1


async def test_eight_weeks_bring_as_many_reminders_as_were_wanted_each_at_an_hour_that_fits_it(home: Home) -> None:
    await wish(home, per_week=3, quiet="21:30-07:30")
    sent = await remind_for(home, weeks=8)
    assert 8 * 3 - 1 <= len(sent) <= 8 * 3 + 2
    assert len({moment.hour for moment, _ in sent}) > 3
    assert all(gesture.cue in cues_at(moment, zone=home.ana.zone) for moment, gesture in sent)
    assert len({gesture.id for _, gesture in sent}) > len(sent) / 2


async def test_the_two_are_never_reminded_in_the_same_hour(home: Home) -> None:
    hours: list[set[int]] = []
    for partner in (home.ana, home.ben):
        home.clock.moment = NOW
        await wish(home, per_week=7, who=partner)
        hours.append(set())
        while home.clock() < NOW + timedelta(weeks=4):
            due = (await see(home, who=partner)).next_due_at
            assert due is not None
            home.clock.moment = due
            await remind(home.house)
            if any(parcel.partner_id == partner.id for parcel in await reminders(home)):
                hours[-1].add(int(due.timestamp()) // 3600)
        await wish(home, per_week=0, who=partner)
    assert min(map(len, hours)) > 20
    assert not hours[0] & hours[1]


async def test_a_partner_who_comes_later_changes_whose_hours_are_whose_and_nothing_is_sent_in_the_others(
    home: Home,
) -> None:
    await wish(home)
    await come(home)
    home.clock.step(HOUR)  # hours take turns
    await make_due(home)
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.last_at is None
    assert moved.next_due_at is not None


async def test_quiet_hours_postpone(home: Home) -> None:
    await wish(home)
    moment = await come(home)
    local = moment.astimezone(home.ana.zone)
    await make_due(home, quiet=f"{local - 10 * MINUTE:%H:%M}-{local + 2 * HOUR:%H:%M}")
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.last_at is None
    assert moved.next_due_at is not None
    assert moved.next_due_at >= moment + 2 * HOUR - MINUTE


@pytest.mark.parametrize("status", ["", "STATUS:TENTATIVE"])
async def test_being_busy_postpones(home: Home, status: str) -> None:
    await wish(home)
    moment = await come(home)
    await home.keep(home.ana, start=moment - HOUR, end=moment + HOUR, line=status)
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.next_due_at is not None
    assert moved.next_due_at >= moment + HOUR


async def test_the_partners_busy_time_leaves_words_and_puts_off_touch_and_acts(home: Home) -> None:
    await home.keep(home.ben, start=NOW, end=NOW + timedelta(weeks=8))
    await wish(home, per_week=7)
    sent = await remind_for(home, weeks=4)
    assert len(sent) > 20
    assert not {gesture.channel for _, gesture in sent} & AT_HOME


async def test_who_wants_touch_only_gets_nothing_while_the_other_is_away_and_the_moments_move_on(home: Home) -> None:
    away = NOW + timedelta(weeks=1)
    await home.keep(home.ben, start=NOW, end=away)
    await wish(home, per_week=7, channels=AT_HOME)
    sent = await remind_for(home, weeks=3)
    assert len(sent) > 7
    assert all(moment >= away for moment, _ in sent)


async def test_a_partner_whose_calendar_was_not_read_yet_is_not_taken_for_at_home(home: Home) -> None:
    await home.connect(home.ben)
    await wish(home, per_week=7)
    sent = await remind_for(home, weeks=2)
    assert sent
    assert not {gesture.channel for _, gesture in sent} & AT_HOME


async def test_when_the_next_moment_comes_does_not_depend_on_the_partners_time(home: Home) -> None:
    await wish(home, channels=AT_HOME)
    before = await see(home)
    await home.keep(home.ben, start=NOW, end=NOW + timedelta(weeks=8))
    await wish(home, channels=AT_HOME)
    assert (await see(home)).next_due_at == before.next_due_at


async def test_nothing_is_sent_during_a_date(home: Home) -> None:
    await home.pencil_in()
    await wish(home)
    for minutes in range(5, 115, 10):
        home.clock.moment = EVENING.start + minutes * MINUTE
        await make_due(home)
        await remind(home.house)
        assert await reminders(home) == []
        moved = await see(home)
        assert moved.next_due_at is not None
        assert moved.next_due_at >= EVENING.end


async def test_where_every_gesture_is_refused_nothing_goes_out_and_the_moment_moves_on(home: Home) -> None:
    await wish(home)
    for gesture_id in home.house.library.gestures:
        await own.never_again(home.house, partner=home.ana, gesture_id=gesture_id)
    await make_due(home)
    assert await remind(home.house) == 1
    assert await reminders(home) == []
    assert (await see(home)).next_due_at is None


async def test_where_all_that_fits_is_resting_the_moment_is_drawn_again_and_not_used_up(home: Home) -> None:
    await wish(home, channels=["gift"], per_week=7)
    first = await come(home)
    async with home.house.database.write() as tx:
        for gesture_id in home.house.library.gestures:
            await gestures.mark(tx, partner_id=home.ana.id, gesture_id=gesture_id, latest_at=first)
    await remind(home.house)
    assert await reminders(home) == []
    moved = await see(home)
    assert moved.last_at is None
    assert moved.next_due_at is not None
    assert moved.next_due_at >= first + HOUR


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
            await wish(home, quiet=None)
            for _ in range(10):
                await come(home)
                counts = await asyncio.gather(*(remind(home.house) for _ in range(4)))
                assert sum(counts) == 1
                assert len(await reminders(home)) == 1
