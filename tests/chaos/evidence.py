"""What there is to see when all is quiet: in PostgreSQL, over CalDAV at Radicale, and in the mail server's file."""

from collections.abc import Iterable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from integrations.ical.invite import read_entry
from service.core.dates import STATUS_OF, Stage
from tests.chaos.sink import read_mails
from tests.chaos.verdict import Date, Entry, Evidence, Kept, Mail
from tests.servers import CalendarServer

_DATES = "SELECT id, stage, sequence, starts_at, ends_at FROM dates"
_SET_BACK = """
    UPDATE outbox SET due_at = due_at - interval '1 hour', leased_until = leased_until - interval '1 hour'
    WHERE state = 'waiting' AND (%s OR leased_until IS NULL)
"""
_ENTRIES = """
    SELECT entries.date_id, partners.address, entries.channel, entries.uid
    FROM entries JOIN partners ON partners.id = entries.partner_id
"""


def gather(database: str, *, calendars: CalendarServer, storage: Path, mails: Path) -> Evidence:
    """Read everything; `storage` is Radicale's folder, which tells of collections that nobody should have made."""
    with open_database(database) as connection:
        dates = [Date(key, STATUS_OF[Stage(stage)], *rest) for key, stage, *rest in connection.execute(_DATES)]
        entries = [Entry(*row) for row in connection.execute(_ENTRIES)]
    return Evidence(
        dates={date.id: date for date in dates},
        entries=entries,
        objects=list(_read_calendars(calendars, storage=storage)),
        mails=[_read_mail(recipient, content) for (recipient,), content in read_mails(mails)],
    )


def open_database(url: str) -> psycopg.Connection:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True, options="-c timezone=utc")


def count_parcels(url: str, *, state: str) -> int:
    with open_database(url) as connection:
        row = connection.execute("SELECT count(*) FROM outbox WHERE state = %s", [state]).fetchone()
    return int(row[0]) if row else 0


def set_back(url: str, *, leased: bool = True) -> None:
    """Let an hour pass for the parcels that wait, with the leases on them or only for those that nobody has."""
    with open_database(url) as connection:
        connection.execute(_SET_BACK, [leased])


def _read_calendars(server: CalendarServer, *, storage: Path) -> Iterable[Kept]:
    for folder in sorted(storage.glob("collections/collection-root/*/*/")):
        account, collection = folder.parent.name, folder.name
        if collection.startswith("."):
            continue
        for text in server.list_objects(f"{server.url}{account}/{collection}/", user=account):
            seen = read_entry(text.encode())
            yield Kept(account, collection, seen.uid, seen.sequence, seen.status.value, seen.start, seen.end)


def _read_mail(recipient: str, content: bytes) -> Mail:
    message = message_from_bytes(content, _class=EmailMessage, policy=policy.default)
    message_id = str(message["Message-ID"])
    part = next((each for each in message.walk() if each.get_content_type() == "text/calendar"), None)
    if part is None:
        return Mail(recipient, message_id)
    seen = read_entry(part.get_content().encode())
    method = str(part.get_param("method")).upper()
    return Mail(recipient, message_id, seen.uid, method, seen.sequence, seen.start, seen.end)
