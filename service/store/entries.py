"""
Each partner's one entry for a date: where it is, and what was last written there.

What an entry should be follows from its date; what was last written to the outside stands in its row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from service.core.errors import NotFound
from service.core.invitations import Channel
from service.store.engine import Tx
from service.store.tables import dates, entries


class EntryState(StrEnum):
    """What is known of an entry in a calendar."""

    OPEN = "open"
    REMOVED = "removed"  # by the person; it is never written again
    WITHDRAWN = "withdrawn"  # by us


# built once: every sync asks them, and building one costs more than asking it
_OF_COUPLE = dates.c.couple_id == bindparam("couple")
_AHEAD = (
    select(entries).join(dates, dates.c.id == entries.c.date_id).where(_OF_COUPLE, dates.c.ends_at > bindparam("now"))
)
_OWN_NAMES = (
    select(entries.c.href).join(dates, dates.c.id == entries.c.date_id).where(_OF_COUPLE, entries.c.href.is_not(None))
)


@dataclass(frozen=True, slots=True)
class Entry:
    """
    A partner's entry for a date: where it is, and the sequence last written there (None before the first time).

    `href` is chosen before the first write, so that a write whose answer was lost finds its own object again. It was
    first not found in its calendar at `missing_at`, None where it is there as far as is known.
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
    missing_at: datetime | None = None


async def add(tx: Tx, entry: Entry) -> None:
    await tx.execute(insert(entries).values(date_id=entry.date_id, partner_id=entry.partner_id, **_values(entry)))


async def save(tx: Tx, entry: Entry) -> None:
    """Write what was last done to an entry outside."""
    await tx.execute(
        update(entries)
        .where(entries.c.date_id == entry.date_id, entries.c.partner_id == entry.partner_id)
        .values(**_values(entry))
    )


async def mark(tx: Tx, entry: Entry, *, state: EntryState, missing_at: datetime | None) -> None:
    """Note where an entry is, or that it is not, and leave what was written there to whoever writes it."""
    await tx.execute(
        update(entries)
        .where(entries.c.date_id == entry.date_id, entries.c.partner_id == entry.partner_id)
        .values(state=state, missing_at=missing_at)
    )


async def find(tx: Tx, *, partner_id: str, date_id: str) -> Entry:
    found = await tx.execute(select(entries).where(entries.c.partner_id == partner_id, entries.c.date_id == date_id))
    row = found.one_or_none()
    if row is None:
        raise NotFound
    return _entry(row)


async def ahead(tx: Tx, *, couple_id: str, now: datetime) -> list[Entry]:
    """Return both partners' entries for the couple's dates that are not over, called off ones among them."""
    rows = await tx.execute(_AHEAD, {"couple": couple_id, "now": now})
    return [_entry(row) for row in rows]


async def find_by_uid(tx: Tx, *, uid: str) -> Entry | None:
    """Return the entry whose random UID somebody knows, which is all the right they need to answer it by mail."""
    row = (await tx.execute(select(entries).where(entries.c.uid == uid))).one_or_none()
    return None if row is None else _entry(row)


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
    rows = await tx.execute(_OWN_NAMES, {"couple": couple_id})
    return frozenset(row.href for row in rows)


def _values(entry: Entry) -> Mapping[str, Any]:
    return {
        "channel": entry.channel,
        "calendar_id": entry.calendar_id,
        "uid": entry.uid,
        "href": entry.href,
        "etag": entry.etag,
        "applied": entry.applied,
        "state": entry.state,
        "missing_at": entry.missing_at,
    }


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
        missing_at=row.missing_at,
    )
