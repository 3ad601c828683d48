"""Whose turn it is to be read: calendars are claimed for a while, and given back with how it went."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Update, and_, bindparam, case, func, or_, select, update

from service.store.access import Access
from service.store.calendars import COLUMNS, LOOKED_AT, ONLY_LAY_OUT, Calendar, as_calendar
from service.store.engine import Tx
from service.store.tables import UtcDateTime, calendars
from service.store.vault import Vault, VaultError

_SYNCED = (
    "sync_token",
    "ctag",
    "read_edition",
    "unreadable",
    "synced_at",
    "compared_at",
    "horizon_end",
    "first_until",
    "objects_listed",
    "objects_read",
)
_KEPT = ("read_edition", "horizon_end", "unreadable", "first_until", "objects_listed", "objects_read")
_SPELL = ("problem", "attempts", "failing_since", "told_at", "emptied_at")

OF_ONE = 2  # calendars of one partner at a time: those of one account wait for each other anyway

# Built once: building one of them costs as much as running it.
_DUE = and_(
    calendars.c.next_sync_at <= bindparam("now"),
    or_(calendars.c.leased_until.is_(None), calendars.c.leased_until <= bindparam("now")),
)
_OTHER = calendars.alias("other")
_IS_HELD = _OTHER.c.leased_until > bindparam("now")
_IS_EARLIER = and_(
    _OTHER.c.next_sync_at <= calendars.c.next_sync_at,
    or_(_OTHER.c.next_sync_at < calendars.c.next_sync_at, _OTHER.c.id < calendars.c.id),
)
_AHEAD = (
    select(_OTHER.c.id)
    .where(_OTHER.c.partner_id == calendars.c.partner_id, or_(_IS_HELD, _IS_EARLIER))
    .correlate(calendars)
    .limit(1)
    .offset(bindparam("spare"))  # sees whether there are more than that, without counting them all
)
_FIRST = (
    select(calendars.c.id).where(_DUE, ~_AHEAD.exists()).order_by(calendars.c.next_sync_at).limit(bindparam("most"))
)
_CHOSEN = _FIRST.with_for_update(skip_locked=True).cte("chosen")  # a CTE runs once, a subquery maybe once a row
_CLAIM = (
    update(calendars)
    .where(_DUE, calendars.c.id.in_(select(_CHOSEN.c.id)))
    .values(owner=bindparam("by"), leased_until=bindparam("until"))
    .returning(*COLUMNS, calendars.c.account)
)
_MINE = and_(
    calendars.c.id == bindparam("calendar"),
    calendars.c.partner_id == bindparam("partner"),
    calendars.c.owner == bindparam("by"),
)
_HOLDS = select(calendars.c.id).where(_MINE).with_for_update()
_MEANWHILE = or_(calendars.c.edition > bindparam("claimed"), calendars.c.next_sync_at != bindparam("due"))


def _record(*names: str, give_back: bool) -> Update:
    """Return the statement that writes a calendar's values of these names, as `_values` gives them."""
    statement = update(calendars).where(_MINE).values({name: bindparam(f"new_{name}") for name in names})
    if not give_back:
        return statement
    # what was asked for meanwhile stays due
    again = case((_MEANWHILE, calendars.c.next_sync_at), else_=bindparam("again", type_=UtcDateTime))
    return statement.values(next_sync_at=again, owner=None, leased_until=None)


_RECORD_KEPT = _record(*_KEPT, give_back=False)
_RECORD_SYNC = _record(*_SYNCED, *_SPELL, give_back=True).returning(calendars.c.next_sync_at)
_RECORD_SPELL = _record(*_SPELL, give_back=True)


@dataclass(frozen=True, slots=True)
class Turn:
    """A calendar that is ours to read for a while, and what opens it, still sealed."""

    calendar: Calendar
    account: bytes = field(repr=False)

    def open(self, vault: Vault) -> Access:
        """Return the login; raises `VaultError`."""
        return Access.open(self.account, calendar_id=self.calendar.id, vault=vault)


async def claim(tx: Tx, *, owner: str, now: datetime, lease: timedelta, limit: int, of_one: int = OF_ONE) -> list[Turn]:
    """
    Take up to `limit` calendars that are due for a sync and hide them from other workers for `lease`.

    Of one partner no more than `of_one` are held, lest a slow account of many calendars takes every place. Workers that
    claim at the very same time do not see each other's.
    """
    values = {"by": owner, "now": now, "until": now + lease, "most": limit, "spare": of_one - 1}
    rows = await tx.execute(_CLAIM, values)
    return [Turn(as_calendar(row), row.account) for row in rows]


async def is_any_due(tx: Tx, *, now: datetime) -> bool:
    """Return whether a claim would find anything: asking that takes no lock, and mostly nothing is due."""
    return (await tx.execute(_FIRST, {"now": now, "most": 1, "spare": OF_ONE - 1})).first() is not None


async def release(tx: Tx, *, owner: str) -> None:
    """Give back every lease of a worker that ends."""
    await tx.execute(update(calendars).where(calendars.c.owner == owner).values(owner=None, leased_until=None))


