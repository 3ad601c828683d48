"""What each partner said of ideas, and after which dates they were asked: their own, never the other's."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from service.core.tastes import Said
from service.store.engine import Tx
from service.store.tables import partners, taste_questions, tastes


async def find(tx: Tx, *, partner_id: str, subject: str) -> Said | None:
    mine = (tastes.c.partner_id == partner_id, tastes.c.subject == subject)
    row = (await tx.execute(select(tastes).where(*mine))).one_or_none()
    return None if row is None else _said(row)


async def save(tx: Tx, said: Said, *, partner_id: str) -> None:
    """Keep what the partner said of a subject, in the place of what they said of it before."""
    values = {"answer": said.answer, "before": said.before, "said_at": said.at}
    again = update(tastes).where(tastes.c.partner_id == partner_id, tastes.c.subject == said.subject).values(**values)
    if (await tx.execute(again)).rowcount:
        return
    try:
        async with tx.begin_nested():
            await tx.execute(insert(tastes).values(partner_id=partner_id, subject=said.subject, **values))
    except IntegrityError:  # a second tap was quicker
        await tx.execute(again)


async def of_partner(tx: Tx, *, partner_id: str) -> list[Said]:
    rows = await tx.execute(select(tastes).where(tastes.c.partner_id == partner_id).order_by(tastes.c.subject))
    return [_said(row) for row in rows]


async def of_couple(tx: Tx, *, couple_id: str) -> dict[str, list[Said]]:
    """Return what each partner of the couple said, by their ids; who said nothing is there too."""
    rows = await tx.execute(
        select(partners.c.id.label("owner"), tastes)
        .join_from(partners, tastes, tastes.c.partner_id == partners.c.id, isouter=True)
        .where(partners.c.couple_id == couple_id)
    )
    said: dict[str, list[Said]] = {}
    for row in rows:
        mine = said.setdefault(row.owner, [])
        if row.subject is not None:
            mine.append(_said(row))
    return said


async def was_asked(tx: Tx, *, partner_id: str, date_id: str) -> bool:
    mine = (taste_questions.c.partner_id == partner_id, taste_questions.c.date_id == date_id)
    return (await tx.execute(select(taste_questions.c.date_id).where(*mine))).one_or_none() is not None


async def note_asked(tx: Tx, *, partner_id: str, date_id: str, now: datetime) -> bool:
    """Note that the partner is asked about that date; return whether this is the first time."""
    try:
        async with tx.begin_nested():
            await tx.execute(insert(taste_questions).values(partner_id=partner_id, date_id=date_id, asked_at=now))
    except IntegrityError:  # they were asked already
        return False
    return True


def _said(row: Row[Any]) -> Said:
    return Said(row.subject, row.answer, at=row.said_at, before=row.before)
