"""What partners say of themselves, and the two of their couple."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypedDict, Unpack
from zoneinfo import ZoneInfo

from service.actions.cover import notice
from service.actions.house import House
from service.actions.tastes import say_concerns
from service.actions.weeks import follow_zone, keep_wish
from service.core.away import Away, keep_ahead
from service.core.buffers import Buffers
from service.core.cover import CoverPlan
from service.core.errors import EmptyWindow, Invalid, VersionConflict
from service.core.hours import Window
from service.core.ideas import BELONGINGS
from service.core.weekly import Weekly
from service.store import calendars, couples, rhythms
from service.store.couples import Couple, EntryTitle, Partner

_LONGEST_WISH = timedelta(hours=12)


class Mine(TypedDict, total=False):
    """What a partner may say of themself; None leaves it as it is."""

    name: str | None
    zone: ZoneInfo | None
    language: str | None
    entry_title: EntryTitle | None
    prefers_email: bool | None
    keeps_calendar: bool | None
    buffers: Buffers | None
    away: tuple[Away, ...] | None
    avoid_if: Collection[str] | None
    weekly: tuple[Weekly | None] | None


async def change_me(house: House, *, partner: Partner, version: int, **said: Unpack[Mine]) -> Partner:
    """
    Change what is given; another zone reads all-day and floating entries anew, and days away that are over go.

    `avoid_if` is what makes some ideas do no good: it leaves them out for both, without saying why. `weekly` holds
    when a mail about the week comes, or None for never. Raises `VersionConflict`, `Invalid`.
    """
    _check_version(version, of=partner.version)
    avoid_if, weekly = said.pop("avoid_if", None), said.pop("weekly", None)
    given: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    if "language" in given:
        given["language"] = house.library.check_language(given["language"])
    changed = replace(partner, **given)
    today = house.now().astimezone(changed.zone).date()
    changed = replace(changed, away=keep_ahead(changed.away, today=today))
    async with house.database.write() as tx:
        saved = await couples.save_partner(tx, changed)
        if changed.zone != partner.zone:
            await calendars.read_anew(tx, partner_id=partner.id, now=house.now())
            await follow_zone(tx, partner=saved, now=house.now())
        if avoid_if is not None:
            await say_concerns(tx, partner=partner, concerns=avoid_if, now=house.now())
        await rhythms.wake(tx, couple_id=partner.couple_id, at=house.now())
        if weekly is not None:
            await keep_wish(tx, weekly[0], partner=saved, now=house.now())
    return saved


async def see_couple(house: House, *, partner: Partner) -> Couple:
    async with house.database.read() as tx:
        return await couples.find(tx, couple_id=partner.couple_id)


async def change_couple(
    house: House,
    *,
    partner: Partner,
    version: int,
    windows: Sequence[Window] | None = None,
    shortest: timedelta | None = None,
    has: Collection[str] | None = None,
    cover: CoverPlan | None = None,
) -> Couple:
    """
    Change the hours kept for each other, what the two have, and who minds the children.

    Raises `EmptyWindow`, `Invalid`, `VersionConflict`.
    """
    if shortest is not None and shortest <= timedelta(0):
        raise EmptyWindow
    if shortest is not None and shortest > _LONGEST_WISH:
        raise Invalid("The shortest time together can be up to 12 hours.")
    if windows is not None and not windows:
        raise Invalid("Please keep at least one window for each other.")
    if has is not None and not set(has) <= set(BELONGINGS):
        raise Invalid(f"Ideas ask for no more than: {', '.join(BELONGINGS)}.")
    async with house.database.write() as tx:
        couple = await couples.find(tx, couple_id=partner.couple_id)
        _check_version(version, of=couple.version)
        changed = replace(
            couple,
            windows=couple.windows if windows is None else tuple(windows),
            shortest=shortest or couple.shortest,
            has=couple.has if has is None else frozenset(has),
            cover=couple.cover if cover is None else cover,
        )
        saved = await couples.save(tx, changed)
        if changed.cover != couple.cover:
            await notice(tx, house=house, couple_id=couple.id, now=house.now())
        await rhythms.wake(tx, couple_id=couple.id, at=house.now())
        return saved


def _check_version(version: int, *, of: int) -> None:
    if version != of:
        raise VersionConflict
