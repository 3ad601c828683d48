"""What two people do at the same moment: exactly one of them wins, and what is left fits together."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from service.actions import calendars, dates, entries, joining, people
from service.core.dates import PartStat, Status
from service.core.errors import DateOver, Refusal, SlotTaken, VersionConflict
from service.core.invitations import Channel
from service.store.couples import EntryTitle
from service.store.dates import Kept
from tests.households import Household, Person, between

EVENING = between(3, 18, 20)
LATER = between(4, 18, 20)


async def try_all(*tries: Awaitable[Any]) -> tuple[list[Any], list[BaseException]]:
    """Return what came of those that worked, and why the others did not."""
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    worked = [each for each in outcomes if not isinstance(each, BaseException)]
    return worked, [each for each in outcomes if isinstance(each, BaseException)]


async def pencil_in(home: Household, person: Person) -> Kept:
    return await dates.pencil_in(home.house, partner=person.partner, time=EVENING, idea_id=None, now=home.clock())


async def test_of_both_partners_who_take_one_slot_one_gets_it(home: Household) -> None:
    ana, ben = await home.settle()
    worked, failed = await try_all(*(pencil_in(home, person) for person in (ana, ben, ana, ben)))
    assert len(worked) == 1
    assert {type(each) for each in failed} == {SlotTaken}
    rows = await home.count_rows()
    assert (rows["dates"], rows["answers"], rows["entries"], rows["outbox"]) == (
        1,
        2,
        2,
        3,
    )  # the third parcel let Ben in


async def test_both_slots_over_rest_have_one_winner(home: Household) -> None:
    ana, ben = await home.settle()
    time = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
    async with home.client(ana) as hers, home.client(ben) as his:
        answers = await asyncio.gather(*(each.post("/v1/dates", json=time) for each in (hers, his)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert (await home.count_rows())["dates"] == 1


async def test_two_dates_do_not_move_to_one_time(home: Household) -> None:
    ana, ben = await home.settle()
    first = await pencil_in(home, ana)
    second = await dates.pencil_in(
        home.house, partner=ben.partner, time=between(5, 18, 20), idea_id=None, now=home.clock()
    )
    worked, failed = await try_all(
        *(
            dates.move(
                home.house, partner=ana.partner, date_id=each.date.id, time=LATER, version=None, now=home.clock()
            )
            for each in (first, second)
        )
    )
    assert (len(worked), [type(each) for each in failed]) == (1, [SlotTaken])


async def test_a_yes_and_a_call_off_at_once_leave_a_date_that_is_off(home: Household) -> None:
    ana, ben = await home.settle()
    kept = await pencil_in(home, ana)
    yes = dates.answer(
        home.house,
        partner=ben.partner,
        date_id=kept.date.id,
        partstat=PartStat.ACCEPTED,
        sequence=0,
        now=home.clock(),
    )
    off = dates.call_off(home.house, partner=ana.partner, date_id=kept.date.id, version=None, now=home.clock())
    _, failed = await try_all(yes, off)
    assert {type(each) for each in failed} <= {DateOver, VersionConflict}
    found = await dates.see(home.house, partner=ana.partner, date_id=kept.date.id)
    assert found.date.status is Status.CANCELLED


async def test_of_two_changes_of_one_version_one_is_kept(home: Household) -> None:
    ana, _ = await home.settle()
    changes = (
        people.change_me(home.house, partner=ana.partner, version=1, entry_title=title)
        for title in (EntryTitle.BUSY, EntryTitle.TIME_TOGETHER)
    )
    worked, failed = await try_all(*changes)
    assert (len(worked), [type(each) for each in failed]) == (1, [VersionConflict])
    assert await home.find(ana) == worked[0]


async def test_of_two_calendars_chosen_at_once_one_receives_dates(home: Household) -> None:
    ana, _ = await home.settle()
    made = [await home.add_calendar(ana) for _ in range(2)]
    choices = calendars.Choices(receives_dates=True)
    await try_all(
        *(
            calendars.change_calendar(home.house, partner=ana.partner, calendar_id=each.id, version=1, choices=choices)
            for each in made
        )
    )
    kept = await calendars.list_calendars(home.house, partner=ana.partner, now=home.clock())
    assert len([each for each in kept if each.receives_dates]) == 1


async def test_two_first_links_of_one_address_make_one_partner(home: Household) -> None:
    links = [await joining.let_in(home.house, address="ana@example.org", now=home.clock()) for _ in range(2)]
    worked, failed = await try_all(*(home.take(link.url, name="Ana") for link in links))
    assert len(worked) == 1
    assert all(isinstance(each, Refusal) for each in failed)
    rows = await home.count_rows()
    assert (rows["couples"], rows["partners"], rows["tokens"]) == (1, 1, 1)


async def test_a_partner_with_a_calendar_for_dates_gets_an_entry_and_the_other_a_mail(home: Household) -> None:
    ana, ben = await home.settle()
    calendar = await home.add_calendar(ana, receives_dates=True)
    await calendars.change_calendar(
        home.house,
        partner=ana.partner,
        calendar_id=calendar.id,
        version=1,
        choices=calendars.Choices(receives_dates=True),
    )
    kept = await pencil_in(home, ben)
    seen = [(await entries.see(home.house, kept.date, partner=person.partner))[0] for person in (ana, ben)]
    assert [each.channel for each in seen] == [Channel.CALDAV, Channel.EMAIL]
    assert seen[0].uid != seen[1].uid
