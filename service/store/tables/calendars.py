"""Calendars, what is kept of the objects in them, and consents that are under way."""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from service.store.tables.columns import lease, metadata, moment, new_id, of

calendars = Table(
    "calendars",
    metadata,
    new_id(),
    of("partners"),
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
    moment("synced_at", nullable=True),
    moment("compared_at", nullable=True),
    moment("emptied_at", nullable=True),
    moment("failing_since", nullable=True),
    moment("told_at", nullable=True),
    moment("first_until", nullable=True),
    moment("next_sync_at", nullable=True),
    moment("horizon_end", nullable=True),
    *lease(),
    moment("created_at"),
    UniqueConstraint("partner_id", "collection_digest"),
    Index(None, "next_sync_at"),
)

# an authorization request that is under way: `state_digest` finds it, `verifier` is the sealed half of PKCE
consents = Table(
    "consents",
    metadata,
    new_id(),
    of("partners"),
    Column("provider", String(32), nullable=False),
    Column("state_digest", LargeBinary(32), nullable=False),
    Column("verifier", LargeBinary, nullable=False),
    moment("expires_at"),
    UniqueConstraint("state_digest"),
)

objects = Table(
    "objects",
    metadata,
    of("calendars", primary_key=True),
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
    of("calendars", primary_key=True),
    Column("busy", LargeBinary, nullable=False),
    Column("soft", LargeBinary, nullable=False),
    Column("every_busy", LargeBinary, nullable=False),
    Column("every_soft", LargeBinary, nullable=False),
)
