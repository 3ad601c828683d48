"""
Who minds the children: what covers a time, and how a date stands with its cover.

At home a date is covered while the children sleep; anywhere else, or while they are up, somebody minds them. The hours
in which they sleep or somebody always comes are wall time and hold on the clocks of both partners, as windows do. All
other times are UTC. `CARE` is the whole life of a date's cover: what may happen at each state, and where it leads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import chain
from types import MappingProxyType
from zoneinfo import ZoneInfo

from service.core.dates import Date
from service.core.errors import CoverSettled, Invalid
from service.core.hours import EVERY_DAY, Window, shared_hours
from service.core.ideas import Idea
from service.core.interval import Interval, clip, intersect, merge
from service.core.spans import Spans, as_interval, as_spans, touching

MORNING = time(6)  # until then sleeping children sleep
_EARLIEST_SLEEP = time(12)
ANSWER_AHEAD = timedelta(hours=24)  # before its beginning a helper who has not answered is taken not to come
TIME_TO_ANSWER = timedelta(hours=3)  # which a helper has at least, where the date has not begun by then


class Place(StrEnum):
    """Where a date is, as far as the children are concerned."""

    HOME = "home"
    AWAY = "away"


class Cover(StrEnum):
    """What covers a time."""

    NONE_NEEDED = "none_needed"
    HOURS = "hours"
    CALENDAR = "calendar"
    ASLEEP = "asleep"
    TO_ASK = "to_ask"  # nothing yet, but there is a helper who can be asked


WHAT_COVERS: Mapping[Place, tuple[Cover, ...]] = MappingProxyType(
    {
        Place.HOME: (Cover.HOURS, Cover.CALENDAR, Cover.ASLEEP),
        Place.AWAY: (Cover.HOURS, Cover.CALENDAR),
    }
)
"""What covers a date at each place, first what leaves the most freedom."""


@dataclass(frozen=True, slots=True)
class CoverPlan:
    """
    What the two agreed on: whether there are children, from when they sleep at home, when somebody always minds them.

    Raises `Invalid` where they sleep from a time in the morning on.
    """

    children: bool = False
    asleep_from: time | None = None
    helper_hours: tuple[Window, ...] = ()

    def __post_init__(self) -> None:
        if self.asleep_from is not None and self.asleep_from < _EARLIEST_SLEEP:
            raise Invalid("Children sleep from some time between 12:00 and midnight on.")


NO_CHILDREN = CoverPlan()


@dataclass(frozen=True, slots=True)
class Sources:
    """
    All that may cover a couple's time: their plan, read on both clocks, and what their cover calendars hold.

    `can_ask` tells that there is a helper who can be asked; `gone` is what is not counted on.
    """

    plan: CoverPlan
    zones: frozenset[ZoneInfo]
    calendars: tuple[Spans, ...] = ()
    can_ask: bool = False
    gone: frozenset[Cover] = frozenset()

    def lay(self, cover: Cover, *, during: Interval) -> Sequence[Interval]:
        """Return what of `during` one of the sources covers."""
        match cover:
            case Cover.HOURS:
                return shared_hours(self.plan.helper_hours, zones=self.zones, during=during)
            case Cover.ASLEEP if self.plan.asleep_from is not None:
                asleep = Window(EVERY_DAY, self.plan.asleep_from, MORNING)
                return shared_hours([asleep], zones=self.zones, during=during)
            case Cover.CALENDAR:
                (edges,) = as_spans([during])
                spans = chain.from_iterable(touching(each, within=edges) for each in self.calendars)
                return clip(map(as_interval, spans), to=during)
        return ()


def place_of(idea: Idea | None) -> Place:
    """Return where a date of that idea is; one that has none yet can have one for a home in which children sleep."""
    return Place.HOME if idea is None or idea.sleeping_children_ok else Place.AWAY


def find_cover(time: Interval, *, place: Place, sources: Sources) -> Cover | None:
    """
    Return what covers all of that time, None where nothing does and nobody can be asked.

    Sources may take turns; then it is the one with which the time becomes whole.
    """
    if not sources.plan.children:
        return Cover.NONE_NEEDED
    covered: list[Interval] = []
    for cover in _counting(sources, place=place):
        covered = merge([*covered, *sources.lay(cover, during=time)])
        if covered == [time]:
            return cover
    return Cover.TO_ASK if sources.can_ask else None


def covered_times(during: Interval, *, place: Place, sources: Sources) -> list[Interval]:
    """Return what of `during` is covered without anybody being asked: sorted and disjoint."""
    if not sources.plan.children:
        return [during]
    laid = (sources.lay(cover, during=during) for cover in _counting(sources, place=place))
    return merge(chain.from_iterable(laid))


def coverable(hours: Sequence[Interval], *, place: Place, sources: Sources) -> Sequence[Interval]:
    """Return what of `hours` (sorted, disjoint) is covered, or could be by asking a helper."""
    if not hours or not sources.plan.children or sources.can_ask:
        return hours
    return intersect(hours, covered_times(Interval(hours[0].start, hours[-1].end), place=place, sources=sources))


def _counting(sources: Sources, *, place: Place) -> list[Cover]:
    return [cover for cover in WHAT_COVERS[place] if cover not in sources.gone]


class State(StrEnum):
    """How a date stands with its cover."""

    NONE_NEEDED = "none_needed"
    COVERED = "covered"
    ASKED = "asked"
    ARRANGED = "arranged"
    LOST = "lost"


class Turn(StrEnum):
    """What may happen to the cover of a date."""

    FREE = "nobody is needed"
    FIND = "a source covers it"
    ASK = "a helper is asked"
    ACCEPT = "the helper says yes"
    DECLINE = "the helper says no"
    LOSE = "what covered it is gone"


_ALWAYS: Mapping[Turn, State] = {Turn.FREE: State.NONE_NEEDED, Turn.FIND: State.COVERED, Turn.ASK: State.ASKED}
_OF_A_HELPER: Mapping[Turn, State] = {
    **_ALWAYS,
    Turn.ACCEPT: State.ARRANGED,
    Turn.DECLINE: State.LOST,
    Turn.LOSE: State.LOST,
}
CARE: Mapping[State, Mapping[Turn, State]] = MappingProxyType(
    {
        State.NONE_NEEDED: _ALWAYS,
        State.COVERED: {**_ALWAYS, Turn.LOSE: State.LOST},
        State.ASKED: _OF_A_HELPER,
        State.ARRANGED: _OF_A_HELPER,
        State.LOST: _OF_A_HELPER,
    }
)
TURN_TO: Mapping[Cover, Turn] = MappingProxyType(
    {
        Cover.NONE_NEEDED: Turn.FREE,
        Cover.HOURS: Turn.FIND,
        Cover.CALENDAR: Turn.FIND,
        Cover.ASLEEP: Turn.FIND,
        Cover.TO_ASK: Turn.ASK,
    }
)
"""What happens to a date once its time is found to be covered like that."""


@dataclass(frozen=True, slots=True)
class DateCover:
    """
    How a date stands with its cover.

    `by` is the source that covers it, or did; `helper_id` who was asked, or who said no last and may think again. A
    loss is `noticed` where nobody said it, so that it may pass as it came. A helper answers by `answer_by`, which stays
    where they let it pass.
    """

    state: State = State.NONE_NEEDED
    by: Cover | None = None
    helper_id: str | None = None
    noticed: bool = False
    answer_by: datetime | None = None

    def is_with(self, helper_id: str) -> bool:
        """Return whether that helper was asked, or comes."""
        return self.helper_id == helper_id and self.state in (State.ASKED, State.ARRANGED)


def settle(
    cover: DateCover, found: Cover, *, helper_id: str | None = None, answer_by: datetime | None = None
) -> DateCover:
    """Return the cover of a date whose time is covered by what was `found`; `helper_id` is who is asked, if anybody."""
    turn = TURN_TO[found]
    if turn is Turn.ASK:
        return DateCover(_state(cover, turn), helper_id=helper_id, answer_by=answer_by)
    return DateCover(_state(cover, turn), by=found if turn is Turn.FIND else None)


def hear(cover: DateCover, *, yes: bool) -> DateCover:
    """Return the cover after its helper's answer; the same answer twice changes nothing. Raises `CoverSettled`."""
    state = _state(cover, Turn.ACCEPT if yes else Turn.DECLINE)
    return replace(cover, state=state, noticed=False, answer_by=None)