async def holds(tx: Tx, *, partner_id: str, calendar_id: str, owner: str) -> bool:
    """Return whether that worker still holds the calendar, and keep it so until the transaction ends."""
    found = await tx.execute(_HOLDS, {"partner": partner_id, "calendar": calendar_id, "by": owner})
    return found.one_or_none() is not None


async def record_kept(tx: Tx, kept: Calendar, *, owner: str) -> bool:
    """
    Write what is known of its objects: their edition and horizon, and how far a first sync has come.

    False where the lease was lost.
    """
    done = await tx.execute(_RECORD_KEPT, _values(kept, _KEPT, owner=owner))
    return done.rowcount == 1


async def record_sync(tx: Tx, synced: Calendar, *, owner: str, due_at: datetime | None) -> datetime | None:
    """
    Write how a sync went and give the lease back; None, and nothing written, where the lease was lost.

    `due_at` is when it was due as it was claimed: what was asked for while it ran stays due. Returns when that is.
    """
    values = _values(synced, (*_SYNCED, *_SPELL), owner=owner)
    done = await tx.execute(_RECORD_SYNC, {**values, **_again(synced, due_at=due_at)})
    return done.scalar_one_or_none()


async def record_spell(tx: Tx, calendar: Calendar, *, owner: str, due_at: datetime | None) -> bool:
    """Write how its spell of trouble stands, and nothing else, and give the lease back; False where it was lost."""
    values = _values(calendar, _SPELL, owner=owner)
    done = await tx.execute(_RECORD_SPELL, {**values, **_again(calendar, due_at=due_at)})
    return done.rowcount == 1


async def find_siblings(tx: Tx, calendar: Calendar, *, access: Access | None, vault: Vault) -> list[str]:
    """
    Return the ids of the owner's other calendars that open with the login of this one; a feed has none.

    Those whose logins cannot be opened (`access` is None) are of one kind, too.
    """
    if access is not None and not access.username:
        return []
    rows = await tx.execute(
        select(calendars.c.id, calendars.c.account).where(
            calendars.c.partner_id == calendar.partner_id, calendars.c.id != calendar.id
        )
    )
    opened = {row.id: _open(row.account, calendar_id=row.id, vault=vault) for row in rows}
    return [calendar_id for calendar_id, each in opened.items() if _secret(each) == _secret(access)]


async def mark_told(tx: Tx, siblings: Collection[str], *, partner_id: str, told_at: datetime) -> None:
    """Note that the owner was told of those that fail too: one mail for one account."""
    theirs = and_(calendars.c.partner_id == partner_id, calendars.c.id.in_(siblings))
    fails = and_(calendars.c.failing_since.is_not(None), calendars.c.told_at.is_(None))
    await tx.execute(update(calendars).where(theirs, fails).values(told_at=told_at))


async def stop(tx: Tx, siblings: Collection[str], *, failed: Calendar) -> None:
    """
    Read calendars no more whose login was refused to one that `failed`: trying it again locks accounts.

    One that is being read just now goes on where that works.
    """
    is_polled = calendars.c.next_sync_at > ONLY_LAY_OUT
    await tx.execute(
        update(calendars)
        .where(calendars.c.partner_id == failed.partner_id, calendars.c.id.in_(siblings), is_polled)
        .values(
            problem=failed.problem,
            failing_since=func.coalesce(calendars.c.failing_since, failed.failing_since),
            told_at=func.coalesce(calendars.c.told_at, failed.told_at),
            next_sync_at=None,
        )
    )


async def ask_as_owner_looks(tx: Tx, *, partner_id: str, now: datetime) -> None:
    """
    Make those of the partner's calendars due that `Calendar.is_stale`: at most once in five minutes each.

    Only one's own: a calendar that is read whenever the partner looks would tell when they look.
    """
    await tx.execute(
        update(calendars)
        .where(
            calendars.c.partner_id == partner_id,
            calendars.c.problem.is_(None),
            calendars.c.synced_at <= now - LOOKED_AT,
            calendars.c.next_sync_at > now,
        )
        .values(next_sync_at=now)
    )


async def look_again(tx: Tx, *, partner_id: str, calendar_id: str, at: datetime) -> None:
    """Compare all that the calendar holds at that moment, where it is read at all."""
    await tx.execute(
        update(calendars)
        .where(
            calendars.c.partner_id == partner_id,
            calendars.c.id == calendar_id,
            calendars.c.next_sync_at > ONLY_LAY_OUT,
        )
        .values(next_sync_at=at, compared_at=None)
    )


def _values(calendar: Calendar, names: Collection[str], *, owner: str) -> dict[str, Any]:
    values = {f"new_{name}": getattr(calendar, name) for name in names}
    return {**values, "calendar": calendar.id, "partner": calendar.partner_id, "by": owner}


def _again(calendar: Calendar, *, due_at: datetime | None) -> dict[str, Any]:
    return {"claimed": calendar.edition, "due": due_at, "again": calendar.next_sync_at}


def _open(sealed: bytes, *, calendar_id: str, vault: Vault) -> Access | None:
    try:
        return Access.open(sealed, calendar_id=calendar_id, vault=vault)
    except VaultError:
        return None


def _secret(access: Access | None) -> tuple[str, ...] | None:
    return None if access is None else access.secret
