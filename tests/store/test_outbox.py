"""The outbox: a parcel is delivered by one worker at a time, at least once, and never by two that hold it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from service.store import dates, outbox
from service.store.engine import Database, Tx
from service.store.outbox import Cause, Kind, Parcel, State
from tests.store.people import DAY, HOUR, LEASE, MINUTE, NOW, make_date

PARCEL = Parcel("p", "a", Kind.GESTURE, created_at=NOW, detail="tea", secret=b"sealed")


def some(count: int) -> list[Parcel]:
    """Return parcels of which each was left a minute after the one before."""
    return [replace(PARCEL, id=f"p{number:02}", created_at=NOW - HOUR + number * MINUTE) for number in range(count)]


async def claim(tx: Tx, owner: str, *, after: timedelta = timedelta(0), limit: int = 100) -> list[str]:
    found = await outbox.claim(tx, owner=owner, now=NOW + after, lease=LEASE, limit=limit)
    return [each.id for each in found]


async def test_a_parcel_comes_back_as_it_was_left(tx: Tx) -> None:
    await dates.add(tx, make_date())
    parcel = replace(PARCEL, kind=Kind.NOTICE, date_id="date", sequence=2)
    await outbox.post(tx, [parcel])
    assert await outbox.claim(tx, owner="one", now=NOW, lease=LEASE, limit=1) == [replace(parcel, attempts=1)]


async def test_leaving_nothing_is_fine(tx: Tx) -> None:
    await outbox.post(tx, [])
    assert await claim(tx, "one") == []


async def test_a_parcel_is_left_with_its_cause_or_not_at_all(database: Database) -> None:
    async def post_and_stop() -> None:
        async with database.write() as tx:
            await outbox.post(tx, [PARCEL])
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await post_and_stop()
    async with database.write() as tx:
        assert await claim(tx, "one") == []


async def test_a_claimed_parcel_is_hidden_until_the_lease_runs_out(tx: Tx) -> None:
    await outbox.post(tx, [PARCEL])
    assert await claim(tx, "one") == ["p"]
    assert await claim(tx, "two", after=LEASE - MINUTE) == []
    assert await claim(tx, "two", after=LEASE) == ["p"]


async def test_every_claim_counts_as_an_attempt(tx: Tx) -> None:
    await outbox.post(tx, [PARCEL])
    await claim(tx, "one")
    (parcel,) = await outbox.claim(tx, owner="two", now=NOW + LEASE, lease=LEASE, limit=1)
    assert parcel.attempts == 2


async def test_parcels_are_claimed_in_the_order_they_are_due_and_no_more_than_asked_for(tx: Tx) -> None:
    parcels = some(10)
    await outbox.post(tx, parcels[::-1])
    claimed = [await claim(tx, "one", limit=4) for _ in range(4)]
    assert claimed == [[each.id for each in parcels[start : start + 4]] for start in (0, 4, 8, 12)]


async def test_a_postponed_parcel_makes_way_for_others_that_are_due(tx: Tx) -> None:
    await outbox.post(tx, some(2))
    await claim(tx, "one")
    assert await outbox.postpone(tx, parcel_id="p00", owner="one", until=NOW + HOUR)
    assert await outbox.postpone(tx, parcel_id="p01", owner="one", until=NOW + MINUTE)
    assert await claim(tx, "two", after=MINUTE) == ["p01"]
    assert await claim(tx, "two", after=HOUR - MINUTE, limit=1) == ["p01"]
    assert await claim(tx, "two", after=2 * HOUR, limit=1) == ["p01"]
    assert await claim(tx, "three", after=2 * HOUR, limit=1) == ["p00"]


async def test_a_parcel_that_is_not_due_yet_is_not_claimed(tx: Tx) -> None:
    await outbox.post(tx, [replace(PARCEL, created_at=NOW + MINUTE)])
    assert await claim(tx, "one") == []
    assert await claim(tx, "one", after=MINUTE) == ["p"]


@pytest.mark.parametrize("state", [State.DONE, State.DEAD])
async def test_a_finished_parcel_never_comes_again_and_keeps_no_secret(tx: Tx, state: State) -> None:
    await outbox.post(tx, [PARCEL])
    await claim(tx, "one")
    assert await outbox.finish(tx, parcel_id="p", owner="one", state=state)
    assert await claim(tx, "two", after=100 * DAY) == []
    assert await outbox.count(tx, state=state) == 1
    rows = await tx.execute(text("SELECT secret, owner, leased_until FROM outbox"))
    assert tuple(rows.one()) == (None, None, None)


async def test_who_lost_the_lease_changes_nothing(tx: Tx) -> None:
    await outbox.post(tx, [PARCEL])
    await claim(tx, "one")
    await claim(tx, "two", after=LEASE)
    assert not await outbox.finish(tx, parcel_id="p", owner="one", state=State.DEAD)
    assert not await outbox.postpone(tx, parcel_id="p", owner="one", until=NOW)
    assert await outbox.count(tx, state=State.WAITING) == 1
    assert await outbox.finish(tx, parcel_id="p", owner="two", state=State.DONE)
    assert not await outbox.finish(tx, parcel_id="p", owner="two", state=State.DEAD)


async def test_a_mail_that_came_back_is_dead_if_it_was_delivered_to_that_partner(tx: Tx) -> None:
    await outbox.post(tx, some(2))
    await claim(tx, "one", limit=1)
    await outbox.finish(tx, parcel_id="p00", owner="one", state=State.DONE)
    asked = [("p00", "b"), ("p01", "a"), ("p02", "a"), ("p00", "a"), ("p00", "a")]
    buried = [await outbox.bury(tx, parcel_id=parcel, partner_id=partner) for parcel, partner in asked]
    assert buried == [False, False, False, True, False]
    assert (await outbox.count(tx, state=State.DEAD), await outbox.count(tx, state=State.WAITING)) == (1, 1)


async def test_a_notice_is_found_by_whom_and_what_it_is_about(tx: Tx) -> None:
    await dates.add(tx, make_date())
    notice = replace(PARCEL, kind=Kind.NOTICE, date_id="date")
    others = (
        replace(notice, id="of another", partner_id="b"),
        replace(notice, id="on something else", detail="coffee"),
        replace(notice, id="no notice", kind=Kind.REQUEST),
        replace(notice, id="on no date", date_id=None),
    )
    await outbox.post(tx, [notice, *others])
    assert await outbox.find_notices(tx, partner_id="a", date_id="date", detail="tea") == ["p"]


async def test_a_worker_that_ends_gives_back_its_leases_and_no_others(tx: Tx) -> None:
    await outbox.post(tx, some(2))
    assert await claim(tx, "one", limit=1) == ["p00"]
    assert await claim(tx, "two", limit=1) == ["p01"]
    await outbox.release(tx, owner="one")
    assert await claim(tx, "three") == ["p00"]


async def test_only_what_was_delivered_long_ago_is_forgotten(tx: Tx) -> None:
    await outbox.post(tx, some(4))
    await claim(tx, "one")
    for parcel_id, state in (("p00", State.DONE), ("p01", State.DEAD), ("p03", State.DONE)):
        await outbox.finish(tx, parcel_id=parcel_id, owner="one", state=state)
    await outbox.forget_done(tx, before=NOW - HOUR + 2 * MINUTE)
    counts = {state: await outbox.count(tx, state=state) for state in State}
    assert counts == {State.DONE: 1, State.DEAD: 1, State.WAITING: 1}


async def test_forty_parcels_go_to_eight_workers_each_once(database: Database) -> None:
    async with database.write() as tx:
        await outbox.post(tx, some(40))

    async def work(owner: str) -> list[str]:
        delivered: list[str] = []
        while True:
            async with database.write() as tx:
                held = await claim(tx, owner, limit=3)
            if not held:
                return delivered
            async with database.write() as tx:
                for parcel_id in held:
                    assert await outbox.finish(tx, parcel_id=parcel_id, owner=owner, state=State.DONE)
            delivered += held

    delivered = [each for found in await asyncio.gather(*map(work, "abcdefgh")) for each in found]
    assert sorted(delivered) == [each.id for each in some(40)]


@pytest.mark.servers
async def test_on_postgresql_a_worker_passes_over_what_another_is_claiming(postgres: Database) -> None:
    async with postgres.write() as tx:
        await outbox.post(tx, some(9))
    async with postgres.write() as first, postgres.write() as second, postgres.write() as third:
        claimed = [await claim(tx, owner, limit=4) for tx, owner in ((first, "1"), (second, "2"), (third, "3"))]
    assert [len(each) for each in claimed] == [4, 4, 1]
    assert sorted(each for found in claimed for each in found) == [each.id for each in some(9)]


async def test_what_is_about_one_entry_goes_out_in_turn(tx: Tx) -> None:
    await dates.add(tx, make_date())
    parcels = [
        Parcel("1", "a", Kind.REQUEST, created_at=NOW, date_id="date", sequence=0),
        Parcel("2", "a", Kind.CANCEL, created_at=NOW, date_id="date", sequence=1),
        Parcel("3", "b", Kind.ENTRY, created_at=NOW + MINUTE, date_id="date", sequence=1),
        Parcel("4", "a", Kind.NOTICE, created_at=NOW + MINUTE, date_id="date"),
    ]
    await outbox.post(tx, parcels)
    later = NOW + HOUR
    first = await outbox.claim(tx, owner="one", now=later, lease=HOUR, limit=9)
    assert {each.id for each in first} == {"1", "3", "4"}
    assert await outbox.claim(tx, owner="two", now=later, lease=HOUR, limit=9) == []
    await outbox.postpone(tx, parcel_id="1", owner="one", until=later + DAY)
    assert await outbox.claim(tx, owner="two", now=later, lease=HOUR, limit=9) == []
    again = await outbox.claim(tx, owner="two", now=later + DAY, lease=HOUR, limit=9)
    assert {each.id for each in again} == {"1", "3", "4"}
    await outbox.finish(tx, parcel_id="1", owner="two", state=State.DEAD)
    assert [each.id for each in await outbox.claim(tx, owner="one", now=later + DAY, lease=HOUR, limit=9)] == ["2"]


async def test_the_newest_parcel_tells_why_it_is_dead(tx: Tx) -> None:
    await dates.add(tx, make_date())
    entry = Parcel("1", "a", Kind.ENTRY, created_at=NOW, date_id="date")
    others = (replace(entry, id="2", partner_id="b"), replace(entry, id="3", kind=Kind.NOTICE))
    await outbox.post(tx, [entry, *others])

    async def find() -> Cause | None:
        return await outbox.find_cause(tx, partner_id="a", date_id="date", kinds=(Kind.ENTRY,))

    assert await find() is None
    await claim(tx, "one")
    await outbox.finish(tx, parcel_id="1", owner="one", state=State.DEAD, cause=Cause.CALENDAR_GONE)
    for other in ("2", "3"):
        await outbox.finish(tx, parcel_id=other, owner="one", state=State.DEAD, cause=Cause.NOT_DELIVERED)
    assert await find() is Cause.CALENDAR_GONE
    await outbox.post(tx, [replace(entry, id="0", created_at=NOW + MINUTE)])
    assert await find() is None
