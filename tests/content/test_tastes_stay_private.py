"""
A curious partner looks at every deck of half a year and guesses what the other loves, or has said no to.

They know their own taste, the rules, and how often each idea comes to other couples; they do not know the seed of
their couple. What they learn is told by the area under the curve: 0.5 is a coin, 1 is certainty.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from statistics import fmean
from zoneinfo import ZoneInfo

from service.content import load_content
from service.core.chance import draw
from service.core.decks import Past, Suggestion, deal
from service.core.ideas import KINDS, Occasion
from service.core.interval import Interval
from service.core.tastes import Taste

IDEAS = tuple(load_content().ideas.values())
BERLIN = ZoneInfo("Europe/Berlin")
FIRST_MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
COUPLES, WEEKS, A_YEAR = 40, 26, 52
# a day of the week, an hour in Berlin and minutes: Thursday late, Friday evening, Saturday after lunch
EVENINGS = ((3, 21, 60), (4, 18, 150), (5, 14, 180))
LOVES, SAYS_NO, WANTS_LESS = 0.2, 0.1, 0.15


@dataclass(frozen=True, slots=True)
class Lived:
    """What two people like, and every deck they saw; `deck.idea` counts how often each idea came."""

    curious: Taste
    other: Taste
    decks: list[list[Suggestion]]

    @property
    def seen(self) -> Counter[str]:
        return Counter(suggestion.idea.id for deck in self.decks for suggestion in deck)


def someone(name: str) -> Taste:
    """Return somebody with a taste of their own, the same each time."""
    fate = {idea.id: draw(name, idea.id) for idea in IDEAS}
    return Taste(
        loved=frozenset(each for each, drawn in fate.items() if drawn < LOVES),
        vetoed=frozenset(each for each, drawn in fate.items() if drawn >= 1 - SAYS_NO),
        less=frozenset(kind for kind in KINDS if draw(name, "less", kind) < WANTS_LESS),
    )


def occasions(week: int) -> Iterator[Occasion]:
    for day, hour, minutes in EVENINGS:
        start = (FIRST_MONDAY + timedelta(weeks=week, days=day)).astimezone(BERLIN).replace(hour=hour).astimezone(UTC)
        time = Interval(start, start + timedelta(minutes=minutes))
        yield Occasion(time, (BERLIN, BERLIN), children_asleep=hour > 20)


def live(name: str, *, weeks: int) -> Lived:
    """Let a couple look at three decks a week, and take the first idea of one of them for a date."""
    tastes = {"curious": someone(f"{name}/curious"), "other": someone(f"{name}/other")}
    past: list[Past] = []
    decks: list[list[Suggestion]] = []
    for week in range(weeks):
        now = FIRST_MONDAY + timedelta(weeks=week)
        dealt = [
            (occasion, deal(IDEAS, occasion=occasion, tastes=tastes, past=past, seed=name, now=now))
            for occasion in occasions(week)
        ]
        occasion, deck = dealt[week % len(dealt)]
        past += [Past(suggestion.idea.id, occasion.time.start) for suggestion in deck[:1]]
        decks += [deck for _, deck in dealt]
    return Lived(tastes["curious"], tastes["other"], decks)


@cache
def half_a_year() -> tuple[Lived, ...]:
    return tuple(live(f"couple {number}", weeks=WEEKS) for number in range(COUPLES))


def guess(wanted: str) -> float:
    """Return how well the others' `wanted` ideas are told from all that the curious partners did not say no to."""
    lives = half_a_year()
    seen = [lived.seen for lived in lives]
    usual = {idea.id: fmean(each[idea.id] for each in seen) for idea in IDEAS}
    mine: list[float] = []
    rest: list[float] = []
    for lived, each in zip(lives, seen, strict=True):
        hits = getattr(lived.other, wanted)
        for idea in IDEAS:
            # an idea that never comes at those times tells nothing to anybody, nor does one's own no
            if usual[idea.id] and idea.id not in lived.curious.vetoed:
                # one's own love is known, and taken out
                known = 0.5 * (idea.id in lived.curious.loved) * usual[idea.id]
                (mine if idea.id in hits else rest).append(each[idea.id] - usual[idea.id] - known)
    return area(mine, rest)


def area(positives: Iterable[float], negatives: Iterable[float]) -> float:
    """Return the chance that a positive lies above a negative, ties counting half."""
    scored = sorted([(score, True) for score in positives] + [(score, False) for score in negatives])
    counts: dict[float, list[int]] = {}
    for score, positive in scored:
        counts.setdefault(score, [0, 0])[positive] += 1
    below, wins = 0, 0.0
    for misses, found in counts.values():
        wins += found * (below + misses / 2)
        below += misses
    return wins / (below * sum(found for _, found in counts.values()))


def test_half_a_year_of_decks_hardly_tells_what_the_other_loves() -> None:
    assert guess("loved") < 0.62


def test_a_taste_matters_all_the_same() -> None:
    assert guess("loved") > 0.53


def test_nine_in_ten_decks_are_of_three_different_kinds() -> None:
    decks = [deck for lived in half_a_year() for deck in lived.decks]
    assert fmean(len({suggestion.idea.kind for suggestion in deck}) == 3 for deck in decks) >= 0.9


def test_in_a_year_a_couple_sees_at_least_sixty_different_ideas() -> None:
    assert min(len(live(f"year {number}", weeks=A_YEAR).seen) for number in range(4)) >= 60


def test_nobody_is_offered_what_either_said_no_to() -> None:
    for lived in half_a_year():
        assert not lived.seen.keys() & (lived.curious.vetoed | lived.other.vetoed)


def test_the_guess_of_somebody_who_knows_everything_is_told_as_such() -> None:
    assert area([3, 4], [1, 2]) == 1
    assert area([1, 2], [3, 4]) == 0
    assert area([1, 1], [1, 1]) == 0.5
    assert area([1, 3], [2]) == 0.5
