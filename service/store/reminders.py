"""
What a round of reminders reads and writes, for all whose moment has come at once: a few statements, however many.

The rows of one partner never meet those of another here but by the couple they are of.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from service.core.interval import Interval
from service.core.spans import Spans, as_spans, merge_spans
from service.store import busy, couples, dates
from service.store.calendars import COLUMNS, Calendar, as_calendar
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.gestures import Marks, Schedule, as_marks, moving
from service.store.tables import calendars, gesture_likes, gesture_marks, gesture_wishes

_of = attrgetter("partner_id")


@dataclass(frozen=True, slots=True)
class Home:
    """
    One partner, whose reminders these are, and what is kept of them and of the other; `other` is None while alone.

    `together` is when the two have dates; `taken` and `marks` are the partner's own; `kept` and `others_taken` are the
    other's calendars and time, `likes` what the other enjoys.
    """

    partner: Partner
    other: Partner | None
    together: Spans
    taken: tuple[Spans, ...]
    marks: Marks
    kept: tuple[Calendar, ...] = ()
    others_taken: tuple[Spans, ...] = ()
    likes: frozenset[str] = frozenset()


async def homes_of(tx: Tx, *, partner_ids: Collection[str], during: Interval) -> dict[str, Home]:
    """Return each partner's home by their id; dates are those of `during`."""
    both = await couples.both_of(tx, partner_ids=partner_ids)
    everybody = sorted({each.id for couple in both.values() for each in couple})
    held = await busy.held_by_partners(tx, partner_ids=everybody)
    times = await dates.live_times_of(tx, couple_ids={each[0].couple_id for each in both.values()}, during=during)
    said = await _marks(tx, partner_ids=partner_ids)
    enjoyed = await _likes(tx, partner_ids=everybody)
    kept = await _calendars(tx, partner_ids=everybody)
    homes: dict[str, Home] = {}
    for partner_id, couple in both.items():
        mine = next(each for each in couple if each.id == partner_id)
        other = next((each for each in couple if each.id != partner_id), None)
        homes[partner_id] = Home(
            mine,
            other,
            together=merge_spans(sorted(as_spans(times.get(mine.couple_id, ())))),
            taken=held[partner_id],
            marks=said.get(partner_id, Marks()),
            kept=kept.get(other.id, ()) if other else (),
            others_taken=held[other.id] if other else (),
            likes=enjoyed.get(other.id, frozenset()) if other else frozenset(),
        )
    return homes


async def move_on(tx: Tx, schedules: Iterable[Schedule]) -> None:
    """Write the next moments of schedules that this transaction holds."""
    rows = [{"whose": each.partner_id, "seen": each.version, **moving(each)} for each in schedules]
    if rows:
        await tx.execute(_MOVE_ON, rows)


async def mark_suggested(tx: Tx, suggested: Mapping[str, str], *, now: datetime) -> None:
    """Note for each partner's id the gesture that they are reminded of."""
    rows = [
        {"partner_id": partner_id, "gesture_id": gesture_id, "never": False, "latest_at": now}
        for partner_id, gesture_id in suggested.items()
    ]
    if rows:
        await tx.execute(_MARK[tx.dialect.name], rows)


async def _marks(tx: Tx, *, partner_ids: Collection[str]) -> dict[str, Marks]:
    mine = gesture_marks.c.partner_id.in_(partner_ids)
    rows = await tx.execute(select(gesture_marks).where(mine).order_by(gesture_marks.c.partner_id))
    return {partner_id: as_marks(some) for partner_id, some in groupby(rows, key=_of)}


async def _likes(tx: Tx, *, partner_ids: Collection[str]) -> dict[str, frozenset[str]]:
    rows = await tx.execute(select(gesture_likes).where(gesture_likes.c.partner_id.in_(partner_ids)))
    return {row.partner_id: frozenset(row.subjects) for row in rows}


async def _calendars(tx: Tx, *, partner_ids: Collection[str]) -> dict[str, tuple[Calendar, ...]]:
    rows = await tx.execute(select(*COLUMNS).where(calendars.c.partner_id.in_(partner_ids)))
    found: defaultdict[str, tuple[Calendar, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.partner_id] += (as_calendar(row),)
    return found


# written once each: writing a query takes as long as asking it
_MOVE_ON = update(gesture_wishes).where(
    gesture_wishes.c.partner_id == bindparam("whose"), gesture_wishes.c.version == bindparam("seen")
)
_MOVE_ON = _MOVE_ON.values({name: bindparam(name) for name in moving(Schedule(""))})


def _upsert(statement: Any) -> Any:
    keys = list(gesture_marks.primary_key)
    return statement.on_conflict_do_update(index_elements=keys, set_={"latest_at": statement.excluded.latest_at})


_MARK = {
    "postgresql": _upsert(postgresql.insert(gesture_marks)),
    "sqlite": _upsert(sqlite.insert(gesture_marks)),
}
