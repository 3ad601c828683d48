"""`/g/{signed}`: one small gesture for one partner. GET shows it, POST takes a word about it; no account, no script."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import nudges
from service.actions.house import House
from service.actions.nudges import Said
from service.core.errors import NotFound, Refusal
from service.web.pages import HEADERS, PageRoute, TheHouse, read_choice, read_form, read_number, show

router = APIRouter(prefix="/g", include_in_schema=False, route_class=PageRoute)


@router.get("/{signed}")
async def see(signed: str, house: TheHouse, said: str | None = None) -> Response:
    return await _show(house, signed=signed, thanks=Said(said) if said in set(Said) else None)


@router.post("/{signed}")
async def tap(signed: str, request: Request, house: TheHouse) -> Response:
    try:
        form = await read_form(request)
        said = read_choice(form, Said)
        await nudges.tap(house, signed=signed, said=said, version=read_number(form, "version"), now=house.now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _show(house, signed=signed, refusal=refusal)
    return RedirectResponse(f"/g/{signed}?said={said}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(house: House, *, signed: str, thanks: Said | None = None, refusal: Refusal | None = None) -> Response:
    nudge = await nudges.look(house, signed=signed)
    content = house.library.of(nudge.partner.language)
    words = content.messages.gesture_page
    return show(
        "gesture.html",
        content=content,
        refusal=refusal,
        nudge=nudge,
        gesture=content.gestures[nudge.gesture.id],
        words=words,
        thanks=words[f"said_{thanks}"] if thanks else None,
    )
