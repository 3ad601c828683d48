"""
Calendars: where they are (sealed), how they count, and how their last sync went.

A calendar has no name here: a name is a word from somebody's calendar.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, case, delete, insert, or_, select, update

from service.core.errors import NotFound, VersionConflict
from service.core.sync import LAST_KNOWN_COUNTS, State, find_state
from service.store.access import Access
from service.store.engine import Tx
from service.store.tables import calendars, partners
from service.store.vault import Vault

FOREVER = datetime.max.replace(tzinfo=UTC)
ONLY_LAY_OUT = datetime(1970, 1, 1, tzinfo=UTC)
"""When a calendar whose owner has to act is due, so that what is kept of it is laid out anew and nothing asked."""
FIRST_ANSWER = timedelta(days=14)  # how far the first answer about a new calendar reaches
LOOKED_AT = timedelta(minutes=5)  # a calendar read within them is fresh enough for whoever looks


class Role(StrEnum):
    """Whether the busy times of a calendar count, and as what."""

    BUSY = "busy"
    IGNORE = "ignore"
    COVER = "cover"  # somebody minds the children then; nobody is busy by it


class Treat(StrEnum):
    """How entries of one sort count."""

    BUSY = "busy"
    SOFT = "soft"
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Calendar:
    """
    One calendar of one partner.

    `problem` is the code of what went wrong at the last sync, None where it went well; such a spell began at
    `failing_since`, and its owner was told of it at `told_at`. `horizon_end` is how far ahead recurring entries were
    laid out. `edition` rises when zone or policy change how entries are read, `read_edition` is the one its objects
    were read in. It is not polled while `next_sync_at` is None: its owner has to act first.

    While it is read for the first time, `objects_read` of `objects_listed` are here, and all busy times up to
    `first_until`. All it holds was last compared at `compared_at`; it was first seen emptied at `emptied_at`.
    """

    id: str
    partner_id: str
    role: Role
    writable: bool
    receives_dates: bool
    tentative: Treat
    unanswered: Treat
    all_day: Treat
    version: int = 1
    kind: str = "caldav"
    sync_token: str | None = None
    ctag: str | None = None
    edition: int = 0
    read_edition: int = 0
    problem: str | None = None
    attempts: int = 0
    unreadable: int = 0
    objects_listed: int = 0
    objects_read: int = 0
    synced_at: datetime | None = None
    compared_at: datetime | None = None
    emptied_at: datetime | None = None
    failing_since: datetime | None = None
    told_at: datetime | None = None
    first_until: datetime | None = None
    next_sync_at: datetime | None = None
    horizon_end: datetime | None = None

    def is_known(self, *, now: datetime) -> bool:
        """Return whether its last known busy times still count; where not, nobody may call its owner free."""
        if self.synced_at is None or self.read_edition != self.edition:
            return False
        return now - self.synced_at < LAST_KNOWN_COUNTS

    def known_until(self, *, now: datetime) -> datetime | None:
        """Return up to when its busy times are known: `FOREVER`, two weeks at first, or None for not at all."""
        if self.is_known(now=now):
            return FOREVER
        if self.synced_at is not None or self.first_until is None or self.read_edition != self.edition:
            return None
        return self.first_until if now < self.first_until - FIRST_ANSWER + LAST_KNOWN_COUNTS else None

    def state(self, *, now: datetime) -> State:
        """Return how far it can be relied on, as its owner is told."""
        state = find_state(synced_at=self.synced_at, is_failing=self.problem is not None, now=now)
        return State.UNKNOWN if self.synced_at is not None and not self.is_known(now=now) else state

    @property
    def is_only_laid_out(self) -> bool:
        """Whether it is due for another zone or policy, and its server is not to be asked."""
        return self.next_sync_at == ONLY_LAY_OUT

    @property
    def progress(self) -> float | None:
        """How much of it is here while it is read for the first time, from 0 to 1; None before and after."""
        if self.synced_at is not None or not self.objects_listed:
            return None
        return min(self.objects_read / self.objects_listed, 1.0)

    def is_stale(self, *, now: datetime) -> bool:
        """Return whether it is worth reading at once when its owner looks; a failing one is left to its wait."""
        if self.problem is not None or self.synced_at is None or self.next_sync_at is None:
            return False
        return self.next_sync_at > now and now - self.synced_at >= LOOKED_AT


COLUMNS = tuple(calendars.c[name] for name in Calendar.__slots__)
"""What `as_calendar` reads, which is not the sealed login."""

# built once: building a statement costs as much as running it
_MINE = and_(calendars.c.partner_id == bindparam("partner"), calendars.c.id == bindparam("calendar"))
_FIND = select(*COLUMNS).where(_MINE)
_FIND_ACCOUNT = select(calendars.c.account).where(_MINE)


async def add(tx: Tx, calendar: Calendar, *, access: Access, vault: Vault, now: datetime) -> None:
    """Add a calendar, due for its first sync."""
    await tx.execute(
        insert(calendars).values(
            id=calendar.id,
            partner_id=calendar.partner_id,
            kind=calendar.kind,
            writable=calendar.writable,
            account=access.seal(calendar_id=calendar.id, vault=vault),
            collection_digest=_digest(access),
            version=calendar.version,
            edition=calendar.edition,
            read_edition=calendar.read_edition,
            attempts=0,
            unreadable=0,
            objects_listed=0,
            objects_read=0,
            next_sync_at=now,
            created_at=now,
            **_choices(calendar),
        )
    )


async def reconnect(tx: Tx, *, partner_id: str, access: Access, vault: Vault, now: datetime) -> Calendar | None:
    """
    Give the partner's calendar at that place a new login and make it due; None where they have none there.

    It keeps what its owner chose, and its problem until the next sync shows that it is gone.
    """
    mine = and_(calendars.c.partner_id == partner_id, calendars.c.collection_digest == _digest(access))
    row = (await tx.execute(select(*COLUMNS).where(mine))).one_or_none()
    if row is None:
        return None
    sealed = access.seal(calendar_id=row.id, vault=vault)
    await tx.execute(update(calendars).where(mine).values(account=sealed, attempts=0, next_sync_at=now))
    return as_calendar(row)


async def of_partner(tx: Tx, *, partner_id: str) -> list[Calendar]:
    """Return the partner's calendars, oldest first."""
    rows = await tx.execute(
        select(*COLUMNS).where(calendars.c.partner_id == partner_id).order_by(calendars.c.created_at, calendars.c.id)
    )
    return [as_calendar(row) for row in rows]


