"""Couples, partners, and their ways in."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from service.store.tables.columns import metadata, moment, new_id, of

couples = Table(
    "couples",
    metadata,
    new_id(),
    Column("windows", JSON, nullable=False),
    Column("shortest_minutes", Integer, nullable=False),
    Column("has", JSON, nullable=False),
    Column("children", Boolean, nullable=False),
    Column("asleep_from", String(5)),
    Column("helper_hours", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    moment("created_at"),
)

partners = Table(
    "partners",
    metadata,
    new_id(),
    of("couples"),
    Column("name", String(80), nullable=False),
    Column("address", String(254), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("language", String(16), nullable=False),
    Column("entry_title", String(16), nullable=False),
    Column("prefers_email", Boolean, nullable=False),
    Column("keeps_calendar", Boolean, nullable=False),
    Column("minutes_before", Integer, nullable=False),
    Column("minutes_after", Integer, nullable=False),
    Column("away", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    moment("created_at"),
    UniqueConstraint("address"),
    Index(None, "couple_id"),
)

invitations = Table(
    "invitations",
    metadata,
    new_id(),
    of("couples", nullable=True),
    of("partners", nullable=True),
    Column("address", String(254), nullable=False),
    Column("secret_digest", LargeBinary(32), nullable=False),
    moment("expires_at"),
    moment("created_at"),
    UniqueConstraint("secret_digest"),
)

tokens = Table(
    "tokens",
    metadata,
    new_id(),
    of("partners"),
    Column("name", String(80), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("secret_digest", LargeBinary(32), nullable=False),
    moment("created_at"),
    UniqueConstraint("secret_digest"),
    Index(None, "partner_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    of("partners", primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("request_digest", LargeBinary(32), nullable=False),
    Column("status", Integer),
    Column("body", LargeBinary),
    moment("created_at"),
)

# what a partner said of an idea or a family of ideas, for nobody but themself
tastes = Table(
    "tastes",
    metadata,
    of("partners", primary_key=True),
    Column("subject", String(80), primary_key=True),
    Column("answer", String(16)),
    Column("before", String(16)),
    moment("said_at"),
)

taste_questions = Table(
    "taste_questions",
    metadata,
    of("partners", primary_key=True),
    of("dates", primary_key=True),
    moment("asked_at"),
)
