"""Calendars: sealed, changed by their owner alone, and known for three days after they were read."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from service.core.errors import NotFound, VersionConflict
from service.core.sync import LAST_KNOWN_COUNTS, State
from service.store import calendars
from service.store.calendars import FIRST_ANSWER, FOREVER, LOOKED_AT, Calendar, Role, Treat, known_until
from service.store.engine import Database, DatabaseError, Tx
from service.store.tables import calendars as table
from service.store.vault import Vault, VaultError
from tests.store.people import ACCESS, CALENDAR, HOUR, MINUTE, NOW, VAULT, access_to, add_calendar


async def find(tx: Tx, calendar_id: str = "cal") -> Calendar:
    return await calendars.find(tx, partner_id="a", calendar_id=calendar_id)


async def test_a_calendar_comes_back_as_it_was_added_and_is_due_at_once(tx: Tx) -> None:
    await add_calendar(tx)
    assert await find(tx) == replace(CALENDAR, next_sync_at=NOW)


async def test_a_partner_has_their_own_calendars_in_the_order_they_came(tx: Tx) -> None:
    for number, calendar_id in enumerate(("z", "m", "a")):
        calendar = replace(CALENDAR, id=calendar_id)
        access = access_to(calendar_id)
        await calendars.add(tx, calendar, access=access, vault=VAULT, now=NOW + number * MINUTE)
    assert [each.id for each in await calendars.of_partner(tx, partner_id="a")] == ["z", "m", "a"]
    assert await calendars.of_partner(tx, partner_id="b") == []


async def test_a_calendar_is_connected_once_by_each_partner(database: Database) -> None:
    async with database.write() as tx:
        await add_calendar(tx)
        both_may = replace(CALENDAR, id="twin", partner_id="b")
        await calendars.add(tx, both_may, access=access_to("cal"), vault=VAULT, now=NOW)
    again = replace(CALENDAR, id="again")
    with pytest.raises(DatabaseError):
        async with database.write() as tx:
            await calendars.add(tx, again, access=access_to("cal"), vault=VAULT, now=NOW)


async def test_what_opens_a_calendar_comes_back_to_who_has_the_key(tx: Tx) -> None:
    await add_calendar(tx)
    access = await calendars.find_access(tx, partner_id="a", calendar_id="cal", vault=VAULT)
    assert access == access_to("cal")
    other = Vault("00000001", {"00000001": bytes(32)})
    with pytest.raises(VaultError):
        await calendars.find_access(tx, partner_id="a", calendar_id="cal", vault=other)


async def test_what_opens_a_calendar_does_not_open_in_another_row(tx: Tx) -> None:
    await add_calendar(tx)
    await add_calendar(tx, replace(CALENDAR, id="thief", partner_id="x"))
    stolen = select(table.c.account).where(table.c.id == "cal").scalar_subquery()
    await tx.execute(table.update().where(table.c.id == "thief").values(account=stolen))
    with pytest.raises(VaultError):
        await calendars.find_access(tx, partner_id="x", calendar_id="thief", vault=VAULT)


def test_what_opens_a_calendar_is_not_shown() -> None:
    assert not any(word in f"{ACCESS!r} {ACCESS}" for word in (ACCESS.password, ACCESS.username, ACCESS.url))


async def test_what_opens_a_calendar_cannot_be_read_in_the_database(database: Database) -> None:
    async with database.write() as tx:
        await add_calendar(tx)
    async with database.read() as tx:
        row = (await tx.execute(select(table))).one()
    kept = repr(tuple(row))
    for word in (ACCESS.password, ACCESS.username, "calendars.example.org", "anna"):
        assert word not in kept
        assert word.encode().hex() not in kept


async def test_a_new_login_is_given_to_the_calendar_at_that_place(tx: Tx) -> None:
    await add_calendar(tx)
    fresh = replace(access_to("cal"), password="another")
    again = await calendars.reconnect(tx, partner_id="a", access=fresh, vault=VAULT, now=NOW + HOUR)
    assert again is not None
    assert again.id == "cal"
    assert await calendars.find_access(tx, partner_id="a", calendar_id="cal", vault=VAULT) == fresh
    assert (await find(tx)).next_sync_at == NOW + HOUR


async def test_a_new_login_finds_no_calendar_of_another(tx: Tx) -> None:
    await add_calendar(tx)
    assert await calendars.reconnect(tx, partner_id="b", access=access_to("cal"), vault=VAULT, now=NOW) is None
    assert await calendars.reconnect(tx, partner_id="a", access=access_to("other"), vault=VAULT, now=NOW) is None


async def test_what_its_owner_chose_is_kept(tx: Tx) -> None:
    await add_calendar(tx)
    chosen = replace(
        await find(tx),
        role=Role.IGNORE,
        receives_dates=False,
        tentative=Treat.FREE,
        unanswered=Treat.BUSY,
        all_day=Treat.SOFT,
    )
    saved = await calendars.save_choices(tx, chosen)
    assert saved == replace(chosen, version=2)
    assert await find(tx) == saved


async def test_choices_that_changed_meanwhile_are_not_overwritten(tx: Tx) -> None:
    await add_calendar(tx)
    await calendars.save_choices(tx, CALENDAR)
    with pytest.raises(VersionConflict):
        await calendars.save_choices(tx, CALENDAR)


async def test_dates_are_taken_from_the_calendar_that_receives_them(tx: Tx) -> None:
    await add_calendar(tx)
    await add_calendar(tx, replace(CALENDAR, id="other", receives_dates=False))
    await add_calendar(tx, replace(CALENDAR, id="theirs", partner_id="b"))
    await calendars.stop_receiving_dates(tx, partner_id="a")
    mine = [(each.receives_dates, each.version) for each in await calendars.of_partner(tx, partner_id="a")]
    assert sorted(mine) == [(False, 1), (False, 2)]
    (theirs,) = await calendars.of_partner(tx, partner_id="b")
    assert theirs.receives_dates


async def test_a_calendar_of_another_is_not_there(tx: Tx) -> None:
    await add_calendar(tx)
    for partner_id, calendar_id in (("b", "cal"), ("x", "cal"), ("a", "none")):
        with pytest.raises(NotFound):
            await calendars.find(tx, partner_id=partner_id, calendar_id=calendar_id)
        with pytest.raises(NotFound):
            await calendars.find_access(tx, partner_id=partner_id, calendar_id=calendar_id, vault=VAULT)
        with pytest.raises(NotFound):
            await calendars.ask_for_sync(tx, partner_id=partner_id, calendar_id=calendar_id, now=NOW)
        with pytest.raises(NotFound):
            await calendars.remove(tx, partner_id=partner_id, calendar_id=calendar_id)
    assert await find(tx)


async def test_a_calendar_that_is_removed_is_gone(tx: Tx) -> None:
    await add_calendar(tx)
    await calendars.remove(tx, partner_id="a", calendar_id="cal")
    with pytest.raises(NotFound):
        await find(tx)


@pytest.mark.parametrize(
    ("calendar", "is_known"),
    [
        (replace(CALENDAR, synced_at=None), False),
        (replace(CALENDAR, synced_at=NOW), True),
        (replace(CALENDAR, synced_at=NOW - LAST_KNOWN_COUNTS + MINUTE), True),
        (replace(CALENDAR, synced_at=NOW - LAST_KNOWN_COUNTS), False),
        (replace(CALENDAR, synced_at=NOW, edition=1), False),
    ],
    ids=["never read", "just read", "almost too old", "too old", "read as it counted before"],
)
def test_the_last_known_times_count_for_three_days(calendar: Calendar, is_known: bool) -> None:
    assert calendar.is_known(now=NOW) is is_known


FIRST = replace(CALENDAR, first_until=NOW + FIRST_ANSWER)


@pytest.mark.parametrize(
    ("calendar", "until"),
    [
        (CALENDAR, None),
        (FIRST, NOW + FIRST_ANSWER),
        (replace(FIRST, edition=1), None),
        (replace(FIRST, first_until=NOW + FIRST_ANSWER - LAST_KNOWN_COUNTS), None),
        (replace(CALENDAR, synced_at=NOW), FOREVER),
        (replace(FIRST, synced_at=NOW - LAST_KNOWN_COUNTS), None),
    ],
    ids=["never read", "first answer", "counted otherwise since", "first answer too old", "read", "too old"],
)
def test_up_to_when_a_calendar_is_known(calendar: Calendar, until: object) -> None:
    assert calendar.known_until(now=NOW) == until


def test_all_that_count_are_known_up_to_where_the_least_known_is() -> None:
    read = replace(CALENDAR, synced_at=NOW)
    assert known_until([], now=NOW) == FOREVER
    assert known_until([read, read], now=NOW) == FOREVER
    assert known_until([read, FIRST], now=NOW) == NOW + FIRST_ANSWER
    assert known_until([read, CALENDAR, FIRST], now=NOW) is None
    assert known_until([read, replace(CALENDAR, role=Role.IGNORE)], now=NOW) == FOREVER


def test_a_calendar_read_as_it_counted_before_is_unknown_whatever_its_age() -> None:
    assert replace(CALENDAR, synced_at=NOW, edition=1).state(now=NOW) is State.UNKNOWN
    assert replace(CALENDAR, synced_at=NOW).state(now=NOW) is State.HEALTHY
    assert CALENDAR.state(now=NOW) is State.NEW


def test_progress_is_told_while_a_calendar_is_read_for_the_first_time() -> None:
    reading = replace(CALENDAR, objects_listed=200, objects_read=50)
    assert reading.progress == 0.25
    assert CALENDAR.progress is None
    assert replace(reading, synced_at=NOW).progress is None


STALE = replace(CALENDAR, synced_at=NOW - LOOKED_AT, next_sync_at=NOW + MINUTE)


@pytest.mark.parametrize(
    ("calendar", "stale"),
    [
        (STALE, True),
        (replace(STALE, synced_at=NOW - LOOKED_AT + MINUTE), False),
        (replace(STALE, synced_at=None), False),
        (replace(STALE, problem="calendar_unreachable"), False),
        (replace(STALE, next_sync_at=NOW), False),
        (replace(STALE, next_sync_at=None), False),
    ],
    ids=["read a while ago", "just read", "never read", "failing", "due already", "stopped"],
)
def test_what_is_worth_reading_when_its_owner_looks(calendar: Calendar, stale: bool) -> None:
    assert calendar.is_stale(now=NOW) is stale
