"""Dates, how often they come, the answers to them, and each partner's entry for them."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from service.store.tables.columns import metadata, moment, new_id, of

dates = Table(
    "dates",
    metadata,
    new_id(),
    of("couples"),
    moment("starts_at"),
    moment("ends_at"),
    Column("idea_id", String(64)),
    Column("origin", String(8), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("timed", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    moment("answer_by"),
    moment("next_at", nullable=True),
    moment("created_at"),
    moment("changed_at"),
    Index(None, "couple_id", "starts_at"),
    Index(None, "next_at"),
)

# what the two agreed on about how often; `next_at` is when it is looked at again
rhythms = Table(
    "rhythms",
    metadata,
    of("couples", primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("about_days", Integer, nullable=False),
    Column("least_days", Integer, nullable=False),
    Column("most_days", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    moment("next_at", nullable=True),
    Index(None, "next_at"),
)

answers = Table(
    "answers",
    metadata,
    of("dates", primary_key=True),
    of("partners", primary_key=True),
    Column("partstat", String(16), nullable=False),
    Column("via", String(8)),
)

entries = Table(
    "entries",
    metadata,
    of("dates", primary_key=True),
    of("partners", primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("calendar_id", String(32), ForeignKey("calendars.id", ondelete="SET NULL")),
    Column("uid", String(254), nullable=False),
    Column("href", String),
    Column("etag", String),
    Column("applied", Integer),
    Column("state", String(16), nullable=False),
    moment("missing_at", nullable=True),
    UniqueConstraint("uid"),
    Index(None, "calendar_id"),
)

# that something of one partner's own came to lie on a date: when they were asked, and that they keep both
clashes = Table(
    "clashes",
    metadata,
    of("dates", primary_key=True),
    of("partners", primary_key=True),
    Column("kept", Boolean, nullable=False),
    moment("seen_at"),
    moment("told_at", nullable=True),
)
