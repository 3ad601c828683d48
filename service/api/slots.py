"""`/v1/slots` and `/v1/ideas`: hours both share, and what to do with them. Nobody learns whose calendar said what."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from service.actions import plan
from service.api.session import ForIdeas, ForSlots
from service.api.shapes import Locals, Moment, locals_of
from service.core import ideas
from service.core.interval import Interval
from service.core.slots import Slot, parse_slot_id
from service.store.couples import Couple, Partner

router = APIRouter(prefix="/v1", tags=["slots"])
_TWO_WEEKS = timedelta(days=14)
_LONGEST = 7 * 24 * 60  # minutes


class SharedSlot(BaseModel):
    """A stretch both are free in; `score` is 0 to 1, `why` its reasons as codes."""

    id: str
    start: datetime
    end: datetime
    local: Locals
    score: float
    why: list[str]


class Slots(BaseModel):
    """Slots, best first."""

    data: list[SharedSlot]


class Reason(BaseModel):
    """Why something is suggested, as a code and in one plain sentence."""

    code: str
    text: str


class SuggestedIdea(BaseModel):
    """An idea that fits a slot, with the time it would take there."""

    id: str
    title: str
    line: str
    steps: list[str]
    kind: str
    place: str
    cost: str
    energy: str
    only_if_welcome: bool
    phones: str
    start: datetime
    end: datetime
    reason: Reason


class Ideas(BaseModel):
    """Ideas, the same for both partners."""

    data: list[SuggestedIdea]


@router.get("/slots")
async def find_slots(
    session: ForSlots,
    start: Annotated[Moment | None, Query(alias="from")] = None,
    end: Annotated[Moment | None, Query(alias="to")] = None,
    min_minutes: Annotated[int, Query(ge=0, le=_LONGEST)] | None = None,
    limit: int = plan.DEFAULT_SLOTS,
) -> Slots:
    first = start or session.now
    shared = await plan.suggest(
        session.house,
        partner=session.partner,
        during=Interval(first, end or first + _TWO_WEEKS),
        shortest=None if min_minutes is None else timedelta(minutes=min_minutes),
        limit=limit,
        now=session.now,
    )
    return Slots(data=[_slot(slot, couple=shared.couple, me=session.partner) for slot in shared.slots])


@router.get("/ideas")
async def suggest_ideas(session: ForIdeas, slot_id: str) -> Ideas:
    slot = parse_slot_id(slot_id)
    found = await plan.suggest_ideas(session.house, partner=session.partner, slot=slot, now=session.now)
    words = session.house.content.messages.idea_reasons
    return Ideas(data=[_idea(each, slot=slot, words=words[each.reason]) for each in found])


def _slot(slot: Slot, *, couple: Couple, me: Partner) -> SharedSlot:
    return SharedSlot(
        id=slot.id,
        start=slot.time.start,
        end=slot.time.end,
        local=locals_of(slot.time, couple=couple, me=me),
        score=slot.score,
        why=list(slot.why),
    )


def _idea(suggestion: ideas.Suggestion, *, slot: Interval, words: str) -> SuggestedIdea:
    idea = suggestion.idea
    time = ideas.fit(idea, slot)
    return SuggestedIdea(
        id=idea.id,
        title=idea.title,
        line=idea.line,
        steps=list(idea.steps),
        kind=idea.kind,
        place=idea.place,
        cost=idea.cost,
        energy=idea.energy,
        only_if_welcome=idea.only_if_welcome,
        phones=idea.phones,
        start=time.start,
        end=time.end,
        reason=Reason(code=suggestion.reason, text=words),
    )
