"""`/w/{signed}`: the days ahead, for one partner. GET shows them, POST pencils a time in; no account, no script."""

from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import weeks
from service.actions.house import House
from service.content.when import say_time
from service.core.errors import NotFound, Refusal
from service.core.slots import Slot
from service.web.pages import HEADERS, TheHouse, read_form, show, show_nothing

router = APIRouter(prefix="/w", include_in_schema=False)


@router.get("/{signed}")
async def see(signed: str, request: Request, house: TheHouse) -> Response:
    return await _show(house, request=request, signed=signed)


@router.post("/{signed}")
async def tap(signed: str, request: Request, house: TheHouse) -> Response:
    try:
        form = await read_form(request)
        link = await weeks.tap(
            house, signed=signed, slot_id=form.get("slot", ""), idea_id=form.get("idea"), now=house.now()
        )
    except NotFound:
        return show_nothing(house, request=request)
    except Refusal as refusal:
        return await _show(house, request=request, signed=signed, refusal=refusal, status=HTTPStatus.CONFLICT)
    return RedirectResponse(urlsplit(link).path, status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House, *, request: Request, signed: str, refusal: Refusal | None = None, status: int = HTTPStatus.OK
) -> Response:
    try:
        ahead = await weeks.look(house, signed=signed, now=house.now())
    except NotFound:
        return show_nothing(house, request=request)
    content, zone = house.library.of(ahead.partner.language), ahead.partner.zone
    return show(
        "week.html",
        language=content.locale,
        status=status,
        word=content.say(refusal) if refusal else None,
        words=content.messages.week_page,
        idea=content.ideas[ahead.idea.idea.id] if ahead.idea else None,
        times=[(Slot(time, 0, ()).id, say_time(time, zone=zone, content=content)) for time in ahead.times],
    )
