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
from service.web.dates import TheHouse
from service.web.pages import HEADERS, read_form, show

router = APIRouter(prefix="/w", include_in_schema=False)


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
        return _nothing_here(house)
    except Refusal as refusal:
        return await _show(house, signed=signed, word=str(refusal), status=HTTPStatus.CONFLICT)
    return RedirectResponse(urlsplit(link).path, status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(house: House, *, signed: str, word: str | None = None, status: int = HTTPStatus.OK) -> Response:
    try:
        ahead = await weeks.look(house, signed=signed, now=house.now())
    except NotFound:
        return _nothing_here(house)
    return show(
        "week.html",
        status=status,
        word=word,
        words=house.content.messages.week_page,
        idea=ahead.idea.idea if ahead.idea else None,
        times=[(Slot(time, 0, ()).id, say_time(time, zone=ahead.partner.zone)) for time in ahead.times],
    )


def _nothing_here(house: House) -> Response:
    return show("nothing.html", status=HTTPStatus.NOT_FOUND, words=house.content.messages.date_page)
