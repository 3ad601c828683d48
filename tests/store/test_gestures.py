"""How each partner wants to be reminded, and what they said: kept for them alone, and moved on by one worker."""

import asyncio
from dataclasses import replace

import pytest

from service.core.errors import VersionConflict
from service.store import gestures
from service.store.engine import Database, Tx
from service.store.gestures import Marks, Schedule
from tests.store.people import DAY, HOUR, MINUTE, NOW

WISHED = Schedule(
    "a",
    per_week=3,
    channels=frozenset({"touch", "words"}),
    quiet=None,
    later_gesture_id="tea",
    last_at=NOW - DAY,
    next_due_at=NOW + HOUR,
)


async def test_reminders_are_off_until_they_are_switched_on(tx: Tx) -> None:
    schedule = await gestures.find(tx, partner_id="a")
    assert (schedule.per_week, schedule.next_due_at, schedule.version) == (0, None, 0)


async def test_a_schedule_comes_back_as_it_was_kept(tx: Tx) -> None:
    saved = await gestures.save(tx, WISHED)
    assert saved == replace(WISHED, version=1)
    assert await gestures.find(tx, partner_id="a") == saved
    changed = await gestures.save(tx, replace(saved, quiet="22:00-07:00", next_due_at=None, later_gesture_id=None))
    assert await gestures.find(tx, partner_id="a") == changed
    assert await gestures.find(tx, partner_id="b") == Schedule("b")


async def test_a_schedule_that_changed_meanwhile_is_not_overwritten(tx: Tx) -> None:
    first = await gestures.save(tx, WISHED)
    await gestures.save(tx, first)
    with pytest.raises(VersionConflict):
        await gestures.save(tx, first)


async def test_a_schedule_that_was_switched_on_meanwhile_is_not_overwritten(tx: Tx) -> None:
    await gestures.save(tx, WISHED)
    with pytest.raises(VersionConflict):
        await gestures.save(tx, replace(WISHED, per_week=7))


async def test_who_switches_reminders_on_twice_at_once_does_it_once(database: Database) -> None:
    async def switch_on() -> str:
        try:
            async with database.write() as tx:
                await gestures.save(tx, WISHED)
        except VersionConflict:
            return "conflict"
        return "saved"

    assert sorted(await asyncio.gather(*(switch_on() for _ in range(4)))) == ["conflict"] * 3 + ["saved"]


async def test_only_schedules_whose_moment_has_come_are_due_the_longest_waiting_first(tx: Tx) -> None:
    moments = {"a": NOW, "b": NOW - HOUR, "x": NOW + MINUTE, "y": None}
    for partner_id, moment in moments.items():
        await gestures.save(tx, replace(WISHED, partner_id=partner_id, next_due_at=moment))
    assert [each.partner_id for each in await gestures.due(tx, now=NOW, limit=9)] == ["b", "a"]
    assert [each.partner_id for each in await gestures.due(tx, now=NOW, limit=1)] == ["b"]


async def test_a_schedule_that_was_moved_on_is_not_due_again(tx: Tx) -> None:
    await gestures.save(tx, replace(WISHED, next_due_at=NOW))
    (schedule,) = await gestures.due(tx, now=NOW, limit=9)
    await gestures.save(tx, replace(schedule, next_due_at=NOW + DAY))
    assert await gestures.due(tx, now=NOW, limit=9) == []


async def test_workers_that_remind_at_once_never_remind_twice(database: Database) -> None:
    async with database.write() as tx:
        for partner_id in "abxy":
            await gestures.save(tx, replace(WISHED, partner_id=partner_id, next_due_at=NOW))

    async def remind() -> list[str]:
        async with database.write() as tx:
            taken = await gestures.due(tx, now=NOW, limit=2)
            await asyncio.sleep(0.01)
            for schedule in taken:
                await gestures.save(tx, replace(schedule, next_due_at=NOW + DAY))
        return [each.partner_id for each in taken]

    reminded = [each for found in await asyncio.gather(*(remind() for _ in range(5))) for each in found]
    assert sorted(reminded) == ["a", "b", "x", "y"]


@pytest.mark.servers
async def test_on_postgresql_a_worker_passes_over_schedules_that_another_holds(postgres: Database) -> None:
    async with postgres.write() as tx:
        for partner_id in "abx":
            await gestures.save(tx, replace(WISHED, partner_id=partner_id, next_due_at=NOW))
    async with postgres.write() as first, postgres.write() as second:
        taken = [await gestures.due(tx, now=NOW, limit=2) for tx in (first, second)]
    assert [len(each) for each in taken] == [2, 1]
    assert {each.partner_id for found in taken for each in found} == {"a", "b", "x"}


async def test_what_a_partner_said_is_kept_for_them_alone(tx: Tx) -> None:
    await gestures.mark(tx, partner_id="a", gesture_id="tea", latest_at=NOW)
    await gestures.mark(tx, partner_id="a", gesture_id="note", never=True)
    assert await gestures.marks(tx, partner_id="a") == Marks(frozenset({"note"}), {"tea": NOW})
    assert await gestures.marks(tx, partner_id="b") == Marks()


async def test_a_later_word_replaces_an_earlier_one_of_its_kind_only(tx: Tx) -> None:
    await gestures.mark(tx, partner_id="a", gesture_id="tea", latest_at=NOW)
    await gestures.mark(tx, partner_id="a", gesture_id="tea", never=True)
    await gestures.mark(tx, partner_id="a", gesture_id="tea", latest_at=NOW + DAY)
    assert await gestures.marks(tx, partner_id="a") == Marks(frozenset({"tea"}), {"tea": NOW + DAY})


async def test_two_taps_at_once_are_one(database: Database) -> None:
    async def tap() -> None:
        async with database.write() as tx:
            await gestures.mark(tx, partner_id="a", gesture_id="tea", latest_at=NOW)

    await asyncio.gather(*(tap() for _ in range(4)))
    async with database.read() as tx:
        assert await gestures.marks(tx, partner_id="a") == Marks(latest={"tea": NOW})


async def test_what_a_partner_enjoys_is_kept_in_the_place_of_what_they_said_before(tx: Tx) -> None:
    for likes in ({"tea", "words"}, {"song"}, set[str]()):
        await gestures.save_likes(tx, likes, partner_id="a")
        assert await gestures.likes(tx, partner_id="a") == likes
    assert await gestures.likes(tx, partner_id="b") == set()
