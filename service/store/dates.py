"""
Dates, the answers to them, and each partner's one entry.

What an entry should be follows from its date; what was last written to the outside stands in its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, tuple_, update

from service.core.dates import Date, PartStat, Status
from service.core.errors import NotFound, VersionConflict
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store.engine import Tx
from service.store.tables import answers, dates, entries


class EntryState(StrEnum):
    """What is known of an entry in a calendar."""

    OPEN = "open"
    REMOVED = "removed"  # by the person; it is never written again
    WITHDRAWN = "withdrawn"  # by us


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A partner's entry for a date: where it is, and the sequence last written there (None before the first time).

    `href` is chosen before the first write, so that a write whose answer was lost finds its own object again.
    """

    date_id: str
    partner_id: str
    channel: Channel
    calendar_id: str | None
    uid: str
    href: str | None
    etag: str | None = None
    applied: int | None = None
    state: EntryState = EntryState.OPEN


@dataclass(frozen=True, slots=True)
class Kept:
    """A date as it is kept, with the version of its row."""

    date: Date
    version: int


async def add(tx: Tx, date: Date) -> Kept:
    await tx.execute(
        insert(dates).values(
            id=date.id, couple_id=date.couple_id, created_at=date.created_at, version=1, **_revisable(date)
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
        .where(dates.c.couple_id == couple_id, dates.c.status != Status.CANCELLED, dates.c.ends_at > now)
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
            dates.c.status != Status.CANCELLED,
            dates.c.starts_at < during.end,
            dates.c.ends_at > during.start,
            dates.c.id != (but or ""),
        )
    )
    return [Interval(row.starts_at, row.ends_at) for row in rows]


async def recent_ideas(tx: Tx, *, couple_id: str, since: datetime) -> frozenset[str]:
    """Return the ideas of the couple's dates from `since` on."""
    rows = await tx.execute(
        select(dates.c.idea_id).where(
            dates.c.couple_id == couple_id, dates.c.starts_at >= since, dates.c.idea_id.is_not(None)
        )
    )
    return frozenset(row.idea_id for row in rows)


async def add_entry(tx: Tx, entry: Entry) -> None:
    await tx.execute(insert(entries).values(date_id=entry.date_id, partner_id=entry.partner_id, **_entry_values(entry)))


async def save_entry(tx: Tx, entry: Entry) -> None:
    """Write what was last done to an entry outside."""
    await tx.execute(
        update(entries)
        .where(entries.c.date_id == entry.date_id, entries.c.partner_id == entry.partner_id)
        .values(**_entry_values(entry))
    )


async def find_entry(tx: Tx, *, partner_id: str, date_id: str) -> Entry:
    found = await tx.execute(select(entries).where(entries.c.partner_id == partner_id, entries.c.date_id == date_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return _entry(row)


async def channels(tx: Tx, *, couple_id: str, date_id: str) -> dict[str, Channel]:
    """Return the channel on which each partner receives that date."""
    rows = await tx.execute(
        select(entries.c.partner_id, entries.c.channel)
        .join(dates, dates.c.id == entries.c.date_id)
        .where(dates.c.couple_id == couple_id, entries.c.date_id == date_id)
    )
    return {row.partner_id: Channel(row.channel) for row in rows}


async def own_names(tx: Tx, *, couple_id: str) -> frozenset[str]:
    """
    Return the last part of the href of every entry of the couple, written or about to be.

    Of both partners and all calendars, because a calendar may be connected by both; the names are random, 128 bits.
    """
    rows = await tx.execute(
        select(entries.c.href)
        .join(dates, dates.c.id == entries.c.date_id)
        .where(dates.c.couple_id == couple_id, entries.c.href.is_not(None))
    )
    return frozenset(row.href for row in rows)


def _revisable(date: Date) -> Mapping[str, Any]:
    return {
        "starts_at": date.time.start,
        "ends_at": date.time.end,
        "idea_id": date.idea_id,
        "status": date.status,
        "sequence": date.sequence,
        "timed": date.timed,
        "changed_at": date.changed_at,
    }


def _entry_values(entry: Entry) -> Mapping[str, Any]:
    return {
        "channel": entry.channel,
        "calendar_id": entry.calendar_id,
        "uid": entry.uid,
        "href": entry.href,
        "etag": entry.etag,
        "applied": entry.applied,
        "state": entry.state,
    }


async def _write_answers(tx: Tx, date: Date) -> None:
    rows = [
        {"date_id": date.id, "partner_id": partner_id, "partstat": partstat}
        for partner_id, partstat in date.answers.items()
    ]
    await tx.execute(insert(answers), rows)


async def _kept(tx: Tx, row: Row[Any]) -> Kept:
    said = await tx.execute(select(answers).where(answers.c.date_id == row.id))
    date = Date(
        id=row.id,
        couple_id=row.couple_id,
        time=Interval(row.starts_at, row.ends_at),
        idea_id=row.idea_id,
        status=Status(row.status),
        sequence=row.sequence,
        timed=row.timed,
        answers={each.partner_id: PartStat(each.partstat) for each in said},
        created_at=row.created_at,
        changed_at=row.changed_at,
    )
    return Kept(date, version=row.version)


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        date_id=row.date_id,
        partner_id=row.partner_id,
        channel=Channel(row.channel),
        calendar_id=row.calendar_id,
        uid=row.uid,
        href=row.href,
        etag=row.etag,
        applied=row.applied,
        state=EntryState(row.state),
    )
