"""
One partner's entry for a date, brought to what the date is now, over CalDAV.

It looks before it writes and writes only under a condition, so doing it twice, late, or from two workers at once ends
in the same entry. A write whose answer was lost finds its own object again; what the person changed in their entry is
kept, and a time they moved it to is heard instead of written over; what they removed is never written again.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from integrations.caldav.client import CalDav
from integrations.caldav.objects import read, remove, write
from integrations.caldav.sync import Fetched
from integrations.errors import Conflict, NotThere
from integrations.ical.invite import Entry as Object
from integrations.ical.invite import Seen as ReadBack
from integrations.ical.invite import Status as ObjectStatus
from integrations.ical.invite import is_to_fill_in, merge_entry, read_entry, write_entry
from service.core.dates import Date, Status
from service.core.echoes import Heard, Seen, hear
from service.store.entries import Entry, EntryState


@dataclass(frozen=True, slots=True)
class Brought:
    """What is known of an entry afterwards, and what its owner said with it, for which it was left alone."""

    entry: Entry
    heard: Heard | None = None


async def bring(caldav: CalDav, url: str, *, entry: Entry, date: Date, wanted: Object, now: datetime) -> Brought:
    """
    Bring the entry at `url` to what `date` is, as `wanted` has it, or hear what its owner says with it.

    Raises an `IntegrationError`; then trying again later is safe, whatever was done until then.
    """
    if date.status is Status.CANCELLED:
        await _withdraw(caldav, url, etag=entry.etag)
        return Brought(replace(entry, state=EntryState.WITHDRAWN, etag=None, applied=wanted.sequence))
    if entry.state is EntryState.REMOVED:
        return Brought(entry)
    try:
        written = await _write(caldav, url, entry=entry, date=date, wanted=wanted)
    except NotThere:
        if entry.applied is None:
            raise  # nothing of ours was ever there: it is the calendar that is gone
        # what was last written stays known: its owner may bring it back as it was
        return Brought(replace(entry, state=EntryState.REMOVED, etag=None, missing_at=entry.missing_at or now))
    if not isinstance(written, _Written):
        return Brought(entry, heard=written)
    return Brought(replace(entry, state=EntryState.OPEN, etag=written.etag, applied=wanted.sequence))


@dataclass(frozen=True, slots=True)
class _Written:
    etag: str | None


async def _write(caldav: CalDav, url: str, *, entry: Entry, date: Date, wanted: Object) -> _Written | Heard:
    # even a new one is looked for: an earlier write of ours may be there whose answer was lost, and its owner may have
    # changed it since; not every server heeds If-None-Match
    theirs = await _find(caldav, url)
    if theirs is None and entry.applied is None:
        try:
            return _Written(await write(caldav, url, data=write_entry(wanted), etag=None))
        except Conflict:
            theirs = await _find(caldav, url)
    if theirs is None:
        raise NotThere
    seen = read_entry(theirs.data, zone=wanted.zone)
    if heard := hear(date, applied=entry.applied, seen=as_seen(seen)):
        return heard
    same = (seen.start, seen.end, seen.status) == (wanted.start, wanted.end, wanted.status)
    if same and seen.sequence >= wanted.sequence and not is_to_fill_in(theirs.data, wanted):
        return _Written(theirs.etag)
    return _Written(await write(caldav, url, data=merge_entry(theirs.data, wanted), etag=theirs.etag))


def as_seen(read: ReadBack) -> Seen:
    """Return what the codec read of an entry of ours as the core hears it."""
    return Seen(read.start, read.end, is_cancelled=read.status is ObjectStatus.CANCELLED)


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
