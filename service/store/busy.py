"""
Busy times, packed: per object what it contributes, per calendar one array a kind that a question bisects.

A packed time is two little-endian 64-bit integers, start and end in seconds since 1970 UTC. The arrays of a calendar
are merged, so they are sorted and disjoint; those of an object are as they were read. Besides that an
object keeps its name in its collection, the ETag and digest that tell whether it changed, and its stripped form.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct, unpack
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from service.core.interval import Interval
from service.core.sync import Known
from service.store.calendars import Role
from service.store.engine import Tx
from service.store.tables import calendars, objects, partners

_TIME = Struct("<qq")
_NUMBER = 8  # bytes
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Heap:
    """Busy and soft time, without a trace of whose it is."""

    busy: tuple[Interval, ...]
    soft: tuple[Interval, ...]


NOTHING = Heap((), ())


@dataclass(frozen=True, slots=True)
class Laid:
    """What one object contributes in one window, zone and policy."""

    heap: Heap
    unreadable: int


@dataclass(frozen=True, slots=True)
class Read:
    """What is kept of one object: `stripped` are its scheduling properties, from which `laid` can be derived again."""

    known: Known
    stripped: bytes
    laid: Laid


async def known_objects(tx: Tx, *, calendar_id: str) -> dict[str, Known]:
    """Return what is known of each object of the calendar, by its name there."""
    rows = await tx.execute(
        select(objects.c.name, objects.c.etag, objects.c.digest).where(objects.c.calendar_id == calendar_id)
    )
    return {row.name: Known(row.etag, row.digest) for row in rows}


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
        await tx.execute(delete(objects).where(objects.c.calendar_id == calendar_id, objects.c.name.in_(chunk)))
    for name, known in touched.items():
        await tx.execute(
            update(objects).where(objects.c.calendar_id == calendar_id, objects.c.name == name).values(etag=known.etag)
        )
    rows = [
        {
            "calendar_id": calendar_id,
            "name": name,
            "etag": each.known.etag,
            "digest": each.known.digest,
            "stripped": each.stripped,
            **_laid(each.laid),
        }
        for name, each in read.items()
    ]
    if rows:
        await tx.execute(insert(objects), rows)
    if away:
        await _pack_calendar(tx, calendar_id=calendar_id)
    return await _count_unreadable(tx, calendar_id=calendar_id)


async def stripped_objects(tx: Tx, *, calendar_id: str) -> dict[str, bytes]:
    """Return the scheduling properties of each object of the calendar, by its name there."""
    rows = await tx.execute(select(objects.c.name, objects.c.stripped).where(objects.c.calendar_id == calendar_id))
    return {row.name: row.stripped for row in rows}


async def lay_out(tx: Tx, *, calendar_id: str, laid: Mapping[str, Laid]) -> int:
    """Write what the objects contribute now and pack the array anew; return how many entries could not be read."""
    rows = [{"object": name, **_laid(each)} for name, each in laid.items()]
    if rows:
        mine = (objects.c.calendar_id == calendar_id, objects.c.name == bindparam("object"))
        values: dict[str, Any] = {column: bindparam(column) for column in ("unreadable", "busy", "soft")}
        await tx.execute(update(objects).where(*mine).values(values), rows)
    await _pack_calendar(tx, calendar_id=calendar_id)
    return await _count_unreadable(tx, calendar_id=calendar_id)


async def of_couple(tx: Tx, *, couple_id: str, within: Sequence[Interval]) -> Heap:
    """Return both partners' time that touches any of `within` (sorted, disjoint), in one heap."""
    rows = await tx.execute(
        select(calendars.c.busy, calendars.c.soft)
        .join(partners, partners.c.id == calendars.c.partner_id)
        .where(partners.c.couple_id == couple_id, calendars.c.role == Role.BUSY)
    )
    return _gather([(row.busy, row.soft) for row in rows], within=within)


async def of_partner(tx: Tx, *, partner_id: str, within: Sequence[Interval]) -> Heap:
    """Return the partner's own time that touches any of `within` (sorted, disjoint)."""
    rows = await tx.execute(
        select(calendars.c.busy, calendars.c.soft).where(
            calendars.c.partner_id == partner_id, calendars.c.role == Role.BUSY
        )
    )
    return _gather([(row.busy, row.soft) for row in rows], within=within)


def _gather(arrays: Iterable[tuple[bytes, bytes]], *, within: Sequence[Interval]) -> Heap:
    # whole numbers until a time is known to matter: a datetime costs more than all the rest of the question
    edges = [(int(each.start.timestamp()), int(each.end.timestamp())) for each in within]
    found = [[sorted(set(_touching(array, edges=edges))) for array in pair] for pair in arrays]
    return Heap(
        busy=tuple(_interval(*time) for busy, _ in found for time in busy),
        soft=tuple(_interval(*time) for _, soft in found for time in soft),
    )


def _touching(array: bytes, *, edges: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the times of a calendar's array that touch an edge; one that touches two comes twice."""
    numbers = unpack(f"<{len(array) // _NUMBER}q", array)
    starts, ends = numbers[::2], numbers[1::2]
    for first, last in edges:
        # disjoint times are sorted by their ends as well
        found = slice(bisect_right(ends, first), bisect_left(starts, last))
        yield from zip(starts[found], ends[found], strict=True)


def _interval(start: int, end: int) -> Interval:
    return Interval(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC))


def _laid(laid: Laid) -> dict[str, Any]:
    return {"unreadable": laid.unreadable, "busy": _pack(laid.heap.busy), "soft": _pack(laid.heap.soft)}


async def _count_unreadable(tx: Tx, *, calendar_id: str) -> int:
    total = select(func.coalesce(func.sum(objects.c.unreadable), 0)).where(objects.c.calendar_id == calendar_id)
    return int((await tx.execute(total)).scalar_one())


def _pack(times: Iterable[Interval]) -> bytes:
    return b"".join(_TIME.pack(int(each.start.timestamp()), int(each.end.timestamp())) for each in times)


def _merge(arrays: Iterable[bytes]) -> bytes:
    merged: list[list[int]] = []
    for start, end in sorted(time for array in arrays for time in _TIME.iter_unpack(array)):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return b"".join(_TIME.pack(*time) for time in merged)


async def _pack_calendar(tx: Tx, *, calendar_id: str) -> None:
    found = await tx.execute(select(objects.c.busy, objects.c.soft).where(objects.c.calendar_id == calendar_id))
    rows = found.all()
    await tx.execute(
        update(calendars)
        .where(calendars.c.id == calendar_id)
        .values(busy=_merge(row.busy for row in rows), soft=_merge(row.soft for row in rows))
    )
