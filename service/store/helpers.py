"""A couple's helpers, in the order in which they are asked: a first name, and an address where mail may reach them."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, func, insert, select, update

from service.core.errors import NotFound, VersionConflict
from service.store.engine import Tx
from service.store.tables import helpers


@dataclass(frozen=True, slots=True)
class Helper:
    """
    Somebody who minds the children now and then; of two, the one of the lower `rank` is asked first.

    `place` is where they do, as the couple tells it to them.
    """

    id: str
    couple_id: str
    name: str
    rank: int
    address: str | None = None
    place: str | None = None
    version: int = 1


async def add(tx: Tx, helper: Helper, *, now: datetime) -> None:
    row = {"id": helper.id, "couple_id": helper.couple_id, "version": helper.version, "created_at": now}
    await tx.execute(insert(helpers).values(**row, **_values(helper)))


async def of_couple(tx: Tx, *, couple_id: str) -> list[Helper]:
    """Return the couple's helpers in the order in which they are asked."""
    rows = await tx.execute(
        select(helpers)
        .where(helpers.c.couple_id == couple_id)
        .order_by(helpers.c.rank, helpers.c.created_at, helpers.c.id)
    )
    return [_helper(row) for row in rows]


async def count(tx: Tx, *, couple_id: str) -> int:
    found = await tx.execute(select(func.count()).select_from(helpers).where(helpers.c.couple_id == couple_id))
    return int(found.scalar_one())


async def find(tx: Tx, *, couple_id: str, helper_id: str) -> Helper:
    """Return the couple's helper; raises `NotFound`, for another couple's helper too."""
    found = await tx.execute(select(helpers).where(helpers.c.couple_id == couple_id, helpers.c.id == helper_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return _helper(row)


async def find_couple(tx: Tx, *, helper_id: str) -> str:
    """Return the id of the couple whose helper that is, for a link that names the helper alone; raises `NotFound`."""
    row = (await tx.execute(select(helpers.c.couple_id).where(helpers.c.id == helper_id))).one_or_none()
    if row is None:
        raise NotFound
    return str(row.couple_id)


async def save(tx: Tx, helper: Helper) -> Helper:
    """Write the helper, if nobody wrote since it was read; raises `VersionConflict`."""
    done = await tx.execute(
        update(helpers)
        .where(helpers.c.couple_id == helper.couple_id, helpers.c.id == helper.id, helpers.c.version == helper.version)
        .values(version=helper.version + 1, **_values(helper))
    )
    if done.rowcount == 0:
        raise VersionConflict
    return replace(helper, version=helper.version + 1)


async def remove(tx: Tx, *, couple_id: str, helper_id: str) -> None:
    """Forget a helper, their address with them; raises `NotFound`."""
    done = await tx.execute(delete(helpers).where(helpers.c.couple_id == couple_id, helpers.c.id == helper_id))
    if done.rowcount == 0:
        raise NotFound


def _values(helper: Helper) -> dict[str, Any]:
    return {"name": helper.name, "address": helper.address, "place": helper.place, "rank": helper.rank}


def _helper(row: Row[Any]) -> Helper:
    return Helper(
        id=row.id,
        couple_id=row.couple_id,
        name=row.name,
        rank=row.rank,
        address=row.address,
        place=row.place,
        version=row.version,
    )
