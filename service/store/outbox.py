"""
The outbox: what has to go out, written in the transaction that caused it, delivered after.

A parcel carries ids only; what it says is read from the rows when it is delivered. Its id is the local part of its
Message-ID, so a mail that goes out twice is the same mail.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, func, insert, or_, select, tuple_, update

from service.store.engine import Tx
from service.store.tables import outbox


class Kind(StrEnum):
    """What a parcel is."""

    ENTRY = "entry"  # bring the entry in a calendar to what the date is now
    REQUEST = "request"  # mail the invitation (RFC 6047)
    CANCEL = "cancel"  # mail its cancellation
    NOTICE = "notice"  # mail a word about a date, without calendar part
    HELPER = "helper"  # ask a helper whether they mind the children
    THANKS = "thanks"  # tell a helper who was asked that they are not needed
    GESTURE = "gesture"
    PUSH = "push"  # try out an endpoint
    WEEK = "week"  # mail times and an idea for the days ahead
    JOIN = "join"  # mail the partner's way in
    CALENDAR = "calendar"  # tell the owner what their calendar needs


_OF_AN_ENTRY = (Kind.ENTRY, Kind.REQUEST, Kind.CANCEL)


class State(StrEnum):
    """What became of a parcel."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class Cause(StrEnum):
    """Why a parcel is dead, as far as the person it was for can do something about it."""

    MAIL_RETURNED = "mail_returned"
    MAIL_REFUSED = "mail_refused"
    CALENDAR_REFUSED = "calendar_refused"
    CALENDAR_GONE = "calendar_gone"
    NOT_DELIVERED = "not_delivered"


@dataclass(frozen=True, slots=True)
class Parcel:
    """
    One message to one partner.

    `detail` is a code or an id of ours (what happened, which gesture, which problem); `secret` is sealed.
    """

    id: str
    partner_id: str
    kind: Kind
    created_at: datetime
    date_id: str | None = None
    sequence: int | None = None
    detail: str | None = None
    secret: bytes | None = None
    attempts: int = 0


async def post(tx: Tx, parcels: Iterable[Parcel], *, due_at: datetime | None = None) -> None:
    """Leave parcels to be delivered once this transaction is committed: at once, or not before `due_at`."""
    rows = [
        {
            "id": parcel.id,
            "partner_id": parcel.partner_id,
            "kind": parcel.kind,
            "date_id": parcel.date_id,
            "sequence": parcel.sequence,
            "detail": parcel.detail,
            "secret": parcel.secret,
            "state": State.WAITING,
            "attempts": 0,
            "due_at": due_at or parcel.created_at,
            "created_at": parcel.created_at,
        }
        for parcel in parcels
    ]
    if rows:
        await tx.execute(insert(outbox), rows)


_OTHER = outbox.alias("other")
_AHEAD = (
    select(_OTHER.c.id)
    .where(
        _OTHER.c.date_id == outbox.c.date_id,
        _OTHER.c.partner_id == outbox.c.partner_id,
        _OTHER.c.kind.in_(_OF_AN_ENTRY),
        _OTHER.c.state == State.WAITING,
        tuple_(_OTHER.c.created_at, _OTHER.c.sequence, _OTHER.c.id)
        < tuple_(outbox.c.created_at, outbox.c.sequence, outbox.c.id),
    )
    .correlate(outbox)
)
"""Whether an older parcel of the same entry is not done yet: two at once could write a time over the one after it."""


# built once: building one of them costs as much as running it, and both run every second
DUE = and_(  # the condition under which a parcel may be claimed; takes `now`
    outbox.c.state == State.WAITING,
    outbox.c.due_at <= bindparam("now"),
    or_(outbox.c.leased_until.is_(None), outbox.c.leased_until <= bindparam("now")),
    or_(outbox.c.kind.not_in(_OF_AN_ENTRY), ~_AHEAD.exists()),
)
_FIRST = select(outbox.c.id).where(DUE).order_by(outbox.c.due_at, outbox.c.created_at).limit(bindparam("most"))
# PostgreSQL may run a subquery once a row, each time skipping what it took before; a CTE it runs once
_CHOSEN = _FIRST.with_for_update(skip_locked=True).cte("chosen")
_CLAIM = (
    update(outbox)
    # PostgreSQL looks again only at this WHERE once it has waited for a row: without `DUE` two workers share rows
    .where(DUE, outbox.c.id.in_(select(_CHOSEN.c.id)))
    .values(owner=bindparam("by"), leased_until=bindparam("until"), attempts=outbox.c.attempts + 1)
    .returning(outbox)
)


