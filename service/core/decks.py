"""
Dealing a deck: three ideas that suit an occasion, fair to both partners, and silent about what either of them likes.

What suits at all and did not take place within 12 weeks, and nobody said no to, has a score: how much it may please
(the mean of both tastes, and how long ago something like it was), and chance. Then each kind has its turn. What either
loves weighs little beside chance, and part of the chance lasts a quarter of a year: who compares deck after deck can
average the chance of single weeks away, but not that. Two fifths of the catalog stand aside in each quarter, so
nothing follows from an idea that does not come. `tests/content/test_tastes_stay_private.py` plays the curious partner.

A score is in units of the chance of a week. Moments are UTC; a week begins on Monday.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log

from service.core.chance import draw
from service.core.ideas import Idea, Occasion, select
from service.core.seasons import SEASONS
from service.core.tastes import Taste, begin_of_week

RESTS = timedelta(weeks=12)
REMEMBERED = timedelta(weeks=52)
_STANDS_ASIDE = 0.4
_LOVE, _LESS = 0.8, 0.8
_TIE = 0.1  # how much more one partner's taste counts than the other's, in turn by week
_LASTING, _LASTING_OF_KIND = 0.7, 0.7  # beside 1 for the chance of a week
_OF_IDEA, _OF_KIND = 1.0, 1.0  # the most that an earlier date takes off
_KIND_RESTS = timedelta(weeks=6)
_RAREST = 0.01  # of a hundred draws the outermost two are no further out than this: chance has bounds
_ASIDE, _AGAIN = 30.0, 60.0  # more than all the rest can add up to, so these two decide first
_SHORT = 30
_DAYS_OF_A_WEEK, _MONTHS_OF_A_QUARTER = 7, 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An idea and the code of one plain reason for it, out of `REASONS`."""

    idea: Idea
    reason: str


@dataclass(frozen=True, slots=True)
class Past:
    """A date the two had, or have ahead: its idea and when it begins. Both of them know it."""

    idea_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Shared:
    """What reasons may speak of: nothing that only one of the two knows."""

    occasion: Occasion
    lately: frozenset[str]


def deal(
    ideas: Iterable[Idea],
    *,
    occasion: Occasion,
    tastes: Mapping[str, Taste],
    past: Iterable[Past],
    seed: str,
    now: datetime,
    count: int = 3,
) -> list[Suggestion]:
    """
    Return up to `count` ideas, of different kinds while there are any, each with a reason that is true.

    `tastes` are the partners', by their ids; `seed` is the couple's. The week and the quarter are those of `now`, so
    that whoever asks about many evenings asks the same chance each time, and a reload changes nothing.
    """
    catalog = {idea.id: idea for idea in ideas}
    since = _how_long_since(past, start=occasion.time.start)
    since_kind = _by_kind(since, catalog=catalog)
    fitting = [
        idea
        for idea in select(catalog.values(), occasion=occasion)
        if since.get(idea.id, REMEMBERED) >= RESTS and not any(idea.id in each.vetoed for each in tastes.values())
    ]
    wish = _mean_wish(tastes, seed=seed, now=now)
    chance = _chance(seed, now=now)
    scores = {
        idea.id: chance(idea, wish(idea) - _tires(since.get(idea.id), since_kind.get(idea.kind))) for idea in fitting
    }
    deck = _vary(fitting, scores=scores, count=count)
    lately = frozenset(kind for kind, length in since_kind.items() if length < _KIND_RESTS)
    return _explain(deck, shared=_Shared(occasion, lately))


def _how_long_since(past: Iterable[Past], *, start: datetime) -> dict[str, timedelta]:
    """Return how far the nearest date of each idea is from `start`."""
    since: dict[str, timedelta] = {}
    for each in past:
        since[each.idea_id] = min(abs(start - each.at), since.get(each.idea_id, REMEMBERED))
    return since


def _by_kind(since: Mapping[str, timedelta], *, catalog: Mapping[str, Idea]) -> dict[str, timedelta]:
    kinds: dict[str, timedelta] = {}
    for idea_id, length in since.items():
        if idea_id in catalog:
            kind = catalog[idea_id].kind
            kinds[kind] = min(length, kinds.get(kind, REMEMBERED))
    return kinds


