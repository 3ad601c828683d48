"""`/g/{signed}`: one small gesture for one partner. GET shows it, POST takes a word about it; no account, no script."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import nudges
from service.actions.house import House
from service.actions.nudges import Said
from service.core.errors import Invalid, NotFound, Refusal
from service.web.pages import HEADERS, TheHouse, read_form, read_number, show, show_nothing

router = APIRouter(prefix="/g", include_in_schema=False)


@router.get("/{signed}")
async def see(signed: str, request: Request, house: TheHouse, said: str | None = None) -> Response:
    return await _show(house, request=request, signed=signed, thanks=Said(said) if said in set(Said) else None)


@router.post("/{signed}")
async def tap(signed: str, request: Request, house: TheHouse) -> Response:
    try:
        form = await read_form(request)
        said = _said(form.get("do", ""))
        await nudges.tap(house, signed=signed, said=said, version=read_number(form, "version"), now=house.now())
    except NotFound:
        return show_nothing(house, request=request)
    except Refusal as refusal:
        return await _show(house, request=request, signed=signed, refusal=refusal, status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/g/{signed}?said={said}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House,
    *,
    request: Request,
    signed: str,
    thanks: Said | None = None,
    refusal: Refusal | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    try:
        nudge = await nudges.look(house, signed=signed)
    except NotFound:
        return show_nothing(house, request=request)
    content = house.library.of(nudge.partner.language)
    words = content.messages.gesture_page
    return show(
        "gesture.html",
        language=content.locale,
        status=status,
        nudge=nudge,
        gesture=content.gestures[nudge.gesture.id],
        words=words,
        word=content.say(refusal) if refusal else None,
        thanks=words[f"said_{thanks}"] if thanks else None,
    )


def _said(text: str) -> Said:
    try:
        return Said(text)
    except ValueError:
        raise Invalid from None
