"""
Reads what changed in one calendar, at a cost proportional to the change (RFC 6578; RFC 4791, section 7.9).

First a listing of hrefs and ETags: what changed since a sync token, or everything. Then, 100 at a time, the objects
whose ETag is not the one we know. A token the server will not take any more costs a listing of ETags, never a download
of everything. Keys are percent-decoded paths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

import httpx

from integrations.caldav.client import CalDav, read_answer, xml_headers
from integrations.caldav.multistatus import CALDAV, DAV, Entry, Multistatus, find_key
from integrations.errors import NotCalDav, TokenRefused, TooLarge

BATCH = 100  # objects
MOST_OBJECTS = 50_000
MOST_BYTES = 128 * 1024 * 1024  # of all objects fetched at once
MOST_PAGES = 1_000

_SYNC = (
    '<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
    "<prop><getetag/></prop></sync-collection>"
)
_LIST = '<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>'
_MULTIGET = (
    '<C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    "<prop><getetag/><C:calendar-data/></prop>{hrefs}</C:calendar-multiget>"
)

# How servers say that they do not know a token, or the report at all; a few do so with a plain 500.
_REFUSED = frozenset({400, 403, 405, 409, 410, 412, 415, 418, 422, 500, 501})
_GONE = frozenset({404, 410})
_TRUNCATED = 507


@dataclass(frozen=True, slots=True)
class Fetched:
    """One calendar object as the server gives it; its bytes are never shown."""

    href: str
    etag: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Changes:
    """
    What to write down together: objects to keep, objects to forget, and the token that stands for having done so.

    `unread` were listed but not handed out, so nobody knows whether they are busy. `whole` tells that the listing was
    of everything, so that `gone` does not rest on the server's memory. `token` is None where the server has none.
    """

    fetched: tuple[Fetched, ...]
    gone: tuple[str, ...]
    unread: tuple[str, ...]
    token: str | None
    whole: bool


@dataclass(slots=True)
class _Listing:
    """What a server told of its objects so far: by key, the href as it wrote it and the ETag."""

    whole: bool
    token: str | None = None
    found: dict[str, tuple[str, str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)

    def add(self, entry: Entry, *, collection: str) -> None:
        key = find_key(entry.href)
        if key.endswith("/") or key.rstrip("/") == collection.rstrip("/"):
            return
        if entry.status in _GONE:
            self.gone.add(key)
            self.found.pop(key, None)
        elif f"{DAV}getetag" in entry.props:
            self.gone.discard(key)
            self.found[key] = (entry.href, entry.text(f"{DAV}getetag"))


async def read_changes(
    caldav: CalDav, url: str, *, known: Mapping[str, str], token: str | None, sync_collection: bool = True
) -> Changes:
    """
    Return how the calendar at `url` differs from `known`, which maps hrefs to ETags.

    Without a `token` everything is listed and compared, which is also how to reconcile with servers that forget
    deletions. Raises an `IntegrationError`; nothing is half-told.
    """
    listing = await _list(caldav, url, token=token, sync_collection=sync_collection)
    changed = {key: href for key, (href, etag) in listing.found.items() if known.get(key) != etag}
    fetched, lost = await _fetch_all(caldav, url, changed=changed, listing=listing)
    gone = known.keys() - listing.found.keys() if listing.whole else listing.gone
    return Changes(
        fetched=tuple(fetched.values()),
        gone=tuple(sorted((gone | lost) & known.keys())),
        unread=tuple(sorted(changed.keys() - fetched.keys() - lost)),
        token=listing.token,
        whole=listing.whole,
    )


async def _list(caldav: CalDav, url: str, *, token: str | None, sync_collection: bool) -> _Listing:
    """List what changed since `token`; where the server refuses, everything; where it refuses that, by PROPFIND."""
    for start in dict.fromkeys((token or "", "")) if sync_collection else ():
        try:
            return await _list_since(caldav, url, token=start)
        except TokenRefused:
            continue
    listing = _Listing(whole=True)
    answer = await caldav.ask("PROPFIND", url, body=_LIST, depth=1)
    for entry in answer.entries:
        listing.add(entry, collection=find_key(url))
    return listing


async def _list_since(caldav: CalDav, url: str, *, token: str) -> _Listing:
    """
    List what changed since `token`, page by page; an empty one stands for the beginning.

    Raises `TokenRefused` where the server does, and where a page brings no new token: asking on would never end.
    """
    listing = _Listing(whole=not token)
    for _ in range(MOST_PAGES):
        page = await _report_changes(caldav, url, token=token)
        here = find_key(url)
        for entry in page.entries:
            listing.add(entry, collection=here)
        if len(listing.found) > MOST_OBJECTS:
            raise TooLarge
        truncated = any(entry.status == _TRUNCATED for entry in page.entries)
        if page.token is None or (truncated and page.token == token):
            raise TokenRefused
        listing.token = token = page.token
        if not truncated:
            return listing
    raise TooLarge


async def _report_changes(caldav: CalDav, url: str, *, token: str) -> Multistatus:
    body = _SYNC.format(token=escape(token)).encode()
    answer = await caldav.call("REPORT", url, body=body, headers=xml_headers(0))
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:  # may be a bad moment rather than a bad token
        answer = await caldav.call("REPORT", url, body=body, headers=xml_headers(0))
    if answer.status_code in _REFUSED:
        raise TokenRefused
    return read_answer(answer)


async def _fetch_all(
    caldav: CalDav, url: str, *, changed: Mapping[str, str], listing: _Listing
) -> tuple[dict[str, Fetched], set[str]]:
    """Fetch the objects at the hrefs in `changed`, by key; return them, and the keys of those gone meanwhile."""
    fetched: dict[str, Fetched] = {}
    gone: set[str] = set()
    hrefs = list(changed.values())
    size = 0
    for start in range(0, len(hrefs), BATCH):
        for entry in await _fetch(caldav, url, hrefs=hrefs[start : start + BATCH]):
            key = find_key(entry.href)
            if entry.status in _GONE:
                gone.add(key)
            elif key in changed and (data := _read_data(entry)):
                fetched[key] = Fetched(key, entry.text(f"{DAV}getetag") or listing.found[key][1], data)
                size += len(data)
        if size > MOST_BYTES:
            raise TooLarge
    return fetched, gone


async def _fetch(caldav: CalDav, url: str, *, hrefs: Sequence[str]) -> tuple[Entry, ...]:
    """
    Ask for the objects at `hrefs`.

    An object that makes the whole answer unreadable or too large is looked for by halves, and left out alone.
    """
    body = _MULTIGET.format(hrefs="".join(f"<href>{escape(href)}</href>" for href in hrefs))
    try:
        return (await caldav.ask("REPORT", url, body=body)).entries
    except (NotCalDav, TooLarge):
        if len(hrefs) == 1:
            return ()
    middle = len(hrefs) // 2
    first = await _fetch(caldav, url, hrefs=hrefs[:middle])
    return first + await _fetch(caldav, url, hrefs=hrefs[middle:])


def _read_data(entry: Entry) -> bytes:
    """Return the object's bytes; XML has made every line end a single newline."""
    return entry.text(f"{CALDAV}calendar-data").encode()
