"""
What a partner's reminders depend on, read for one of them or for all whose moment has come.

Moments are drawn from one's own time only. Whether the other is at home is asked when a moment has come, for touch and
acts; chance then says no to a quarter of the moments anyway, and a moment is never told ahead. So neither a reminder
of another kind, nor none, says that the other is busy.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from service.actions.plan import known_of_one
from service.core.chance import draw
from service.core.gestures import AT_HOME, Gesture
from service.core.hours import parse_window
from service.core.interval import Interval
from service.core.reminders import Own, Rota, Wishes, next_due
from service.core.spans import as_spans, touching
from service.store import reminders
from service.store.couples import Partner
from service.store.engine import Tx
from service.store.gestures import Marks, Schedule
from service.store.reminders import Home

AHEAD = timedelta(days=15)  # dates looked at for the next moment: two weeks hold it, or there is none
_BOTH_AT_HOME = timedelta(minutes=20)  # the longest gesture
_STANDS_ASIDE = 0.25


async def find_home(tx: Tx, *, partner: Partner, now: datetime) -> Home:
    homes = await reminders.homes_of(tx, partner_ids=[partner.id], during=Interval(now, now + AHEAD))
    return homes[partner.id]


def own_of(schedule: Schedule, *, home: Home) -> Own:
    """Return the partner's own side, on their clock; raises `Invalid`, `EmptyWindow` for wishes that do not fit."""
    partner, other = home.partner, home.other
    quiet = parse_window(schedule.quiet) if schedule.quiet else None
    return Own(
        Wishes(schedule.per_week, schedule.channels, quiet, partner.zone),
        Rota(partner.couple_id, is_second=other is not None and other.id < partner.id),
        taken=(home.together, *home.taken),
    )


def seed_of(partner: Partner) -> str:
    """Return what a partner's chance is seeded with: the couple's id is in no answer, so nobody can compute it."""
    return f"{partner.couple_id}/{partner.id}"


def open_cues(schedule: Schedule, *, marks: Marks, gestures: Mapping[str, Gesture]) -> frozenset[str]:
    """Return the cues of all gestures that the partner may be reminded of."""
    return frozenset(
        each.cue for each in gestures.values() if each.channel in schedule.channels and each.id not in marks.never
    )


def draw_next(schedule: Schedule, *, home: Home, gestures: Mapping[str, Gesture], since: datetime) -> datetime | None:
    """Return the next moment from `since` on."""
    return next_due(
        since,
        last=schedule.last_at,
        own=own_of(schedule, home=home),
        cues=open_cues(schedule, marks=home.marks, gestures=gestures),
        seed=seed_of(home.partner),
    )


def possible_channels(schedule: Schedule, *, home: Home, now: datetime) -> frozenset[str]:
    """Return the kinds of gestures that suit now: touch and acts only where the other is likely at home too."""
    return schedule.channels if _is_other_at_home(home, now=now) else schedule.channels - AT_HOME


def _is_other_at_home(home: Home, *, now: datetime) -> bool:
    if home.other is None or draw(seed_of(home.partner), "aside", now.isoformat()) < _STANDS_ASIDE:
        return False
    known_until = known_of_one(home.other, kept=home.kept, now=now)
    if known_until is None or known_until <= now:
        return False  # unknown is not free
    [meanwhile] = as_spans([Interval(now, now + _BOTH_AT_HOME)])
    return not any(touching(each, within=meanwhile).starts for each in home.others_taken)
