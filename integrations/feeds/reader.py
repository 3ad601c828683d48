"""
Reads published calendars: one GET, conditional where the server gave something to ask with (RFC 9110, section 13).

The address is a secret: whoever has it reads the calendar. So it carries no login, and no error names it. ``webcal`` is
no protocol but a name for "subscribe to this", and is read as https. Sizes are the guarded client's: 20 MiB unpacked.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import httpx

from integrations.errors import AccessRefused, IntegrationError, NotAFeed, NotThere, Throttled, Unreachable
from integrations.http import GuardedClient, read_wait

_WEBCAL = re.compile(r"\Awebcals?://", re.IGNORECASE)
_CALENDAR = re.compile(rb"(?:\A(?:\xef\xbb\xbf)?|[\r\n])[ \t]*BEGIN:VCALENDAR", re.IGNORECASE)
_HEAD = 64 * 1024  # octets in which a calendar begins, whatever stands before it

_ERRORS: Mapping[int, type[IntegrationError]] = {
    401: AccessRefused,
    403: AccessRefused,
    404: NotThere,
    410: NotThere,
    429: Throttled,
    503: Throttled,
}


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server gave with a feed, to ask next time whether it changed (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None

    def pack(self) -> str | None:
        """Return both as one text to keep, or None where there is neither."""
        return json.dumps([self.etag, self.last_modified]) if self.etag or self.last_modified else None

    @classmethod
    def unpack(cls, text: str | None) -> Self:
        """Read what `pack` wrote; anything else means that nothing is known."""
        try:
            etag, last_modified = json.loads(text or "")
        except (ValueError, TypeError):
            return cls()
        known = all(each is None or isinstance(each, str) for each in (etag, last_modified))
        return cls(etag, last_modified) if known else cls()


NO_VALIDATORS = Validators()


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar as it was published; its bytes are never shown."""

    data: bytes = field(repr=False)
    validators: Validators


async def read_feed(http: GuardedClient, url: str, *, validators: Validators = NO_VALIDATORS) -> Feed | None:
    """
    Return the feed at `url`, or None where it is the one that `validators` came with.

    Raises `AddressRefused`, `NotThere`, `AccessRefused` (it wants a login), `NotAFeed`, `Throttled`, `TooLarge`,
    `TooSlow` or `Unreachable`.
    """
    conditions = _conditions(validators)
    answer = await http.get(as_https(url), headers={"Accept": "text/calendar", **conditions})
    if conditions and answer.status_code == httpx.codes.NOT_MODIFIED:
        return None
    _check(answer)
    if not _CALENDAR.search(answer.content, 0, _HEAD):
        raise NotAFeed
    return Feed(answer.content, Validators(answer.headers.get("ETag"), answer.headers.get("Last-Modified")))


def is_feed_address(text: str) -> bool:
    """Tell whether `text` is the address of something to fetch rather than the name of a file."""
    return _WEBCAL.match(text) is not None or text.lower().startswith(("https://", "http://"))


def as_https(url: str) -> str:
    return _WEBCAL.sub("https://", url.strip())


def _conditions(validators: Validators) -> dict[str, str]:
    conditions = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _check(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    if error := _ERRORS.get(answer.status_code):
        raise error(retry_after=read_wait(answer) if error is Throttled else None)
    raise Unreachable if answer.is_server_error else NotAFeed
