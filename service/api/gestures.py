"""`/v1/gestures`: small gestures, one's own only. Nothing here is ever shown to the partner."""

from datetime import datetime

from fastapi import APIRouter, Response, status
from pydantic import BaseModel

from service.actions import gestures
from service.api.idempotency import IdempotentRoute
from service.api.session import ForGestures, Version, etag
from service.api.shapes import Asked, Moment
from service.core.gestures import CHANNELS
from service.store.gestures import Delivery, Schedule

router = APIRouter(prefix="/v1/gestures", tags=["gestures"], route_class=IdempotentRoute)


class OfferedGesture(BaseModel):
    """A gesture, and whether it is switched on."""

    id: str
    title: str
    line: str
    minutes: int
    channel: str
    cue: str
    only_if_welcome: bool
    on: bool


class Gestures(BaseModel):
    """All gestures."""

    data: list[OfferedGesture]
    next_cursor: str | None = None


class Wishes(Asked):
    """How often to be reminded, of which kinds, and when not at all: wall time such as 21:30-07:30."""

    per_week: int
    channels: tuple[str, ...] = CHANNELS
    quiet: str | None = "21:30-07:30"
    delivery: Delivery = Delivery.MAIL


class Enjoyed(Asked):
    """What one enjoys: ids or kinds of gestures. It is for nobody else to read."""

    wishes: list[str]


class MyWishes(BaseModel):
    """What one said one enjoys."""

    wishes: list[str]


class Later(Asked):
    """When to be reminded again; tomorrow where nothing is said."""

    until: Moment | None = None


class Settings(BaseModel):
    """How one wants to be reminded. `next_at` is the moment of what was put off; others come unannounced."""

    per_week: int
    channels: list[str]
    quiet: str | None
    delivery: Delivery
    next_at: datetime | None


@router.get("")
async def list_gestures(session: ForGestures) -> Gestures:
    found = await gestures.list_gestures(session.house, partner=session.partner)
    return Gestures(data=[_offer(each) for each in found])


@router.get("/settings")
async def see_settings(session: ForGestures, response: Response) -> Settings:
    schedule = await gestures.see_settings(session.house, partner=session.partner)
    response.headers.update(etag(schedule.version))
    return _settings(schedule)


@router.put("/settings")
async def change_settings(wishes: Wishes, session: ForGestures, version: Version, response: Response) -> Settings:
    schedule = await gestures.change_settings(
        session.house,
        partner=session.partner,
        version=version,
        per_week=wishes.per_week,
        channels=wishes.channels,
        quiet=wishes.quiet,
        delivery=wishes.delivery,
        now=session.now,
    )
    response.headers.update(etag(schedule.version))
    return _settings(schedule)


@router.get("/wishes")
async def see_wishes(session: ForGestures) -> MyWishes:
    return MyWishes(wishes=await gestures.see_wishes(session.house, partner=session.partner))


@router.put("/wishes")
async def change_wishes(enjoyed: Enjoyed, session: ForGestures) -> MyWishes:
    wishes = await gestures.change_wishes(session.house, partner=session.partner, wishes=enjoyed.wishes)
    return MyWishes(wishes=wishes)


@router.post("/{gesture_id}/done", status_code=status.HTTP_204_NO_CONTENT)
async def mark_done(gesture_id: str, session: ForGestures) -> None:
    await gestures.mark_done(session.house, partner=session.partner, gesture_id=gesture_id, now=session.now)


@router.post("/{gesture_id}/later")
async def remind_later(gesture_id: str, session: ForGestures, later: Later | None = None) -> Settings:
    schedule = await gestures.remind_later(
        session.house,
        partner=session.partner,
        gesture_id=gesture_id,
        until=later.until if later else None,
        now=session.now,
    )
    return _settings(schedule)


@router.post("/{gesture_id}/never", status_code=status.HTTP_204_NO_CONTENT)
async def never_again(gesture_id: str, session: ForGestures) -> None:
    await gestures.never_again(session.house, partner=session.partner, gesture_id=gesture_id)


@router.post("/{gesture_id}/fewer")
async def want_fewer(gesture_id: str, session: ForGestures) -> Settings:
    """Be reminded once a week less; which gesture says so makes no difference."""
    gestures.check_known(session.house, gesture_id)
    return _settings(await gestures.want_fewer(session.house, partner=session.partner, version=None, now=session.now))


def _offer(offer: gestures.Offer) -> OfferedGesture:
    gesture = offer.gesture
    return OfferedGesture(
        id=gesture.id,
        title=gesture.title,
        line=gesture.line,
        minutes=gesture.minutes,
        channel=gesture.channel,
        cue=gesture.cue,
        only_if_welcome=gesture.only_if_welcome,
        on=offer.on,
    )


def _settings(schedule: Schedule) -> Settings:
    return Settings(
        per_week=schedule.per_week,
        channels=sorted(schedule.channels),
        quiet=schedule.quiet,
        delivery=schedule.delivery,
        next_at=schedule.next_due_at if schedule.later_gesture_id else None,
    )
