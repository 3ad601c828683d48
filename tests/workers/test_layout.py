"""What is kept of a calendar is laid out again for another zone, policy or horizon without asking its server."""

from datetime import timedelta

import httpx

from service.actions import calendars as actions
from service.actions import people
from service.actions.calendars import Choices
from service.core.interval import Interval
from service.store import busy
from service.store.calendars import Calendar, Treat
from tests.households import between
from tests.workers.world import Home, make_object

HOUR = timedelta(hours=1)


def unreachable(_: httpx.Request) -> httpx.Response:
    return httpx.Response(502)


async def choose(home: Home, calendar: Calendar, choices: Choices) -> None:
    await actions.change_calendar(home.house, partner=home.ana, calendar_id=calendar.id, version=1, choices=choices)


async def test_another_policy_holds_at_once_while_the_server_is_away(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("maybe.ics", make_object("STATUS:TENTATIVE"))
    await home.sync()
    shelf.before = unreachable
    await choose(home, calendar, Choices(tentative=Treat.FREE))
    await home.sync()
    after = await home.see(calendar)
    assert await home.busy_of(home.ana) == []
    assert (after.problem, after.read_edition, after.is_known(now=home.clock())) == ("calendar_unreachable", 1, True)


async def test_another_zone_moves_whole_days_while_the_server_is_away(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    shelf.put("trip.ics", make_object("DTSTART;VALUE=DATE:20261204"))
    await home.sync()
    before = await home.busy_of(home.ana)
    shelf.before = unreachable
    await people.change_me(home.house, partner=home.ana, version=1, zone=home.ben.zone)
    await home.sync()
    assert await home.busy_of(home.ana) == [Interval(each.start + HOUR, each.end + HOUR) for each in before]


async def test_another_policy_costs_one_request_in_which_nothing_is_fetched(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object())
    await home.sync()
    asked = len(shelf.asked)
    await choose(home, calendar, Choices(all_day=Treat.FREE))
    await home.sync()
    assert len(shelf.asked) == asked + 1
    assert await home.busy_of(home.ana) == [between(4, 20, 21)]


async def test_an_entry_that_could_not_be_read_stays_counted_in_another_policy(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("broken.ics", make_object("DTSTART:whenever"))
    shelf.put("one.ics", make_object(uid="sound"))
    await home.sync()
    await choose(home, calendar, Choices(all_day=Treat.FREE))
    await home.sync()
    assert (await home.see(calendar)).unreadable == 1


async def test_what_is_kept_of_an_object_holds_nothing_of_its_text(home: Home) -> None:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("one.ics", make_object("SUMMARY:Dentist", "LOCATION:High Street", "DESCRIPTION:Root canal"))
    await home.sync()
    async with home.house.database.read() as tx:
        [content] = (await busy.stripped_objects(tx, calendar_id=calendar.id)).values()
    assert not any(word in content for word in (b"Dentist", b"Street", b"canal"))
    assert b"DTSTART" in content
