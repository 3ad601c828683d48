"""
What must be true of a life once it has come to rest, whatever happened in it: the invariants of `test_life`.

Calendars are read from their shelves and mails from the mail server, and both are held against the database.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from sqlalchemy import select

from integrations.ical.invite import Seen, Status, read_entry
from service.core.dates import Date, Stage
from service.core.invitations import Channel
from service.store import dates, tables
from service.store.couples import Partner
from service.store.entries import Entry, EntryState
from service.store.outbox import State
from tests.workers.lives import Life
from tests.workers.owners import SECRETS, holds

ONLY_TO_ONE = frozenset({"clash", "not_possible"})


@dataclass(frozen=True, slots=True)
class Mailed:
    """An invitation or its cancellation, as it arrived."""

    message_id: str
    recipient: str
    method: str
    seen: Seen


async def check(life: Life) -> None:
    """Raise `AssertionError` for whatever is not as it must be."""
    mailed = list(_read_mails(life))
    for date_id in life.date_ids:
        for partner in (life.home.ana, life.home.ben):
            date = await _find_date(life, partner, date_id)
            entry = await life.home.entry(partner, date_id)
            _check_entry(life, partner, date, entry)
            mine = [each for each in mailed if each.seen.uid == entry.uid]
            _check_channel(life, partner, entry, mine)
            _check_invitations(date, entry, mine)
    assert not [each.fallen for each in life.servers.values() if each.fallen], "SEQUENCE fell in a calendar"
    await _check_parcels(life)
    _check_secrets(life)


def _check_entry(life: Life, partner: Partner, date: Date, entry: Entry) -> None:
    """Check that the calendar which holds the date says what the database says, or nothing where it is dead."""
    standing = [
        (path, text)
        for path, server in life.servers.items()
        for text in server.shelf.objects.values()
        if f"UID:{entry.uid}\r\n" in text and (partner.name, path) in life.calendars
    ]
    assert len(standing) <= 1, "one entry stands twice"
    if entry.channel is not Channel.CALDAV or entry.calendar_id is None:
        return  # told otherwise; or its owner took the calendar away, and what stands there is theirs
    if date.stage is Stage.OVER or (date.time.end <= life.home.clock() and not date.is_open):
        return  # nobody looks at it any more
    if not date.is_open:
        assert not standing, f"a date that is {date.stage} stands in {standing[0][0]}"
        return
    # what a worker does not know to have written, and finds gone, it cannot know to have been removed
    was_lost = entry.uid in life.lost
    assert not was_lost or any(entry.uid in each.untold for each in life.servers.values()), (
        "removed, and the date stays"
    )
    assert standing, f"a date that is {date.stage} stands nowhere"
    ((path, text),) = standing
    assert life.calendars_by_id[entry.calendar_id] == path
    seen = read_entry(text.encode())
    assert (seen.start, seen.end) == (date.time.start, date.time.end), "the entry is at another time"
    assert seen.status == Status[date.status.name], "the entry is as it was before"
    assert seen.sequence >= date.sequence, "the entry is of an earlier revision"
    assert entry.state is EntryState.OPEN
    for what in () if was_lost else life.added.get(entry.uid, set()):
        assert holds(text, what), f"the {what} that its owner added is gone"


def _check_channel(life: Life, partner: Partner, entry: Entry, mine: Sequence[Mailed]) -> None:
    """Check that the partner got this date over one channel, and nobody else did."""
    written = any(entry.uid in server.written for server in life.servers.values())
    assert not written or entry.channel is Channel.CALDAV, "a calendar got what goes by mail"
    assert not mine or entry.channel is Channel.EMAIL, "a mail has an entry in it that goes elsewhere"
    assert {each.recipient for each in mine} <= {partner.address}, "an invitation went to somebody else"


def _check_invitations(date: Date, entry: Entry, mine: Sequence[Mailed]) -> None:
    if entry.channel is not Channel.EMAIL:
        return
    sequences = [each.seen.sequence for each in mine]
    assert sequences == sorted(sequences), f"SEQUENCE fell in mails: {sequences}"
    ids = {(each.method, each.seen.sequence, each.message_id) for each in mine}
    repeats = Counter((method, sequence) for method, sequence, _ in ids)
    assert set(repeats.values()) <= {1}, "one revision went out under two ids"
    if date.stage in {Stage.CALLED_OFF, Stage.LAPSED}:
        assert not mine or mine[-1].method == "CANCEL", "an invitation to a dead date was not taken back"
        return
    assert mine, "nobody was invited"
    last = mine[-1]
    assert last.method == "REQUEST"
    assert (last.seen.start, last.seen.end) == (date.time.start, date.time.end), "the invitation is to another time"


async def _check_parcels(life: Life) -> None:
    """Check that everything went out, once, and to whom it is for."""
    async with life.home.house.database.read() as tx:
        rows = {row.id: row for row in await tx.execute(select(tables.outbox))}
    states = Counter((row.state, row.kind) for row in rows.values())
    assert {state for state, _ in states} <= {State.DONE}, f"not delivered: {states}"
    addresses = {each.id: each.address for each in (life.home.ana, life.home.ben)}
    told = set()
    for received in life.sink.received:
        row = rows[_id_of(received.message)]
        assert received.recipients == (addresses[row.partner_id],)
        told.add(row.id)
        if row.detail == "clash":
            assert row.partner_id in life.busy, "somebody was told of what lies in the other's calendar"
        if row.detail == "not_possible":
            assert (row.partner_id, row.date_id) in life.dragged, "somebody was told of what the other tried"
    said = Counter(
        (row.partner_id, row.kind, row.date_id, row.sequence, row.detail)
        for row in (rows[each] for each in told)
        if row.date_id is not None and row.detail not in ONLY_TO_ONE
    )
    assert set(said.values()) <= {1}, f"said twice: {said.most_common(1)}"


def _check_secrets(life: Life) -> None:
    """Check that nothing of a person's own is anywhere but in their calendar."""
    assert not any(SECRETS in each.message.as_string() for each in life.sink.received), "a mail tells a secret"
    assert not any(SECRETS in line for line in life.log_lines), "a log tells a secret"
    for path in life.folder.iterdir():
        assert SECRETS.encode() not in path.read_bytes(), f"{path.name} tells a secret"


def _read_mails(life: Life) -> Iterator[Mailed]:
    for received in life.sink.received:
        parts = [part for part in received.message.walk() if part.get_content_type() == "text/calendar"]
        if parts:
            seen = read_entry(bytes(parts[0].get_payload(decode=True)))
            method = str(parts[0].get_param("method"))
            yield Mailed(_id_of(received.message), received.recipients[0], method, seen)


def _id_of(message: EmailMessage) -> str:
    return str(message["Message-ID"]).strip("<>").partition("@")[0]


async def _find_date(life: Life, partner: Partner, date_id: str) -> Date:
    async with life.home.house.database.read() as tx:
        return (await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)).date
