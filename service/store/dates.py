"""Dates, and the answers to them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, select, tuple_, update

from service.core.dates import STATUS_OF, Date, Origin, PartStat, Stage, Status, Via
from service.core.decks import Past
from service.core.errors import NotFound, VersionConflict
from service.core.interval import Interval
from service.store.engine import Tx
from service.store.tables import answers, dates

_IS_LIVE = dates.c.stage.not_in([stage for stage, status in STATUS_OF.items() if status is Status.CANCELLED])


@dataclass(frozen=True, slots=True)
class Kept:
    """A date as it is kept, with the version of its row."""

    date: Date
    version: int


async def add(tx: Tx, date: Date) -> Kept:
    await tx.execute(
        insert(dates).values(
            id=date.id,
            couple_id=date.couple_id,
            origin=date.origin,
            created_at=date.created_at,
            version=1,
            **_revisable(date),
        )
    )
    await _write_answers(tx, date)
    return Kept(date, version=1)


async def find(tx: Tx, *, couple_id: str, date_id: str) -> Kept:
    """Return the couple's date; raises `NotFound`, for another couple's date too."""
    found = await tx.execute(select(dates).where(dates.c.couple_id == couple_id, dates.c.id == date_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return await _kept(tx, row)


async def save(tx: Tx, date: Date, *, version: int) -> Kept:
    """Write a revised date, if nobody wrote since version `version`; raises `VersionConflict`."""
    done = await tx.execute(
        update(dates)
        .where(dates.c.couple_id == date.couple_id, dates.c.id == date.id, dates.c.version == version)
        .values(version=version + 1, **_revisable(date))
    )
    if done.rowcount == 0:
        raise VersionConflict
    await tx.execute(delete(answers).where(answers.c.date_id == date.id))
    await _write_answers(tx, date)
    return Kept(date, version=version + 1)


async def of_couple(tx: Tx, *, couple_id: str, after: str | None, limit: int) -> list[Kept]:
    """Return up to `limit` dates in the order of their time; `after` is the id that the previous page ended with."""
    query = select(dates).where(dates.c.couple_id == couple_id).order_by(dates.c.starts_at, dates.c.id).limit(limit)
    if after is not None:
        last = (await find(tx, couple_id=couple_id, date_id=after)).date
        query = query.where(tuple_(dates.c.starts_at, dates.c.id) > tuple_(last.time.start, last.id))
    return [await _kept(tx, row) for row in (await tx.execute(query)).all()]


async def find_next(tx: Tx, *, couple_id: str, now: datetime) -> Kept | None:
    """Return the couple's next date that is not called off."""
    found = await tx.execute(
        select(dates)
        .where(dates.c.couple_id == couple_id, _IS_LIVE, dates.c.ends_at > now)
        .order_by(dates.c.starts_at, dates.c.id)
        .limit(1)
    )
    row = found.one_or_none()
    return None if row is None else await _kept(tx, row)


async def live_times(tx: Tx, *, couple_id: str, during: Interval, but: str | None = None) -> list[Interval]:
    """Return when the couple already has dates, without the one with the id `but`."""
    rows = await tx.execute(
        select(dates.c.starts_at, dates.c.ends_at).where(
            dates.c.couple_id == couple_id,
            _IS_LIVE,
            dates.c.starts_at < during.end,
            dates.c.ends_at > during.start,
            dates.c.id != (but or ""),
        )
    )
    return [Interval(row.starts_at, row.ends_at) for row in rows]


async def live_times_of(tx: Tx, *, couple_ids: Collection[str], during: Interval) -> dict[str, list[Interval]]:
    """Return when each of the couples has dates, by their ids; who has none is not there."""
    rows = await tx.execute(
        select(dates.c.couple_id, dates.c.starts_at, dates.c.ends_at).where(
            dates.c.couple_id.in_(couple_ids),
            _IS_LIVE,
            dates.c.starts_at < during.end,
            dates.c.ends_at > during.start,
        )
    )
    found: dict[str, list[Interval]] = {}
    for row in rows:
        found.setdefault(row.couple_id, []).append(Interval(row.starts_at, row.ends_at))
    return found


_LIVE_AHEAD = (  # built once: every sync asks it
    select(dates)
    .where(dates.c.couple_id == bindparam("couple"), _IS_LIVE, dates.c.ends_at > bindparam("now"))
    .order_by(dates.c.starts_at, dates.c.id)
)


async def live_ahead(tx: Tx, *, couple_id: str, now: datetime) -> list[Kept]:
    """Return the couple's dates that are not over and not called off, in the order of their time."""
    rows = await tx.execute(_LIVE_AHEAD, {"couple": couple_id, "now": now})
    return [await _kept(tx, row) for row in rows.all()]


async def ending_after(tx: Tx, *, couple_id: str, since: datetime) -> list[Kept]:
    """Return the couple's dates that end after `since`, called off ones among them, in the order of their time."""
    rows = await tx.execute(
        select(dates)
        .where(dates.c.couple_id == couple_id, dates.c.ends_at > since)
        .order_by(dates.c.starts_at, dates.c.id)
    )
    return [await _kept(tx, row) for row in rows.all()]


async def due(tx: Tx, *, now: datetime, limit: int) -> list[tuple[str, str]]:
    """Return (couple id, date id) of up to `limit` dates that time itself changes by `now`, of all couples."""
    rows = await tx.execute(
        select(dates.c.couple_id, dates.c.id).where(dates.c.next_at <= now).order_by(dates.c.next_at).limit(limit)
    )
    return [(row.couple_id, row.id) for row in rows]


async def past_ideas(tx: Tx, *, couple_id: str, since: datetime) -> list[Past]:
    """Return the ideas of the couple's dates from `since` on, those ahead too, without what was called off."""
    rows = await tx.execute(
        select(dates.c.idea_id, dates.c.starts_at)
        .where(
            dates.c.couple_id == couple_id,
            dates.c.starts_at >= since,
            dates.c.idea_id.is_not(None),
            _IS_LIVE,
        )
        .order_by(dates.c.starts_at, dates.c.id)
    )
    return [Past(row.idea_id, row.starts_at) for row in rows]


def _revisable(date: Date) -> Mapping[str, Any]:
    return {
        "starts_at": date.time.start,
        "ends_at": date.time.end,
        "idea_id": date.idea_id,
        "stage": date.stage,
        "sequence": date.sequence,
        "timed": date.timed,
        "answer_by": date.answer_by,
        "next_at": date.next_at,
        "changed_at": date.changed_at,
    }


async def _write_answers(tx: Tx, date: Date) -> None:
    rows = [
        {"date_id": date.id, "partner_id": partner_id, "partstat": partstat, "via": date.ways.get(partner_id)}
        for partner_id, partstat in date.answers.items()
    ]
    await tx.execute(insert(answers), rows)


async def _kept(tx: Tx, row: Row[Any]) -> Kept:
    said = (await tx.execute(select(answers).where(answers.c.date_id == row.id))).all()
    date = Date(
        id=row.id,
        couple_id=row.couple_id,
        time=Interval(row.starts_at, row.ends_at),
        idea_id=row.idea_id,
        stage=Stage(row.stage),
        sequence=row.sequence,
        timed=row.timed,
        answers={each.partner_id: PartStat(each.partstat) for each in said},
        answer_by=row.answer_by,
        created_at=row.created_at,
        changed_at=row.changed_at,
        ways={each.partner_id: Via(each.via) for each in said if each.via is not None},
        origin=Origin(row.origin),
    )
    return Kept(date, version=row.version)
