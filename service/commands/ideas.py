"""
`pencilin ideas`: a deck as couples get it, so that who writes ideas can read them in company.

It is dealt for two people in one zone who have all that ideas may need, in the middle of a season; `--seed` stands for
the couple. Times are UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from service.commands.cards import Card, check_number, check_word, show, show_json
from service.content import Content
from service.content.library import load_library
from service.core.decks import Suggestion, deal
from service.core.ideas import BELONGINGS, PLACES, Occasion
from service.core.interval import Interval
from service.core.seasons import DAYPARTS, SEASONS

_YEAR, _DAY = 2026, 15
_MONTHS = dict(zip(SEASONS, (1, 4, 7, 10), strict=True))
_BEGINS = dict(zip(DAYPARTS, (9, 14, 19, 22), strict=True))
_ZONE = ZoneInfo("UTC")
_MOST_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line; `place` None is anywhere."""

    minutes: int
    place: str | None
    season: str
    daypart: str
    children_asleep: bool
    language: str
    seed: str
    count: int


def run(asked: Asked, *, as_json: bool) -> None:
    """Print a deck; raises `Invalid` for what does not fit."""
    library = load_library()
    content = library.of(library.check_language(asked.language))
    deck = _deal(asked, content=content)
    if as_json:
        show_json("ideas", [_as_json(each, content=content) for each in deck])
    else:
        show([_card(each, content=content) for each in deck], none="No idea suits that; try more minutes.")


def _deal(asked: Asked, *, content: Content) -> Sequence[Suggestion]:
    minutes = check_number(asked.minutes, option="--minutes", most=_MOST_MINUTES)
    month = _MONTHS[check_word(asked.season, option="--season", words=SEASONS)]
    hour = _BEGINS[check_word(asked.daypart, option="--daypart", words=DAYPARTS)]
    places = PLACES if asked.place is None else (check_word(asked.place, option="--place", words=PLACES),)
    start = datetime(_YEAR, month, _DAY, hour, tzinfo=UTC)
    occasion = Occasion(
        Interval(start, start + timedelta(minutes=minutes)),
        (_ZONE, _ZONE),
        has=BELONGINGS,
        places=places,
        children_asleep=asked.children_asleep,
    )
    count = check_number(asked.count, option="--count")
    ideas = content.ideas.values()
    return deal(ideas, occasion=occasion, tastes={}, past=(), seed=asked.seed, now=start, count=count)


def _card(suggestion: Suggestion, *, content: Content) -> Card:
    idea, messages = suggestion.idea, content.messages
    minutes = idea.minutes
    aside = [
        messages.idea_reasons[suggestion.reason],
        messages.phones[idea.phones],
        content.evidence[idea.evidence[0]].sentence,
        f"({idea.kind}, {idea.place}, {minutes.least} to {minutes.most} minutes, mostly {minutes.typical})",
    ]
    return Card(idea.title, [idea.line, *(f"- {step}" for step in idea.steps)], " ".join(aside))


def _as_json(suggestion: Suggestion, *, content: Content) -> dict[str, object]:
    idea = suggestion.idea
    return {
        "id": idea.id,
        "title": idea.title,
        "line": idea.line,
        "steps": list(idea.steps),
        "kind": idea.kind,
        "place": idea.place,
        "minutes": {"least": idea.minutes.least, "typical": idea.minutes.typical, "most": idea.minutes.most},
        "minutes_to_prepare": idea.minutes_to_prepare,
        "cost": idea.cost,
        "only_if_welcome": idea.only_if_welcome,
        "phones": idea.phones,
        "reason": {"code": suggestion.reason, "text": content.messages.idea_reasons[suggestion.reason]},
        "evidence": content.evidence[idea.evidence[0]].sentence,
    }
