"""`/g/{signed}`: one small gesture for one partner. GET shows it, POST takes a word about it; no account, no script."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import nudges
from service.actions.house import House
from service.actions.nudges import Said
from service.core.errors import Invalid, NotFound, Refusal
from service.web.dates import TheHouse
from service.web.pages import HEADERS, read_form, read_number, show

router = APIRouter(prefix="/g", include_in_schema=False)


@router.get("/{signed}")
async def see(signed: str, house: TheHouse, said: str | None = None) -> Response:
    return await _show(house, signed=signed, thanks=Said(said) if said in set(Said) else None)


@router.post("/{signed}")
async def tap(signed: str, request: Request, house: TheHouse) -> Response:
    try:
        form = await read_form(request)
        said = _said(form.get("do", ""))
        await nudges.tap(house, signed=signed, said=said, version=read_number(form, "version"), now=house.now())
    except NotFound:
        return _nothing_here(house)
    except Refusal as refusal:
        return await _show(house, signed=signed, word=str(refusal), status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/g/{signed}?said={said}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House, *, signed: str, thanks: Said | None = None, word: str | None = None, status: int = HTTPStatus.OK
) -> Response:
    try:
        nudge = await nudges.look(house, signed=signed)
    except NotFound:
        return _nothing_here(house)
    words = house.content.messages.gesture_page
    thanked = words[f"said_{thanks}"] if thanks else None
    return show("gesture.html", status=status, nudge=nudge, words=words, word=word, thanks=thanked)


def _nothing_here(house: House) -> Response:
    return show("nothing.html", status=HTTPStatus.NOT_FOUND, words=house.content.messages.date_page)


def _said(text: str) -> Said:
    try:
        return Said(text)
    except ValueError:
        raise Invalid from None
