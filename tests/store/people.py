"""
The people of the store's tests: a couple `c` of the partners `a` and `b`, and another couple `d` of `x` and `y`.

Everything happens on a Monday at noon UTC.
"""

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

from service.core.dates import Date, pencil_in
from service.core.hours import EVERY_DAY, Window
from service.core.interval import Interval
from service.store import calendars, couples
from service.store.access import Access
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import EntryTitle, Partner
from service.store.engine import Tx
from service.store.vault import Vault
from tests.core.times import utc

NOW = utc(2026, 11, 30, 12)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LEASE = 5 * MINUTE
VAULT = Vault("00000001", {"00000001": bytes(range(32))})
WINDOWS = (
    Window(frozenset({4, 5}), time(18), time(0)),
    Window(EVERY_DAY, time(6, 30), time(7, 15)),
    Window(frozenset({6}), time(0), time(0)),
)
ANNA = Partner(
    "a",
    "c",
    name="Anna",
    address="anna@example.org",
    zone=ZoneInfo("Europe/Berlin"),
    entry_title=EntryTitle.IDEA,
    prefers_email=False,
    version=1,
)
BEN = replace(ANNA, id="b", name="Ben", address="ben@example.org", zone=ZoneInfo("Pacific/Apia"), prefers_email=True)
ACCESS = Access(
    url="https://calendars.example.org/dav/",
    username="anna-at-home",
    password="correct horse battery staple",
    provider="other",
    collection="https://calendars.example.org/dav/anna/private/",
    sync_collection=True,
)
CALENDAR = Calendar(
    id="cal",
    partner_id="a",
    role=Role.BUSY,
    writable=True,
    receives_dates=True,
    tentative=Treat.SOFT,
    unanswered=Treat.FREE,
    all_day=Treat.BUSY,
)


async def add_couples(tx: Tx) -> None:
    await couples.add(tx, couple_id="c", windows=WINDOWS, shortest=45 * MINUTE, now=NOW)
    await couples.add(tx, couple_id="d", windows=(), shortest=90 * MINUTE, now=NOW)
    await couples.add_partner(tx, ANNA, now=NOW)
    await couples.add_partner(tx, BEN, now=NOW)
    for partner_id in ("x", "y"):
        other = replace(ANNA, id=partner_id, couple_id="d", address=f"{partner_id}@example.org")
        await couples.add_partner(tx, other, now=NOW)


async def add_calendar(tx: Tx, calendar: Calendar = CALENDAR) -> Calendar:
    """Add a calendar whose collection is named for its id."""
    await calendars.add(tx, calendar, access=access_to(calendar.id), vault=VAULT, now=NOW)
    return calendar


def access_to(calendar_id: str) -> Access:
    return replace(ACCESS, collection=f"{ACCESS.url}{calendar_id}/")


def make_date(date_id: str = "date", *, couple_id: str = "c", days: int = 4, idea_id: str | None = "tea") -> Date:
    """Return a date of two hours, pencilled in by the couple's first partner, so many days ahead."""
    partners = ("a", "b") if couple_id == "c" else ("x", "y")
    time = Interval(NOW + days * DAY, NOW + days * DAY + 2 * HOUR)
    return pencil_in(
        date_id, couple_id=couple_id, time=time, idea_id=idea_id, by=partners[0], partners=partners, now=NOW
    )
