"""
The rhythm of a couple: a date about every so many days, kept by a hold that asks both and belongs to neither.

It is the couple's like the hours they keep: either of them sets it, both see it, either ends it at once. Each hold asks
both, so nothing is agreed to by one for the other.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.actions.explain import find_fix
from service.actions.holds import BOTH, Look, find_dates, zones_of
from service.actions.house import House
from service.actions.plan import couple_of_two
from service.core.dates import Date
from service.core.errors import VersionConflict
from service.core.rhythm import look_ahead
from service.core.room import Candidate
from service.store import couples, rhythms
from service.store.couples import Couple, Partner


@dataclass(frozen=True, slots=True)
class View:
    """
    The couple's rhythm and the date ahead that keeps it.

    Where there is none, `is_without` is true: not this week, whatever it is that stands in the way. `fix` is then the
    evening for which one thing of the asker's own would have to move, None where there is no such.
    """

    kept: rhythms.Kept
    couple: Couple
    next: Date | None
    is_without: bool
    fix: Candidate | None


async def see(house: House, *, partner: Partner, now: datetime) -> View:
    """Return the rhythm as that partner sees it."""
    async with house.database.read() as tx:
        kept = await rhythms.find(tx, couple_id=partner.couple_id)
        couple = await couples.find(tx, couple_id=partner.couple_id)
        outlook = look_ahead(
            [each.date for each in await find_dates(tx, kept.rhythm, couple=couple, now=now)],
            rhythm=kept.rhythm,
            now=now,
            zones=zones_of(couple),
        )
    is_without = kept.enabled and outlook.next is None
    fix = None
    if is_without and len(couple.partners) == BOTH:
        fix = await find_fix(house, partner=partner, within=timedelta(days=kept.rhythm.most_days), now=now)
    return View(kept, couple, outlook.next, is_without=is_without, fix=fix)


async def change(
    house: House,
    *,
    partner: Partner,
    enabled: bool,
    version: int,
    now: datetime,
    about_days: int | None = None,
    least_days: int | None = None,
    most_days: int | None = None,
) -> None:
    """
    Set the rhythm, days that are None as they were, and lay or take back its hold at once.

    Switching it off takes back a hold that nobody has said yes to. Raises `PartnerNotJoined`, `VersionConflict`,
    `Invalid`.
    """
    days = {"about_days": about_days, "least_days": least_days, "most_days": most_days}
    given = {key: value for key, value in days.items() if value is not None}
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)
        couple = await couple_of_two(tx, couple_id=partner.couple_id)
        kept = await rhythms.find(tx, couple_id=couple.id)
        if kept.version != version:
            raise VersionConflict
        rhythm = replace(kept.rhythm, **given)
        wanted = replace(kept, enabled=enabled, rhythm=rhythm, next_at=now if enabled else None)
        await Look(tx, house, couple, wanted, now).keep()
        # last, because a sync holds its calendar before it wakes the rhythm, and so does a hold that is laid
        await rhythms.save(tx, wanted)


async def keep(house: House, *, couple_id: str, now: datetime) -> None:
    """Look at the rhythm once, and do what is to be done; harmless where nothing is."""
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=couple_id)
        couple = await couples.find(tx, couple_id=couple_id)
        kept = await rhythms.find(tx, couple_id=couple_id)
        await Look(tx, house, couple, kept, now).keep()
