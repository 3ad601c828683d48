"""
What the link in a reminder shows, and what a tap there does: the way to answer a reminder without an account.

It opens one gesture for one partner, and what it shows is theirs alone. Nothing is counted, and nothing is asked back.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service import ids
from service.actions import gestures
from service.actions.house import House
from service.actions.links import Links, Purpose
from service.core.errors import NotFound
from service.core.gestures import Gesture
from service.store import couples
from service.store.couples import Partner


class Said(StrEnum):
    """What can be tapped."""

    DONE = "done"
    LATER = "later"
    NEVER = "never"
    FEWER = "fewer"


@dataclass(frozen=True, slots=True)
class Nudge:
    """A gesture that a partner is reminded of; `version` is that of their settings, and `is_on` whether any come."""

    gesture: Gesture
    partner: Partner
    version: int
    is_on: bool


def write_link(links: Links, *, partner_id: str, gesture_id: str) -> str:
    return links.write(Purpose.GESTURE, partner_id, ids.id_of(gesture_id))


async def look(house: House, *, signed: str) -> Nudge:
    """Return what the link shows; raises `NotFound`."""
    partner_id, meant = house.links.read(Purpose.GESTURE, signed)
    gesture = next((each for each in house.library.gestures.values() if ids.id_of(each.id) == meant), None)
    if gesture is None:
        raise NotFound
    async with house.database.read() as tx:
        partner = await couples.find_partner(tx, partner_id=partner_id)
    schedule = await gestures.see_settings(house, partner=partner)
    return Nudge(gesture, partner, version=schedule.version, is_on=schedule.per_week > 0)


async def tap(house: House, *, signed: str, said: Said, version: int, now: datetime) -> None:
    """Do what was tapped; `version` is what the page showed. Raises what the actions raise, and `NotFound`."""
    nudge = await look(house, signed=signed)
    partner, gesture_id = nudge.partner, nudge.gesture.id
    match said:
        case Said.DONE:
            await gestures.mark_done(house, partner=partner, gesture_id=gesture_id, now=now)
        case Said.LATER:
            await gestures.remind_later(house, partner=partner, gesture_id=gesture_id, until=None, now=now)
        case Said.NEVER:
            await gestures.never_again(house, partner=partner, gesture_id=gesture_id)
        case Said.FEWER:
            await gestures.want_fewer(house, partner=partner, version=version, now=now)