def lose(cover: DateCover, *, noticed: bool) -> DateCover:
    """Return the cover of a date that nobody covers any more. Raises `CoverSettled`."""
    if cover.state is State.LOST:
        return cover
    return DateCover(_state(cover, Turn.LOSE), by=cover.by, noticed=noticed)


def look_again(cover: DateCover, *, time: Interval, place: Place, sources: Sources) -> DateCover:
    """
    Return the cover of a date as its sources are now.

    What covered it may be gone, and what nobody but we noticed to be gone may be there again. A helper's word stays.
    """
    if not sources.plan.children:
        return settle(cover, Cover.NONE_NEEDED)
    if cover.state is not State.COVERED and not cover.noticed:
        return cover
    found = find_cover(time, place=place, sources=replace(sources, can_ask=False))
    return lose(cover, noticed=True) if found is None else settle(cover, found)


def wait_no_longer(cover: DateCover, *, now: datetime) -> DateCover:
    """Return the cover of a date whose helper has not answered by `now`, who may still do; the same before that."""
    if cover.state is not State.ASKED or cover.answer_by is None or now < cover.answer_by:
        return cover
    return replace(cover, state=_state(cover, Turn.LOSE))


def stay_home(date: Date, *, idea_id: str, now: datetime) -> Date:
    """Return a date with an idea for at home, at the time that both said yes to or are asked about."""
    return replace(date, idea_id=idea_id, sequence=date.sequence + 1, changed_at=now)


def answer_by(time: Interval, *, now: datetime) -> datetime:
    """Return until when a helper who is asked now about a date at that time is waited for."""
    return max(time.start - ANSWER_AHEAD, min(now + TIME_TO_ANSWER, time.start))


def _state(cover: DateCover, turn: Turn) -> State:
    state = CARE[cover.state].get(turn)
    if state is None:
        raise CoverSettled
    return state
