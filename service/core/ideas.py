"""
Ideas for a date without screens, and which of them suit a slot.

An idea's minutes are real minutes; its seasons and parts of the day are those of the clock on the wall, so a slot is
looked at on both partners' clocks, and an idea has to be right on each. Nothing here knows which clock is whose.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from service.core.chance import draw
from service.core.interval import Interval

KINDS = ("talk", "make", "move", "rest", "play", "explore", "serve", "touch")
PLACES = ("home", "doorstep", "neighborhood", "town", "nature")
COSTS = ("free", "low", "medium")
SEASONS = ("winter", "spring", "summer", "autumn")
DAYPARTS = ("morning", "afternoon", "evening", "night")
ENERGIES = ("rest", "gentle", "active")
NEEDS = ("sitter", "car", "kitchen", "garden", "transit")
TOUCHES = ("none", "hand", "massage", "embrace")
PHONES = ("in_a_drawer", "in_a_bag", "left_at_home", "one_for_the_map", "charging_in_another_room")
REASONS = (
    "right_for_the_season",
    "works_while_children_sleep",
    "short_and_sweet",
    "asks_little_of_you",
    "costs_nothing",
    "fits_the_time",
)

_SHORT = 30
_MORNING, _AFTERNOON, _EVENING, _NIGHT = 5, 12, 17, 21  # the local hours at which they begin
# zones south of 15 degrees south, with their older names; nearer to the equator a year has other seasons than these
_SOUTHERN = re.compile(
    r"""
    (Antarctica|Australia|America/Argentina|Brazil|Chile)/.*
    | NZ | NZ-CHAT
    | Africa/( Antananarivo | Blantyre | Gaborone | Harare | Johannesburg | Lusaka | Maputo | Maseru | Mbabane
        | Windhoek )
    | America/( Asuncion | Buenos_Aires | Campo_Grande | Catamarca | Cordoba | Coyhaique | Cuiaba | Jujuy | La_Paz
        | Mendoza | Montevideo | Punta_Arenas | Rosario | Santiago | Sao_Paulo )
    | Atlantic/( South_Georgia | St_Helena | Stanley )
    | Indian/( Antananarivo | Kerguelen | Mauritius | Reunion )
    | Pacific/( Auckland | Chatham | Easter | Efate | Fiji | Gambier | Niue | Norfolk | Noumea | Pitcairn | Rarotonga
        | Tahiti | Tongatapu )
    """,
    re.VERBOSE,
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

    `sleeping_children_ok` tells that it works while children sleep at home; `phones` is how the phones go away.
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
    energy: str
    needs: frozenset[str]
    sleeping_children_ok: bool
    touch: str
    only_if_welcome: bool
    phones: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An idea and the code of one plain reason for it, out of `REASONS`."""

    idea: Idea
    reason: str


def suggest(
    ideas: Iterable[Idea],
    *,
    slot: Interval,
    zones: Sequence[ZoneInfo],
    recent: Collection[str],
    seed: str,
    children_asleep: bool = False,
    limit: int = 3,
) -> list[Suggestion]:
    """
    Return up to `limit` ideas that suit `slot`, of different kinds where possible, each with a reason that is true.

    `zones` are both partners', in any order; `recent` are the ids of ideas to leave out for now. With `children_asleep`
    they sleep at home meanwhile, and only ideas that work then remain. The same arguments give the same answer.
    """
    fitting = [
        idea
        for idea in ideas
        if idea.id not in recent
        and (idea.sleeping_children_ok or not children_asleep)
        and _suits(idea, slot=slot, zones=zones)
    ]
    fitting.sort(key=lambda idea: draw(seed, "idea", idea.id))
    suggestions: list[Suggestion] = []
    for idea in _varied(fitting)[:limit]:
        given = {suggestion.reason for suggestion in suggestions}
        reasons = _reasons(idea, children_asleep=children_asleep)
        suggestions.append(Suggestion(idea, next((code for code in reasons if code not in given), reasons[0])))
    return suggestions


def fit(idea: Idea, slot: Interval) -> Interval:
    """
    Return when a date of `idea` takes place in `slot`: from its start, as long as usual or as the slot allows.

    Raises `ValueError` where the slot is shorter than the idea needs, which `suggest` never offers.
    """
    if slot.length < timedelta(minutes=idea.minutes.least):
        raise ValueError("the slot is too short for this idea")
    return Interval(slot.start, slot.start + min(timedelta(minutes=idea.minutes.typical), slot.length))


def _suits(idea: Idea, *, slot: Interval, zones: Sequence[ZoneInfo]) -> bool:
    starts = [slot.start.astimezone(zone) for zone in zones]
    return (
        slot.length >= timedelta(minutes=idea.minutes.least)
        and all(_daypart(start) in idea.dayparts for start in starts)
        and all(_season(start, zone=zone) in idea.seasons for start, zone in zip(starts, zones, strict=True))
    )


def _varied(ideas: Sequence[Idea]) -> list[Idea]:
    """Put the first idea of each kind before the second ones."""
    firsts = {idea.kind: idea for idea in reversed(ideas)}
    return sorted(ideas, key=lambda idea: firsts[idea.kind] is not idea)


def _reasons(idea: Idea, *, children_asleep: bool) -> list[str]:
    """Return every reason that holds for an idea that suits, the most telling first; never none."""
    holds = {
        "right_for_the_season": len(idea.seasons) < len(SEASONS),
        "works_while_children_sleep": children_asleep,
        "short_and_sweet": idea.minutes.typical <= _SHORT,
        "asks_little_of_you": idea.energy == "rest",
        "costs_nothing": idea.cost == "free",
        "fits_the_time": True,
    }
    return [code for code in REASONS if holds[code]]


def _daypart(local: datetime) -> str:
    if _MORNING <= local.hour < _AFTERNOON:
        return "morning"
    if _AFTERNOON <= local.hour < _EVENING:
        return "afternoon"
    return "evening" if _EVENING <= local.hour < _NIGHT else "night"


def _season(local: datetime, *, zone: ZoneInfo) -> str:
    """Return the season by whole months (winter begins with December, in the south with June)."""
    half_a_year = 2 if _SOUTHERN.fullmatch(zone.key) else 0
    return SEASONS[(local.month // 3 + half_a_year) % 4]
