"""Couples, partners, and their ways in."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from service.store.tables.columns import metadata, moment, new_id, of

couples = Table(
    "couples",
    metadata,
    new_id(),
    Column("windows", JSON, nullable=False),
    Column("shortest_minutes", Integer, nullable=False),
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
    Column("entry_title", String(16), nullable=False),
    Column("prefers_email", Boolean, nullable=False),
    Column("keeps_calendar", Boolean, nullable=False),
    Column("minutes_before", Integer, nullable=False),
    Column("minutes_after", Integer, nullable=False),
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
