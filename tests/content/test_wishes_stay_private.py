"""
A curious partner keeps every gesture they were reminded of for half a year, and guesses what the other wished for.

They know the catalog, the rules, and how often each gesture comes to other people; they do not know the id of their
couple, which seeds chance. What they learn is told by the area under the curve: 0.5 is a coin, 1 is certainty.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import fmean
from zoneinfo import ZoneInfo

from service.content import load_content
from service.core.chance import draw
from service.core.gestures import CHANNELS, CUES, Occasion, choose_gesture, read_wishes
from service.core.reminders import Own, Rota, Wishes, cues_at, next_due
from tests.content.test_tastes_stay_private import area

GESTURES = tuple(load_content().gestures.values())
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
COUPLES, HALF_A_YEAR, A_WEEK = 60, timedelta(weeks=26), 3
WISHED, WISHED_KINDS = 0.1, 0.2


@dataclass(frozen=True, slots=True)
class Lived:
    """What the other wished for, and how often each gesture came."""

    wishes: frozenset[str]
    seen: Counter[str]


def wishes_of(name: str) -> frozenset[str]:
    ids = {each.id for each in GESTURES if draw(name, "wish", each.id) < WISHED}
    return frozenset(ids | {kind for kind in CHANNELS if draw(name, "wish", kind) < WISHED_KINDS})


def reminded(name: str, *, wishes: frozenset[str]) -> Iterator[str]:
    """Yield the gestures of half a year."""
    own = Own(Wishes(A_WEEK, frozenset(CHANNELS), None, BERLIN), Rota(name, is_second=False), taken=())
    now, last, latest = START, None, dict[str, datetime]()
    while now < START + HALF_A_YEAR:
        moment = next_due(now, last=last, own=own, cues=CUES, seed=name)
        assert moment is not None
        now = last = moment
        occasion = Occasion(
            now,
            frozenset(CHANNELS),
            cues_at(now, zone=BERLIN),
            latest=latest,
            wished=read_wishes(wishes, gestures=GESTURES, now=now, seed=name),
        )
        chosen = choose_gesture(GESTURES, occasion=occasion, seed=name)
        assert chosen is not None
        latest[chosen.id] = now
        yield chosen.id


@cache
def half_a_year() -> tuple[Lived, ...]:
    return tuple(
        Lived(wishes, Counter(reminded(f"couple {number}", wishes=wishes)))
        for number in range(COUPLES)
        for wishes in [wishes_of(f"couple {number}")]
    )


def guess_gestures() -> float:
    lives = half_a_year()
    usual = {each.id: fmean(lived.seen[each.id] for lived in lives) for each in GESTURES}
    guesses = [(lived.seen[each.id] - usual[each.id], each.id in lived.wishes) for lived in lives for each in GESTURES]
    return area([score for score, hit in guesses if hit], [score for score, hit in guesses if not hit])


def guess_kinds() -> float:
    lives = half_a_year()
    seen = [Counter(each.channel for each in GESTURES for _ in range(lived.seen[each.id])) for lived in lives]
    usual = {kind: fmean(each[kind] for each in seen) for kind in CHANNELS}
    guesses = [
        (each[kind] / usual[kind], kind in lived.wishes)
        for lived, each in zip(lives, seen, strict=True)
        for kind in CHANNELS
    ]
    return area([score for score, hit in guesses if hit], [score for score, hit in guesses if not hit])


def test_half_a_year_of_gestures_hardly_tells_one_wish() -> None:
    assert guess_gestures() < 0.62


def test_half_a_year_of_gestures_hardly_tells_a_kind_that_was_wished_for() -> None:
    assert guess_kinds() < 0.65


def test_a_wish_matters_all_the_same() -> None:
    assert guess_gestures() > 0.52
