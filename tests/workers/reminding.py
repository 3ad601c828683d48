"""Being reminded, in tests: Ana's wishes, her moment, and what is left for her when it comes."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import update

from service.actions import gestures as own
from service.core.gestures import CHANNELS, Gesture
from service.store import gestures, outbox
from service.store.couples import Partner
from service.store.gestures import Delivery, Schedule
from service.store.outbox import Kind, Parcel
from service.store.tables import calendars
from service.workers.remind import remind
from tests.workers.world import Home

GESTURE = "foot_rub"
MINUTE, HOUR, A_YEAR = timedelta(minutes=1), timedelta(hours=1), timedelta(weeks=52)


async def wish(
    home: Home,
    *,
    per_week: int = 3,
    quiet: str | None = None,
    channels: Collection[str] = CHANNELS,
    who: Partner | None = None,
) -> None:
    partner = who or home.ana
    version = (await see(home, who=partner)).version
    await own.change_settings(
        home.house,
        partner=partner,
        version=version,
        per_week=per_week,
        channels=sorted(channels),
        quiet=quiet,
        delivery=Delivery.MAIL,
        now=home.clock(),
    )


async def see(home: Home, *, who: Partner | None = None) -> Schedule:
    async with home.house.database.read() as tx:
        return await gestures.find(tx, partner_id=(who or home.ana).id)


async def come(home: Home) -> datetime:
    """Let Ana's moment come, and return it; what was read of calendars is read again meanwhile."""
    due = (await see(home)).next_due_at
    assert due is not None
    home.clock.moment = due
    async with home.house.database.write() as tx:
        read = update(calendars).where(calendars.c.synced_at.is_not(None))
        await tx.execute(read.values(synced_at=due))
    return due


async def make_due(home: Home, **changes: object) -> None:
    """Let Ana's moment be now."""
    async with home.house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=home.ana.id)
        await gestures.save(tx, replace(schedule, next_due_at=home.clock(), **changes))  # type: ignore[arg-type]


async def reminders(home: Home) -> list[Parcel]:
    async with home.house.database.write() as tx:
        waiting = await outbox.claim(tx, owner="test", now=home.clock(), lease=A_YEAR, limit=100)
    return [parcel for parcel in waiting if parcel.kind is Kind.GESTURE]


async def remind_for(home: Home, *, weeks: int) -> list[tuple[datetime, Gesture]]:
    """Let Ana be reminded for some weeks; return when and of what."""
    sent: list[tuple[datetime, Gesture]] = []
    until = home.clock() + timedelta(weeks=weeks)
    while await come(home) < until:
        await remind(home.house)
        catalog = home.house.library.gestures
        sent += [(home.clock(), catalog[parcel.detail or ""]) for parcel in await reminders(home)]
    return sent
