"""
Many couples at once, on PostgreSQL, all alike, so that the database makes them by itself, in seconds.

Each partner has a calendar with four weeks of entries; of each couple the one whose hour it is has a reminder due.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import md5

from sqlalchemy import text

from service.core.reminders import Rota
from service.core.spans import sort_spans
from service.store.engine import Database

DUE = datetime(2026, 12, 1, 17, 40, tzinfo=UTC)
"""A Tuesday, 18:40 in Berlin, when two cues meet."""

_COUPLES = """
INSERT INTO couples (id, windows, shortest_minutes, has, children, helper_hours, version, created_at)
SELECT md5('couple' || n), '[{"hours": "18:00-22:30", "days": "mon,tue,wed,thu,fri,sat,sun"}]', 45, '[]', false,
    '[]', 1, :now
FROM generate_series(1, :couples) n
"""
_PARTNERS = """
INSERT INTO partners (id, couple_id, name, address, zone, language, entry_title, prefers_email, keeps_calendar,
    minutes_before, minutes_after, away, version, created_at)
SELECT md5('partner' || n), md5('couple' || (n + 1) / 2), 'Partner', 'partner' || n || '@example.org', 'Europe/Berlin',
    'en', 'idea', false, true, 0, 0, '[]', 1, :now
FROM generate_series(1, 2 * :couples) n
"""
_CALENDARS = """
INSERT INTO calendars (id, partner_id, kind, role, account, collection_digest, writable, receives_dates, tentative,
    unanswered, all_day, version, edition, read_edition, attempts, unreadable, objects_listed, objects_read, synced_at,
    created_at)
SELECT md5('calendar' || n), md5('partner' || n), 'caldav', 'busy', '', sha256(('calendar' || n)::bytea), true, true,
    'busy', 'busy', 'busy', 1, 1, 1, 0, 0, 0, 0, :now, :now
FROM generate_series(1, 2 * :couples) n
"""
_TIMELINES = """
INSERT INTO timelines (calendar_id, busy, soft, every_busy, every_soft)
SELECT md5('calendar' || n), :spans, '', :spans, '' FROM generate_series(1, 2 * :couples) n
"""
_WISHES = """
INSERT INTO gesture_wishes (partner_id, per_week, channels, quiet, delivery, later_named, version, next_due_at)
SELECT whose, 3, '["acts", "gift", "time", "touch", "words"]', '22:30-07:00', 'mail', false, 1, :now
FROM unnest(CAST(:whose AS varchar[])) whose
"""
_COUNTS = """
SELECT count(*) AS parcels, count(DISTINCT partner_id) AS partners,
    (SELECT count(*) FROM gesture_wishes WHERE next_due_at <= :now) AS due,
    (SELECT count(*) FROM gesture_wishes WHERE last_at = :now) AS moved
FROM outbox WHERE kind = 'gesture'
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Reminders that were left, to how many partners; schedules still due, and moved on."""

    parcels: int
    partners: int
    due: int
    moved: int


async def add_crowd(database: Database, *, couples: int) -> None:
    """Add couples, one partner of each with a reminder that is due at `DUE`."""
    office = [DUE.replace(hour=8, minute=0) + day * timedelta(days=1) for day in range(28)]
    spans = sort_spans((int(each.timestamp()), int(each.timestamp()) + 8 * 3600) for each in office).pack()
    whose = [_whose_hour(number) for number in range(1, couples + 1)]
    async with database.write() as tx:
        for statement in (_COUPLES, _PARTNERS, _CALENDARS, _TIMELINES, _WISHES):
            words = {"couples": couples, "now": DUE, "spans": spans, "whose": whose}
            await tx.execute(text(statement), {key: word for key, word in words.items() if f":{key}" in statement})
    async with database.write() as tx:
        await tx.execute(text("ANALYZE"))


def _whose_hour(number: int) -> str:
    """Return the id of the partner of that couple whose hour `DUE` is in."""
    both = sorted(_md5(f"partner{each}") for each in (2 * number - 1, 2 * number))
    return both[not Rota(_md5(f"couple{number}"), is_second=False).is_mine(int(DUE.timestamp()) // 3600)]


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


async def count_reminders(database: Database) -> Counts:
    async with database.read() as tx:
        row = (await tx.execute(text(_COUNTS), {"now": DUE})).one()
    return Counts(row.parcels, row.partners, row.due, row.moved)
