"""`/d/{signed}`: one date for one partner. GET shows it, POST answers; no account and no script."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import visits
from service.actions.house import House
from service.actions.visits import Tap, View
from service.content.when import say_time, say_when
from service.core.errors import Invalid, NotFound, Refusal
from service.core.slots import Slot
from service.web.pages import HEADERS, TheHouse, read_form, read_number, show

router = APIRouter(prefix="/d", include_in_schema=False)


@router.get("/{signed}")
async def see(signed: str, house: TheHouse) -> Response:
    return await _show(house, signed=signed, now=house.now())


@router.post("/{signed}")
async def tap(signed: str, request: Request, house: TheHouse) -> Response:
    now = house.now()
    try:
        form = await read_form(request)
        await visits.tap(
            house,
            signed=signed,
            what=_tap(form),
            sequence=read_number(form, "sequence"),
            slot_id=form.get("slot"),
            now=now,
        )
    except NotFound:
        return _nothing_here(house)
    except Refusal as refusal:
        return await _show(house, signed=signed, now=now, word=str(refusal), status=HTTPStatus.CONFLICT)
    return RedirectResponse(f"/d/{signed}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(
    house: House, *, signed: str, now: datetime, word: str | None = None, status: int = HTTPStatus.OK
) -> Response:
    try:
        view = await visits.look(house, signed=signed, now=now)
    except NotFound:
        return _nothing_here(house)
    date = view.kept.date
    idea = house.content.ideas.get(date.idea_id or "")
    return show(
        "date.html",
        status=status,
        view=view,
        word=word,
        words=house.content.messages.date_page,
        headline=house.content.messages.date_page[_headline(view)],
        when=say_when(date.time, zone=view.partner.zone),
        idea=idea,
        phones=house.content.messages.phones[idea.phones] if idea else None,
        times=[(Slot(time, 0, ()).id, say_time(time, zone=view.partner.zone)) for time in view.times],
        minding=house.content.messages.cover,
        choices=_choices(view, words=house.content.messages.cover) if view.is_lost else (),
    )


def _choices(view: View, *, words: Mapping[str, str]) -> list[tuple[str, str, str | None]]:
    """Return what can be done once the cover fell through: what to tap, in which words, and for which slot."""
    found = view.standing.choices
    ready: list[tuple[str, str, str | None]] = []
    if found.helper is not None:
        ready.append((Tap.HELPER, f"{words['helper']} {found.helper.name}", None))
    if found.idea is not None:
        ready.append((Tap.HOME, f"{words['home']} {found.idea.title}", None))
    if found.slot is not None:
        when = say_when(found.slot, zone=view.partner.zone)
        ready.append((Tap.SLOT, f"{words['slot']} {when}", Slot(found.slot, 0, ()).id))
    return ready


def _headline(view: View) -> str:
    """Return the code of the words on top; what is off is off, whoever said so."""
    if view.is_off:
        return "another_time"
    if view.is_over:
        return "over"
    if view.is_lost:
        return "cover_lost"
    if view.clashes:
        return "clash"
    if view.asks:
        return "asks"
    return view.kept.date.status


def _nothing_here(house: House) -> Response:
    return show("nothing.html", status=HTTPStatus.NOT_FOUND, words=house.content.messages.date_page)


def _tap(form: dict[str, str]) -> Tap:
    try:
        return Tap(form.get("do", ""))
    except ValueError:
        raise Invalid from None