def share_out(partner_ids: Collection[str], *, seed: str, now: datetime) -> dict[str, float]:
    """Return what each partner's taste weighs: half, and a little more in every other week, which decides ties."""
    week = begin_of_week(now).toordinal() // _DAYS_OF_A_WEEK
    # in an order of their own, not that of the arguments
    ordered = sorted(partner_ids, key=lambda partner_id: draw(seed, "turn", partner_id))
    return {each: (1 + (_TIE if turn % 2 else -_TIE)) / 2 for turn, each in enumerate(ordered, start=week)}


def _mean_wish(tastes: Mapping[str, Taste], *, seed: str, now: datetime) -> Callable[[Idea], float]:
    """Return how much an idea pleases the two on average."""
    shares = [(share, tastes[each]) for each, share in share_out(tastes, seed=seed, now=now).items()]

    def wish(idea: Idea) -> float:
        return sum(
            share * (_LOVE * (idea.id in each.loved) - _LESS * (idea.kind in each.less)) for share, each in shares
        )

    return wish


def _tires(idea: timedelta | None, kind: timedelta | None) -> float:
    """Return what an idea loses because it, or another of its kind, was not long ago."""
    of_idea = _OF_IDEA * (1 - idea / REMEMBERED) if idea is not None else 0.0
    of_kind = _OF_KIND * max(0.0, 1 - kind / _KIND_RESTS) if kind is not None else 0.0
    return of_idea + of_kind


def _chance(seed: str, *, now: datetime) -> Callable[[Idea, float], float]:
    """Return how an idea's worth becomes its score in that week."""
    monday = begin_of_week(now)
    week = monday.date().isoformat()
    quarter = f"{monday.year}/{(monday.month - 1) // _MONTHS_OF_A_QUARTER}"
    of_kinds: dict[str, float] = {}

    def score(idea: Idea, worth: float) -> float:
        this_week = _gumbel(draw(seed, week, idea.id))
        lasting = draw(seed, quarter, idea.id)
        if lasting < _STANDS_ASIDE:
            return this_week - _ASIDE  # and by chance alone: what is only here to fill a gap tells nothing either
        if idea.kind not in of_kinds:
            of_kinds[idea.kind] = _LASTING_OF_KIND * _gumbel(draw(seed, quarter, "kind", idea.kind))
        rest = (lasting - _STANDS_ASIDE) / (1 - _STANDS_ASIDE)  # as even as the draw was
        return worth + this_week + _LASTING * _gumbel(rest) + of_kinds[idea.kind]

    return score


def _gumbel(chance: float) -> float:
    """Return a draw of the distribution with which the best of several scores is chosen by their odds."""
    return -log(-log(min(max(chance, _RAREST), 1 - _RAREST)))


def _vary(ideas: Iterable[Idea], *, scores: Mapping[str, float], count: int) -> list[Idea]:
    """Take the best, then the best with a penalty for the kinds that are there already, and so on."""
    left = {idea.id: idea for idea in ideas}
    deck: list[Idea] = []
    kinds: Counter[str] = Counter()
    while left and len(deck) < count:
        best = max(left.values(), key=lambda idea: (scores[idea.id] - _AGAIN * kinds[idea.kind], idea.id))
        deck.append(left.pop(best.id))
        kinds[best.kind] += 1
    return deck


_HOLDS: dict[str, Callable[[Idea, _Shared], bool]] = {
    "right_for_the_season": lambda idea, _: len(idea.seasons) < len(SEASONS),
    "works_while_children_sleep": lambda _, shared: shared.occasion.children_asleep,
    "made_for_the_dark": lambda idea, _: idea.light == "dark",
    "short_and_sweet": lambda idea, _: idea.minutes.typical <= _SHORT,
    "a_change_from_lately": lambda idea, shared: bool(shared.lately) and idea.kind not in shared.lately,
    "asks_little_of_you": lambda idea, _: idea.energy == "rest",
    "costs_nothing": lambda idea, _: idea.cost == "free",
    "fits_the_time": lambda _, __: True,
}
REASONS = tuple(_HOLDS)
"""The codes of all reasons, the most telling first; the last one always holds."""


def _explain(deck: Iterable[Idea], *, shared: _Shared) -> list[Suggestion]:
    suggestions: list[Suggestion] = []
    for idea in deck:
        given = {suggestion.reason for suggestion in suggestions}
        reasons = [code for code, holds in _HOLDS.items() if holds(idea, shared)]
        suggestions.append(Suggestion(idea, next((code for code in reasons if code not in given), reasons[0])))
    return suggestions
