"""Syncs of calendars: claimed by one worker at a time, and recorded without undoing what was asked for meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.store import calendars, turns
from service.store.calendars import Calendar, Role
from service.store.engine import Database, Tx
from tests.store.people import CALENDAR, HOUR, LEASE, MINUTE, NOW, VAULT, access_to, add_calendar

SYNCED = replace(
    CALENDAR,
    sync_token="https://token.example.org/7",
    problem="calendar_unreachable",
    attempts=3,
    unreadable=2,
    synced_at=NOW - HOUR,
    next_sync_at=NOW + HOUR,
    horizon_end=NOW + 90 * 24 * HOUR,
)


async def claim(tx: Tx, owner: str, *, after: timedelta = timedelta(0), limit: int = 10) -> list[str]:
    found = await turns.claim(tx, owner=owner, now=NOW + after, lease=LEASE, limit=limit)
    return sorted(each.calendar.id for each in found)


async def find(tx: Tx, calendar_id: str = "cal") -> Calendar:
    return await calendars.find(tx, partner_id="a", calendar_id=calendar_id)


async def test_a_claimed_calendar_is_hidden_until_the_lease_runs_out(tx: Tx) -> None:
    await add_calendar(tx)
    assert await claim(tx, "one") == ["cal"]
    assert await claim(tx, "two", after=LEASE - MINUTE) == []
    assert await claim(tx, "two", after=LEASE) == ["cal"]


async def test_a_calendar_that_is_not_due_is_not_claimed(tx: Tx) -> None:
    await add_calendar(tx)
    assert await claim(tx, "one", after=-MINUTE) == []


async def test_the_longest_due_are_claimed_first_and_no_more_than_asked_for(tx: Tx) -> None:
    for number in range(5):
        calendar = replace(CALENDAR, id=f"cal{number}")
        access = access_to(calendar.id)
        await calendars.add(tx, calendar, access=access, vault=VAULT, now=NOW - number * MINUTE)
    assert await claim(tx, "one", limit=2) == ["cal3", "cal4"]


@pytest.mark.servers
async def test_postgresql_claims_no_more_than_asked_for_whatever_its_plan(postgres: Database) -> None:
    async with postgres.write() as tx:
        for number in range(5):
            await add_calendar(tx, replace(CALENDAR, id=f"cal{number}"))
        for way in ("hashjoin", "hashagg", "sort", "material"):
            await tx.execute(text(f"SET LOCAL enable_{way} = off"))
        assert len(await claim(tx, "one", limit=2)) == 2


async def test_of_one_partner_two_are_held_at_a_time_and_others_come_next(tx: Tx) -> None:
    for number in range(4):
        await add_calendar(tx, replace(CALENDAR, id=f"cal{number}"))
    await add_calendar(tx, replace(CALENDAR, id="theirs", partner_id="b"))
    assert await claim(tx, "one", after=MINUTE) == ["cal0", "cal1", "theirs"]
    assert await claim(tx, "two", after=MINUTE) == []
    assert await turns.record_sync(tx, replace(SYNCED, id="cal1"), owner="one", due_at=NOW)
    assert await claim(tx, "two", after=MINUTE) == ["cal2"]
    assert await claim(tx, "two", after=MINUTE + LEASE) == ["cal0", "cal2", "theirs"]


async def test_workers_that_claim_at_once_never_share_a_calendar(database: Database) -> None:
    async with database.write() as tx:
        for number in range(12):
            partner_id = "abxy"[number % 4]
            await add_calendar(tx, replace(CALENDAR, id=f"cal{number}", partner_id=partner_id))

    async def work(owner: str) -> list[str]:
        async with database.write() as tx:
            found = await turns.claim(tx, owner=owner, now=NOW, lease=LEASE, limit=2, of_one=12)
            return [each.calendar.id for each in found]

    claimed = [each for found in await asyncio.gather(*map(work, "abcdefgh")) for each in found]
    assert len(claimed) == len(set(claimed)) == 12


async def test_a_worker_that_ends_gives_back_its_leases_and_no_others(tx: Tx) -> None:
    await add_calendar(tx)
    assert await claim(tx, "one") == ["cal"]
    await add_calendar(tx, replace(CALENDAR, id="other"))
    assert await claim(tx, "two") == ["other"]
    await turns.release(tx, owner="one")
    assert await claim(tx, "three") == ["cal"]


async def test_only_who_claimed_a_calendar_holds_it(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    assert await turns.holds(tx, partner_id="a", calendar_id="cal", owner="one")
    assert not await turns.holds(tx, partner_id="a", calendar_id="cal", owner="two")
    assert not await turns.holds(tx, partner_id="b", calendar_id="cal", owner="one")


async def test_how_a_sync_went_is_recorded_and_the_lease_given_back(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    assert await turns.record_sync(tx, SYNCED, owner="one", due_at=NOW)
    assert await find(tx) == SYNCED
    assert await claim(tx, "two", after=HOUR) == ["cal"]


async def test_who_lost_the_lease_records_nothing(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    await claim(tx, "two", after=LEASE)
    assert not await turns.record_sync(tx, SYNCED, owner="one", due_at=NOW)
    assert await find(tx) == replace(CALENDAR, next_sync_at=NOW)
    assert await turns.record_sync(tx, SYNCED, owner="two", due_at=NOW)


async def test_a_sync_does_not_undo_what_was_chosen_meanwhile(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    await calendars.save_choices(tx, replace(CALENDAR, role=Role.IGNORE))
    await turns.record_sync(tx, SYNCED, owner="one", due_at=NOW)
    assert ((await find(tx)).role, (await find(tx)).version) == (Role.IGNORE, 2)


async def test_a_change_of_zone_or_policy_during_a_sync_keeps_the_calendar_due(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    await calendars.read_anew(tx, partner_id="a", now=NOW + MINUTE)
    assert await turns.record_sync(tx, SYNCED, owner="one", due_at=NOW)
    found = await find(tx)
    assert (found.edition, found.read_edition, found.next_sync_at) == (1, 0, NOW + MINUTE)
    assert found.synced_at == SYNCED.synced_at


async def test_a_sync_that_was_asked_for_during_a_sync_comes_after_it(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    await calendars.ask_for_sync(tx, partner_id="a", calendar_id="cal", now=NOW + MINUTE)
    await turns.record_sync(tx, SYNCED, owner="one", due_at=NOW)
    assert (await find(tx)).next_sync_at == NOW + MINUTE


async def test_a_change_of_policy_concerns_one_calendar_and_one_of_zone_all_of_them(tx: Tx) -> None:
    for calendar_id, partner_id in (("cal", "a"), ("other", "a"), ("theirs", "b")):
        await add_calendar(tx, replace(CALENDAR, id=calendar_id, partner_id=partner_id))
    await calendars.read_anew(tx, partner_id="a", calendar_id="cal", now=NOW + HOUR)
    await calendars.read_anew(tx, partner_id="a", now=NOW + 2 * HOUR)
    editions = [(await find(tx)).edition, (await find(tx, "other")).edition]
    (theirs,) = await calendars.of_partner(tx, partner_id="b")
    assert [*editions, theirs.edition] == [2, 1, 0]


async def test_a_calendar_whose_owner_has_to_act_is_not_read_until_they_ask(tx: Tx) -> None:
    await add_calendar(tx)
    await claim(tx, "one")
    await turns.record_sync(tx, replace(SYNCED, next_sync_at=None), owner="one", due_at=NOW)
    assert await claim(tx, "two", after=1000 * HOUR) == []
    await calendars.ask_for_sync(tx, partner_id="a", calendar_id="cal", now=NOW)
    assert await claim(tx, "two") == ["cal"]


async def settle(tx: Tx, calendar: Calendar) -> Calendar:
    """Let a new calendar have been read."""
    await add_calendar(tx, replace(calendar, sync_token=None))
    assert await claim(tx, "one") == [calendar.id]
    assert await turns.record_sync(tx, calendar, owner="one", due_at=NOW)
    return calendar


async def test_looking_makes_ones_own_calendars_due_if_they_are_stale_and_nobody_elses(tx: Tx) -> None:
    mine = await settle(tx, replace(SYNCED, problem=None, synced_at=NOW, next_sync_at=NOW + HOUR))
    theirs = await settle(tx, replace(mine, id="theirs", partner_id="b"))
    await turns.ask_as_owner_looks(tx, partner_id="a", now=NOW + 4 * MINUTE)
    assert (await find(tx)).next_sync_at == NOW + HOUR
    await turns.ask_as_owner_looks(tx, partner_id="a", now=NOW + 5 * MINUTE)
    assert (await find(tx)).next_sync_at == NOW + 5 * MINUTE
    [other] = await calendars.of_partner(tx, partner_id="b")
    assert other.next_sync_at == theirs.next_sync_at


async def test_looking_again_and_again_asks_once(tx: Tx) -> None:
    await settle(tx, replace(SYNCED, problem=None, synced_at=NOW, next_sync_at=NOW + HOUR))
    for minutes in (5, 6, 7):
        await turns.ask_as_owner_looks(tx, partner_id="a", now=NOW + minutes * MINUTE)
    assert (await find(tx)).next_sync_at == NOW + 5 * MINUTE


async def test_looking_does_not_press_a_calendar_that_fails(tx: Tx) -> None:
    await settle(tx, replace(SYNCED, synced_at=NOW, problem="calendar_unreachable", next_sync_at=NOW + HOUR))
    await turns.ask_as_owner_looks(tx, partner_id="a", now=NOW + 30 * MINUTE)
    assert (await find(tx)).next_sync_at == NOW + HOUR


async def test_siblings_open_with_the_same_login_at_the_same_server(tx: Tx) -> None:
    await add_calendar(tx)
    elsewhere = replace(access_to("server"), collection="https://elsewhere.example.org/dav/")
    for calendar_id, access in (
        ("same", access_to("same")),
        ("password", replace(access_to("password"), password="another")),
        ("server", elsewhere),
    ):
        await calendars.add(tx, replace(CALENDAR, id=calendar_id), access=access, vault=VAULT, now=NOW)
    await add_calendar(tx, replace(CALENDAR, id="theirs", partner_id="b"))
    assert await turns.find_siblings(tx, CALENDAR, access=access_to("cal"), vault=VAULT) == ["same"]


FAILED = replace(CALENDAR, id="failed", problem="calendar_auth", failing_since=NOW, told_at=NOW)


async def test_a_stopped_sibling_has_the_problem(tx: Tx) -> None:
    await add_calendar(tx)
    await turns.stop(tx, ["cal"], failed=FAILED)
    stopped = await find(tx)
    assert (stopped.problem, stopped.told_at, stopped.next_sync_at) == ("calendar_auth", NOW, None)


async def test_a_sibling_that_works_while_it_is_stopped_goes_on(tx: Tx) -> None:
    await add_calendar(tx)
    assert await claim(tx, "one") == ["cal"]
    await turns.stop(tx, ["cal"], failed=FAILED)
    assert await turns.record_sync(tx, replace(SYNCED, problem=None), owner="one", due_at=NOW)
    assert ((await find(tx)).problem, (await find(tx)).next_sync_at) == (None, SYNCED.next_sync_at)


async def test_a_stopped_calendar_is_due_for_its_new_policy_and_for_nothing_else(tx: Tx) -> None:
    await add_calendar(tx)
    await turns.stop(tx, ["cal"], failed=FAILED)
    for _ in range(2):
        await calendars.read_anew(tx, partner_id="a", now=NOW + HOUR)
    await turns.stop(tx, ["cal"], failed=FAILED)
    [found] = await turns.claim(tx, owner="one", now=NOW + HOUR, lease=LEASE, limit=1)
    assert found.calendar.is_only_laid_out
    await calendars.ask_for_sync(tx, partner_id="a", calendar_id="cal", now=NOW + HOUR)
    assert not (await find(tx)).is_only_laid_out
