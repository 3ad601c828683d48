"""
Busy times, packed: per object what it contributes, per calendar one sorted array that a question reads whole.

A packed time is three little-endian 64-bit integers: start and end in seconds since 1970 UTC, and 0 for busy or 1 for
soft. Nothing else of an entry is kept but the href, ETag and digest that tell whether it changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct

from sqlalchemy import delete, func, insert, select, update

from service.core.interval import Interval
from service.core.sync import Known
from service.store.calendars import Role
from service.store.engine import Tx
from service.store.tables import calendars, objects, partners

_TIME = Struct("<qqq")
_SOFT = 1
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Heap:
    """Busy and soft time, without a trace of whose it is."""

    busy: tuple[Interval, ...]
    soft: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Read:
    """What one object contributes."""

    known: Known
    heap: Heap
    unreadable: int


async def known_objects(tx: Tx, *, calendar_id: str) -> dict[str, Known]:
    """Return what is known of each object of the calendar, by its href."""
    rows = await tx.execute(
        select(objects.c.href, objects.c.etag, objects.c.digest).where(objects.c.calendar_id == calendar_id)
    )
    return {row.href: Known(row.etag, row.digest) for row in rows}


async def replace(
    tx: Tx,
    *,
    calendar_id: str,
    read: Mapping[str, Read],
    touched: Mapping[str, Known],
    dropped: Iterable[str],
) -> int:
    """
    Write what a sync found and pack the calendar's array anew; return how many of its entries could not be read.

    `read` replaces objects, `touched` only their ETag, `dropped` are gone.
    """
    away = [*dropped, *read]
    for start in range(0, len(away), _AT_ONCE):
        chunk = away[start : start + _AT_ONCE]
        await tx.execute(delete(objects).where(objects.c.calendar_id == calendar_id, objects.c.href.in_(chunk)))
    for href, known in touched.items():
        await tx.execute(
            update(objects).where(objects.c.calendar_id == calendar_id, objects.c.href == href).values(etag=known.etag)
        )
    rows = [
        {
            "calendar_id": calendar_id,
            "href": href,
            "etag": each.known.etag,
            "digest": each.known.digest,
            "unreadable": each.unreadable,
            "busy": _pack(each.heap),
        }
        for href, each in read.items()
    ]
    if rows:
        await tx.execute(insert(objects), rows)
    if away:
        await _pack_calendar(tx, calendar_id=calendar_id)
    total = select(func.coalesce(func.sum(objects.c.unreadable), 0)).where(objects.c.calendar_id == calendar_id)
    return int((await tx.execute(total)).scalar_one())


async def of_couple(tx: Tx, *, couple_id: str, within: Sequence[Interval]) -> Heap:
    """Return both partners' time that touches any of `within` (sorted, disjoint), in one heap."""
    rows = await tx.execute(
        select(calendars.c.busy)
        .join(partners, partners.c.id == calendars.c.partner_id)
        .where(partners.c.couple_id == couple_id, calendars.c.role == Role.BUSY)
    )
    return _gather([row.busy for row in rows], within=within)


async def of_partner(tx: Tx, *, partner_id: str, within: Sequence[Interval]) -> Heap:
    """Return the partner's own time that touches any of `within` (sorted, disjoint)."""
    rows = await tx.execute(
        select(calendars.c.busy).where(calendars.c.partner_id == partner_id, calendars.c.role == Role.BUSY)
    )
    return _gather([row.busy for row in rows], within=within)


def _gather(arrays: Iterable[bytes], *, within: Sequence[Interval]) -> Heap:
    # whole numbers until a time is known to matter: a datetime costs more than all the rest of the question
    edges = [(int(each.start.timestamp()), int(each.end.timestamp())) for each in within]
    found = [time for array in arrays for time in _touching(array, edges=edges)]
    return Heap(
        busy=tuple(_interval(start, end) for start, end, kind in found if kind != _SOFT),
        soft=tuple(_interval(start, end) for start, end, kind in found if kind == _SOFT),
    )


def _touching(array: bytes, *, edges: Sequence[tuple[int, int]]) -> Iterable[tuple[int, int, int]]:
    index = 0
    for start, end, kind in _TIME.iter_unpack(array):
        while index < len(edges) and edges[index][1] <= start:
            index += 1
        if index == len(edges):
            return
        if end > edges[index][0]:
            yield start, end, kind


def _interval(start: int, end: int) -> Interval:
    return Interval(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def _pack(heap: Heap) -> bytes:
    times = [(each, 0) for each in heap.busy] + [(each, _SOFT) for each in heap.soft]
    return b"".join(
        _TIME.pack(int(each.start.timestamp()), int(each.end.timestamp()), kind) for each, kind in sorted(times)
    )


async def _pack_calendar(tx: Tx, *, calendar_id: str) -> None:
    rows = await tx.execute(select(objects.c.busy).where(objects.c.calendar_id == calendar_id))
    times = sorted(time for row in rows for time in _TIME.iter_unpack(row.busy))
    array = b"".join(_TIME.pack(*time) for time in times)
    await tx.execute(update(calendars).where(calendars.c.id == calendar_id).values(busy=array))
