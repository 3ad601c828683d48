"""What is no longer needed is forgotten, and nothing else."""

from datetime import timedelta

import pytest

from service import ids
from service.actions import joining
from service.core.errors import NotFound
from service.store import outbox
from service.store.outbox import Kind, Parcel, State
from service.workers.tidy import tidy
from tests.workers.world import Home

A_WEEK = timedelta(days=7)
A_MOMENT = timedelta(seconds=1)


async def post(home: Home, *, state: State) -> None:
    """Leave a parcel in the outbox that is in `state` already."""
    parcel = Parcel(ids.new_id(), home.ana.id, Kind.CALENDAR, created_at=home.clock(), detail="calendar_auth")
    async with home.house.database.write() as tx:
        await outbox.post(tx, [parcel])
        if state is not State.WAITING:
            await outbox.claim(tx, owner="test", now=home.clock(), lease=A_MOMENT, limit=10)
            await outbox.finish(tx, parcel_id=parcel.id, owner="test", state=state)


async def test_delivered_parcels_are_forgotten_after_a_week(home: Home) -> None:
    await post(home, state=State.DONE)
    home.clock.step(A_WEEK)
    await tidy(home.house)
    assert await home.count(State.DONE) == 1
    home.clock.step(A_MOMENT)
    await tidy(home.house)
    assert await home.count(State.DONE) == 0


@pytest.mark.parametrize("state", [State.WAITING, State.DEAD])
async def test_what_waits_or_is_kept_for_the_operator_stays(home: Home, state: State) -> None:
    await post(home, state=state)
    home.clock.step(50 * A_WEEK)
    await tidy(home.house)
    assert await home.count(state) == 1


async def test_a_link_that_is_too_old_is_forgotten(home: Home) -> None:
    link = await joining.let_in(home.house, address="cleo@example.org", now=home.clock())
    before = (await home.household.count_rows())["invitations"]
    home.clock.step(joining.LINK_WORKS_FOR)
    await tidy(home.house)
    assert (await home.household.count_rows())["invitations"] == before - 1
    with pytest.raises(NotFound):
        await joining.look_at(home.house, secret=link.url.rpartition("/")[2], now=home.clock())


async def test_kept_answers_are_forgotten(home: Home) -> None:
    token = await joining.make_token(
        home.house, partner=home.ana, name="app", scopes=frozenset({"me"}), now=home.clock()
    )
    async with home.household.client(token.secret) as client:
        body = {"name": "other", "scopes": ["me"]}
        answer = await client.post("/v1/tokens", json=body, headers={"Idempotency-Key": "once"})
        assert answer.is_success
    assert (await home.household.count_rows())["idempotency"] == 1
    home.clock.step(A_WEEK)
    await tidy(home.house)
    assert (await home.household.count_rows())["idempotency"] == 0


async def test_tidying_is_nothing_to_speak_of_in_the_log(home: Home) -> None:
    assert await tidy(home.house) == 0
