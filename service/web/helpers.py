"""`/h/{signed}`: one date for one helper who is asked to mind the children. GET shows it, POST answers; no account."""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import helping
from service.actions.helping import Headline
from service.actions.house import House
from service.content.when import say_names, say_when
from service.core.errors import Invalid, NotFound, Refusal
from service.web.pages import HEADERS, TheHouse, content_of, read_form, read_number, show, show_nothing

router = APIRouter(prefix="/h", include_in_schema=False)
_ANSWERS = {"yes": True, "no": False}


@router.get("/{signed}")
async def see(signed: str, request: Request, house: TheHouse) -> Response:
    return await _show(house, request=request, signed=signed, now=house.now())


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
        return show_nothing(house, request=request)
    except Refusal as refusal:
        return await _show(house, request=request, signed=signed, now=now, refusal=refusal, status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/h/{signed}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House,
    *,
    request: Request,
    signed: str,
    now: datetime,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    try:
        view = await helping.look(house, signed=signed, now=now)
    except NotFound:
        return show_nothing(house, request=request)
    content = content_of(house, request=request)
    words = content.messages.helper_page
    return show(
        "helper.html",
        language=content.locale,
        status=status,
        view=view,
        word=content.say(refusal) if refusal else None,
        words=words,
        headline=words[view.headline],
        is_off=view.headline is Headline.SETTLED,
        names=say_names(view.names, content=content),
        whens=[say_when(view.date.time, zone=zone, content=content) for zone in view.zones],
    )
