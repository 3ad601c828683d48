"""
What the kinds of calendars have in common: first what changed, by name, then the objects that are wanted.

`SOURCES` is the table of the kinds. A name is an object's path in its collection, or the hash of a feed's UID; neither
names the person or their calendar.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from integrations.caldav.client import connect
from integrations.caldav.listing import Mark, list_changes
from integrations.caldav.multistatus import find_key
from integrations.caldav.sync import BATCH, Fetched, fetch, read_near
from integrations.feeds.reader import NO_VALIDATORS, Validators, read_feed
from integrations.http import GuardedClient
from integrations.ical.split import split
from service.actions.connect import account_of
from service.core.sync import Listed
from service.store.access import Access
from service.store.calendars import Calendar


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the wanted objects, by name; `unread` are listed but not handed out."""

    arrived: Mapping[str, Fetched]
    unread: frozenset[str] = frozenset()

    @property
    def size(self) -> int:
        return len(self.arrived) + len(self.unread)


@dataclass(frozen=True, slots=True)
class Look:
    """What a server told of a calendar, what to ask it with the next time, and the way to the objects by name."""

    listed: Listed
    token: str | None
    ctag: str | None
    fetch: Callable[[Sequence[str]], AsyncIterator[Part]]


async def look_at_collection(http: GuardedClient, access: Access, *, calendar: Calendar, anew: bool) -> Look:
    """Look at a CalDAV collection; `anew` compares all it holds. Raises an `IntegrationError`."""
    caldav = connect(http, account_of(access))
    listing = await list_changes(
        caldav,
        access.collection,
        mark=Mark(calendar.sync_token, calendar.ctag),
        sync_collection=access.sync_collection,
        anew=anew,
    )
    place = _place(access)
    keys = {_name(key, place=place): key for key in listing.etags}

    async def fetch_parts(names: Sequence[str]) -> AsyncIterator[Part]:
        wanted = [keys[name] for name in names]
        async for batch in fetch(caldav, access.collection, listing=listing, keys=wanted):
            yield Part(
                arrived={_name(each.href, place=place): each for each in batch.fetched},
                unread=frozenset(_name(key, place=place) for key in batch.unread),
            )

    listed = Listed(
        etags={name: listing.etags[key] for name, key in keys.items()},
        named={_name(key, place=place) for key in listing.named},
        gone={_name(key, place=place) for key in listing.gone},
        whole=listing.whole,
    )
    return Look(listed, listing.mark.token, listing.mark.ctag, fetch_parts)


async def look_at_feed(http: GuardedClient, access: Access, *, calendar: Calendar, anew: bool) -> Look:
    """Look at a published file, as a whole or not at all; its objects have no ETags but the hash of their bytes."""
    validators = NO_VALIDATORS if anew else Validators.unpack(calendar.sync_token)
    feed = await read_feed(http, access.collection, validators=validators)
    if feed is None:
        return Look(Listed(etags={}), calendar.sync_token, None, _fetch_nothing)
    pieces = await asyncio.to_thread(lambda: {each.name: each for each in split(feed.data)})
    etags = await asyncio.to_thread(lambda: {name: sha256(each.data).hexdigest() for name, each in pieces.items()})

    async def hand_out(names: Sequence[str]) -> AsyncIterator[Part]:
        for start in range(0, len(names), BATCH):
            some = names[start : start + BATCH]
            yield Part({name: Fetched(name, etags[name], pieces[name].data) for name in some})

    return Look(Listed(etags=etags, whole=True), feed.validators.pack(), None, hand_out)


async def read_first(http: GuardedClient, access: Access, *, start: datetime, end: datetime) -> Part:
    """Return the objects of a collection that matter between the two moments, before all of them are read."""
    place = _place(access)
    near = await read_near(connect(http, account_of(access)), access.collection, start=start, end=end)
    return Part({_name(each.href, place=place): each for each in near})


@dataclass(frozen=True, slots=True)
class Source:
    """How calendars of one kind are read; those that are read at a go have no `first`."""

    look: Callable[..., Awaitable[Look]]
    first: Callable[..., Awaitable[Part]] | None = None


SOURCES: Mapping[str, Source] = MappingProxyType(
    {
        "caldav": Source(look=look_at_collection, first=read_first),
        "ics": Source(look=look_at_feed),
    }
)


async def _fetch_nothing(_names: Sequence[str]) -> AsyncIterator[Part]:
    return
    yield  # an async iterator that is empty


def _place(access: Access) -> str:
    return find_key(access.collection).rstrip("/") + "/"


def _name(key: str, *, place: str) -> str:
    """Return an object's name in its collection; the path before it may name the person and the calendar."""
    return key.removeprefix(place) if key.startswith(place) else key.rpartition("/")[2]
