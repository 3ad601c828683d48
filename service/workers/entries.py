"""
One partner's entry for a date, brought to what the date is now, over CalDAV.

Writes are conditional. A write whose answer was lost finds its own object again and adopts it; what the person changed
in their entry is kept; what they removed is never written again.
"""

from dataclasses import replace

from integrations.caldav.client import CalDav
from integrations.caldav.objects import read, remove, write
from integrations.errors import Conflict, NotThere
from integrations.ical.invite import Entry as Object
from integrations.ical.invite import merge_entry, write_entry
from service.store.dates import Entry, EntryState


async def bring(caldav: CalDav, url: str, *, entry: Entry, wanted: Object, is_live: bool) -> Entry:
    """
    Return what is known of the entry at `url` afterwards; `is_live` is False for a date that was called off.

    Raises an `IntegrationError`; then trying again later is safe, whatever was done until then.
    """
    if entry.state is not EntryState.OPEN:
        return entry
    if not is_live:
        await _withdraw(caldav, url, etag=entry.etag)
        return replace(entry, state=EntryState.WITHDRAWN, etag=None, applied=wanted.sequence)
    if entry.applied is not None and entry.applied >= wanted.sequence:
        return entry
    try:
        if entry.applied is None:
            etag = await _create(caldav, url, wanted=wanted)
        else:
            etag = await _update(caldav, url, etag=entry.etag, wanted=wanted)
    except NotThere:
        return replace(entry, state=EntryState.REMOVED, etag=None, applied=wanted.sequence)
    return replace(entry, etag=etag, applied=wanted.sequence)


async def _create(caldav: CalDav, url: str, *, wanted: Object) -> str | None:
    try:
        return await write(caldav, url, data=write_entry(wanted), etag=None)
    except Conflict:
        # the name is ours alone, so what is there is an earlier write of ours whose answer was lost
        return await _merge(caldav, url, wanted=wanted)


async def _update(caldav: CalDav, url: str, *, etag: str | None, wanted: Object) -> str | None:
    if etag is None:
        return await _merge(caldav, url, wanted=wanted)
    try:
        return await write(caldav, url, data=write_entry(wanted), etag=etag)
    except Conflict:
        return await _merge(caldav, url, wanted=wanted)


async def _merge(caldav: CalDav, url: str, *, wanted: Object) -> str | None:
    theirs = await read(caldav, url)
    return await write(caldav, url, data=merge_entry(theirs.data, wanted), etag=theirs.etag)


async def _withdraw(caldav: CalDav, url: str, *, etag: str | None) -> None:
    try:
        await remove(caldav, url, etag=etag)
    except Conflict:
        try:
            theirs = await read(caldav, url)
        except NotThere:
            return
        await remove(caldav, url, etag=theirs.etag)
