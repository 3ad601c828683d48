"""
`/v1/calendars/consents` and `/v1/consents/{provider}`: to a provider's consent, and back from there.

Coming back is open, since a browser brings no token; it shows a page and changes nothing. The page's one button does.
People read sentences; whoever does not ask for a page is answered with a problem (RFC 9457).
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from html import escape
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response, status
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, StringConstraints

from service.actions import consents
from service.api.errors import STATUS
from service.api.idempotency import PatientRoute
from service.api.session import ForCalendars, TheConnector, TheHouse, find_house
from service.api.shapes import Asked
from service.core.errors import Refusal

_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the page's own address holds the code
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
}
_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pencil In</title>
<p>{confirm}</p>
<p><strong>{address}</strong></p>
<form method="post" action="?{answer}"><button>{yes}</button></form>
<p>{no}</p>
</html>
"""

Given = Annotated[str, Query(max_length=2000)]


class ConsentAsked(Asked):
    """At which provider."""

    provider: Annotated[str, StringConstraints(max_length=32)]


class Way(BaseModel):
    """Where the person goes to consent, in a browser; it works once."""

    url: str
    expires_at: datetime


class SpokenRoute(APIRoute):
    """A route that answers a refusal in plain text where a page was asked for."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_spoken(request: Request) -> Response:
            try:
                return await handle(request)
            except Refusal as refusal:
                if "text/html" not in request.headers.get("Accept", ""):
                    raise
                library = find_house(request).library  # whose consent it was is not told, so the browser's has to do
                content = library.of(library.choose_language(request.headers.get("Accept-Language", "")))
                return PlainTextResponse(f"{content.say(refusal)}\n", STATUS[refusal.code], headers=_HEADERS)

        return handle_spoken


router = APIRouter(prefix="/v1", tags=["calendars"], route_class=PatientRoute)
open_router = APIRouter(prefix="/v1", tags=["calendars"], route_class=SpokenRoute)


@router.post("/calendars/consents", status_code=status.HTTP_201_CREATED)
async def ask_for_consent(asked: ConsentAsked, session: ForCalendars, connector: TheConnector) -> Way:
    way = await consents.begin(connector, partner=session.partner, provider=asked.provider, now=session.now)
    return Way(url=way.url, expires_at=way.expires_at)


@open_router.get("/consents/{provider}", response_class=HTMLResponse)
async def come_back(provider: str, house: TheHouse, state: Given = "", code: Given = "", error: Given = "") -> Response:
    if not code:
        said_no = error == "access_denied"
        await consents.decline(house, provider=provider, state=state, said_no=said_no, now=house.now())
    partner = await consents.look_at(house, provider=provider, state=state, now=house.now())
    content = house.library.of(partner.language)
    words = {**content.messages.consents, "address": partner.address, "language": content.locale}
    answer = urlencode({"state": state, "code": code})
    page = _PAGE.format_map({"answer": escape(answer)} | {name: escape(text) for name, text in words.items()})
    return HTMLResponse(page, headers=_HEADERS)


@open_router.post("/consents/{provider}", response_class=PlainTextResponse)
async def connect(provider: str, house: TheHouse, connector: TheConnector, state: Given, code: Given) -> Response:
    partner = await consents.finish(connector, provider=provider, state=state, code=code, now=house.now())
    words = house.library.of(partner.language).messages.consents
    return PlainTextResponse(f"{words['connected']}\n", headers=_HEADERS)
