"""`/v1/dates`: pencil in, answer, move, call off. Each partner sees their own answer and entry, never the other's."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, model_validator

from service.actions import dates, entries, people
from service.api.idempotency import IdempotentRoute
from service.api.session import Session, ToReadDates, ToWriteDates, VersionIfGiven, etag
from service.api.shapes import Asked, Id, Locals, Moment, Stretch, locals_of
from service.core.dates import Date, Origin, PartStat, Status
from service.core.interval import Interval
from service.core.invitations import Channel, awaits
from service.core.slots import parse_slot_id
from service.store.dates import Kept
from service.store.entries import Entry, EntryState

router = APIRouter(prefix="/v1/dates", tags=["dates"], route_class=IdempotentRoute)


class DateAsked(Asked):
    """A date to pencil in: at a slot, for as long as the idea takes, or from `start` to `end`."""

    slot_id: str | None = None
    start: Moment | None = None
    end: Moment | None = None
    idea_id: str | None = None

    @model_validator(mode="after")
    def has_one_time(self) -> Self:
        named = [self.slot_id is not None, self.start is not None, self.end is not None]
        if named not in ([True, False, False], [False, True, True]):
            raise ValueError("name a slot, or a start and an end")
        return self


class AnswerAsked(Asked):
    """An answer to the time that the date had at `sequence`."""

    answer: Literal["accepted", "declined"]
    sequence: int


class Trouble(BaseModel):
    """What kept a date from its place for good, and what to do about it."""

    code: str
    text: str


class OwnEntry(BaseModel):
    """How the date reaches oneself, whether it is there already, and what keeps it from there."""

    channel: Channel
    state: Literal["waiting", "written", "removed", "withdrawn", "mailed"]
    trouble: Trouble | None


class OurDate(BaseModel):
    """A date of the couple."""

    id: str
    status: Status
    sequence: int
    start: datetime
    end: datetime
    local: Locals
    idea_id: str | None
    title: str | None
    origin: Origin
    my_answer: PartStat
    awaits_me: bool
    entry: OwnEntry


class Dates(BaseModel):
    """The couple's dates."""

    data: list[OurDate]
    next_cursor: str | None


@router.get("")
async def list_dates(
    session: ToReadDates, cursor: Id | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> Dates:
    found = await dates.list_all(session.house, partner=session.partner, after=cursor, limit=limit + 1)
    page = found[:limit]
    return Dates(
        data=[await _date(kept, session=session) for kept in page],
        next_cursor=page[-1].date.id if len(found) > limit else None,
    )


@router.post("", status_code=status.HTTP_201_CREATED)
async def pencil_in(asked: DateAsked, session: ToWriteDates, response: Response) -> OurDate:
    kept = await dates.pencil_in(
        session.house,
        partner=session.partner,
        time=await _find_time(asked, session=session),
        idea_id=asked.idea_id,
        now=session.now,
    )
    return await _answered(kept, session=session, response=response)


@router.get("/next")
async def see_next(session: ToReadDates, response: Response) -> OurDate:
    kept = await dates.see_next(session.house, partner=session.partner, now=session.now)
    return await _answered(kept, session=session, response=response)


@router.get("/{date_id}.ics", response_class=Response, responses={200: {"content": {"text/calendar": {}}}})
async def see_object(date_id: Id, session: ToReadDates) -> Response:
    content = await entries.write_object(session.house, partner=session.partner, date_id=date_id)
    return Response(content, media_type="text/calendar; charset=utf-8")


@router.get("/{date_id}")
async def see(date_id: Id, session: ToReadDates, response: Response) -> OurDate:
    kept = await dates.see(session.house, partner=session.partner, date_id=date_id)
    return await _answered(kept, session=session, response=response)


@router.put("/{date_id}/answer")
async def answer(date_id: Id, asked: AnswerAsked, session: ToWriteDates, response: Response) -> OurDate:
    kept = await dates.answer(
        session.house,
        partner=session.partner,
        date_id=date_id,
        partstat=PartStat(asked.answer),
        sequence=asked.sequence,
        now=session.now,
    )
    return await _answered(kept, session=session, response=response)


@router.post("/{date_id}/move")
async def move(date_id: Id, to: Stretch, session: ToWriteDates, version: VersionIfGiven, response: Response) -> OurDate:
    kept = await dates.move(
        session.house,
        partner=session.partner,
        date_id=date_id,
        time=Interval(to.start, to.end),
        version=version,
        now=session.now,
    )
    return await _answered(kept, session=session, response=response)


@router.post("/{date_id}/cancel")
async def call_off(date_id: Id, session: ToWriteDates, version: VersionIfGiven, response: Response) -> OurDate:
    kept = await dates.call_off(
        session.house, partner=session.partner, date_id=date_id, version=version, now=session.now
    )
    return await _answered(kept, session=session, response=response)


async def _find_time(asked: DateAsked, *, session: Session) -> Interval:
    if asked.start is not None and asked.end is not None:
        return Interval(asked.start, asked.end)
    slot = parse_slot_id(asked.slot_id or "")
    return await dates.time_in_slot(
        session.house, partner=session.partner, slot=slot, idea_id=asked.idea_id, now=session.now
    )


async def _answered(kept: Kept, *, session: Session, response: Response) -> OurDate:
    response.headers.update(etag(kept.version))
    return await _date(kept, session=session)


async def _date(kept: Kept, *, session: Session) -> OurDate:
    date = kept.date
    couple = await people.see_couple(session.house, partner=session.partner)
    entry, code = await entries.see(session.house, date, partner=session.partner)
    trouble = Trouble(code=code, text=session.content.messages.entry_troubles[code]) if code else None
    idea = session.content.ideas.get(date.idea_id or "")
    return OurDate(
        id=date.id,
        status=date.status,
        sequence=date.sequence,
        start=date.time.start,
        end=date.time.end,
        local=locals_of(date.time, couple=couple, me=session.partner),
        idea_id=date.idea_id,
        title=idea.title if idea else None,
        origin=date.origin,
        my_answer=date.answers[session.partner.id],
        awaits_me=awaits(date, session.partner.id),
        entry=OwnEntry(channel=entry.channel, state=_state(entry, date=date), trouble=trouble),
    )


def _state(entry: Entry, *, date: Date) -> Literal["waiting", "written", "removed", "withdrawn", "mailed"]:
    if entry.state is EntryState.WITHDRAWN:
        return "withdrawn"
    if entry.channel is Channel.EMAIL:
        return "waiting" if entry.applied is None or entry.applied < date.timed else "mailed"
    if entry.state is EntryState.REMOVED or entry.calendar_id is None:
        return "removed"
    return "written" if entry.applied == date.sequence else "waiting"
