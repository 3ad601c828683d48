"""Gestures, where reminders go, digests and parcels: what is told to one person."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table

from service.store.tables.columns import lease, metadata, moment, new_id, of

gesture_wishes = Table(
    "gesture_wishes",
    metadata,
    of("partners", primary_key=True),
    Column("per_week", Integer, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("quiet", String(16)),
    Column("delivery", String(8), nullable=False),
    Column("later_gesture_id", String(64)),
    Column("later_named", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    moment("last_at", nullable=True),
    moment("next_due_at", nullable=True),
    Index(None, "next_due_at"),
)

gesture_marks = Table(
    "gesture_marks",
    metadata,
    of("partners", primary_key=True),
    Column("gesture_id", String(64), primary_key=True),
    Column("never", Boolean, nullable=False),
    moment("latest_at", nullable=True),
)

# what a partner enjoys: ids and kinds of gestures, for nobody but themself to read
gesture_likes = Table(
    "gesture_likes",
    metadata,
    of("partners", primary_key=True),
    Column("subjects", JSON, nullable=False),
)

# where a partner's reminders go besides their mail; `target` is sealed, `refusals` is how often in a row it took none
push_endpoints = Table(
    "push_endpoints",
    metadata,
    new_id(),
    of("partners"),
    Column("kind", String(8), nullable=False),
    Column("target", LargeBinary, nullable=False),
    Column("refusals", Integer, nullable=False),
    moment("created_at"),
    Index(None, "partner_id"),
)

# one mail a week; `hour` is wall time, Monday is day 0
digests = Table(
    "digests",
    metadata,
    of("partners", primary_key=True),
    Column("day", Integer, nullable=False),
    Column("hour", Integer, nullable=False),
    moment("next_at"),
    Index(None, "next_at"),
)

outbox = Table(
    "outbox",
    metadata,
    new_id(),
    of("partners"),
    Column("kind", String(16), nullable=False),
    Column("date_id", String(32), ForeignKey("dates.id", ondelete="CASCADE")),
    Column("sequence", Integer),
    Column("detail", String(64)),
    Column("secret", LargeBinary),
    Column("state", String(8), nullable=False),
    Column("cause", String(32)),
    Column("attempts", Integer, nullable=False),
    moment("due_at"),
    *lease(),
    moment("created_at"),
    Index(None, "state", "due_at"),
    Index(None, "date_id"),
)
