"""`/h/{signed}`: one date for one helper who is asked to mind the children. GET shows it, POST answers; no account."""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import helping
from service.actions.helping import Headline
from service.actions.house import House
from service.content.when import say_when
from service.core.errors import Invalid, NotFound, Refusal
from service.web.pages import HEADERS, TheHouse, read_form, read_number, show

router = APIRouter(prefix="/h", include_in_schema=False)
_ANSWERS = {"yes": True, "no": False}


@router.get("/{signed}")
async def see(signed: str, house: TheHouse) -> Response:
    return await _show(house, signed=signed, now=house.now())


@router.post("/{signed}")
async def answer(signed: str, request: Request, house: TheHouse) -> Response:
    now = house.now()
    try:
        form = await read_form(request)
        yes = _ANSWERS.get(form.get("do", ""))
        if yes is None:
            raise Invalid
        await helping.answer(house, signed=signed, yes=yes, timed=read_number(form, "timed"), now=now)
    except NotFound:
        return _nothing_here(house)
    except Refusal as refusal:
        return await _show(house, signed=signed, now=now, word=str(refusal), status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/h/{signed}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House, *, signed: str, now: datetime, word: str | None = None, status: int = HTTPStatus.OK
) -> Response:
    try:
        view = await helping.look(house, signed=signed, now=now)
    except NotFound:
        return _nothing_here(house)
    words = house.content.messages.helper_page
    return show(
        "helper.html",
        status=status,
        view=view,
        word=word,
        words=words,
        headline=words[view.headline],
        is_off=view.headline is Headline.SETTLED,
        names=" and ".join(view.names),
        whens=[say_when(view.date.time, zone=zone) for zone in view.zones],
    )


def _nothing_here(house: House) -> Response:
    return show("nothing.html", status=HTTPStatus.NOT_FOUND, words=house.content.messages.date_page)
