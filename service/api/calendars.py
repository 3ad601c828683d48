"""`/v1/calendars` and `/v1/busy`: one's own calendars and one's own busy times. A password goes in and never out."""

from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response, status
from pydantic import BaseModel, SecretStr, StringConstraints, model_validator

from service.actions import calendars, connect, consents, plan
from service.actions.connect import Connected
from service.api.idempotency import PatientRoute
from service.api.session import ForCalendars, TheConnector, Version, etag
from service.api.shapes import Asked, Id, Moment
from service.core.interval import Interval
from service.core.sync import State
from service.store.calendars import Calendar, Role, Treat

router = APIRouter(prefix="/v1", tags=["calendars"], route_class=PatientRoute)
Text = Annotated[str, StringConstraints(max_length=2000)]


class CalendarAsked(Asked):
    """
    What to connect.

    An account (`caldav`), found by its address, its provider or the mail address in `username`; or a published calendar
    (`ics`), whose `url` is its only key.
    """

    kind: Literal["caldav", "ics"] = "caldav"
    url: Text = ""
    provider: Text = "generic"
    username: Text = ""
    password: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        login = (bool(self.username), bool(self.password.get_secret_value()))
        if self.kind == "ics" and (not self.url or any(login)):
            raise ValueError("a published calendar has an address and no login")
        if self.kind == "caldav" and not all(login):
            raise ValueError("an account has a user name and a password")
        return self


class KnownProvider(BaseModel):
    """
    A provider and what it wants of people.

    `needs_url` tells that the address of the server, or the link, has to come along. `help` is the provider's page on
    app passwords, or on where to find the link. `consent` tells that its calendars can be connected by consent here.
    """

    id: str
    name: str
    kind: Literal["caldav", "ics"]
    needs_url: bool
    username: Literal["mail address", "user name"]
    app_password: bool
    consent: bool
    help: str | None


class KnownProviders(BaseModel):
    """The providers that are known by name."""

    data: list[KnownProvider]


class Problem(BaseModel):
    """Something the owner should know, with what to do about it."""

    code: str
    detail: str


class OwnCalendar(BaseModel):
    """
    One's calendar; `name` is there only in the answer to connecting an account.

    `progress` goes from 0 to 1 while it is read for the first time.
    """

    id: str
    kind: str
    role: Role
    writable: bool
    receives_dates: bool
    tentative: Treat
    unanswered: Treat
    all_day: Treat
    status: State
    progress: float | None
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
    found = await calendars.list_calendars(session.house, partner=session.partner, now=session.now)
    return Calendars(data=[_calendar(each, session=session) for each in found])


@router.post("/calendars", status_code=status.HTTP_201_CREATED)
async def connect_account(asked: CalendarAsked, session: ForCalendars, connector: TheConnector) -> Calendars:
    if asked.kind == "ics":
        feed = await connector.connect_feed(
            partner=session.partner, url=asked.url, provider=asked.provider, now=session.now
        )
        return Calendars(data=[_connected(feed, session=session)])
    connected = await connector.connect(
        partner=session.partner,
        url=asked.url,
        provider=asked.provider,
        username=asked.username,
        password=asked.password.get_secret_value(),
        now=session.now,
    )
    return Calendars(data=[_connected(each, session=session) for each in connected])


@router.get("/providers")
async def list_providers(_session: ForCalendars, connector: TheConnector) -> KnownProviders:
    return KnownProviders(
        data=[
            KnownProvider(
                id=key,
                name=each.name,
                kind=each.kind,
                needs_url=each.url is None,
                username=each.username,
                app_password=each.app_password,
                consent=consents.is_offered(connector, key),
                help=each.help,
            )
            for key, each in connect.list_providers().items()
        ]
    )


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
    causes = session.content.messages.calendar_causes
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
        status=calendar.state(now=session.now),
        progress=calendar.progress,
        problems=[Problem(code=code, detail=causes[code]) for code in codes],
        unreadable=calendar.unreadable,
        synced_at=calendar.synced_at,
    )
