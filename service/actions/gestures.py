"""Small gestures of one partner: what to be reminded of, and what they said to it. The other learns nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.actions.house import House
from service.core.errors import Invalid, NotFound, VersionConflict
from service.core.gestures import Gesture, Wishes, first_welcome, next_due
from service.core.hours import format_window, parse_window
from service.core.interval import Interval
from service.store import busy, dates, gestures
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.gestures import Schedule

AHEAD = timedelta(days=15)  # busy times looked at for the next moment: two weeks hold it, or there is none
_FURTHEST = timedelta(days=90)


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
    now: datetime,
) -> Schedule:
    """Set how often, which kinds and the quiet hours, and draw the next moment. Raises `Invalid`, `VersionConflict`."""
    if quiet is not None:
        quiet, _ = format_window(parse_window(quiet))
    wanted = Schedule(partner.id, per_week=per_week, channels=frozenset(channels), quiet=quiet, version=version)
    wishes = as_wishes(wanted, partner=partner)
    async with house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=partner.id)
        if schedule.version != version:
            raise VersionConflict
        avoid = await busy_ahead(tx, partner=partner, now=now)
        due = next_due(now, last=schedule.last_at, wishes=wishes, avoid=avoid, seed=partner.id)
        return await gestures.save(
            tx, replace(wanted, last_at=schedule.last_at, next_due_at=due, later_gesture_id=None)
        )


async def mark_done(house: House, *, partner: Partner, gesture_id: str, now: datetime) -> None:
    """Note a gesture as done, so that it rests a while."""
    _check_known(house, gesture_id)
    async with house.database.write() as tx:
        await gestures.mark(tx, partner_id=partner.id, gesture_id=gesture_id, latest_at=now)


async def never_again(house: House, *, partner: Partner, gesture_id: str) -> None:
    """Leave a gesture out from now on."""
    _check_known(house, gesture_id)
    async with house.database.write() as tx:
        await gestures.mark(tx, partner_id=partner.id, gesture_id=gesture_id, never=True)


async def remind_later(
    house: House, *, partner: Partner, gesture_id: str, until: datetime | None, now: datetime
) -> Schedule:
    """
    Be reminded of this one gesture again: at the first welcome moment from `until` on, tomorrow where it is None.

    Raises `Invalid` where reminders are off or `until` lies more than 90 days ahead, `NotFound`.
    """
    _check_known(house, gesture_id)
    if until is not None and until > now + _FURTHEST:
        raise Invalid("Please choose a moment within the next 90 days.")
    async with house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=partner.id)
        wishes = as_wishes(schedule, partner=partner)
        if wishes.per_week == 0:
            raise Invalid("Reminders are switched off; switch them on first.")
        at = max(until or now + timedelta(days=1), now)
        avoid = await busy_ahead(tx, partner=partner, now=at)
        due = first_welcome(at, wishes=wishes, avoid=avoid)
        if due is None:
            raise Invalid("There is no quiet minute within a week of that moment.")
        return await gestures.save(tx, replace(schedule, next_due_at=due, later_gesture_id=gesture_id))


def as_wishes(schedule: Schedule, *, partner: Partner) -> Wishes:
    """Return the wishes as the core reads them, on the partner's clock; raises `Invalid`, `EmptyWindow`."""
    quiet = parse_window(schedule.quiet) if schedule.quiet else None
    return Wishes(schedule.per_week, schedule.channels, quiet, partner.zone)


async def busy_ahead(tx: Tx, *, partner: Partner, now: datetime) -> list[Interval]:
    """Return when in the next two weeks the partner is busy, maybe busy, or on a date."""
    ahead = Interval(now, now + AHEAD)
    heap = await busy.of_partner(tx, partner_id=partner.id, within=[ahead])
    together = await dates.live_times(tx, couple_id=partner.couple_id, during=ahead)
    return [*heap.busy, *heap.soft, *together]


def _check_known(house: House, gesture_id: str) -> None:
    if gesture_id not in house.library.gestures:
        raise NotFound("There is no gesture under that name.")
