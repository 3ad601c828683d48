"""
The tables. Every time is a `UtcDateTime`; every row of a person hangs on their couple or themself and goes with them.

No column holds a title, place, attendee, description or name of anything in a calendar. What opens a calendar (address,
user name, password) is sealed by `service.store.vault`, bound to its row.
"""

from service.store.moments import UtcDateTime as UtcDateTime  # handed on to whoever compares a column of ours
from service.store.tables.calendars import calendars, consents, objects, timelines
from service.store.tables.columns import metadata
from service.store.tables.cover import asks, covers, helpers
from service.store.tables.dates import answers, clashes, dates, entries, rhythms
from service.store.tables.outgoing import (
    digests,
    gesture_likes,
    gesture_marks,
    gesture_wishes,
    outbox,
    push_endpoints,
)
from service.store.tables.people import couples, idempotency, invitations, partners, taste_questions, tastes, tokens

__all__ = [
    "answers",
    "asks",
    "calendars",
    "clashes",
    "consents",
    "couples",
    "covers",
    "dates",
    "digests",
    "entries",
    "gesture_likes",
    "gesture_marks",
    "gesture_wishes",
    "helpers",
    "idempotency",
    "invitations",
    "metadata",
    "objects",
    "outbox",
    "partners",
    "push_endpoints",
    "rhythms",
    "taste_questions",
    "tastes",
    "timelines",
    "tokens",
]
