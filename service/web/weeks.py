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
from service.web.pages import HEADERS, PageRoute, TheHouse, read_form, show

router = APIRouter(prefix="/w", include_in_schema=False, route_class=PageRoute)


@router.get("/{signed}")
async def see(signed: str, house: TheHouse) -> Response:
    return await _show(house, signed=signed)


@router.post("/{signed}")
async def tap(signed: str, request: Request, house: TheHouse) -> Response:
    try:
        form = await read_form(request)
        link = await weeks.tap(
            house, signed=signed, slot_id=form.get("slot", ""), idea_id=form.get("idea"), now=house.now()
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _show(house, signed=signed, refusal=refusal)
    return RedirectResponse(urlsplit(link).path, status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(house: House, *, signed: str, refusal: Refusal | None = None) -> Response:
    ahead = await weeks.look(house, signed=signed, now=house.now())
    content, zone = house.library.of(ahead.partner.language), ahead.partner.zone
    return show(
        "week.html",
        content=content,
        refusal=refusal,
        words=content.messages.week_page,
        idea=content.ideas[ahead.idea.idea.id] if ahead.idea else None,
        times=[(Slot(time, 0, ()).id, say_time(time, zone=zone, content=content)) for time in ahead.times],
    )
