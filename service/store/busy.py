"""
Busy times: per object what it contributes, per calendar a timeline of each kind, which a question reads and bisects.

Times are kept as `service.core.spans` packs them. Besides its times an object keeps its name in its collection, the
ETag and digest that tell whether it changed, and its stripped form. An object that changes touches its own row and what
lies next to its times in the timelines.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, case, delete, func, insert, literal_column, select, update

from service.core.interval import Interval
from service.core.spans import Span, Spans, Timeline, as_interval, as_spans, lay, sort_spans, touching, unpack
from service.core.sync import Known
from service.store.calendars import Role
from service.store.engine import Tx
from service.store.tables import calendars, objects, partners, timelines

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Heap:
    """Busy and soft time, without a trace of whose it is."""

    busy: tuple[Interval, ...]
    soft: tuple[Interval, ...]


NOTHING = Heap((), ())


@dataclass(frozen=True, slots=True)
class Held:
    """The same of whole calendars, as it is kept: merged, one `Spans` a calendar."""

    busy: tuple[Spans, ...]
    soft: tuple[Spans, ...]

    def within(self, times: Sequence[Interval]) -> Heap:
        """Return what touches any of `times`, which are sorted and disjoint."""
        return Heap(_touching(self.busy, times=times), _touching(self.soft, times=times))


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
    Write what a sync found and change the calendar's timelines; return how many of its entries could not be read.

    `read` replaces objects, `dropped` are gone. Of those that are `touched` the times stay; where there is no digest,
    because what they are now could not be read, they count as unreadable.
    """
    away = {*dropped, *read}
    out = await _remove(tx, calendar_id=calendar_id, names=away)
    for name, known in touched.items():
        mine = (objects.c.calendar_id == calendar_id, objects.c.name == name)
        await tx.execute(update(objects).where(*mine).values(_touch(known)))
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
        await tx.execute(_ADD, rows)
    if away:
        await _change_timelines(tx, calendar_id=calendar_id, out=out, into=[(row["busy"], row["soft"]) for row in rows])
    return await _count_unreadable(tx, calendar_id=calendar_id)


async def stripped_objects(tx: Tx, *, calendar_id: str) -> dict[str, bytes]:
    """Return the scheduling properties of each object of the calendar, by its name there."""
    rows = await tx.execute(select(objects.c.name, objects.c.stripped).where(objects.c.calendar_id == calendar_id))
    return {row.name: row.stripped for row in rows}


async def lay_out(tx: Tx, *, calendar_id: str, laid: Mapping[str, Laid]) -> int:
    """Write what the objects contribute now and make the timelines anew; return how many could not be read."""
    rows = [{"object": name, **_laid(each)} for name, each in laid.items()]
    if rows:
        mine = (objects.c.calendar_id == calendar_id, objects.c.name == bindparam("object"))
        values: dict[str, Any] = {column: bindparam(column) for column in ("busy", "soft")}
        await tx.execute(update(objects).where(*mine).values(values | {"unreadable": _STILL_UNREADABLE}), rows)
    await tx.execute(delete(timelines).where(timelines.c.calendar_id == calendar_id))
    kept = await tx.execute(select(objects.c.busy, objects.c.soft).where(objects.c.calendar_id == calendar_id))
    await _change_timelines(tx, calendar_id=calendar_id, out=[], into=[(row.busy, row.soft) for row in kept])
    return await _count_unreadable(tx, calendar_id=calendar_id)


async def held_by_couple(tx: Tx, *, couple_id: str) -> Held:
    """Return the time of both partners' calendars that count."""
    return await _held(tx, _OF_COUPLE, whose=couple_id)


async def held_by_partner(tx: Tx, *, partner_id: str) -> Held:
    """Return the time of the partner's own calendars that count."""
    return await _held(tx, _OF_PARTNER, whose=partner_id)


async def held_by_partners(tx: Tx, *, partner_ids: Collection[str]) -> dict[str, tuple[Spans, ...]]:
    """Return busy and soft time alike of the calendars of each that count, by the partners' ids, in one query."""
    held: dict[str, tuple[Spans, ...]] = dict.fromkeys(partner_ids, ())
    for row in await tx.execute(_OF_PARTNERS, {"whose": list(partner_ids)}):
        held[row.partner_id] += tuple(unpack(packed) for packed in (row.busy, row.soft) if packed)
    return held


async def of_partner(tx: Tx, *, partner_id: str, within: Sequence[Interval]) -> Heap:
    """Return the partner's own time that touches any of `within` (sorted, disjoint)."""
    return (await held_by_partner(tx, partner_id=partner_id)).within(within)


async def covering(tx: Tx, *, couple_id: str) -> dict[str, Spans]:
    """Return when somebody minds the children by each of the couple's cover calendars, merged, by calendar id."""
    rows = await tx.execute(_COVERING, {"whose": couple_id})
    return {row.calendar_id: unpack(row.busy) for row in rows if row.busy}


async def _held(tx: Tx, query: Select[bytes, bytes], *, whose: str) -> Held:
    rows = (await tx.execute(query, {"whose": whose})).all()
    return Held(
        busy=tuple(unpack(row.busy) for row in rows if row.busy),
        soft=tuple(unpack(row.soft) for row in rows if row.soft),
    )