async def is_any_due(tx: Tx, *, now: datetime) -> bool:
    """Return whether a claim would find anything: asking that takes no lock, and mostly nothing is due."""
    return (await tx.execute(_FIRST, {"now": now, "most": 1})).first() is not None


async def claim(tx: Tx, *, owner: str, now: datetime, lease: timedelta, limit: int) -> list[Parcel]:
    """
    Take up to `limit` due parcels and hide them from other workers for `lease`.

    A worker that dies keeps nothing: what it held falls due again when the lease runs out, so a parcel is delivered at
    least once, and its stable Message-ID or href makes the second time harmless. What is about one partner's entry for
    one date goes out in turn.
    """
    rows = await tx.execute(_CLAIM, {"by": owner, "now": now, "until": now + lease, "most": limit})
    return sorted((_parcel(row) for row in rows), key=lambda parcel: parcel.created_at)


async def finish(tx: Tx, *, parcel_id: str, owner: str, state: State, cause: Cause | None = None) -> bool:
    """Record what became of a parcel, and why; False where the lease was lost and another worker has it."""
    done = await tx.execute(
        update(outbox)
        .where(outbox.c.id == parcel_id, outbox.c.owner == owner)
        .values(state=state, cause=cause, owner=None, leased_until=None, secret=None)
    )
    return done.rowcount == 1


async def postpone(tx: Tx, *, parcel_id: str, owner: str, until: datetime) -> bool:
    """Let a parcel wait until then; False where the lease was lost."""
    done = await tx.execute(
        update(outbox)
        .where(outbox.c.id == parcel_id, outbox.c.owner == owner)
        .values(due_at=until, owner=None, leased_until=None)
    )
    return done.rowcount == 1


async def bury(tx: Tx, *, parcel_id: str, partner_id: str) -> bool:
    """Record that a mail the server took came back undelivered; False where there is no such mail to the partner."""
    done = await tx.execute(
        update(outbox)
        .where(outbox.c.id == parcel_id, outbox.c.partner_id == partner_id, outbox.c.state == State.DONE)
        .values(state=State.DEAD, cause=Cause.MAIL_RETURNED)
    )
    return done.rowcount == 1


async def find_cause(tx: Tx, *, partner_id: str, date_id: str, kinds: Collection[Kind]) -> Cause | None:
    """Return why the partner's newest parcel of these kinds about a date is dead; None where it is not."""
    found = await tx.execute(
        select(outbox.c.state, outbox.c.cause)
        .where(outbox.c.partner_id == partner_id, outbox.c.date_id == date_id, outbox.c.kind.in_(kinds))
        .order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
        .limit(1)
    )
    row = found.one_or_none()
    return Cause(row.cause) if row is not None and row.state == State.DEAD and row.cause else None


async def find_notices(tx: Tx, *, partner_id: str, date_id: str, detail: str) -> list[str]:
    """Return the ids of the notices with that `detail` that the partner was sent about a date, or will be."""
    rows = await tx.execute(
        select(outbox.c.id).where(
            outbox.c.partner_id == partner_id,
            outbox.c.date_id == date_id,
            outbox.c.kind == Kind.NOTICE,
            outbox.c.detail == detail,
        )
    )
    return [row.id for row in rows]


async def release(tx: Tx, *, owner: str) -> None:
    """Give back every lease of a worker that ends."""
    await tx.execute(update(outbox).where(outbox.c.owner == owner).values(owner=None, leased_until=None))


async def count(tx: Tx, *, state: State) -> int:
    """Return how many parcels of all couples are in that state: a figure for the operator."""
    return int((await tx.execute(select(func.count()).where(outbox.c.state == state))).scalar_one())


async def forget_done(tx: Tx, *, before: datetime) -> None:
    await tx.execute(delete(outbox).where(outbox.c.state == State.DONE, outbox.c.due_at < before))


def _parcel(row: Row[Any]) -> Parcel:
    return Parcel(
        id=row.id,
        partner_id=row.partner_id,
        kind=Kind(row.kind),
        created_at=row.created_at,
        date_id=row.date_id,
        sequence=row.sequence,
        detail=row.detail,
        secret=row.secret,
        attempts=row.attempts,
    )
