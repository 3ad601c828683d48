"""
Reads, writes and removes one calendar object, never over somebody's change (RFC 4791, 5.3; RFC 9110, 13).

ETags are as the server writes them, quotes included.
"""

import httpx

from integrations.caldav.client import CalDav, check_answer
from integrations.caldav.multistatus import find_key
from integrations.caldav.sync import Fetched
from integrations.errors import NotCalDav, NotThere

_PAGE = (b"<!doctype html", b"<html")


async def write(caldav: CalDav, url: str, *, data: bytes, etag: str | None) -> str | None:
    """
    Put `data` at `url`: as a new object where `etag` is None, else in place of the one that still has `etag`.

    Returns the new ETag, or None where the server gives none that a condition can name (weak ones cannot): then read it
    back. Raises `Conflict` where the object is there already, or is not what it was.
    """
    condition = {"If-None-Match": "*"} if etag is None else {"If-Match": etag}
    headers = {"Content-Type": "text/calendar; charset=utf-8", **condition}
    answer = await caldav.call("PUT", url, body=data, headers=headers)
    _check_done(answer)
    given: str = answer.headers.get("ETag", "")
    return given if given.startswith('"') else None


async def read(caldav: CalDav, url: str) -> Fetched:
    """Return the object at `url`; raises `NotThere`."""
    answer = await caldav.call("GET", url, headers={"Accept": "text/calendar"})
    _check_done(answer)
    return Fetched(find_key(url), answer.headers.get("ETag", ""), answer.content)


async def remove(caldav: CalDav, url: str, *, etag: str | None) -> None:
    """Delete the object at `url` where it still has `etag`, or whatever it is; what is gone already is done."""
    answer = await caldav.call("DELETE", url, headers={} if etag is None else {"If-Match": etag})
    try:
        _check_done(answer)
    except NotThere:
        return


def _check_done(answer: httpx.Response) -> None:
    """
    Raise what `check_answer` does, and `NotCalDav` for a page where none belongs.

    A guest network's sign-in page says 200 to anything; servers that say 201 or 204 may add a page of their own.
    """
    check_answer(answer)
    if answer.status_code == httpx.codes.OK and answer.content.lstrip()[:14].lower().startswith(_PAGE):
        raise NotCalDav
