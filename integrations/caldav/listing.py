"""
Asks a server which objects of a calendar changed: hrefs and ETags only (RFC 6578; RFC 4918, section 9.1).

By sync token where the server has them, else by its ctag (a CalendarServer extension: one text that changes with the
calendar), and only where that moved by a list of all ETags. A token the server will not take any more costs such a
list, never a download of everything. Keys are percent-decoded paths.
"""

from dataclasses import dataclass, field
from functools import partial
from xml.sax.saxutils import escape

import httpx

from integrations.caldav.client import CalDav, go_over, read_answer, xml_headers
from integrations.caldav.multistatus import DAV, Entry, Multistatus, find_key
from integrations.errors import TokenRefused, TooLarge

MOST_OBJECTS = 50_000  # that are there or gone
MOST_PAGES = 1_000
ETAG = f"{DAV}getetag"

_CTAG = "{http://calendarserver.org/ns/}getctag"
_SYNC = (
    '<sync-collection xmlns="DAV:"><sync-token>{token}</sync-token><sync-level>1</sync-level>'
    "<prop><getetag/></prop></sync-collection>"
)
_LIST = '<propfind xmlns="DAV:" xmlns:S="http://calendarserver.org/ns/"><prop><getetag/><S:getctag/></prop></propfind>'
_ASK_CTAG = '<propfind xmlns="DAV:" xmlns:S="http://calendarserver.org/ns/"><prop><S:getctag/></prop></propfind>'

# How servers say that they do not know a token, or the report at all; a few do so with a plain 500.
_REFUSED = frozenset({400, 403, 405, 409, 410, 412, 415, 418, 422, 500, 501, 507})
_GONE = frozenset({404, 410})
_TRUNCATED = 507


@dataclass(frozen=True, slots=True)
class Mark:
    """What a server gave us to ask with the next time: a sync token, or the ctag of then where it has no tokens."""

    token: str | None = None
    ctag: str | None = None


@dataclass(slots=True)
class Listing:
    """
    What a server told of its objects: by key, the hrefs as it wrote them, and their ETags.

    It listed everything (`whole`), or what changed since the mark. What it `named` as changed has changed, whatever
    its ETag says. One that it listed without an ETag, or with an error, is there all the same: its ETag is empty, and
    only what is not found itself is `gone`. `mark` stands for having taken all this in.
    """

    whole: bool
    mark: Mark
    hrefs: dict[str, str] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    named: frozenset[str] = frozenset()
    gone: set[str] = field(default_factory=set)

    def add_all(self, answer: Multistatus, *, collection: str) -> bool:
        """Add what `answer` tells; returns whether the server cut it short (RFC 6578, section 3.6)."""
        truncated = False
        for entry in answer.entries:
            if entry.status == _TRUNCATED:
                truncated = True
            else:
                self._add(entry, collection=collection)
        return truncated

    def _add(self, entry: Entry, *, collection: str) -> None:
        key = find_key(entry.href)
        if is_collection(key, collection=collection):
            return
        if entry.status in _GONE:
            self.gone.add(key)
            self.hrefs.pop(key, None)
            self.etags.pop(key, None)
        else:
            self.gone.discard(key)
            self.hrefs[key] = entry.href
            self.etags[key] = entry.text(ETAG)
        if len(self.etags) + len(self.gone) > MOST_OBJECTS:
            raise TooLarge


def is_collection(key: str, *, collection: str) -> bool:
    """Tell whether `key` is that of `collection` itself, or of another one in it."""
    return key.endswith("/") or key.rstrip("/") == collection.rstrip("/")


async def list_changes(
    caldav: CalDav, url: str, *, mark: Mark, sync_collection: bool = True, anew: bool = False
) -> Listing:
    """
    List what changed since `mark`; everything where there is none, or where the server does not take it any more.

    `anew` lists everything besides, to find what the server forgot to tell. Raises an `IntegrationError`.
    """
    since = await _list_since(caldav, url, token=mark.token) if sync_collection and mark.token else None
    if since is not None and not anew:
        return since
    # whoever has given a ctag had no tokens when everything was last listed
    by_token = sync_collection and (anew or mark.ctag is None)
    listing = await _list_since(caldav, url, token="") if by_token else None
    if listing is None:
        listing = await _list_by_ctag(caldav, url, ctag=None if anew else mark.ctag)
    if since is not None:
        listing.named |= since.named
    return listing


async def _list_by_ctag(caldav: CalDav, url: str, *, ctag: str | None) -> Listing:
    """
    List everything by PROPFIND, unless the calendar's ctag is still the one that is known.

    Raises `TooLarge` where the server cuts the list short: what is not in it may be there.
    """
    now: str | None = None
    if ctag is not None:
        now = _read_ctag(await caldav.ask("PROPFIND", url, body=_ASK_CTAG, depth=0))
        if now == ctag:
            return Listing(whole=False, mark=Mark(ctag=ctag))
    answer = await caldav.ask("PROPFIND", url, body=_LIST, depth=1)
    # the ctag from before the list is the safe one: what changes in between moves it
    listing = Listing(whole=True, mark=Mark(ctag=now))

    def take_in() -> bool:
        listing.mark = Mark(ctag=now or _read_ctag(answer))
        return listing.add_all(answer, collection=find_key(url))

    if await go_over(take_in, size=answer.size):
        raise TooLarge
    return listing


def _read_ctag(answer: Multistatus) -> str | None:
    return next((text for entry in answer.entries if (text := entry.text(_CTAG))), None)


async def _list_since(caldav: CalDav, url: str, *, token: str) -> Listing | None:
    """
    List what changed since `token`, page by page; an empty one stands for the beginning.

    None where the server refuses, and where a page brings no new token: asking on would never end.
    """
    listing = Listing(whole=not token, mark=Mark(token))
    here = find_key(url)
    for _ in range(MOST_PAGES):
        try:
            page = await _report_changes(caldav, url, token=token)
        except TokenRefused:
            return None
        truncated = await go_over(partial(listing.add_all, page, collection=here), size=page.size)
        if page.token is None or (truncated and page.token == token):
            return None
        token = page.token
        if not truncated:
            listing.mark = Mark(token)
            listing.named = frozenset() if listing.whole else frozenset(listing.etags)
            return listing
    raise TooLarge


async def _report_changes(caldav: CalDav, url: str, *, token: str) -> Multistatus:
    body = _SYNC.format(token=escape(token)).encode()
    answer = await caldav.call("REPORT", url, body=body, headers=xml_headers(0))
    if answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR:  # may be a bad moment rather than a bad token
        answer = await caldav.call("REPORT", url, body=body, headers=xml_headers(0))
    if answer.status_code in _REFUSED:
        raise TokenRefused
    return await read_answer(answer)
