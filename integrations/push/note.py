"""What is sent, whichever way: a neutral title and text, and one link. And what an answer to it means."""

from dataclasses import dataclass
from http import HTTPStatus

import httpx

from integrations.errors import AccessRefused, IntegrationError, NotThere, Throttled, TooLarge, Unreachable
from integrations.http import read_wait


@dataclass(frozen=True, slots=True)
class Note:
    """A note; `opens` is the word on the button that follows `link`."""

    title: str
    text: str
    link: str
    opens: str


def check_taken(answer: httpx.Response) -> None:
    """
    Raise unless the other side took the note.

    `NotThere` means that nobody will take one there again (RFC 8030, section 7.3).
    """
    status = answer.status_code
    if answer.is_success:
        return
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        raise NotThere
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise AccessRefused
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise TooLarge
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise Throttled(retry_after=read_wait(answer))
    if answer.is_server_error:
        raise Unreachable
    raise IntegrationError(permanent=True)