def _touching(held: Iterable[Spans], *, times: Sequence[Interval]) -> tuple[Interval, ...]:
    edges = as_spans(times)
    # one that touches two edges counts once
    found = [dict.fromkeys(span for edge in edges for span in touching(merged, within=edge)) for merged in held]
    return tuple(as_interval(span) for each in found for span in each)


def _laid(laid: Laid) -> dict[str, Any]:
    busy, soft = (sort_spans(as_spans(times)).pack() for times in (laid.heap.busy, laid.heap.soft))
    return {"unreadable": laid.unreadable, "busy": busy, "soft": soft}


def _touch(known: Known) -> dict[str, Any]:
    values = {"etag": known.etag, "digest": known.digest}
    return values if known.digest else values | {"unreadable": _UNREADABLE_NOW}


async def _count_unreadable(tx: Tx, *, calendar_id: str) -> int:
    return int((await tx.execute(_UNREADABLE, {"calendar": calendar_id})).scalar_one())


_Packed = tuple[bytes, bytes]
"""Busy and soft time of an object."""


async def _remove(tx: Tx, *, calendar_id: str, names: Collection[str]) -> list[_Packed]:
    """Delete those objects and return the times they had."""
    away, out = sorted(names), []
    for start in range(0, len(away), _AT_ONCE):
        rows = await tx.execute(_REMOVE, {"calendar": calendar_id, "names": away[start : start + _AT_ONCE]})
        out += [(row.busy, row.soft) for row in rows]
    return out


async def _change_timelines(tx: Tx, *, calendar_id: str, out: list[_Packed], into: list[_Packed]) -> None:
    changes = {name: (_spans_of(out, kind=kind), _spans_of(into, kind=kind)) for kind, name in enumerate(_KINDS)}
    if all(gone == come for gone, come in changes.values()):
        return
    row = (await tx.execute(_TIMELINES, {"calendar": calendar_id})).one_or_none()
    values: dict[str, bytes] = {}
    for name, (gone, come) in changes.items():
        kept = lay(()) if row is None else Timeline(*(unpack(row._mapping[each]) for each in (f"every_{name}", name)))
        changed = kept.change(out=gone, into=come)
        values |= {name: changed.merged.pack(), f"every_{name}": changed.every.pack()}
    if row is None:
        await tx.execute(insert(timelines).values(calendar_id=calendar_id, **values))
    else:
        await tx.execute(_CHANGE, {"calendar": calendar_id, **values})


def _spans_of(packed: Iterable[_Packed], *, kind: int) -> list[Span]:
    return [span for each in packed for span in unpack(each[kind])]


# written once each: writing a query takes as long as asking it
_KINDS = ("busy", "soft")
_OF_CALENDAR = objects.c.calendar_id == bindparam("calendar")
_REMOVE = (
    delete(objects)
    .where(_OF_CALENDAR, objects.c.name.in_(bindparam("names", expanding=True)))
    .returning(objects.c.busy, objects.c.soft)
)
_ADD = insert(objects)
_UNREADABLE_NOW = case((objects.c.unreadable > 0, objects.c.unreadable), else_=1)
_STILL_UNREADABLE = case(
    (and_(func.length(objects.c.digest) == 0, bindparam("unreadable", type_=Integer) == 0), 1),
    else_=bindparam("unreadable", type_=Integer),
)
_IS_UNREADABLE = objects.c.unreadable > literal_column("0")  # as its index says it: a parameter might be anything
_UNREADABLE = select(func.coalesce(func.sum(objects.c.unreadable), 0)).where(_OF_CALENDAR, _IS_UNREADABLE)
_TIMELINES = select(timelines).where(timelines.c.calendar_id == bindparam("calendar"))
_CHANGE = update(timelines).where(timelines.c.calendar_id == bindparam("calendar"))
_CHANGE = _CHANGE.values({name: bindparam(name) for kind in _KINDS for name in (kind, f"every_{kind}")})
_COUNTING = (
    select(timelines.c.busy, timelines.c.soft)
    .join(calendars, calendars.c.id == timelines.c.calendar_id)
    .where(calendars.c.role == Role.BUSY)
)
_OF_PARTNER = _COUNTING.where(calendars.c.partner_id == bindparam("whose"))
_OF_PARTNERS = _COUNTING.add_columns(calendars.c.partner_id).where(
    calendars.c.partner_id.in_(bindparam("whose", expanding=True))
)
_OF_COUPLE = _COUNTING.join(partners, partners.c.id == calendars.c.partner_id).where(
    partners.c.couple_id == bindparam("whose")
)
_COVERING = (
    select(timelines.c.calendar_id, timelines.c.busy)
    .join(calendars, calendars.c.id == timelines.c.calendar_id)
    .join(partners, partners.c.id == calendars.c.partner_id)
    .where(calendars.c.role == Role.COVER, partners.c.couple_id == bindparam("whose"))
    .order_by(timelines.c.calendar_id)
)
