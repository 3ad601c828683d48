"""`/v1/rhythm`: a date about every so many days, and the one ahead. Both see the same, but for their own reasons."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from service.actions import rhythm
from service.actions.rhythm import View
from service.api.idempotency import IdempotentRoute
from service.api.session import Session, ToReadDates, ToWriteDates, Version, etag
from service.api.shapes import Asked
from service.api.slots import Possible, possible

router = APIRouter(prefix="/v1/rhythm", tags=["dates"], route_class=IdempotentRoute)


class RhythmAsked(Asked):
    """How often the two want a date, in days from one to the next; what is not named stays as it is."""

    enabled: bool
    about_days: int | None = None
    least_days: int | None = None
    most_days: int | None = None


class Note(BaseModel):
    """
    Why there is no date ahead: not this week, whatever stands in the way, and whosever it is.

    `fix` is the stretch in which moving one thing of the asker's own would make room, null where there is none.
    """

    code: Literal["not_this_week"]
    text: str
    fix: Possible | None


class OurRhythm(BaseModel):
    """The couple's rhythm; `next` is the id of the date ahead that keeps it, and `note` stands where there is none."""

    enabled: bool
    about_days: int
    least_days: int
    most_days: int
    next: str | None
    note: Note | None


@router.get("")
async def see_rhythm(session: ToReadDates, response: Response) -> OurRhythm:
    return await _answered(session, response=response)


@router.put("")
async def change_rhythm(asked: RhythmAsked, session: ToWriteDates, version: Version, response: Response) -> OurRhythm:
    await rhythm.change(
        session.house,
        partner=session.partner,
        enabled=asked.enabled,
        version=version,
        now=session.now,
        about_days=asked.about_days,
        least_days=asked.least_days,
        most_days=asked.most_days,
    )
    return await _answered(session, response=response)


async def _answered(session: Session, *, response: Response) -> OurRhythm:
    view = await rhythm.see(session.house, partner=session.partner, now=session.now)
    response.headers.update(etag(view.kept.version))
    return OurRhythm(
        enabled=view.kept.enabled,
        about_days=view.kept.rhythm.about_days,
        least_days=view.kept.rhythm.least_days,
        most_days=view.kept.rhythm.most_days,
        next=view.next.id if view.next else None,
        note=_note(view, session=session) if view.is_without else None,
    )


def _note(view: View, *, session: Session) -> Note:
    return Note(
        code="not_this_week",
        text=session.content.messages.rhythm["not_this_week"],
        fix=possible(view.fix, couple=view.couple, me=session.partner) if view.fix else None,
    )
