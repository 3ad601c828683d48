"""
The tables. Every time is a `UtcDateTime`; every row of a person hangs on their couple or themself and goes with them.

No column holds a title, place, attendee, description or name of anything in a calendar. What opens a calendar (address,
user name, password) is sealed by `service.store.vault`, bound to its row.
"""

from datetime import datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from service.store.moments import UtcDateTime as UtcDateTime  # handed on to whoever compares a column of ours

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(32), primary_key=True)


def _of(table: str, *, name: str | None = None, primary_key: bool = False, nullable: bool = False) -> Column[str]:
    return Column(
        name or f"{table.removesuffix('s')}_id",
        String(32),
        ForeignKey(f"{table}.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=nullable and not primary_key,
    )


def _moment(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, UtcDateTime, nullable=nullable)


def _lease() -> tuple[Column[str | None], Column[datetime]]:
    return Column("owner", String(32)), _moment("leased_until", nullable=True)


couples = Table(
    "couples",
    metadata,
    _id(),
    Column("windows", JSON, nullable=False),
    Column("shortest_minutes", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    _moment("created_at"),
)

partners = Table(
    "partners",
    metadata,
    _id(),
    _of("couples"),
    Column("name", String(80), nullable=False),
    Column("address", String(254), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("entry_title", String(16), nullable=False),
    Column("prefers_email", Boolean, nullable=False),
    Column("keeps_calendar", Boolean, nullable=False),
    Column("minutes_before", Integer, nullable=False),
    Column("minutes_after", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    _moment("created_at"),
    UniqueConstraint("address"),
    Index(None, "couple_id"),
)

invitations = Table(
    "invitations",
    metadata,
    _id(),
    _of("couples", nullable=True),
    _of("partners", nullable=True),
    Column("address", String(254), nullable=False),
    Column("secret_digest", LargeBinary(32), nullable=False),
    _moment("expires_at"),
    _moment("created_at"),
    UniqueConstraint("secret_digest"),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _of("partners"),
    Column("name", String(80), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_digest", LargeBinary(32), nullable=False),
    _moment("created_at"),
    UniqueConstraint("secret_digest"),
    Index(None, "partner_id"),
)

calendars = Table(
    "calendars",
    metadata,
    _id(),
    _of("partners"),
    Column("kind", String(8), nullable=False),
    Column("role", String(8), nullable=False),
    Column("account", LargeBinary, nullable=False),
    Column("collection_digest", LargeBinary(32), nullable=False),
    Column("writable", Boolean, nullable=False),
    Column("receives_dates", Boolean, nullable=False),
    Column("tentative", String(4), nullable=False),
    Column("unanswered", String(4), nullable=False),
    Column("all_day", String(4), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sync_token", String),
    Column("ctag", String),
    Column("edition", Integer, nullable=False),
    Column("read_edition", Integer, nullable=False),
    Column("problem", String(32)),
    Column("attempts", Integer, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("objects_listed", Integer, nullable=False),
    Column("objects_read", Integer, nullable=False),
    _moment("synced_at", nullable=True),
    _moment("compared_at", nullable=True),
    _moment("emptied_at", nullable=True),
    _moment("failing_since", nullable=True),
    _moment("told_at", nullable=True),
    _moment("first_until", nullable=True),
    _moment("next_sync_at", nullable=True),
    _moment("horizon_end", nullable=True),
    *_lease(),
    _moment("created_at"),
    UniqueConstraint("partner_id", "collection_digest"),
    Index(None, "next_sync_at"),
)

# an authorization request that is under way: `state_digest` finds it, `verifier` is the sealed half of PKCE
consents = Table(
    "consents",
    metadata,
    _id(),
    _of("partners"),
    Column("provider", String(32), nullable=False),
    Column("state_digest", LargeBinary(32), nullable=False),
    Column("verifier", LargeBinary, nullable=False),
    _moment("expires_at"),
    UniqueConstraint("state_digest"),
)

objects = Table(
    "objects",
    metadata,
    _of("calendars", primary_key=True),
    Column("name", String, primary_key=True),
    Column("etag", String, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("stripped", LargeBinary, nullable=False),
    Column("unreadable", Integer, nullable=False),
    Column("busy", LargeBinary, nullable=False),
    Column("soft", LargeBinary, nullable=False),
    sqlite_with_rowid=False,  # a row is found by its key only; with row ids that key would be kept twice
)
_unreadable = objects.c.unreadable > 0
Index(
    "ix_objects_unreadable",
    objects.c.calendar_id,
    objects.c.unreadable,
    sqlite_where=_unreadable,
    postgresql_where=_unreadable,
)

# beside the calendar, so that whoever reads a calendar's row does not carry its times along
timelines = Table(
    "timelines",
    metadata,
    _of("calendars", primary_key=True),
    Column("busy", LargeBinary, nullable=False),
    Column("soft", LargeBinary, nullable=False),
    Column("every_busy", LargeBinary, nullable=False),
    Column("every_soft", LargeBinary, nullable=False),
)

dates = Table(
    "dates",
    metadata,
    _id(),
    _of("couples"),
    _moment("starts_at"),
    _moment("ends_at"),
    Column("idea_id", String(64)),
    Column("status", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("timed", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    _moment("created_at"),
    _moment("changed_at"),
    Index(None, "couple_id", "starts_at"),
)

answers = Table(
    "answers",
    metadata,
    _of("dates", primary_key=True),
    _of("partners", primary_key=True),
    Column("partstat", String(16), nullable=False),
)

entries = Table(
    "entries",
    metadata,
    _of("dates", primary_key=True),
    _of("partners", primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("calendar_id", String(32), ForeignKey("calendars.id", ondelete="SET NULL")),
    Column("uid", String(254), nullable=False),
    Column("href", String),
    Column("etag", String),
    Column("applied", Integer),
    Column("state", String(8), nullable=False),
    UniqueConstraint("uid"),
    Index(None, "calendar_id"),
)

gesture_wishes = Table(
    "gesture_wishes",
    metadata,
    _of("partners", primary_key=True),
    Column("per_week", Integer, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("quiet", String(16)),
    Column("later_gesture_id", String(64)),
    Column("version", Integer, nullable=False),
    _moment("last_at", nullable=True),
    _moment("next_due_at", nullable=True),
    Index(None, "next_due_at"),
)

gesture_marks = Table(
    "gesture_marks",
    metadata,
    _of("partners", primary_key=True),
    Column("gesture_id", String(64), primary_key=True),
    Column("never", Boolean, nullable=False),
    _moment("latest_at", nullable=True),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _of("partners"),
    Column("kind", String(16), nullable=False),
    Column("date_id", String(32), ForeignKey("dates.id", ondelete="CASCADE")),
    Column("sequence", Integer),
    Column("detail", String(64)),
    Column("secret", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    _moment("due_at"),
    *_lease(),
    _moment("created_at"),
    Index(None, "state", "due_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    _of("partners", primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    _moment("created_at"),
)
