"""
Ideas for a date without screens, and which of them suit an occasion.

An idea's minutes are real minutes; its seasons, parts of the day and light are those of the clock on the wall, so an
occasion is looked at on both partners' clocks, and an idea has to be right on each. Nothing here knows whose is which.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from service.core.interval import Interval
from service.core.seasons import daypart, is_dark, is_daylight, season

KINDS = ("talk", "make", "move", "rest", "play", "explore", "serve", "touch")
PLACES = ("home", "doorstep", "neighborhood", "town", "nature")
AT_HOME = frozenset({"home", "doorstep"})
COSTS = ("free", "low", "medium")
WEATHERS = ("any", "dry", "mild")
LIGHTS = ("any", "daylight", "dark")
ENERGIES = ("rest", "gentle", "active")
NEEDS = ("sitter", "car", "kitchen", "garden", "transit")
BELONGINGS = ("car", "kitchen", "garden", "transit")
USUAL_BELONGINGS = frozenset({"kitchen", "transit"})
NOVELTIES = ("familiar", "twist", "new")
TOUCHES = ("none", "hand", "massage", "embrace")
PHONES = ("in_a_drawer", "in_a_bag", "left_at_home", "one_for_the_map", "charging_in_another_room")
ACCESSES = ("seated", "step_free", "without_sight", "without_hearing")
CONCERNS = (
    "back_pain",
    "food_allergy",
    "scent_allergy",
    "cold",
    "pregnancy",
    "grief",
    "after_a_quarrel",
    "motion_sickness",
)


@dataclass(frozen=True, slots=True)
class Minutes:
    """How long a date of some idea takes: not less than `least`, mostly `typical`, not more than `most`."""

    least: int
    typical: int
    most: int


@dataclass(frozen=True, slots=True)
class Idea:
    """
    One simple thing two people can do together; its words are of the closed lists above.

    `sleeping_children_ok` tells that it works while children sleep at home; `phones` is how the phones go away;
    `avoid_if` is when it does no good; `evidence` names facts that speak for it.
    """

    id: str
    title: str
    line: str
    steps: tuple[str, ...]
    kind: str
    minutes: Minutes
    place: str
    outdoors: bool
    cost: str
    seasons: frozenset[str]
    dayparts: frozenset[str]
    weather: str
    light: str
    energy: str
    needs: frozenset[str]
    sleeping_children_ok: bool
    minutes_to_prepare: int
    novelty: str
    touch: str
    only_if_welcome: bool
    phones: str
    accessible_for: frozenset[str]
    avoid_if: frozenset[str]
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Occasion:
    """
    Time that two people have, and what they have around them.

    `zones` are both partners', in any order; `has` and `concerns` are both partners' in one heap. With
    `children_asleep` they sleep at home meanwhile, and somebody has to be there.
    """

    time: Interval
    zones: Sequence[ZoneInfo]
    has: Collection[str] = USUAL_BELONGINGS
    concerns: Collection[str] = frozenset()
    places: Collection[str] = PLACES
    children_asleep: bool = False


def select(ideas: Iterable[Idea], *, occasion: Occasion) -> list[Idea]:
    """Return the ideas that suit the occasion, in their own order."""
    begins = [(occasion.time.start.astimezone(zone), zone) for zone in occasion.zones]
    missing = frozenset(BELONGINGS).difference(occasion.has)
    if occasion.children_asleep:
        missing |= {"sitter"}
    dayparts = {daypart(local) for local, _ in begins}
    seasons = {season(local, zone=zone) for local, zone in begins}
    minutes = occasion.time.length // timedelta(minutes=1)
    return [
        idea
        for idea in ideas
        # what is to be prepared is part of the evening of two people who come home tired
        if idea.minutes.least + idea.minutes_to_prepare <= minutes
        and idea.place in occasion.places
        and dayparts <= idea.dayparts
        and seasons <= idea.seasons
        and (idea.sleeping_children_ok or not occasion.children_asleep)
        and missing.isdisjoint(idea.needs)
        and idea.avoid_if.isdisjoint(occasion.concerns)
        and (idea.light == "any" or _has_its_light(idea, occasion=occasion))
    ]


def fit(idea: Idea, slot: Interval) -> Interval:
    """
    Return when a date of `idea` takes place in `slot`: from its start, as long as usual or as the slot allows.

    Raises `ValueError` where the slot is shorter than the idea needs, which is never offered.
    """
    if slot.length < timedelta(minutes=idea.minutes.least):
        raise ValueError("the slot is too short for this idea")
    return Interval(slot.start, slot.start + min(timedelta(minutes=idea.minutes.typical), slot.length))


def _has_its_light(idea: Idea, *, occasion: Occasion) -> bool:
    """Return whether it is light, or dark, when the date begins and when it ends, on each clock."""
    time = fit(idea, occasion.time)
    holds = is_daylight if idea.light == "daylight" else is_dark
    return all(
        holds(moment.astimezone(zone), zone=zone) for zone in occasion.zones for moment in (time.start, time.end)
    )
