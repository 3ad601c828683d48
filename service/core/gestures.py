"""
Small gestures: which one.

A reminder goes only to the person who switched them on, about what they may do. What the other wished for tilts the
choice and no more: chance weighs gestures anew each quarter of a year by more than a wish does, so that nobody can tell
one from the other. `tests/content/test_wishes_stay_private.py` plays the curious partner.

`service.core.reminders` says when.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from math import log

from service.core.chance import draw
from service.core.errors import Invalid

CHANNELS = ("touch", "words", "acts", "time", "gift")
CUES = ("after_dinner", "at_the_door", "before_sleep", "morning_coffee", "lunch_message", "weekend")
AT_HOME = frozenset({"touch", "acts"})
"""The kinds that are for when both are at home."""

FEWEST_WISHES = 3
MOST_WISHES = 40
_WISHED = 1.5  # times as often
_LASTING, _LASTING_OF_KIND = 2.0, 1.6  # chance makes a gesture, and its kind, up to so many times as often, or as rare
_OF_A_KIND = 0.5  # who wishes for a kind, gets so much of it more often
_MONTHS_OF_A_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Gesture:
    """One small thing a person may do; `channel` and `cue` are of the closed lists above."""

    id: str
    title: str
    line: str
    minutes: int
    channel: str
    cue: str
    repeat_after_days: int
    only_if_welcome: bool


@dataclass(frozen=True, slots=True)
class Occasion:
    """
    What a gesture has to fit: the kinds that are wanted and possible now, and the cues of the hour.

    `never` are the ids of those the person does not want; `latest` is when each was last suggested or done; `wished`
    are those that come more often (see `read_wishes`).
    """

    now: datetime
    channels: frozenset[str]
    cues: frozenset[str]
    never: frozenset[str] = frozenset()
    latest: Mapping[str, datetime] | None = None
    wished: frozenset[str] = frozenset()

    def suits(self, gesture: Gesture) -> bool:
        return (
            gesture.channel in self.channels
            and gesture.cue in self.cues
            and gesture.id not in self.never
            and self._has_rested(gesture)
        )

    def _has_rested(self, gesture: Gesture) -> bool:
        last = (self.latest or {}).get(gesture.id)
        return last is None or last + timedelta(days=gesture.repeat_after_days) <= self.now


def choose_gesture(gestures: Iterable[Gesture], *, occasion: Occasion, seed: str) -> Gesture | None:
    """Return a gesture that suits the occasion, or None where none is left; the same arguments give the same."""
    now, quarter = occasion.now.isoformat(), _quarter(occasion.now)

    def turn(gesture: Gesture) -> float:
        # the shortest of waits, each as long as its weight is small: so one comes as often as it weighs
        wait = -log(1 - draw(seed, "gesture", gesture.id, now))
        return wait / _weigh(gesture, seed=seed, quarter=quarter, is_wished=gesture.id in occasion.wished)

    return min((each for each in gestures if occasion.suits(each)), key=turn, default=None)


def check_wishes(wishes: Collection[str], *, gestures: Mapping[str, Gesture]) -> frozenset[str]:
    """Return what somebody says they enjoy, ids or kinds of gestures; raises `Invalid` for anything else."""
    if len(wishes) > MOST_WISHES:
        raise Invalid(f"A list of wishes holds {MOST_WISHES} at most.")
    if not all(each in gestures or each in CHANNELS for each in wishes):
        raise Invalid(f"Wishes are ids of gestures, or these kinds: {', '.join(CHANNELS)}.")
    return frozenset(wishes)


def read_wishes(wishes: Collection[str], *, gestures: Iterable[Gesture], now: datetime, seed: str) -> frozenset[str]:
    """
    Return the ids of gestures that come more often because of the other's `wishes`; fewer than three count for nothing.

    Of a kind that is wished for, chance says each quarter which ones.
    """
    if len(wishes) < FEWEST_WISHES:
        return frozenset()
    quarter = _quarter(now)
    return frozenset(
        each.id
        for each in gestures
        if each.id in wishes or (each.channel in wishes and draw(seed, "of a kind", quarter, each.id) < _OF_A_KIND)
    )


def _weigh(gesture: Gesture, *, seed: str, quarter: str, is_wished: bool) -> float:
    return _lasting(seed, quarter, gesture.id, gesture.channel) * (_WISHED if is_wished else 1.0)


@lru_cache(maxsize=1 << 14)
def _lasting(seed: str, quarter: str, gesture_id: str, kind: str) -> float:
    """Return how often chance lets a gesture come in that quarter."""
    own, of_kind = (2 * draw(seed, "lasting", quarter, each) - 1 for each in (gesture_id, kind))
    return float(_LASTING**own * _LASTING_OF_KIND**of_kind)


def _quarter(moment: datetime) -> str:
    return f"{moment.year}/{(moment.month - 1) // _MONTHS_OF_A_QUARTER}"
