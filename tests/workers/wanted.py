"""An entry of our own as the database knows it, and what its object in a calendar is wanted to be."""

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from integrations.caldav.client import CalDav
from integrations.ical.invite import Entry as Object
from integrations.ical.invite import Status
from service.core.dates import Date, PartStat, Stage
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store.entries import Entry
from service.workers.entries import bring
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


async def bring_to(caldav: CalDav, url: str, *, entry: Entry, wanted: Object, is_live: bool = True) -> Entry:
    """Bring the entry to what is wanted, and return what is known of it then; its owner says nothing with it."""
    brought = await bring(caldav, url, entry=entry, date=as_date(wanted, is_live=is_live), wanted=wanted, now=NOW)
    assert brought.heard is None
    return brought.entry


def as_date(wanted: Object, *, is_live: bool = True) -> Date:
    """Return a date that is what the object says, whose time was set by its latest revision."""
    stage = Stage.CONFIRMED if wanted.status is Status.CONFIRMED else Stage.PENCILLED
    return Date(
        id="date",
        couple_id="couple",
        time=Interval(wanted.start, wanted.end),
        idea_id=None,
        stage=stage if is_live else Stage.CALLED_OFF,
        sequence=wanted.sequence,
        timed=wanted.sequence,
        answers={"ana": PartStat.ACCEPTED, "ben": PartStat.NEEDS_ACTION},
        answer_by=wanted.start,
        created_at=wanted.created,
        changed_at=wanted.changed,
    )
