"""`/v1/calendars` and `/v1/busy`: one's own calendars and one's own busy times. A password goes in and never out."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, SecretStr, StringConstraints

from service.actions import calendars, plan
from service.actions.connect import Connected
from service.api.idempotency import IdempotentRoute
from service.api.session import ForCalendars, TheConnector, Version, etag
from service.api.shapes import Asked, Id, Moment
from service.core.interval import Interval
from service.store.calendars import Calendar, Role, Treat

router = APIRouter(prefix="/v1", tags=["calendars"], route_class=IdempotentRoute)
Text = Annotated[str, StringConstraints(max_length=2000)]


class CalendarAsked(Asked):
    """An account to connect: by its address, or by the name of its provider."""

    kind: Literal["caldav"] = "caldav"
    url: Text = ""
    provider: Text = "generic"
    username: Text
    password: SecretStr


class Problem(BaseModel):
    """Something the owner should know, with what to do about it."""

    code: str
    detail: str


class OwnCalendar(BaseModel):
    """One's calendar; `name` is there only in the answer to connecting it."""

    id: str
    kind: str
    role: Role
    writable: bool
    receives_dates: bool
    tentative: Treat
    unanswered: Treat
    all_day: Treat
    status: Literal["new", "healthy", "failing", "unknown"]
    problems: list[Problem]
    unreadable: int
    synced_at: datetime | None
    name: str | None = None


class Calendars(BaseModel):
    """One's calendars."""

    data: list[OwnCalendar]
    next_cursor: str | None = None


class CalendarChange(Asked):
    """What to change about how a calendar counts."""

    role: Role | None = None
    receives_dates: bool | None = None
    tentative: Treat | None = None
    unanswered: Treat | None = None
    all_day: Treat | None = None


class BusyTime(BaseModel):
    """Busy or soft time, in UTC."""

    start: datetime
    end: datetime
    kind: Literal["busy", "soft"]


class BusyTimes(BaseModel):
    """One's own busy and soft times, sorted, merged by kind."""

    busy: list[BusyTime]


@router.get("/calendars")
async def list_calendars(session: ForCalendars) -> Calendars:
    found = await calendars.list_calendars(session.house, partner=session.partner)
    return Calendars(data=[_calendar(each, session=session) for each in found])


@router.post("/calendars", status_code=status.HTTP_201_CREATED)
async def connect_account(asked: CalendarAsked, session: ForCalendars, connector: TheConnector) -> Calendars:
    connected = await connector.connect(
        partner=session.partner,
        url=asked.url,
        provider=asked.provider,
        username=asked.username,
        password=asked.password.get_secret_value(),
        now=session.now,
    )
    return Calendars(data=[_connected(each, session=session) for each in connected])


@router.get("/calendars/{calendar_id}")
async def see_calendar(calendar_id: Id, session: ForCalendars, response: Response) -> OwnCalendar:
    calendar = await calendars.see_calendar(session.house, partner=session.partner, calendar_id=calendar_id)
    response.headers.update(etag(calendar.version))
    return _calendar(calendar, session=session)


@router.patch("/calendars/{calendar_id}")
async def change_calendar(
    calendar_id: Id, change: CalendarChange, session: ForCalendars, version: Version, response: Response
) -> OwnCalendar:
    calendar = await calendars.change_calendar(
        session.house,
        partner=session.partner,
        calendar_id=calendar_id,
        version=version,
        choices=calendars.Choices(**change.model_dump()),
    )
    response.headers.update(etag(calendar.version))
    return _calendar(calendar, session=session)


@router.delete("/calendars/{calendar_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_calendar(calendar_id: Id, session: ForCalendars) -> None:
    await calendars.remove_calendar(session.house, partner=session.partner, calendar_id=calendar_id)


@router.post("/calendars/{calendar_id}/sync", status_code=status.HTTP_202_ACCEPTED)
async def sync_now(calendar_id: Id, session: ForCalendars) -> OwnCalendar:
    await calendars.sync_now(session.house, partner=session.partner, calendar_id=calendar_id, now=session.now)
    return _calendar(
        await calendars.see_calendar(session.house, partner=session.partner, calendar_id=calendar_id), session=session
    )


@router.post("/calendars/{calendar_id}/test")
async def test(calendar_id: Id, session: ForCalendars, connector: TheConnector) -> OwnCalendar:
    await connector.test(partner=session.partner, calendar_id=calendar_id)
    return _calendar(
        await calendars.see_calendar(session.house, partner=session.partner, calendar_id=calendar_id), session=session
    )


@router.get("/busy")
async def see_busy(
    session: ForCalendars,
    start: Annotated[Moment, Query(alias="from")],
    end: Annotated[Moment, Query(alias="to")],
) -> BusyTimes:
    heap = await plan.my_busy(session.house, partner=session.partner, during=Interval(start, end))
    return BusyTimes(
        busy=[
            *(BusyTime(start=each.start, end=each.end, kind="busy") for each in heap.busy),
            *(BusyTime(start=each.start, end=each.end, kind="soft") for each in heap.soft),
        ]
    )


def _connected(connected: Connected, *, session: ForCalendars) -> OwnCalendar:
    return _calendar(connected.calendar, session=session).model_copy(update={"name": connected.name})


def _calendar(calendar: Calendar, *, session: ForCalendars) -> OwnCalendar:
    causes = session.house.content.messages.calendar_causes
    codes = [calendar.problem] if calendar.problem else []
    if calendar.unreadable:
        codes.append("entries_unreadable")
    return OwnCalendar(
        id=calendar.id,
        kind=calendar.kind,
        role=calendar.role,
        writable=calendar.writable,
        receives_dates=calendar.receives_dates,
        tentative=calendar.tentative,
        unanswered=calendar.unanswered,
        all_day=calendar.all_day,
        status=_status(calendar, now=session.now),
        problems=[Problem(code=code, detail=causes[code]) for code in codes],
        unreadable=calendar.unreadable,
        synced_at=calendar.synced_at,
    )


def _status(calendar: Calendar, *, now: datetime) -> Literal["new", "healthy", "failing", "unknown"]:
    if calendar.synced_at is None:
        return "failing" if calendar.problem else "new"
    if not calendar.is_known(now=now):
        return "unknown"
    return "failing" if calendar.problem else "healthy"
