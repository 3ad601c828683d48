"""
One partner's entry for a date, brought to what the date is now, over CalDAV.

It looks before it writes and writes only under a condition, so doing it twice, late, or from two workers at once ends
in the same entry. A write whose answer was lost finds its own object again; what the person changed in their entry is
kept; what they removed is never written again.
"""

from dataclasses import replace

from integrations.caldav.client import CalDav
from integrations.caldav.objects import read, remove, write
from integrations.caldav.sync import Fetched
from integrations.errors import Conflict, NotThere
from integrations.ical.invite import Entry as Object
from integrations.ical.invite import merge_entry, read_entry, write_entry
from service.store.dates import Entry, EntryState


async def bring(caldav: CalDav, url: str, *, entry: Entry, wanted: Object, is_live: bool) -> Entry:
    """
    Return what is known of the entry at `url` afterwards; `is_live` is False for a date that was called off.

    Raises an `IntegrationError`; then trying again later is safe, whatever was done until then.
    """
    if not is_live:
        await _withdraw(caldav, url, etag=entry.etag)
        return replace(entry, state=EntryState.WITHDRAWN, etag=None, applied=wanted.sequence)
    if entry.state is EntryState.REMOVED:
        return replace(entry, applied=wanted.sequence)
    try:
        etag = await _write(caldav, url, wanted=wanted, is_new=entry.applied is None)
    except NotThere:
        if entry.applied is None:
            raise  # nothing of ours was ever there: it is the calendar that is gone
        return replace(entry, state=EntryState.REMOVED, etag=None, applied=wanted.sequence)
    return replace(entry, state=EntryState.OPEN, etag=etag, applied=wanted.sequence)


async def _write(caldav: CalDav, url: str, *, wanted: Object, is_new: bool) -> str | None:
    # even a new one is looked for: an earlier write of ours may be there whose answer was lost, and its owner may have
    # changed it since; not every server heeds If-None-Match
    theirs = await _find(caldav, url)
    if theirs is None and is_new:
        try:
            return await write(caldav, url, data=write_entry(wanted), etag=None)
        except Conflict:
            theirs = await _find(caldav, url)
    if theirs is None:
        raise NotThere
    seen = read_entry(theirs.data, zone=wanted.zone)
    if (seen.start, seen.end, seen.status) == (wanted.start, wanted.end, wanted.status):
        return theirs.etag
    return await write(caldav, url, data=merge_entry(theirs.data, wanted), etag=theirs.etag)


async def _withdraw(caldav: CalDav, url: str, *, etag: str | None) -> None:
    try:
        await remove(caldav, url, etag=etag)
    except Conflict:
        if theirs := await _find(caldav, url):
            await remove(caldav, url, etag=theirs.etag)


async def _find(caldav: CalDav, url: str) -> Fetched | None:
    try:
        return await read(caldav, url)
    except NotThere:
        return None
