"""The worker that reads calendars: what it asks, what it writes down, and what it does when they do not answer."""

from collections.abc import Callable
from datetime import timedelta

import httpx

from service.actions import calendars as actions
from service.actions import people
from service.actions.calendars import Choices
from service.core.interval import Interval
from service.store import outbox
from service.store.calendars import Calendar, Treat
from service.store.outbox import Kind, Parcel
from tests.households import NOW, between
from tests.workers.shelf import nothing_else
from tests.workers.world import EVENING, Home, make_object

ONE_HOUR = between(4, 20, 21)
HOUR = timedelta(hours=1)
Answer = Callable[[httpx.Request], httpx.Response | None]
SOON = timedelta(minutes=20)


async def waiting(home: Home) -> list[Parcel]:
    async with home.house.database.write() as tx:
        return await outbox.claim(tx, owner="test", now=home.clock(), lease=timedelta(seconds=1), limit=100)


async def ask_for_sync(home: Home, calendar: Calendar) -> None:
    await actions.sync_now(home.house, partner=home.ana, calendar_id=calendar.id, now=home.clock())


def answer_with(status: int, **headers: str) -> Answer:
    return lambda _: httpx.Response(status, headers=headers)


async def test_the_first_sync_writes_down_busy_times(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    assert await home.syncer().run() == 1
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    seen = await home.see(calendar)
    assert (seen.synced_at, seen.problem, seen.unreadable) == (NOW, None, 0)


async def test_a_calendar_is_not_read_before_it_is_due_again(home: Home) -> None:
    await home.connect(home.ana)
    await home.sync()
    assert await home.syncer().run() == 0
    home.clock.step(SOON)
    assert await home.syncer().run() == 1


async def test_nothing_changed_costs_one_request(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.asked.clear()
    home.clock.step(SOON)
    await home.sync()
    assert shelf.asked == ["REPORT"]
    assert await home.busy_of(home.ana) == [ONE_HOUR]


async def test_a_changed_object_takes_the_place_of_what_it_was(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.put("one.ics", make_object("DTSTART:20261204T190000Z", "DURATION:PT2H"))
    home.clock.step(SOON)
    await home.sync()
    [found] = await home.busy_of(home.ana)
    assert found.length == timedelta(hours=2)


async def test_a_deleted_object_leaves_its_owner_free(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    shelf.put("stays.ics", make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="stays"))
    await home.sync()
    shelf.delete("one.ics")
    home.clock.step(SOON)
    await home.sync()
    assert await home.busy_of(home.ana) == [between(5, 20, 21)]


async def test_another_policy_reads_everything_anew(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object("STATUS:TENTATIVE"))
    await home.sync()
    await actions.change_calendar(
        home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=Choices(tentative=Treat.FREE)
    )
    assert await home.syncer().run() == 1
    assert await home.busy_of(home.ana) == []


async def test_a_policy_that_changes_during_a_sync_is_not_lost(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object("STATUS:TENTATIVE"))

    async def change() -> None:
        choices = Choices(tentative=Treat.FREE)
        await actions.change_calendar(home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=choices)

    shelf.meanwhile = change
    assert await home.syncer().run() == 2
    assert await home.busy_of(home.ana) == []


async def test_another_zone_reads_whole_days_anew(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("trip.ics", make_object("DTSTART;VALUE=DATE:20261204"))
    await home.sync()
    before = await home.busy_of(home.ana)
    await people.change_me(home.house, partner=home.ana, version=1, zone=home.ben.zone)
    await home.sync()
    assert await home.busy_of(home.ana) == [Interval(each.start + HOUR, each.end + HOUR) for each in before]
    assert (await home.see(calendar)).edition == 1


async def test_a_server_that_fails_is_named_to_its_owner_and_recovers_by_itself(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    shelf.before = answer_with(502)
    home.clock.step(SOON)
    await home.sync()
    failing = await home.see(calendar)
    assert (failing.problem, failing.attempts, failing.synced_at) == ("calendar_unreachable", 1, NOW)
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    assert await waiting(home) == []
    shelf.before = nothing_else
    home.clock.step(timedelta(minutes=1))
    await home.sync()
    healthy = await home.see(calendar)
    assert (healthy.problem, healthy.attempts, healthy.synced_at) == (None, 0, home.clock())


async def test_waits_double_and_what_the_server_asks_for_counts(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    waits = []
    for answer in (answer_with(502), answer_with(502), answer_with(503, **{"Retry-After": "600"})):
        shelf.before = answer
        await home.sync()
        due = (await home.see(calendar)).next_sync_at
        assert due is not None
        waits.append((due - home.clock()).total_seconds())
        home.clock.moment = due
    assert all(least <= wait < 1.25 * least for least, wait in zip((30, 60, 600), waits, strict=True))


async def test_a_refused_password_ends_polling_and_is_one_mail(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.before = answer_with(401)
    await home.sync()
    home.clock.step(timedelta(days=2))
    assert await home.syncer().run() == 0
    assert (await home.see(calendar)).problem == "calendar_auth"
    assert [(each.partner_id, each.kind, each.detail) for each in await waiting(home)] == [
        (home.ana.id, Kind.CALENDAR, "calendar_auth")
    ]


async def test_looking_again_at_a_calendar_that_refuses_is_no_second_mail(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.before = answer_with(401)
    for _ in range(3):
        await home.sync()
        await ask_for_sync(home, calendar)
    assert len(await waiting(home)) == 1


async def test_a_password_that_is_refused_again_after_it_worked_is_another_mail(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    for answer in (answer_with(401), nothing_else, answer_with(401)):
        shelf.before = answer
        await home.sync()
        await ask_for_sync(home, calendar)
    assert len(await waiting(home)) == 2


async def test_recurring_entries_are_laid_out_anew_as_weeks_go_by(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("choir.ics", make_object("RRULE:FREQ=WEEKLY", "DTSTART:20261202T190000Z", "DURATION:PT1H"))
    await home.sync()
    first = (await home.see(calendar)).horizon_end
    assert first is not None
    home.clock.step(timedelta(weeks=5))
    await home.sync()
    assert (await home.see(calendar)).horizon_end == first
    home.clock.step(timedelta(weeks=2))
    await home.sync()
    assert (await home.see(calendar)).horizon_end == first + timedelta(weeks=7)
    assert (await home.busy_of(home.ana))[-1].end > first + timedelta(weeks=6)


async def test_our_own_entries_are_never_busy(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    await home.sync()
    kept = await home.pencil_in()
    await home.courier().run()
    entry = await home.entry(home.ana, kept.date.id)
    assert list(shelf.objects) == [entry.href]
    home.clock.step(SOON)
    await home.sync()
    assert await home.busy_of(home.ana) == []
    await actions.change_calendar(
        home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=Choices(all_day=Treat.FREE)
    )
    await home.sync()
    assert await home.busy_of(home.ana) == []


async def test_an_entry_of_theirs_at_the_time_of_a_date_still_counts(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    await home.sync()
    await home.pencil_in()
    await home.courier().run()
    shelf.put("work.ics", make_object("DTSTART:20261204T180000Z", "DURATION:PT2H"))
    home.clock.step(SOON)
    await home.sync()
    assert await home.busy_of(home.ana) == [EVENING]


async def test_an_object_that_is_not_handed_out_is_counted_and_asked_for_again(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    shelf.put("held.ics", make_object(uid="held"))
    shelf.withheld.add("held.ics")
    await home.sync()
    assert (await home.see(calendar)).unreadable == 1
    assert await home.busy_of(home.ana) == [ONE_HOUR]
    shelf.withheld.clear()
    home.clock.step(5 * SOON)
    await home.sync()
    assert (await home.see(calendar)).unreadable == 0


async def test_a_broken_entry_does_not_hide_the_others(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    shelf.put("broken.ics", make_object("RRULE:FREQ=SOMETIMES", uid="broken"))
    await home.sync()
    seen = await home.see(calendar)
    assert (seen.unreadable, seen.problem) == (1, None)
    assert await home.busy_of(home.ana) == [ONE_HOUR]


async def test_a_mended_entry_is_no_longer_counted(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object("RRULE:FREQ=SOMETIMES"))
    await home.sync()
    shelf.put("one.ics", make_object())
    home.clock.step(SOON)
    await home.sync()
    assert (await home.see(calendar)).unreadable == 0


async def test_objects_whose_names_end_alike_are_two(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.put("here%2Fone.ics", make_object())
    shelf.put("there%2Fone.ics", make_object("DTSTART:20261205T200000Z", "DURATION:PT1H", uid="there"))
    await home.sync()
    assert await home.busy_of(home.ana) == [ONE_HOUR, between(5, 20, 21)]
