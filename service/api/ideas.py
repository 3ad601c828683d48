"""
`/v1/ideas`: what to do with a slot, the same for both, and what one thinks of it, which is one's own.

Nothing here reads a taste back: a token for a display on the kitchen wall has this scope too. Who may see all of
oneself finds it at `/v1/me/tastes`.
"""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, status
from pydantic import BaseModel

from service.actions import plan, tastes
from service.api.session import ForIdeas
from service.api.shapes import Asked
from service.content import Content
from service.core.decks import Suggestion
from service.core.ideas import fit
from service.core.interval import Interval
from service.core.slots import parse_slot_id

router = APIRouter(prefix="/v1/ideas", tags=["ideas"])


class Reason(BaseModel):
    """Why something is suggested, as a code and in one plain sentence."""

    code: str
    text: str


class SuggestedIdea(BaseModel):
    """An idea that fits a slot, when it would be, and a sentence of what research says about such time."""

    id: str
    title: str
    line: str
    steps: list[str]
    kind: str
    place: str
    weather: str
    cost: str
    energy: str
    minutes_to_prepare: int
    only_if_welcome: bool
    phones: str
    start: datetime
    end: datetime
    reason: Reason
    evidence: str


class Ideas(BaseModel):
    """Ideas, the same for both partners."""

    data: list[SuggestedIdea]


class TasteOfMine(Asked):
    """What one thinks of an idea, null to take it back; and whether its kind comes less often, as it is where null."""

    level: Literal["love", "fine", "not_for_me"] | None
    less_like_this: bool | None = None


@router.get("")
async def suggest_ideas(session: ForIdeas, slot_id: str) -> Ideas:
    slot = parse_slot_id(slot_id)
    found = await plan.suggest_ideas(session.house, partner=session.partner, slot=slot, now=session.now)
    return Ideas(data=[_idea(each, slot=slot, content=session.content) for each in found])


@router.put("/{idea_id}/taste", status_code=status.HTTP_204_NO_CONTENT)
async def say_taste(idea_id: str, taste: TasteOfMine, session: ForIdeas) -> None:
    """Keep one's taste; it counts from Monday on, and the partner never learns of it."""
    await tastes.say_of_idea(
        session.house,
        partner=session.partner,
        idea_id=idea_id,
        level=taste.level,
        less_like_this=taste.less_like_this,
        now=session.now,
    )


def _idea(suggestion: Suggestion, *, slot: Interval, content: Content) -> SuggestedIdea:
    idea = content.ideas[suggestion.idea.id]
    time = fit(idea, slot)
    words = content.messages.idea_reasons[suggestion.reason]
    return SuggestedIdea(
        id=idea.id,
        title=idea.title,
        line=idea.line,
        steps=list(idea.steps),
        kind=idea.kind,
        place=idea.place,
        weather=idea.weather,
        cost=idea.cost,
        energy=idea.energy,
        minutes_to_prepare=idea.minutes_to_prepare,
        only_if_welcome=idea.only_if_welcome,
        phones=idea.phones,
        start=time.start,
        end=time.end,
        reason=Reason(code=suggestion.reason, text=words),
        evidence=content.evidence[idea.evidence[0]].sentence,
    )
