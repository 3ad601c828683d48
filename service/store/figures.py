"""
Figures of the whole service, for whoever runs it: how many of what, and since when something is due.

None is about anybody: there is no query here that could be asked of one couple.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select

from service.core import sync
from service.store.calendars import ONLY_LAY_OUT
from service.store.engine import Tx
from service.store.outbox import DUE, Kind, State
from service.store.tables import UtcDateTime, calendars, dates, gesture_wishes, outbox

_COUNT = func.count().label("number")


async def count_parcels(tx: Tx) -> Mapping[tuple[Kind, State], int]:
    """Return how many parcels of each kind wait, and how many are dead; none where there are none."""
    rows = await tx.execute(
        select(outbox.c.kind, outbox.c.state, _COUNT)
        .where(outbox.c.state.in_((State.WAITING, State.DEAD)))
        .group_by(outbox.c.kind, outbox.c.state)
    )
    return {(Kind(row.kind), State(row.state)): row.number for row in rows}


async def count_dead(tx: Tx, *, since: datetime) -> Mapping[Kind, int]:
    """Return how many parcels of each kind are dead that were last tried `since` then."""
    rows = await tx.execute(
        select(outbox.c.kind, _COUNT)
        .where(outbox.c.state == State.DEAD, outbox.c.due_at >= since)
        .group_by(outbox.c.kind)
        .order_by(outbox.c.kind)
    )
    return {Kind(row.kind): row.number for row in rows}


async def count_calendars(tx: Tx, *, now: datetime) -> Mapping[sync.State, int]:
    """Return how many calendars are in each state, as `Calendar.state` has it."""
    is_failing = calendars.c.problem.is_not(None)
    is_known = and_(
        calendars.c.synced_at > now - sync.LAST_KNOWN_COUNTS, calendars.c.read_edition == calendars.c.edition
    )
    state = case(
        (and_(calendars.c.synced_at.is_(None), ~is_failing), sync.State.NEW),
        (and_(calendars.c.synced_at.is_not(None), ~is_known), sync.State.UNKNOWN),
        (is_failing, sync.State.FAILING),
        else_=sync.State.HEALTHY,
    )
    counted = select(state.label("state")).subquery()
    rows = await tx.execute(select(counted.c.state, _COUNT).group_by(counted.c.state))
    found = {sync.State(row.state): row.number for row in rows}
    return {each: found.get(each, 0) for each in sync.State}


async def find_due(tx: Tx, *, now: datetime) -> Mapping[str, datetime | None]:
    """Return since when the oldest thing is due that nobody works on, by the job that would do it."""
    free = or_(calendars.c.leased_until.is_(None), calendars.c.leased_until <= now)
    polled = and_(calendars.c.next_sync_at > ONLY_LAY_OUT, calendars.c.next_sync_at <= now)
    queries = {
        "deliver": select(func.min(outbox.c.due_at)).where(DUE),
        # what is only to be laid out anew does not say since when
        "sync": select(func.min(calendars.c.next_sync_at)).where(polled, free),
        "dates": select(func.min(dates.c.next_at)).where(dates.c.next_at <= now),
        "remind": select(func.min(gesture_wishes.c.next_due_at)).where(gesture_wishes.c.next_due_at <= now),
    }
    return {job: (await tx.execute(query, {"now": now})).scalar_one() for job, query in queries.items()}


async def read_clock(tx: Tx) -> datetime:
    """Return what time it is for the database; SQLite tells whole seconds."""
    clock: datetime = (await tx.execute(select(func.current_timestamp(type_=UtcDateTime)))).scalar_one()
    return clock
