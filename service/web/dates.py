"""
`/d/{signed}`: one date for one partner, in their language. GET shows it, POST answers; no account and no script.

`/d/{signed}.ics` is the same date as a file, for whoever keeps it themselves. Where there is nothing, nobody is known,
and the browser's language has to do.
"""

from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.actions import visits
from service.actions.house import House
from service.actions.visits import Tap, View
from service.content import Content
from service.content.when import say_time, say_when
from service.core.errors import NotFound, Refusal
from service.core.slots import Slot
from service.web.pages import HEADERS, PageRoute, TheHouse, read_choice, read_form, read_number, show

router = APIRouter(prefix="/d", include_in_schema=False, route_class=PageRoute)


@router.get("/{signed}.ics")
async def fetch(signed: str, house: TheHouse) -> Response:
    content = await visits.write_file(house, signed=signed)
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="date.ics"'}
    return Response(content, media_type="text/calendar; charset=utf-8", headers=headers)


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
            what=read_choice(form, Tap),
            sequence=read_number(form, "sequence"),
            slot_id=form.get("slot"),
            now=now,
        )
    except NotFound:
        raise
    except Refusal as refusal:
        return await _show(house, signed=signed, now=now, refusal=refusal)
    return RedirectResponse(f"/d/{signed}", status_code=HTTPStatus.SEE_OTHER, headers=HEADERS)


async def _show(house: House, *, signed: str, now: datetime, refusal: Refusal | None = None) -> Response:
    view = await visits.look(house, signed=signed, now=now)
    date, zone = view.kept.date, view.partner.zone
    content = house.library.of(view.partner.language)
    idea = content.ideas.get(date.idea_id or "")
    return show(
        "date.html",
        content=content,
        refusal=refusal,
        view=view,
        file=f"/d/{signed}.ics" if view.has_file else None,
        trouble=content.messages.entry_troubles[view.trouble] if view.trouble else None,
        words=content.messages.date_page,
        headline=content.messages.date_page[_headline(view)],
        when=say_when(date.time, zone=zone, content=content),
        idea=idea,
        phones=content.messages.phones[idea.phones] if idea else None,
        times=[(Slot(time, 0, ()).id, say_time(time, zone=zone, content=content)) for time in view.times],
        minding=content.messages.cover,
        choices=_choices(view, content=content) if view.is_lost else (),
    )


def _choices(view: View, *, content: Content) -> list[tuple[str, str, str | None]]:
    """Return what can be done once the cover fell through: what to tap, in which words, and for which slot."""
    found, words = view.standing.choices, content.messages.cover
    ready: list[tuple[str, str, str | None]] = []
    if found.helper is not None:
        ready.append((Tap.HELPER, f"{words['helper']} {found.helper.name}", None))
    if found.idea is not None:
        ready.append((Tap.HOME, f"{words['home']} {content.ideas[found.idea.id].title}", None))
    if found.slot is not None:
        when = say_when(found.slot, zone=view.partner.zone, content=content)
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
