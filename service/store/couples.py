"""Couples and their partners."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.core.away import Away
from service.core.buffers import NO_BUFFERS, Buffers
from service.core.cover import NO_CHILDREN, CoverPlan
from service.core.errors import Invalid, NotFound, VersionConflict
from service.core.hours import Window, find_zone, format_window, parse_window
from service.core.ideas import USUAL_BELONGINGS
from service.store.engine import Tx
from service.store.tables import couples, partners

_MINUTE = timedelta(minutes=1)


class EntryTitle(StrEnum):
    """What a partner wants to read as the title of a date in their calendar."""

    IDEA = "idea"
    TIME_TOGETHER = "time_together"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Partner:
    """One of the two; `language` is the tag of what they read; `version` counts changes of this row."""

    id: str
    couple_id: str
    name: str
    address: str
    zone: ZoneInfo
    entry_title: EntryTitle
    prefers_email: bool
    version: int
    buffers: Buffers = NO_BUFFERS
    keeps_calendar: bool = True
    away: tuple[Away, ...] = ()
    language: str = "en"


@dataclass(frozen=True, slots=True)
class Couple:
    """What the two have agreed on; one partner alone is a couple that waits."""

    id: str
    windows: tuple[Window, ...]
    shortest: timedelta
    version: int
    partners: tuple[Partner, ...]
    has: frozenset[str] = USUAL_BELONGINGS
    cover: CoverPlan = NO_CHILDREN


async def add(tx: Tx, *, couple_id: str, windows: Iterable[Window], shortest: timedelta, now: datetime) -> None:
    """Add a couple that has what most have."""
    await tx.execute(
        insert(couples).values(
            id=couple_id,
            windows=_write_windows(windows),
            shortest_minutes=shortest // timedelta(minutes=1),
            has=sorted(USUAL_BELONGINGS),
            version=1,
            created_at=now,
            **_cover_values(NO_CHILDREN),
        )
    )


async def find(tx: Tx, *, couple_id: str) -> Couple:
    """Return the couple with its partners in a stable order; raises `NotFound`."""
    row = (await tx.execute(select(couples).where(couples.c.id == couple_id))).one_or_none()
    if row is None:
        raise NotFound
    both = await tx.execute(select(partners).where(partners.c.couple_id == couple_id).order_by(partners.c.id))
    return Couple(
        id=row.id,
        windows=_read_windows(row.windows),
        shortest=timedelta(minutes=row.shortest_minutes),
        version=row.version,
        partners=tuple(_partner(each) for each in both),
        has=frozenset(row.has),
        cover=_read_cover(row) if row.children else NO_CHILDREN,
    )


async def lock(tx: Tx, *, couple_id: str) -> None:
    """Hold the couple until the transaction ends, so that what it decides about its time is decided one by one."""
    await tx.execute(select(couples.c.id).where(couples.c.id == couple_id).with_for_update())


async def save(tx: Tx, couple: Couple) -> Couple:
    """Write what the couple agreed on, if nobody wrote since it was read; raises `VersionConflict`."""
    done = await tx.execute(
        update(couples)
        .where(couples.c.id == couple.id, couples.c.version == couple.version)
        .values(
            windows=_write_windows(couple.windows),
            shortest_minutes=couple.shortest // timedelta(minutes=1),
            has=sorted(couple.has),
            version=couple.version + 1,
            **_cover_values(couple.cover),
        )
    )
    if done.rowcount == 0:
        raise VersionConflict
    return replace(couple, version=couple.version + 1)


async def add_partner(tx: Tx, partner: Partner, *, now: datetime) -> None:
    """Add a partner; raises `Invalid` where somebody is here under that address."""
    row = insert(partners).values(created_at=now, **_partner_values(partner), version=partner.version)
    try:
        await tx.execute(row)
    except IntegrityError:  # another link to the same person was quicker
        raise Invalid("You are here already; ask for a new link to sign in.") from None


_FIND_PARTNER = select(partners).where(partners.c.id == bindparam("partner"))  # built once: every sync asks it


async def find_partner(tx: Tx, *, partner_id: str) -> Partner:
    row = (await tx.execute(_FIND_PARTNER, {"partner": partner_id})).one_or_none()
    if row is None:
        raise NotFound
    return _partner(row)


async def both_of(tx: Tx, *, partner_ids: Collection[str]) -> dict[str, tuple[Partner, ...]]:
    """Return the partners of each one's couple, in the order of their ids, by the id of each that is asked about."""
    theirs = select(partners.c.couple_id).where(partners.c.id.in_(partner_ids))
    rows = await tx.execute(select(partners).where(partners.c.couple_id.in_(theirs)).order_by(partners.c.id))
    found: dict[str, tuple[Partner, ...]] = {}
    for each in map(_partner, rows):
        found[each.couple_id] = (*found.get(each.couple_id, ()), each)
    return {each.id: couple for couple in found.values() for each in couple if each.id in partner_ids}


async def find_partner_by_address(tx: Tx, *, address: str) -> Partner | None:
    row = (await tx.execute(select(partners).where(partners.c.address == address))).one_or_none()
    return None if row is None else _partner(row)


async def save_partner(tx: Tx, partner: Partner) -> Partner:
    """Write the partner, if nobody wrote since it was read; raises `VersionConflict`."""
    done = await tx.execute(
        update(partners)
        .where(partners.c.id == partner.id, partners.c.version == partner.version)
        .values(**_partner_values(partner), version=partner.version + 1)
    )
    if done.rowcount == 0:
        raise VersionConflict
    return replace(partner, version=partner.version + 1)


def _partner_values(partner: Partner) -> dict[str, Any]:
    return {
        "id": partner.id,
        "couple_id": partner.couple_id,
        "name": partner.name,
        "address": partner.address,
        "zone": partner.zone.key,
        "language": partner.language,
        "entry_title": partner.entry_title,
        "prefers_email": partner.prefers_email,
        "keeps_calendar": partner.keeps_calendar,
        "minutes_before": partner.buffers.before // _MINUTE,
        "minutes_after": partner.buffers.after // _MINUTE,
        "away": [[each.first.isoformat(), each.last.isoformat()] for each in partner.away],
    }


def _partner(row: Row[Any]) -> Partner:
    return Partner(
        id=row.id,
        couple_id=row.couple_id,
        name=row.name,
        address=row.address,
        zone=find_zone(row.zone),
        entry_title=EntryTitle(row.entry_title),
        prefers_email=row.prefers_email,
        keeps_calendar=row.keeps_calendar,
        language=row.language,
        version=row.version,
        buffers=Buffers(before=row.minutes_before * _MINUTE, after=row.minutes_after * _MINUTE),
        away=tuple(Away(date.fromisoformat(first), date.fromisoformat(last)) for first, last in row.away),
    )


def _write_windows(windows: Iterable[Window]) -> list[dict[str, str]]:
    return [dict(zip(("hours", "days"), format_window(window), strict=True)) for window in windows]


def _read_windows(rows: list[dict[str, str]]) -> tuple[Window, ...]:
    return tuple(parse_window(row["hours"], days=row["days"]) for row in rows)


def _cover_values(plan: CoverPlan) -> dict[str, Any]:
    return {
        "children": plan.children,
        "asleep_from": None if plan.asleep_from is None else f"{plan.asleep_from:%H:%M}",
        "helper_hours": _write_windows(plan.helper_hours),
    }


def _read_cover(row: Row[Any]) -> CoverPlan:
    asleep_from = None if row.asleep_from is None else time.fromisoformat(row.asleep_from)
    return CoverPlan(children=True, asleep_from=asleep_from, helper_hours=_read_windows(row.helper_hours))
