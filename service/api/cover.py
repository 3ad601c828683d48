"""`/v1/helpers` and `/v1/dates/{id}/cover`: who minds the children. What is here both partners know."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, Field, StringConstraints, model_validator

from service.actions import choices, helpers, people
from service.actions.choices import Choice, Standing
from service.actions.helpers import MOST, Details
from service.api.idempotency import IdempotentRoute
from service.api.session import ForMe, Session, ToReadDates, ToWriteDates, Version, etag
from service.api.shapes import Asked, Id, Locals, Word, locals_of
from service.core.cover import Cover, State
from service.core.interval import Interval
from service.core.slots import Slot, parse_slot_id
from service.store.helpers import Helper

router = APIRouter(prefix="/v1", tags=["cover"], route_class=IdempotentRoute)
Address = Annotated[str, StringConstraints(min_length=3, max_length=254)]
Order = Annotated[int, Field(ge=1, le=MOST)]


class HelperAsked(Asked):
    """
    Somebody who minds the children now and then.

    Without an address they get their link from you. `place` is where they do, as you would tell it to them; `order` is
    their place in line, the last one unless it is named.
    """

    name: Word
    address: Address | None = None
    place: Word | None = None
    order: Order | None = None


class HelperChange(Asked):
    """What to change of a helper; null takes address and place away."""

    name: Word | None = None
    address: Address | None = None
    place: Word | None = None
    order: Order | None = None


class OurHelper(BaseModel):
    """A helper of the couple."""

    id: str
    name: str
    address: str | None
    place: str | None
    order: int


class Helpers(BaseModel):
    """The couple's helpers, in the order in which they are asked."""

    data: list[OurHelper]
    next_cursor: str | None = None


class Named(BaseModel):
    """A helper or an idea by its name."""

    id: str
    name: str


class CoveredTime(BaseModel):
    """A time both have and in which the children are minded."""

    id: str
    start: datetime
    end: datetime
    local: Locals


class ReadyChoices(BaseModel):
    """What can be done once the cover fell through, null where it cannot: the first choice either of you takes wins."""

    helper: Named | None
    home: Named | None
    slot: CoveredTime | None


class CoverOfDate(BaseModel):
    """
    How a date stands with its cover.

    `by` is the source that covers it, or did. `helper` was asked, or comes; `link` is theirs, there where no mail
    brings it to them.
    """

    state: State
    by: Cover | None
    helper: Named | None
    link: str | None
    choices: ReadyChoices | None


class ChoiceTaken(Asked):
    """A choice: to ask that helper or the next one, to stay at home, or to take that slot or the next one."""

    choice: Choice
    helper_id: Id | None = None
    slot_id: str | None = None

    @model_validator(mode="after")
    def _fits_its_choice(self) -> Self:
        if (self.helper_id is not None and self.choice is not Choice.HELPER) or (
            self.slot_id is not None and self.choice is not Choice.SLOT
        ):
            raise ValueError("that belongs to another choice")
        return self


@router.get("/helpers")
async def list_helpers(session: ForMe) -> Helpers:
    found = await helpers.list_all(session.house, partner=session.partner)
    return Helpers(data=[_helper(each) for each in found])


@router.post("/helpers", status_code=status.HTTP_201_CREATED)
async def add_helper(asked: HelperAsked, session: ForMe, response: Response) -> OurHelper:
    details = Details(asked.name, asked.address, place=asked.place, order=asked.order)
    helper = await helpers.add(session.house, partner=session.partner, details=details, now=session.now)
    response.headers.update(etag(helper.version))
    return _helper(helper)


@router.get("/helpers/{helper_id}")
async def see_helper(helper_id: Id, session: ForMe, response: Response) -> OurHelper:
    helper = await helpers.see(session.house, partner=session.partner, helper_id=helper_id)
    response.headers.update(etag(helper.version))
    return _helper(helper)


@router.patch("/helpers/{helper_id}")
async def change_helper(
    helper_id: Id, change: HelperChange, session: ForMe, version: Version, response: Response
) -> OurHelper:
    known = await helpers.see(session.house, partner=session.partner, helper_id=helper_id)
    given = change.model_fields_set
    details = Details(
        change.name or known.name,
        change.address if "address" in given else known.address,
        place=change.place if "place" in given else known.place,
        order=change.order,
    )
    helper = await helpers.change(
        session.house, partner=session.partner, helper_id=helper_id, version=version, details=details
    )
    response.headers.update(etag(helper.version))
    return _helper(helper)


@router.delete("/helpers/{helper_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_helper(helper_id: Id, session: ForMe) -> None:
    await helpers.remove(session.house, partner=session.partner, helper_id=helper_id, now=session.now)


@router.get("/dates/{date_id}/cover")
async def see_cover(date_id: Id, session: ToReadDates) -> CoverOfDate:
    return await _cover(session, date_id)


@router.post("/dates/{date_id}/cover")
async def take_choice(date_id: Id, taken: ChoiceTaken, session: ToWriteDates) -> CoverOfDate:
    await choices.take(
        session.house,
        partner=session.partner,
        date_id=date_id,
        choice=taken.choice,
        helper_id=taken.helper_id,
        slot=None if taken.slot_id is None else parse_slot_id(taken.slot_id),
        now=session.now,
    )
    return await _cover(session, date_id)


@router.delete("/dates/{date_id}/cover")
async def give_up(date_id: Id, session: ToWriteDates) -> CoverOfDate:
    """Say that what covered the date fell through."""
    await choices.give_up(session.house, partner=session.partner, date_id=date_id, now=session.now)
    return await _cover(session, date_id)


async def _cover(session: Session, date_id: str) -> CoverOfDate:
    standing = await choices.see(session.house, partner=session.partner, date_id=date_id, now=session.now)
    is_lost = standing.cover.state is State.LOST
    return CoverOfDate(
        state=standing.cover.state,
        by=standing.cover.by,
        helper=None if standing.helper is None else Named(id=standing.helper.id, name=standing.helper.name),
        link=standing.link,
        choices=await _choices(standing, session=session) if is_lost else None,
    )


async def _choices(standing: Standing, *, session: Session) -> ReadyChoices:
    helper, idea, slot = standing.choices.helper, standing.choices.idea, standing.choices.slot
    return ReadyChoices(
        helper=None if helper is None else Named(id=helper.id, name=helper.name),
        home=None if idea is None else Named(id=idea.id, name=idea.title),
        slot=None if slot is None else await _covered(slot, session=session),
    )


async def _covered(slot: Interval, *, session: Session) -> CoveredTime:
    couple = await people.see_couple(session.house, partner=session.partner)
    local = locals_of(slot, couple=couple, me=session.partner)
    return CoveredTime(id=Slot(slot, 0, ()).id, start=slot.start, end=slot.end, local=local)


def _helper(helper: Helper) -> OurHelper:
    return OurHelper(id=helper.id, name=helper.name, address=helper.address, place=helper.place, order=helper.rank)
