"""`/v1/me` and `/v1/couple`: what a partner says of themself, and what the two agreed on."""

from datetime import date, time, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from service.actions import people, tastes, weeks
from service.actions.house import House
from service.api.idempotency import IdempotentRoute
from service.api.session import ForMe, Version, etag
from service.api.shapes import Asked, Word
from service.core import away
from service.core.buffers import LONGEST, Buffers
from service.core.cover import NO_CHILDREN, CoverPlan
from service.core.hours import DAYS, Window, find_zone, format_window, parse_window
from service.core.weekly import Weekly
from service.store.couples import Couple, EntryTitle, Partner

router = APIRouter(prefix="/v1", tags=["people"], route_class=IdempotentRoute)
_MINUTE = timedelta(minutes=1)
_LONGEST = 7 * 24 * 60  # minutes
_LONGEST_BUFFER = LONGEST // _MINUTE
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Around(Asked):
    """Minutes to keep free before and after each entry of one's own calendars, to get there and to come home."""

    before_minutes: Annotated[int, Field(ge=0, le=_LONGEST_BUFFER)]
    after_minutes: Annotated[int, Field(ge=0, le=_LONGEST_BUFFER)]


class Away(Asked):
    """Days on which one is away, the first and the last included, on one's own clock; the partner never sees them."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]


class Digest(Asked):
    """When a mail about the week comes: a day, and a full hour of one's clock."""

    day: Day
    hour: Annotated[int, Field(ge=0, le=23)]


class Me(BaseModel):
    """Oneself."""

    id: str
    name: str
    address: str
    zone: str
    language: str
    entry_title: EntryTitle
    prefers_email: bool
    keeps_calendar: bool
    buffers: Around
    avoid_if: list[str]
    away: list[Away]
    digest: Digest | None


class MeChange(Asked):
    """
    What to change of oneself; `digest` is switched off by null.

    `language` is a tag such as de or en-US, of mails, pages, ideas and gestures.
    """

    name: Word | None = None
    zone: str | None = None
    language: str | None = None
    entry_title: EntryTitle | None = None
    prefers_email: bool | None = None
    keeps_calendar: bool | None = None
    buffers: Around | None = None
    avoid_if: list[str] | None = None
    away: list[Away] | None = None
    digest: Digest | None = None


class Hours(Asked):
    """Hours on the clocks of both partners, such as 18:00-22:30."""

    days: list[Day]
    hours: str


class CoverSettings(Asked):
    """
    Who minds the children: whether there are any, from when they sleep at home, and when somebody always minds them.

    All hours are on the clocks of both partners.
    """

    children: bool
    asleep_from: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    helper_hours: list[Hours] = Field(default_factory=list)


class Person(BaseModel):
    """A partner as the other sees them."""

    name: str
    zone: str
    is_me: bool


class OurCouple(BaseModel):
    """The couple."""

    windows: list[Hours]
    min_minutes: int
    has: list[str]
    cover: CoverSettings
    partners: list[Person]


class CoupleChange(Asked):
    """What to change of the couple."""

    windows: list[Hours] | None = None
    min_minutes: Annotated[int, Field(ge=0, le=_LONGEST)] | None = None
    has: list[str] | None = None
    cover: CoverSettings | None = None


class MyTastes(BaseModel):
    """What one said oneself: ids of ideas, and kinds of ideas that come less often."""

    love: list[str]
    not_for_me: list[str]
    less: list[str]


@router.get("/me")
async def see_me(session: ForMe, response: Response) -> Me:
    response.headers.update(etag(session.partner.version))
    return await _me(session.house, partner=session.partner)


