"""Figures of the whole service: they count as the workers and the owners see it, and hold no one's name."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import update

from service import clock
from service.core import sync
from service.store import calendars, dates, figures, gestures, outbox, tables
from service.store.engine import Tx
from service.store.gestures import Schedule
from service.store.outbox import Kind, Parcel, State
from tests.store.people import CALENDAR, DAY, HOUR, LEASE, MINUTE, NOW, add_calendar, make_date

PARCEL = Parcel("p", "a", Kind.CALENDAR, created_at=NOW)


async def set_calendar(tx: Tx, calendar_id: str, **values: object) -> None:
    await add_calendar(tx, replace(CALENDAR, id=calendar_id))
    await tx.execute(update(tables.calendars).where(tables.calendars.c.id == calendar_id).values(values))


async def due(tx: Tx, *, after: timedelta = timedelta(0)) -> dict[str, datetime | None]:
    return dict(await figures.find_due(tx, now=NOW + after))


async def test_parcels_are_counted_by_kind_and_state_and_delivered_ones_are_not(tx: Tx) -> None:
    parcels = [replace(PARCEL, id=str(number)) for number in range(3)]
    await outbox.post(tx, [*parcels, replace(PARCEL, id="join", kind=Kind.JOIN)])
    await outbox.claim(tx, owner="one", now=NOW, lease=LEASE, limit=9)
    for parcel_id, state in (("0", State.DONE), ("1", State.DEAD), ("join", State.DEAD)):
        await outbox.finish(tx, parcel_id=parcel_id, owner="one", state=state)
    assert await figures.count_parcels(tx) == {
        (Kind.CALENDAR, State.WAITING): 1,
        (Kind.CALENDAR, State.DEAD): 1,
        (Kind.JOIN, State.DEAD): 1,
    }
    assert await figures.count_dead(tx, since=NOW) == {Kind.CALENDAR: 1, Kind.JOIN: 1}
    assert await figures.count_dead(tx, since=NOW + MINUTE) == {}


async def test_calendars_are_counted_in_the_state_that_their_owner_is_told(tx: Tx) -> None:
    old, fresh = NOW - sync.LAST_KNOWN_COUNTS, NOW - sync.LAST_KNOWN_COUNTS + MINUTE
    number = 0
    for synced_at in (None, old, fresh):
        for problem in (None, "calendar_auth"):
            for edition in (0, 1):
                number += 1
                await set_calendar(tx, str(number), synced_at=synced_at, problem=problem, edition=edition)
    told = [each.state(now=NOW) for each in await calendars.of_partner(tx, partner_id="a")]
    assert set(told) == set(sync.State)
    assert await figures.count_calendars(tx, now=NOW) == {state: told.count(state) for state in sync.State}


async def test_nothing_is_due_where_nothing_is(tx: Tx) -> None:
    await outbox.post(tx, [PARCEL], due_at=NOW + MINUTE)
    await set_calendar(tx, "later", next_sync_at=NOW + MINUTE)
    await set_calendar(tx, "never", next_sync_at=None)
    await set_calendar(tx, "laid out", next_sync_at=calendars.ONLY_LAY_OUT)
    await dates.add(tx, make_date())
    assert await due(tx) == {"deliver": None, "sync": None, "dates": None, "remind": None}


async def test_the_oldest_that_is_due_tells_since_when(tx: Tx) -> None:
    await outbox.post(tx, [replace(PARCEL, id="q", created_at=NOW + MINUTE), PARCEL])
    await set_calendar(tx, "cal", next_sync_at=NOW + HOUR)
    await dates.add(tx, make_date())
    await gestures.save(tx, Schedule("a", per_week=1, next_due_at=NOW + 2 * HOUR))
    found = await due(tx, after=9 * DAY)
    assert (found["deliver"], found["sync"], found["remind"]) == (NOW, NOW + HOUR, NOW + 2 * HOUR)
    assert found["dates"] == make_date().next_at


async def test_what_somebody_works_on_is_not_due_until_the_lease_runs_out(tx: Tx) -> None:
    await outbox.post(tx, [PARCEL])
    await set_calendar(tx, "cal", next_sync_at=NOW, owner="one", leased_until=NOW + LEASE)
    await outbox.claim(tx, owner="one", now=NOW, lease=LEASE, limit=1)
    assert (await due(tx))["deliver"] is (await due(tx))["sync"] is None
    later = await due(tx, after=LEASE)
    assert (later["deliver"], later["sync"]) == (NOW, NOW)


async def test_a_parcel_that_waits_its_turn_is_not_due(tx: Tx) -> None:
    await dates.add(tx, make_date())
    first = Parcel("1", "a", Kind.ENTRY, created_at=NOW, date_id="date")
    await outbox.post(tx, [first], due_at=NOW + DAY)
    await outbox.post(tx, [replace(first, id="2", created_at=NOW + MINUTE)])
    assert (await due(tx, after=HOUR))["deliver"] is None


async def test_the_clock_of_the_database_is_a_moment_in_utc(tx: Tx) -> None:
    assert abs(await figures.read_clock(tx) - clock.now()) < HOUR / 2  # another zone would be half an hour away
