"""Small gestures of one partner: what to be reminded of, and what they said to it. The other learns nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.actions.house import House
from service.actions.reminding import draw_next, find_home, own_of, seed_of
from service.core.errors import Invalid, NotFound, VersionConflict
from service.core.gestures import Gesture, check_wishes
from service.core.hours import format_window, parse_window
from service.core.reminders import first_welcome, soon
from service.store import gestures
from service.store.couples import Partner
from service.store.gestures import Delivery, Schedule

_FURTHEST = timedelta(days=90)
_TOMORROW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Offer:
    """A gesture and whether this partner has it switched on."""

    gesture: Gesture
    on: bool


async def see_settings(house: House, *, partner: Partner) -> Schedule:
    async with house.database.read() as tx:
        return await gestures.find(tx, partner_id=partner.id)


async def list_gestures(house: House, *, partner: Partner) -> list[Offer]:
    """Return every gesture of the catalogue in the partner's language, on or off for them."""
    async with house.database.read() as tx:
        schedule = await gestures.find(tx, partner_id=partner.id)
        marks = await gestures.marks(tx, partner_id=partner.id)
    return [
        Offer(gesture, on=gesture.channel in schedule.channels and gesture.id not in marks.never)
        for gesture in house.library.of(partner.language).gestures.values()
    ]


async def change_settings(
    house: House,
    *,
    partner: Partner,
    version: int,
    per_week: int,
    channels: Sequence[str],
    quiet: str | None,
    delivery: Delivery,
    now: datetime,
) -> Schedule:
    """Set how often, which kinds, when not and which way; draw the next moment. Raises `Invalid`, `VersionConflict`."""
    if quiet is not None:
        quiet, _ = format_window(parse_window(quiet))
    wanted = Schedule(
        partner.id, per_week, channels=frozenset(channels), quiet=quiet, delivery=delivery, version=version
    )
    return await _draw_anew(house, wanted, partner=partner, now=now)


async def want_fewer(house: House, *, partner: Partner, version: int | None, now: datetime) -> Schedule:
    """Be reminded once a week less than now, or than at `version`. Raises `VersionConflict`."""
    schedule = await see_settings(house, partner=partner)
    if version is not None and schedule.version != version:
        raise VersionConflict
    if schedule.per_week == 0:
        return schedule
    return await _draw_anew(house, replace(schedule, per_week=schedule.per_week - 1), partner=partner, now=now)


async def _draw_anew(house: House, wanted: Schedule, *, partner: Partner, now: datetime) -> Schedule:
    async with house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=partner.id)
        if schedule.version != wanted.version:
            raise VersionConflict
        home = await find_home(tx, partner=partner, now=now)
        drawn = replace(wanted, last_at=schedule.last_at, later_gesture_id=None, later_named=False)
        own_of(drawn, home=home)  # refuses what does not fit
        due = draw_next(drawn, home=home, gestures=house.library.gestures, since=now)
        return await gestures.save(tx, replace(drawn, next_due_at=due))


async def see_wishes(house: House, *, partner: Partner) -> list[str]:
    async with house.database.read() as tx:
        return sorted(await gestures.likes(tx, partner_id=partner.id))


async def change_wishes(house: House, *, partner: Partner, wishes: Collection[str]) -> list[str]:
    """Say what one enjoys: ids or kinds of gestures, in the place of what one said before. Raises `Invalid`."""
    checked = check_wishes(wishes, gestures=house.library.gestures)
    async with house.database.write() as tx:
        await gestures.save_likes(tx, checked, partner_id=partner.id)
    return sorted(checked)


async def mark_done(house: House, *, partner: Partner, gesture_id: str, now: datetime) -> None:
    """Note a gesture as done, so that it rests a while."""
    check_known(house, gesture_id)
    async with house.database.write() as tx:
        await gestures.mark(tx, partner_id=partner.id, gesture_id=gesture_id, latest_at=now)


async def never_again(house: House, *, partner: Partner, gesture_id: str) -> None:
    """Leave a gesture out from now on."""
    check_known(house, gesture_id)
    async with house.database.write() as tx:
        await gestures.mark(tx, partner_id=partner.id, gesture_id=gesture_id, never=True)


async def remind_later(
    house: House, *, partner: Partner, gesture_id: str, until: datetime | None, now: datetime
) -> Schedule:
    """
    Be reminded of this one gesture again: from `until` on, as soon as one is free, or where it is None another day.

    Who names a moment has chosen it themself, so neither the gesture's cue nor the other is asked. Raises `Invalid`
    where reminders are off or `until` lies more than 90 days ahead, `NotFound`.
    """
    check_known(house, gesture_id)
    if until is not None and until > now + _FURTHEST:
        raise Invalid("Please choose a moment within the next 90 days.")
    async with house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=partner.id)
        if schedule.per_week == 0:
            raise Invalid("Reminders are switched off; switch them on first.")
        at = max(until or now + _TOMORROW, now)
        own = own_of(schedule, home=await find_home(tx, partner=partner, now=at))
        cue = house.library.gestures[gesture_id].cue
        due = soon(at, own=own, cue=cue, seed=seed_of(partner)) if until is None else first_welcome(at, own=own)
        if due is None:
            raise Invalid("There is no quiet minute within a week of that moment.")
        put_off = replace(schedule, next_due_at=due, later_gesture_id=gesture_id, later_named=until is not None)
        return await gestures.save(tx, put_off)


def check_known(house: House, gesture_id: str) -> None:
    """Raise `NotFound` for what is no gesture of ours."""
    if gesture_id not in house.library.gestures:
        raise NotFound("There is no gesture under that name.")