@router.patch("/me")
async def change_me(change: MeChange, session: ForMe, version: Version, response: Response) -> Me:
    changed = await people.change_me(
        session.house,
        partner=session.partner,
        version=version,
        name=change.name,
        zone=None if change.zone is None else find_zone(change.zone),
        language=change.language,
        entry_title=change.entry_title,
        prefers_email=change.prefers_email,
        keeps_calendar=change.keeps_calendar,
        buffers=None if change.buffers is None else _buffers(change.buffers),
        avoid_if=change.avoid_if,
        away=None if change.away is None else tuple(away.Away(each.first, each.last) for each in change.away),
        weekly=(_weekly(change.digest),) if "digest" in change.model_fields_set else None,
    )
    response.headers.update(etag(changed.version))
    return await _me(session.house, partner=changed)


@router.get("/me/tastes")
async def see_my_tastes(session: ForMe) -> MyTastes:
    taste = await tastes.see(session.house, partner=session.partner)
    return MyTastes(love=sorted(taste.loved), not_for_me=sorted(taste.vetoed), less=sorted(taste.less))


@router.get("/couple")
async def see_couple(session: ForMe, response: Response) -> OurCouple:
    couple = await people.see_couple(session.house, partner=session.partner)
    response.headers.update(etag(couple.version))
    return _couple(couple, me=session.partner)


@router.patch("/couple")
async def change_couple(change: CoupleChange, session: ForMe, version: Version, response: Response) -> OurCouple:
    couple = await people.change_couple(
        session.house,
        partner=session.partner,
        version=version,
        windows=None if change.windows is None else [_window(each) for each in change.windows],
        shortest=None if change.min_minutes is None else change.min_minutes * _MINUTE,
        has=change.has,
        cover=None if change.cover is None else _plan(change.cover),
    )
    response.headers.update(etag(couple.version))
    return _couple(couple, me=session.partner)


def _window(hours: Hours) -> Window:
    return parse_window(hours.hours, days=",".join(hours.days))


def _hours(window: Window) -> Hours:
    hours, days = format_window(window)
    return Hours.model_validate({"hours": hours, "days": days.split(",")})


def _plan(settings: CoverSettings) -> CoverPlan:
    if not settings.children:
        return NO_CHILDREN
    return CoverPlan(
        children=True,
        asleep_from=None if settings.asleep_from is None else time.fromisoformat(settings.asleep_from),
        helper_hours=tuple(_window(each) for each in settings.helper_hours),
    )


def _settings(plan: CoverPlan) -> CoverSettings:
    return CoverSettings(
        children=plan.children,
        asleep_from=None if plan.asleep_from is None else f"{plan.asleep_from:%H:%M}",
        helper_hours=[_hours(each) for each in plan.helper_hours],
    )


def _buffers(around: Around) -> Buffers:
    return Buffers(before=around.before_minutes * _MINUTE, after=around.after_minutes * _MINUTE)


def _around(buffers: Buffers) -> Around:
    return Around(before_minutes=buffers.before // _MINUTE, after_minutes=buffers.after // _MINUTE)


def _weekly(digest: Digest | None) -> Weekly | None:
    return None if digest is None else Weekly(DAYS.index(digest.day), digest.hour)


async def _me(house: House, *, partner: Partner) -> Me:
    taste = await tastes.see(house, partner=partner)
    weekly = await weeks.find_wish(house, partner=partner)
    return Me(
        id=partner.id,
        name=partner.name,
        address=partner.address,
        zone=partner.zone.key,
        language=partner.language,
        entry_title=partner.entry_title,
        prefers_email=partner.prefers_email,
        keeps_calendar=partner.keeps_calendar,
        buffers=_around(partner.buffers),
        avoid_if=sorted(taste.concerns),
        away=[Away.model_validate({"from": each.first, "to": each.last}) for each in partner.away],
        digest=None if weekly is None else Digest.model_validate({"day": DAYS[weekly.day], "hour": weekly.hour}),
    )


def _couple(couple: Couple, *, me: Partner) -> OurCouple:
    return OurCouple(
        windows=[_hours(window) for window in couple.windows],
        min_minutes=couple.shortest // _MINUTE,
        has=sorted(couple.has),
        cover=_settings(couple.cover),
        partners=[Person(name=each.name, zone=each.zone.key, is_me=each.id == me.id) for each in couple.partners],
    )
