"""`/v1/slots`: hours both share. Nobody learns whose calendar said what."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.actions import explain, plan
from service.api.session import ForSlots
from service.api.shapes import Locals, Moment, locals_of
from service.core.cover import Cover, Place
from service.core.interval import Interval
from service.core.room import Candidate
from service.core.slots import Slot
from service.store.couples import Couple, Partner

router = APIRouter(prefix="/v1", tags=["slots"])
_TWO_WEEKS = timedelta(days=14)
_LONGEST = 7 * 24 * 60  # minutes


class SharedSlot(BaseModel):
    """
    A stretch both are free in; `score` is 0 to 1, `why` its reasons as codes.

    `cover` tells who minds the children then: nobody has to, somebody does by the helper hours or a cover calendar,
    they sleep, or a helper would be asked.
    """

    id: str
    start: datetime
    end: datetime
    local: Locals
    score: float
    why: list[str]
    cover: Cover


class Slots(BaseModel):
    """Slots, best first."""

    data: list[SharedSlot]


class Span(BaseModel):
    """A stretch of time in UTC."""

    start: datetime
    end: datetime


Availability = Literal["free", "unavailable"]


class Possible(Span):
    """
    A stretch that has room for the two once what is `mine` in it has moved, if the partner is free.

    `partner` is free where they have time enough somewhere in the stretch; nothing tells where.
    """

    local: Locals
    mine: list[Span]
    partner: Availability


class Why(BaseModel):
    """
    Why a day, on the asker's own clock, has room or has none.

    `hours` are those the two keep for each other, in which the children are minded, and which they have not given to a
    date yet; `covered` is false where nobody can mind the children in any of those they keep. `mine` is the asker's
    busy time within them, null while a calendar of theirs cannot be read. `candidates` lie on that day, fewest things
    to move first; `nearest` on other days, where moving one thing is enough. Both are empty where there is room.
    """

    day: date
    room: bool
    covered: bool
    slots: list[SharedSlot]
    hours: list[Span]
    mine: list[Span] | None
    partner: Availability
    candidates: list[Possible]
    nearest: list[Possible]


@router.get("/slots")
async def find_slots(
    session: ForSlots,
    start: Annotated[Moment | None, Query(alias="from")] = None,
    end: Annotated[Moment | None, Query(alias="to")] = None,
    min_minutes: Annotated[int, Query(ge=0, le=_LONGEST)] | None = None,
    limit: int = plan.DEFAULT_SLOTS,
    place: Place = Place.HOME,
) -> Slots:
    first = start or session.now
    shared = await plan.suggest(
        session.house,
        partner=session.partner,
        during=Interval(first, end or first + _TWO_WEEKS),
        shortest=None if min_minutes is None else timedelta(minutes=min_minutes),
        limit=limit,
        now=session.now,
        place=place,
    )
    return Slots(data=[_slot(slot, couple=shared.couple, me=session.partner) for slot in shared.slots])


@router.get("/slots/explain")
async def explain_day(session: ForSlots, day: date) -> Why:
    """Tell why not that day: one's own reasons, and of the partner's only whether there are any."""
    me = session.partner
    answer = await explain.explain_day(session.house, partner=me, day=day, now=session.now)
    why, couple = answer.why, answer.couple
    return Why(
        day=day,
        room=bool(why.room),
        covered=answer.covered,
        slots=[_slot(slot, couple=couple, me=me) for slot in answer.slots],
        hours=_spans(answer.hours),
        mine=None if why.mine is None else _spans(why.mine),
        partner=_availability(is_free=why.partner_is_free),
        candidates=[possible(each, couple=couple, me=me) for each in why.candidates],
        nearest=[possible(each, couple=couple, me=me) for each in answer.nearest],
    )


def _slot(slot: Slot, *, couple: Couple, me: Partner) -> SharedSlot:
    return SharedSlot(
        id=slot.id,
        start=slot.time.start,
        end=slot.time.end,
        local=locals_of(slot.time, couple=couple, me=me),
        score=slot.score,
        why=list(slot.why),
        cover=slot.cover,
    )


def _spans(times: Iterable[Interval]) -> list[Span]:
    return [Span(start=each.start, end=each.end) for each in times]


def _availability(*, is_free: bool) -> Availability:
    return "free" if is_free else "unavailable"


def possible(candidate: Candidate, *, couple: Couple, me: Partner) -> Possible:
    return Possible(
        start=candidate.stretch.start,
        end=candidate.stretch.end,
        local=locals_of(candidate.stretch, couple=couple, me=me),
        mine=_spans(candidate.blockers),
        partner=_availability(is_free=candidate.partner_is_free),
    )