async def of_couple(tx: Tx, *, couple_id: str) -> list[Calendar]:
    """Return both partners' calendars, to ask of them all whether they are known."""
    rows = await tx.execute(
        select(*COLUMNS)
        .join(partners, partners.c.id == calendars.c.partner_id)
        .where(partners.c.couple_id == couple_id)
        .order_by(calendars.c.id)
    )
    return [as_calendar(row) for row in rows]


def known_until(kept: Iterable[Calendar], *, now: datetime) -> datetime | None:
    """Return up to when all those of the calendars that count are known; None where one is not known at all."""
    ends = [each.known_until(now=now) for each in kept if each.role is Role.BUSY]
    return None if None in ends else min((end for end in ends if end is not None), default=FOREVER)


async def find(tx: Tx, *, partner_id: str, calendar_id: str) -> Calendar:
    return as_calendar(await _row(tx, _FIND, partner_id=partner_id, calendar_id=calendar_id))


async def find_access(tx: Tx, *, partner_id: str, calendar_id: str, vault: Vault) -> Access:
    row = await _row(tx, _FIND_ACCOUNT, partner_id=partner_id, calendar_id=calendar_id)
    return Access.open(row.account, calendar_id=calendar_id, vault=vault)


async def save_choices(tx: Tx, calendar: Calendar) -> Calendar:
    """Write what its owner chose, if nobody wrote since it was read; raises `VersionConflict`."""
    done = await tx.execute(
        update(calendars)
        .where(
            calendars.c.partner_id == calendar.partner_id,
            calendars.c.id == calendar.id,
            calendars.c.version == calendar.version,
        )
        .values(version=calendar.version + 1, **_choices(calendar))
    )
    if done.rowcount == 0:
        raise VersionConflict
    return replace(calendar, version=calendar.version + 1)


async def stop_receiving_dates(tx: Tx, *, partner_id: str) -> None:
    """Take the dates from whichever calendar of the partner receives them."""
    await tx.execute(
        update(calendars)
        .where(calendars.c.partner_id == partner_id, calendars.c.receives_dates)
        .values(receives_dates=False, version=calendars.c.version + 1)
    )


async def read_anew(tx: Tx, *, partner_id: str, now: datetime, calendar_id: str | None = None) -> None:
    """
    Let the partner's calendars, or one of them, be laid out and read anew: a zone or policy has changed.

    One that is not polled is only laid out: nobody said that its login is taken again.
    """
    query = update(calendars).where(calendars.c.partner_id == partner_id)
    if calendar_id is not None:
        query = query.where(calendars.c.id == calendar_id)
    stopped = and_(calendars.c.problem.is_not(None), calendars.c.next_sync_at.is_(None))
    rests = or_(stopped, calendars.c.next_sync_at == ONLY_LAY_OUT)
    due_at = case((rests, ONLY_LAY_OUT), else_=now)
    await tx.execute(query.values(edition=calendars.c.edition + 1, next_sync_at=due_at))


async def ask_for_sync(tx: Tx, *, partner_id: str, calendar_id: str, now: datetime) -> None:
    """Make the calendar due now; raises `NotFound`."""
    done = await tx.execute(
        update(calendars)
        .where(calendars.c.partner_id == partner_id, calendars.c.id == calendar_id)
        .values(next_sync_at=now)
    )
    if done.rowcount == 0:
        raise NotFound


async def remove(tx: Tx, *, partner_id: str, calendar_id: str) -> None:
    """Forget a calendar with everything read from it; raises `NotFound`."""
    done = await tx.execute(
        delete(calendars).where(calendars.c.partner_id == partner_id, calendars.c.id == calendar_id)
    )
    if done.rowcount == 0:
        raise NotFound


def _digest(access: Access) -> bytes:
    return sha256(f"{access.username}@{access.collection}".encode()).digest()


async def _row(tx: Tx, query: Select[Any], *, partner_id: str, calendar_id: str) -> Row[Any]:
    row = (await tx.execute(query, {"partner": partner_id, "calendar": calendar_id})).one_or_none()
    if row is None:
        raise NotFound
    return row


_WORDS = {"role": Role, "tentative": Treat, "unanswered": Treat, "all_day": Treat}


def _choices(calendar: Calendar) -> dict[str, Any]:
    return {
        "role": calendar.role,
        "receives_dates": calendar.receives_dates,
        "tentative": calendar.tentative,
        "unanswered": calendar.unanswered,
        "all_day": calendar.all_day,
    }


def as_calendar(row: Row[Any]) -> Calendar:
    """Return the calendar of a row that begins with `COLUMNS`."""
    values = dict(zip(Calendar.__slots__, row, strict=False))
    for name, kind in _WORDS.items():
        values[name] = kind(values[name])
    return Calendar(**values)
