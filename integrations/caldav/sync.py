"""
Reads the objects of one calendar that changed, at a cost proportional to the change (RFC 4791, sections 7.8 and 7.9).

What changed is listed first (`integrations.caldav.listing`); then come, 100 at a time, the objects that are wanted.
Keys are percent-decoded paths, times are in UTC.
"""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

import httpx

from integrations.caldav.client import CalDav, go_over
from integrations.caldav.listing import ETAG, Listing, Mark, is_collection, list_changes
from integrations.caldav.multistatus import CALDAV, Entry, Multistatus, find_key
from integrations.errors import NotCalDav, TooLarge

BATCH = 100  # objects
MOST_BYTES = 128 * 1024 * 1024  # of all objects fetched in one sync

_MULTIGET = (
    '<C:calendar-multiget xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    "<prop><getetag/><C:calendar-data/></prop>{hrefs}</C:calendar-multiget>"
)
# iCloud answers nothing without a filter for VEVENT
_QUERY = (
    '<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    '<prop><getetag/><C:calendar-data/></prop><C:filter><C:comp-filter name="VCALENDAR">'
    '<C:comp-filter name="VEVENT"><C:time-range start="{start:%Y%m%dT%H%M%SZ}" end="{end:%Y%m%dT%H%M%SZ}"/>'
    "</C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"
)
_DATA = f"{CALDAV}calendar-data"
_KEPT = "/%:@!$()*+,;=~?"  # as it is in an href; what else a server wrote into one bare, some do not take back so


@dataclass(frozen=True, slots=True)
class Fetched:
    """One calendar object as the server gives it; its bytes are never shown."""

    href: str
    etag: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """
    Some of the wanted objects: those that came, and the keys of those that are `unread`.

    Those are listed but not handed out, so nobody knows whether they are busy. A 404 says no more than that: some
    servers do not find what they have listed, and of what went away meanwhile the next listing will tell.
    """

    fetched: tuple[Fetched, ...]
    unread: frozenset[str]


@dataclass(frozen=True, slots=True)
class Changes:
    """
    How a calendar differs from what was known: objects to keep, keys to forget, and the token that stands for both.

    `unread` is as in `Batch`. `whole` tells that everything was listed, so that `gone` does not rest on the server's
    memory. `token` is None where the server has none.
    """

    fetched: tuple[Fetched, ...]
    gone: tuple[str, ...]
    unread: tuple[str, ...]
    token: str | None
    whole: bool


async def read_changes(
    caldav: CalDav, url: str, *, known: Mapping[str, str], token: str | None, sync_collection: bool = True
) -> Changes:
    """
    Return at once how the calendar at `url` differs from `known`, which maps hrefs to ETags.

    Without a `token` everything is listed and compared. Raises an `IntegrationError`; nothing is half-told.
    """
    listing = await list_changes(caldav, url, mark=Mark(token), sync_collection=sync_collection)
    wanted = [key for key, etag in listing.etags.items() if key in listing.named or known.get(key) != etag]
    batches = [batch async for batch in fetch(caldav, url, listing=listing, keys=wanted)]
    gone = known.keys() - listing.etags.keys() if listing.whole else listing.gone
    return Changes(
        fetched=tuple(each for batch in batches for each in batch.fetched),
        gone=tuple(sorted(gone & known.keys())),
        unread=tuple(sorted(key for batch in batches for key in batch.unread)),
        token=listing.mark.token,
        whole=listing.whole,
    )


async def fetch(caldav: CalDav, url: str, *, listing: Listing, keys: Sequence[str]) -> AsyncIterator[Batch]:
    """Fetch the objects under `keys`, which are in the listing, batch by batch; raises an `IntegrationError`."""
    size = 0
    for start in range(0, len(keys), BATCH):
        wanted = keys[start : start + BATCH]
        batch = await _fetch_batch(caldav, url, listing=listing, keys=wanted)
        size += sum(len(each.data) for each in batch.fetched)
        if size > MOST_BYTES:
            raise TooLarge
        yield batch


async def read_near(caldav: CalDav, url: str, *, start: datetime, end: datetime) -> tuple[Fetched, ...]:
    """
    Return the objects that the server finds between the two moments: a first answer, before all are read.

    Raises `NotCalDav` where it cuts them short or hands out one without its data: who is busy then is not known.
    """
    answer = await caldav.ask("REPORT", url, body=_QUERY.format(start=start, end=end), depth=1)
    return await go_over(lambda: tuple(_read_found(answer, collection=find_key(url))), size=answer.size)


def _read_found(answer: Multistatus, *, collection: str) -> Iterator[Fetched]:
    for entry in answer.entries:
        key, data = find_key(entry.href), _read_data(entry)
        if data:
            yield Fetched(key, entry.text(ETAG), data)
        elif httpx.codes.is_error(entry.status) or not is_collection(key, collection=collection):
            raise NotCalDav


async def _fetch_batch(caldav: CalDav, url: str, *, listing: Listing, keys: Sequence[str]) -> Batch:
    wanted = frozenset(keys)
    fetched: dict[str, Fetched] = {}
    for entry in await _ask_for(caldav, url, hrefs=[listing.hrefs[key] for key in keys]):
        key = find_key(entry.href)
        if key in wanted and (data := _read_data(entry)):
            fetched[key] = Fetched(key, entry.text(ETAG) or listing.etags[key], data)
    return Batch(tuple(fetched.values()), wanted - fetched.keys())


async def _ask_for(caldav: CalDav, url: str, *, hrefs: Sequence[str]) -> tuple[Entry, ...]:
    """
    Ask for the objects at `hrefs`.

    An object that makes the whole answer unreadable or too large is looked for by halves, and left out alone.
    """
    body = _MULTIGET.format(hrefs="".join(f"<href>{quote(href, safe=_KEPT)}</href>" for href in hrefs))
    try:
        return tuple((await caldav.ask("REPORT", url, body=body)).entries)
    except (NotCalDav, TooLarge):
        if len(hrefs) == 1:
            return ()
    middle = len(hrefs) // 2
    first = await _ask_for(caldav, url, hrefs=hrefs[:middle])
    return first + await _ask_for(caldav, url, hrefs=hrefs[middle:])


def _read_data(entry: Entry) -> bytes:
    """Return the object's bytes; XML has made every line end a single newline."""
    return entry.text(_DATA).encode()
