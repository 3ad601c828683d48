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
from service.web.pages import HEADERS, PageRoute, TheHouse, content_of, read_form, read_number, show

router = APIRouter(prefix="/h", include_in_schema=False, route_class=PageRoute)
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
        raise
    except Refusal as refusal:
        return await _show(house, request=request, signed=signed, now=now, refusal=refusal)
    return RedirectResponse(f"/h/{signed}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House, *, request: Request, signed: str, now: datetime, refusal: Refusal | None = None
) -> Response:
    view = await helping.look(house, signed=signed, now=now)
    content = content_of(house, request=request)
    words = content.messages.helper_page
    return show(
        "helper.html",
        content=content,
        refusal=refusal,
        view=view,
        words=words,
        headline=words[view.headline],
        is_off=view.headline is Headline.SETTLED,
        names=say_names(view.names, content=content),
        whens=[say_when(view.date.time, zone=zone, content=content) for zone in view.zones],
    )
