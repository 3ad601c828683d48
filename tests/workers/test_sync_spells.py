"""Spells of trouble: the owner is told once and in time, the partner never; what works again ends them by itself."""

from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from service.actions import calendars as actions
from service.core.sync import LAST_KNOWN_COUNTS, State
from service.store import outbox
from service.store.calendars import Calendar
from service.store.outbox import Kind, Parcel
from tests.workers.shelf import nothing_else
from tests.workers.world import Home, make_object

HOUR = timedelta(hours=1)
Answer = Callable[[httpx.Request], httpx.Response | None]


def answer_with(status: int, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, headers=headers)


async def waiting(home: Home) -> list[Parcel]:
    async with home.house.database.write() as tx:
        return await outbox.claim(tx, owner="test", now=home.clock(), lease=timedelta(seconds=1), limit=100)


async def pass_hours(home: Home, hours: int) -> None:
    """Let the worker look every ten minutes for so many hours."""
    for _ in range(6 * hours):
        home.clock.step(timedelta(minutes=10))
        await home.sync()


async def state(home: Home, calendar: Calendar) -> State:
    return (await home.see(calendar)).state(now=home.clock())


async def test_a_silent_server_is_told_after_a_day_once_and_before_its_times_count_no_more(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.before = answer_with(502)
    await pass_hours(home, 23)
    assert await waiting(home) == []
    await pass_hours(home, 10)
    [told] = await waiting(home)
    assert (told.partner_id, told.kind, told.detail) == (home.ana.id, Kind.CALENDAR, "calendar_silent")
    assert await state(home, calendar) is State.FAILING
    await pass_hours(home, 60)
    assert [each.id for each in await waiting(home)] == [told.id]
    assert await state(home, calendar) is State.UNKNOWN


async def test_a_calendar_goes_from_healthy_to_failing_to_unknown_and_back(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    assert await state(home, calendar) is State.NEW
    await home.sync()
    assert await state(home, calendar) is State.HEALTHY
    shelf.before = answer_with(502)
    await pass_hours(home, 1)
    assert await state(home, calendar) is State.FAILING
    await pass_hours(home, int(LAST_KNOWN_COUNTS / HOUR))
    assert await state(home, calendar) is State.UNKNOWN
    shelf.before = nothing_else
    await pass_hours(home, 8)
    assert await state(home, calendar) is State.HEALTHY


async def test_recovery_ends_the_spell_so_that_the_next_one_is_told_as_well(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    for answer in (answer_with(404), nothing_else, answer_with(404)):
        shelf.before = answer
        await pass_hours(home, 1)
    assert [each.detail for each in await waiting(home)] == ["calendar_not_found"] * 2
    shelf.before = nothing_else
    await pass_hours(home, 1)
    seen = await home.see(calendar)
    assert (seen.problem, seen.failing_since, seen.told_at) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "calendar_auth"), (403, "calendar_forbidden"), (404, "calendar_not_found")]
)
async def test_what_will_not_pass_by_itself_is_told_at_once_and_once(home: Home, status: int, code: str) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.before = answer_with(status, **{"WWW-Authenticate": "Basic"})
    await home.sync()
    await pass_hours(home, 30)
    assert [(each.partner_id, each.detail) for each in await waiting(home)] == [(home.ana.id, code)]
    assert (await home.see(calendar)).problem == code


async def test_another_cause_in_the_same_spell_is_not_told_again(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    for status in (404, 502, 403):
        shelf.before = answer_with(status)
        await pass_hours(home, 1)
    assert len(await waiting(home)) == 1


async def test_a_refused_login_is_tried_by_none_of_the_calendars_that_share_it(home: Home) -> None:
    _, first = await home.connect(home.ana)
    second = await home.connect_beside(home.ana, "work")
    for shelf in (first, second[1]):
        shelf.before = answer_with(401)
    await home.sync()
    assert len(first.asked) + len(second[1].asked) == 1
    await pass_hours(home, 24)
    assert len(first.asked) + len(second[1].asked) == 1
    assert (await home.see(second[0])).problem == "calendar_auth"
    assert len(await waiting(home)) == 1


async def test_a_refused_login_stops_calendars_that_are_not_due_yet(home: Home) -> None:
    calendar, first = await home.connect(home.ana)
    other, second = await home.connect_beside(home.ana, "work")
    await home.sync()
    first.before = second.before = answer_with(401)
    second.asked.clear()
    home.clock.step(timedelta(minutes=1))
    await actions.sync_now(home.house, partner=home.ana, calendar_id=calendar.id, now=home.clock())
    await pass_hours(home, 2)
    assert second.asked == []
    assert (await home.see(other)).problem == "calendar_auth"


async def test_another_login_at_the_same_server_is_still_tried(home: Home) -> None:
    _, first = await home.connect(home.ana)
    calendar, second = await home.connect_beside(home.ana, "work", login="another")
    first.before = answer_with(401)
    second.put("one.ics", make_object())
    await home.sync()
    assert (await home.see(calendar)).problem is None


async def test_a_host_that_does_not_answer_is_left_alone_by_its_other_calendars(home: Home) -> None:
    shelves = [(await home.connect_beside(home.ana, f"{number}", login=f"{number}"))[1] for number in range(8)]
    for shelf in shelves:
        shelf.before = answer_with(502)
    syncer = home.syncer()
    await syncer.run()
    asked = sum(len(shelf.asked) for shelf in shelves)
    assert asked < len(shelves)
    home.clock.step(timedelta(seconds=20))
    await syncer.run()
    assert sum(len(shelf.asked) for shelf in shelves) == asked


async def test_calendars_of_a_host_that_is_back_are_read_again_by_themselves(home: Home) -> None:
    connected = [await home.connect_beside(home.ana, f"{number}", login=f"{number}") for number in range(8)]
    for _, shelf in connected:
        shelf.before = answer_with(502)
    syncer = home.syncer()
    await syncer.run()
    for _, shelf in connected:
        shelf.before = nothing_else
    for _ in range(30):
        home.clock.step(timedelta(seconds=20))
        await syncer.run()
    assert {(await home.see(calendar)).problem for calendar, _ in connected} == {None}


async def test_a_server_that_asks_for_time_is_given_it_by_the_whole_account(home: Home) -> None:
    first, shelf = await home.connect(home.ana)
    second, other = await home.connect_beside(home.ana, "work")
    shelf.before = other.before = answer_with(429, **{"Retry-After": "1800"})
    syncer = home.syncer()
    await syncer.run()
    assert len(shelf.asked) + len(other.asked) == 1
    for calendar in (first, second):
        due = (await home.see(calendar)).next_sync_at
        assert due is not None
        assert due - home.clock() >= timedelta(minutes=30)


async def test_a_silent_account_is_one_mail_however_many_calendars_it_has(home: Home) -> None:
    _, first = await home.connect(home.ana)
    _, second = await home.connect_beside(home.ana, "work")
    await home.sync()
    first.before = second.before = answer_with(502)
    await pass_hours(home, 40)
    assert [each.detail for each in await waiting(home)] == ["calendar_silent"]
