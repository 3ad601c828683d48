"""
How a page is made: one set of templates, one style sheet, and headers that keep it to whoever opened it.

An address may be a secret, so no page tells another where it was opened from, and none is kept or framed.
"""

from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.actions.house import House
from service.content import Content
from service.core.errors import Invalid, NotFound, Refusal

FOLDER = Path(__file__).parent
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
            " frame-ancestors 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
)


def find_house(request: Request) -> House:
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(find_house)]
_LONGEST_FORM = 4096  # bytes
_LONGEST_NUMBER = 9  # digits, as long as ours get
Choice = TypeVar("Choice", bound=StrEnum)

_TEMPLATES = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class PageRoute(APIRoute):
    """A route to a page: an address that opens nothing shows a page too, whatever was looked for there."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            try:
                return await handle(request)
            except NotFound:
                return _show_nothing(find_house(request), request=request)

        return handle_page


def show(template: str, *, content: Content, refusal: Refusal | None = None, **words: object) -> HTMLResponse:
    """
    Return the page that `template` makes of `words`; one that lacks a word is a mistake of ours, and raises.

    `content` has the language of the words. What was refused stands on the page as `word`, and in its status.
    """
    word = content.say(refusal) if refusal else None
    text = _TEMPLATES.get_template(template).render(words, language=content.locale, word=word)
    return HTMLResponse(text, status_code=HTTPStatus.CONFLICT if refusal else HTTPStatus.OK, headers=HEADERS)


def _show_nothing(house: House, *, request: Request) -> HTMLResponse:
    """Return the page for an address that opens nothing, in the browser's language: nobody is known there."""
    content = content_of(house, request=request)
    page = show("nothing.html", content=content, words=content.messages.date_page)
    page.status_code = HTTPStatus.NOT_FOUND
    return page


def content_of(house: House, *, request: Request) -> Content:
    """Return the words in the language that the browser asks for."""
    return house.library.of(house.library.choose_language(request.headers.get("Accept-Language", "")))


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form, the first of each name; raises `Invalid` for what no form of ours sends."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST_FORM:
            raise Invalid
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=20)
    except ValueError:
        raise Invalid from None
    return {name: values[0] for name, values in fields.items()}


def read_choice(form: Mapping[str, str], choices: type[Choice]) -> Choice:
    """Return what the button that was tapped stands for; raises `Invalid`."""
    try:
        return choices(form.get("do", ""))
    except ValueError:
        raise Invalid from None


def read_number(form: Mapping[str, str], name: str) -> int:
    """Return a number that a form of ours carries along; raises `Invalid`."""
    number = form.get(name, "")
    if not (number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER):
        raise Invalid
    return int(number)
