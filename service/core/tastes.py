"""
What each partner said they like, which the other never learns.

A taste is about a `subject`: one idea, a whole kind of ideas, or a concern that makes some ideas do no good. What is
said counts from the next week on (weeks begin on Monday, 0:00 UTC): a deck that changed under somebody's eyes would
tell what the other just said. Silence is no answer, and nothing is concluded from it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from service.core.errors import Invalid
from service.core.ideas import CONCERNS, KINDS, Idea

LOVE, FINE, NOT_FOR_ME = "love", "fine", "not_for_me"
LEVELS = (LOVE, FINE, NOT_FOR_ME)
LESS = "less"
CONCERN = "concern"
_IDEA, _KIND, _CONCERN = "idea:", "kind:", "concern:"
_ASKED_WITHIN = timedelta(days=3)  # later nobody remembers how it was


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of a subject, when, and what counted `before` that; None is nothing."""

    subject: str
    answer: str | None
    at: datetime
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Taste:
    """What counts of one person: ids of ideas, kinds, and concerns."""

    loved: frozenset[str] = frozenset()
    vetoed: frozenset[str] = frozenset()
    less: frozenset[str] = frozenset()
    concerns: frozenset[str] = frozenset()


NO_TASTE = Taste()


def subject_of_idea(idea_id: str) -> str:
    return _IDEA + idea_id


def subject_of_kind(kind: str) -> str:
    return _KIND + kind


def subject_of_concern(concern: str) -> str:
    return _CONCERN + concern


def say(subject: str, answer: str | None, *, earlier: Said | None, now: datetime) -> Said:
    """Return what is to be kept once somebody says `answer`; within one week the last word counts from the next."""
    if not _is_answer(answer, to=subject):
        raise Invalid(f"A taste is one of these: {', '.join(LEVELS)}.")
    if earlier is None:
        return Said(subject, answer, now)
    return replace(earlier, answer=answer, at=now, before=_counting(earlier, week=begin_of_week(now)))


def taste_of(said: Iterable[Said], *, now: datetime) -> Taste:
    """Return what counts this week of all that one person said."""
    week = begin_of_week(now)
    return _gather({each.subject: _counting(each, week=week) for each in said})


def latest_taste(said: Iterable[Said]) -> Taste:
    """Return all that one person said, as they themself see it."""
    return _gather({each.subject: each.answer for each in said})


def begin_of_week(now: datetime) -> datetime:
    """Return the last Monday, 0:00 UTC."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=day.weekday())


def may_ask(idea: Idea | None, *, ended_at: datetime, asked: bool, said: Collection[str], now: datetime) -> bool:
    """
    Return whether somebody may be asked how a date's idea was: once, soon after, and only if they said nothing of it.

    `asked` tells that they were asked about this date already; `said` are the subjects they spoke of.
    """
    if idea is None or asked or subject_of_idea(idea.id) in said:
        return False
    return ended_at <= now < ended_at + _ASKED_WITHIN


def _counting(said: Said, *, week: datetime) -> str | None:
    return said.answer if said.at < week else said.before


def _is_answer(answer: str | None, *, to: str) -> bool:
    if answer is None:
        return True
    if to.startswith(_IDEA):
        return answer in LEVELS
    if to.startswith(_KIND):
        return to.removeprefix(_KIND) in KINDS and answer == LESS
    return to.removeprefix(_CONCERN) in CONCERNS and answer == CONCERN


def _gather(answers: Mapping[str, str | None]) -> Taste:
    def named(prefix: str, answer: str) -> frozenset[str]:
        return frozenset(
            subject.removeprefix(prefix)
            for subject, given in answers.items()
            if given == answer and subject.startswith(prefix)
        )

    return Taste(
        loved=named(_IDEA, LOVE),
        vetoed=named(_IDEA, NOT_FOR_ME),
        less=named(_KIND, LESS),
        concerns=named(_CONCERN, CONCERN),
    )
