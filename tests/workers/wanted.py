"""An entry of our own as the database knows it, and what its object in a calendar is wanted to be."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from integrations.ical.invite import Entry as Object
from integrations.ical.invite import Status
from service.core.invitations import Channel
from service.store.dates import Entry
from tests.households import NOW, between

EVENING = between(4, 18, 20)


def make_entry() -> Entry:
    return Entry("date", "ana", Channel.CALDAV, "calendar", uuid4().hex, "x.ics")


def want(entry: Entry, *, sequence: int = 0, status: Status = Status.TENTATIVE) -> Object:
    return Object(
        uid=entry.uid,
        sequence=sequence,
        status=status,
        start=EVENING.start + timedelta(days=sequence),
        end=EVENING.end + timedelta(days=sequence),
        zone=ZoneInfo("Europe/Berlin"),
        title="Time together",
        description="",
        created=NOW,
        changed=NOW,
    )
