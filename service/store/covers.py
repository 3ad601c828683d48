"""
How dates are covered, and which helpers were asked for them.

A date without a row needs no cover, so couples without children have none. No helper's answer is kept but as the state
of the date.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from service.core.cover import Cover, DateCover, State
from service.store.engine import Tx
from service.store.tables import asks, covers, dates


@dataclass(frozen=True, slots=True)
class KeptCover:
    """The cover of a date as it is kept, with the version of its row; 0 where it has none yet."""

    cover: DateCover
    version: int


@dataclass(frozen=True, slots=True)
class Ask:
    """That a helper was asked for the time which the date had at `timed`; `told` where a mail went out about it."""

    date_id: str
    helper_id: str
    timed: int
    told: bool = False


async def find(tx: Tx, *, couple_id: str, date_id: str) -> KeptCover:
    """Return how the couple's date is covered."""
    found = await tx.execute(
        select(covers)
        .join(dates, dates.c.id == covers.c.date_id)
        .where(dates.c.couple_id == couple_id, covers.c.date_id == date_id)
    )
    row = found.one_or_none()
    return KeptCover(DateCover(), version=0) if row is None else _kept(row)


async def save(tx: Tx, cover: DateCover, *, date_id: str, version: int) -> bool:
    """Write the cover of a date; False, and nothing written, where somebody wrote since version `version`."""
    values = {
        "state": cover.state,
        "source": cover.by,
        "helper_id": cover.helper_id,
        "noticed": cover.noticed,
        "answer_by": cover.answer_by,
        "version": version + 1,
    }
    if version == 0:
        await tx.execute(insert(covers).values(date_id=date_id, **values))
        return True
    mine = (covers.c.date_id == date_id, covers.c.version == version)
    return (await tx.execute(update(covers).where(*mine).values(values))).rowcount == 1


async def due(tx: Tx, *, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Return (couple id, date id) of up to `limit` dates whose helper has not answered in time, of all couples."""
    rows = await tx.execute(
        select(dates.c.couple_id, dates.c.id)
        .join(covers, covers.c.date_id == dates.c.id)
        .where(covers.c.answer_by <= now, covers.c.state == State.ASKED, dates.c.next_at.is_not(None))
        .order_by(covers.c.answer_by)
        .limit(limit)
    )
    return [(row.couple_id, row.id) for row in rows]


async def of_helper(tx: Tx, *, couple_id: str, helper_id: str) -> list[str]:
    """Return the couple's dates for which that helper was asked, or to which they come."""
    rows = await tx.execute(
        select(dates.c.id)
        .join(covers, covers.c.date_id == dates.c.id)
        .where(dates.c.couple_id == couple_id, covers.c.helper_id == helper_id)
    )
    return [row.id for row in rows]


async def find_ask(tx: Tx, *, date_id: str, helper_id: str) -> Ask | None:
    found = await tx.execute(select(asks).where(asks.c.date_id == date_id, asks.c.helper_id == helper_id))
    row = found.one_or_none()
    return None if row is None else Ask(row.date_id, row.helper_id, timed=row.timed, told=row.told)


async def asked(tx: Tx, *, date_id: str, timed: int) -> Collection[str]:
    """Return the ids of the helpers who were asked for the time that the date had at `timed`."""
    rows = await tx.execute(select(asks.c.helper_id).where(asks.c.date_id == date_id, asks.c.timed == timed))
    return frozenset(row.helper_id for row in rows)


async def save_ask(tx: Tx, ask: Ask) -> None:
    """Write that a helper is asked, for another time than before where they were asked already."""
    await tx.execute(delete(asks).where(asks.c.date_id == ask.date_id, asks.c.helper_id == ask.helper_id))
    await tx.execute(insert(asks).values(date_id=ask.date_id, helper_id=ask.helper_id, timed=ask.timed, told=ask.told))


def _kept(row: Row[Any]) -> KeptCover:
    cover = DateCover(
        state=State(row.state),
        by=None if row.source is None else Cover(row.source),
        helper_id=row.helper_id,
        noticed=row.noticed,
        answer_by=row.answer_by,
    )
    return KeptCover(cover, version=row.version)
