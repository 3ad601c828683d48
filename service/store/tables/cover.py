"""Helpers who mind the children, how each date is covered, and who was asked for it."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from service.store.tables.columns import metadata, moment, new_id, of

helpers = Table(
    "helpers",
    metadata,
    new_id(),
    of("couples"),
    Column("name", String(80), nullable=False),
    Column("address", String(254)),
    Column("place", String(80)),
    Column("rank", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    moment("created_at"),
    Index(None, "couple_id"),
)

# a date without a row needs no cover
covers = Table(
    "covers",
    metadata,
    of("dates", primary_key=True),
    Column("state", String(12), nullable=False),
    Column("source", String(12)),
    Column("helper_id", String(32), ForeignKey("helpers.id", ondelete="SET NULL")),
    Column("noticed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    moment("answer_by", nullable=True),
    Index(None, "helper_id"),
    Index(None, "answer_by"),
)

# who was asked for the time that the date had at `timed`, and whether a mail said so
asks = Table(
    "asks",
    metadata,
    of("dates", primary_key=True),
    of("helpers", primary_key=True),
    Column("timed", Integer, nullable=False),
    Column("told", Boolean, nullable=False),
    Index(None, "helper_id"),
)
