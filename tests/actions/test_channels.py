"""The way a new date reaches each partner: one each, from what is known of them, and never two into one place."""

from dataclasses import replace

import pytest

from service.actions import dates
from service.actions.house import House
from service.actions.invitations import plain_address
from service.core.invitations import Channel
from service.store import entries
from service.store.entries import Entry
from tests.households import Household, Person, between

EVENING = between(4, 18, 20)


async def pencil_in(house: House, *people: Person) -> list[Entry]:
    """Let the first pencil in a date; return everybody's entries, in their order."""
    kept = await dates.pencil_in(house, partner=people[0].partner, time=EVENING, idea_id=None, now=house.now())
    async with house.database.read() as tx:
        return [await entries.find(tx, partner_id=each.partner.id, date_id=kept.date.id) for each in people]


async def test_without_a_mail_server_who_has_no_calendar_holds_the_date_by_its_link(home: Household) -> None:
    people = await home.settle()
    found = await pencil_in(replace(home.house, sends_mail=False), *people)
    assert [(each.channel, each.href) for each in found] == [(Channel.LINK, None)] * 2


@pytest.mark.parametrize("mailbox", ["ana@example.org", "ben@example.org"])
async def test_nobody_is_invited_from_a_mailbox_of_their_own(home: Household, mailbox: str) -> None:
    people = await home.settle()
    found = await pencil_in(replace(home.house, mailboxes=frozenset({mailbox})), *people)
    assert [each.channel for each in found] == [Channel.LINK] * 2


async def test_a_mailbox_of_the_services_own_invites(home: Household) -> None:
    people = await home.settle()
    found = await pencil_in(replace(home.house, mailboxes=frozenset({"dates@example.org"})), *people)
    assert [each.channel for each in found] == [Channel.EMAIL] * 2


async def test_one_calendar_that_both_connected_holds_the_date_once(home: Household) -> None:
    people = await home.settle()
    for person in people:
        await home.add_calendar(person, collection="https://family.example.org/ours/", receives_dates=True)
    found = await pencil_in(home.house, *people)
    assert sorted(each.channel for each in found) == [Channel.CALDAV, Channel.LINK]
    assert len({each.uid for each in found}) == 2


async def test_two_calendars_hold_it_once_each(home: Household) -> None:
    people = await home.settle()
    for person in people:
        await home.add_calendar(person, receives_dates=True)
    assert [each.channel for each in await pencil_in(home.house, *people)] == [Channel.CALDAV] * 2


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("ana@example.org", "ana@example.org"),
        ("Ana+dates@Example.org", "ana@example.org"),
        ("date+1+2@example.org", "date@example.org"),
    ],
)
def test_an_address_leads_to_its_mailbox(address: str, mailbox: str) -> None:
    assert plain_address(address) == mailbox
