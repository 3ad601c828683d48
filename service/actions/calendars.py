"""A partner's own calendars: how each counts, and when it is read again."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from service.actions.cover import notice
from service.actions.house import House
from service.core.errors import Invalid, VersionConflict
from service.store import calendars, couples, turns
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.store.engine import Tx


async def list_calendars(house: House, *, partner: Partner, now: datetime) -> list[Calendar]:
    """Return the partner's calendars; those that were not read lately are read as soon as can be."""
    async with house.database.read() as tx:
        kept = await calendars.of_partner(tx, partner_id=partner.id)
    await look(house, partner=partner, kept=kept, now=now)
    return kept


async def look(house: House, *, partner: Partner, kept: Iterable[Calendar], now: datetime) -> None:
    """
    Let those of `kept` that are the partner's own be read at once where they were not lately.

    Never the other's: what is read whenever one looks would tell when that is.
    """
    if any(each.is_stale(now=now) for each in kept if each.partner_id == partner.id):
        async with house.database.write() as tx:
            await turns.ask_as_owner_looks(tx, partner_id=partner.id, now=now)


async def see_calendar(house: House, *, partner: Partner, calendar_id: str) -> Calendar:
    async with house.database.read() as tx:
        return await calendars.find(tx, partner_id=partner.id, calendar_id=calendar_id)


@dataclass(frozen=True, slots=True)
class Choices:
    """What its owner may choose about a calendar; None leaves a choice as it is."""

    role: Role | None = None
    receives_dates: bool | None = None
    tentative: Treat | None = None
    unanswered: Treat | None = None
    all_day: Treat | None = None


async def change_calendar(
    house: House, *, partner: Partner, calendar_id: str, version: int, choices: Choices
) -> Calendar:
    """
    Change how a calendar counts; where entries count otherwise it is read anew.

    Dates go into one calendar at most: there is one invitation. Raises `VersionConflict`, `Invalid`, `NotFound`.
    """
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)  # or two calendars could both come to receive dates
        calendar = await calendars.find(tx, partner_id=partner.id, calendar_id=calendar_id)
        if calendar.version != version:
            raise VersionConflict
        chosen = {key: value for key, value in asdict(choices).items() if value is not None}
        changed = replace(calendar, **chosen)
        if changed.role is Role.COVER:  # others may look into it, and a date is for the two alone
            if choices.receives_dates:
                raise Invalid("A calendar that tells who minds the children receives no dates.")
            changed = replace(changed, receives_dates=False)
        if changed.receives_dates and not calendar.writable:
            raise Invalid("Nothing can be written into that calendar.")
        if changed.receives_dates and not calendar.receives_dates:
            await calendars.stop_receiving_dates(tx, partner_id=partner.id)
        await calendars.save_choices(tx, changed)
        if changed.role is not calendar.role:
            await _follow(tx, house, partner=partner, before=calendar)
        if (changed.tentative, changed.unanswered, changed.all_day) != (
            calendar.tentative,
            calendar.unanswered,
            calendar.all_day,
        ):
            await calendars.read_anew(tx, partner_id=partner.id, calendar_id=calendar_id, now=house.now())
        return await calendars.find(tx, partner_id=partner.id, calendar_id=calendar_id)


async def sync_now(house: House, *, partner: Partner, calendar_id: str, now: datetime) -> None:
    """Ask for a calendar to be read now, by the worker; raises `NotFound`."""
    async with house.database.write() as tx:
        await calendars.ask_for_sync(tx, partner_id=partner.id, calendar_id=calendar_id, now=now)


async def remove_calendar(house: House, *, partner: Partner, calendar_id: str) -> None:
    """
    Disconnect a calendar; its password and busy times are gone at once.

    Dates that stand in it stay there, as the person's own; new ones go into the next one that can be written to.
    """
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)
        removed = await calendars.find(tx, partner_id=partner.id, calendar_id=calendar_id)
        await calendars.remove(tx, partner_id=partner.id, calendar_id=calendar_id)
        await _follow(tx, house, partner=partner, before=removed)


async def _follow(tx: Tx, house: House, *, partner: Partner, before: Calendar) -> None:
    """Let another calendar receive the dates that `before` did, and see whether it was what covered some of them."""
    left = await calendars.of_partner(tx, partner_id=partner.id)
    heir = next((each for each in left if each.writable and each.role is not Role.COVER), None)
    if before.receives_dates and heir is not None and not any(each.receives_dates for each in left):
        await calendars.save_choices(tx, replace(heir, receives_dates=True))
    if before.role is Role.COVER or any(each.role is Role.COVER for each in left):
        await notice(tx, house=house, couple_id=partner.couple_id, now=house.now())
