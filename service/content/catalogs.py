"""
Reading the catalogs: ideas, gestures, and the evidence behind the ideas, one table per record, named by its stable id.

Minutes are real minutes. Every list of words is closed, in `service.core.ideas` and `service.core.gestures`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from service.content.schema import Record
from service.core import gestures, ideas, seasons
from service.core.gestures import Gesture
from service.core.ideas import Idea, Minutes

STRENGTHS = ("trial", "experiment", "diary", "longitudinal", "correlation", "review")

_TITLE, _LINE, _STEP, _SENTENCE, _CITATION = 48, 140, 120, 160, 400
_MOST_STEPS, _MOST_FACTS = 5, 5
_SHORTEST_DATE, _LONGEST_DATE, _LONGEST_TYPICAL, _QUARTER = 20, 240, 180, 15
_LONGEST_GESTURE, _LONGEST_PAUSE_DAYS, _LONGEST_TO_PREPARE = 20, 60, 60


@dataclass(frozen=True, slots=True)
class Fact:
    """What some study found, in one modest sentence for people, with its source and the strength of its method."""

    id: str
    sentence: str
    citation: str
    strength: str


def read_fact(key: str, row: Record) -> Fact:
    fact = Fact(
        id=key,
        sentence=row.text("sentence", most=_SENTENCE),
        citation=row.text("citation", most=_CITATION),
        strength=row.choice("strength", STRENGTHS),
    )
    row.close()
    return fact


def read_idea(key: str, row: Record, *, facts: Collection[str]) -> Idea:
    """Read an idea, whose evidence is among the ids of `facts`."""
    touch = row.choice("touch", ideas.TOUCHES)
    idea = Idea(
        id=key,
        title=row.text("title", most=_TITLE),
        line=row.text("line", most=_LINE),
        steps=row.texts("steps", count=_MOST_STEPS, most=_STEP),
        kind=row.choice("kind", ideas.KINDS),
        minutes=_minutes(row.table("minutes")),
        place=row.choice("place", ideas.PLACES),
        outdoors=row.flag("outdoors"),
        cost=row.choice("cost", ideas.COSTS),
        seasons=row.choices("seasons", seasons.SEASONS),
        dayparts=row.choices("dayparts", seasons.DAYPARTS),
        weather=row.choice("weather", ideas.WEATHERS),
        light=row.choice("light", ideas.LIGHTS),
        energy=row.choice("energy", ideas.ENERGIES),
        needs=row.choices("needs", ideas.NEEDS, least=0),
        sleeping_children_ok=row.flag("sleeping_children_ok"),
        minutes_to_prepare=row.number("minutes_to_prepare", least=0, most=_LONGEST_TO_PREPARE),
        novelty=row.choice("novelty", ideas.NOVELTIES),
        touch=touch,
        # touch is welcome or it is not offered: no file can say otherwise
        only_if_welcome=row.flag("only_if_welcome", default=False) or touch != "none",
        phones=row.choice("phones", ideas.PHONES),
        accessible_for=row.choices("accessible_for", ideas.ACCESSES, least=0),
        avoid_if=row.choices("avoid_if", ideas.CONCERNS, least=0),
        evidence=row.texts("evidence", count=_MOST_FACTS, most=_TITLE),
    )
    row.close()
    _check(idea, row=row, facts=facts)
    return idea


def read_gesture(key: str, row: Record) -> Gesture:
    channel = row.choice("channel", gestures.CHANNELS)
    gesture = Gesture(
        id=key,
        title=row.text("title", most=_TITLE),
        line=row.text("line", most=_LINE),
        minutes=row.number("minutes", least=1, most=_LONGEST_GESTURE),
        channel=channel,
        cue=row.choice("cue", gestures.CUES),
        repeat_after_days=row.number("repeat_after_days", least=1, most=_LONGEST_PAUSE_DAYS),
        only_if_welcome=row.flag("only_if_welcome", default=False) or channel == "touch",
    )
    row.close()
    return gesture


def _check(idea: Idea, *, row: Record, facts: Collection[str]) -> None:
    if idea.sleeping_children_ok and (idea.place not in ideas.AT_HOME or "sitter" in idea.needs):
        raise row.error("sleeping_children_ok", "cannot be true away from home")
    unknown = [each for each in idea.evidence if each not in facts]
    if unknown:
        raise row.error("evidence", f"names {unknown[0]}, which is no fact of evidence.toml")


def _minutes(row: Record) -> Minutes:
    least, typical, most = (
        row.number(field, least=_SHORTEST_DATE, most=_LONGEST_DATE) for field in ("least", "typical", "most")
    )
    row.close()
    if not least <= typical <= most:
        raise row.error("typical", "has to lie between least and most")
    if typical > _LONGEST_TYPICAL:
        raise row.error("typical", f"has to be {_LONGEST_TYPICAL} at most")
    for field, minutes in (("least", least), ("typical", typical), ("most", most)):
        if minutes % _QUARTER and minutes != _SHORTEST_DATE:
            raise row.error(field, f"has to be quarter hours, or {_SHORTEST_DATE}")
    return Minutes(least, typical=typical, most=most)
