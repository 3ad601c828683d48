"""
`pencilin gestures`: small gestures as people are reminded of them, so that who writes them can read them in company.

They come as the service chooses them, one after the other, none twice; `--seed` stands for the person.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from service.commands.cards import Card, check_number, check_word, show, show_json
from service.content import Content
from service.content.library import load_library
from service.core.gestures import CHANNELS, CUES, Gesture, Occasion, choose_gesture

_NOW = datetime(2026, 1, 15, tzinfo=UTC)  # any moment does: nothing was suggested before


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line; None is any."""

    channel: str | None
    cue: str | None
    language: str
    seed: str
    count: int


def run(asked: Asked, *, as_json: bool) -> None:
    """Print some gestures; raises `Invalid` for what does not fit."""
    library = load_library()
    content = library.of(library.check_language(asked.language))
    chosen = _choose(asked, content=content)
    if as_json:
        show_json("gestures", [_as_json(each) for each in chosen])
    else:
        show([_card(each) for each in chosen], none="There is no such gesture.")


def _choose(asked: Asked, *, content: Content) -> list[Gesture]:
    channels = CHANNELS if asked.channel is None else (check_word(asked.channel, option="--channel", words=CHANNELS),)
    cues = CUES if asked.cue is None else (check_word(asked.cue, option="--cue", words=CUES),)
    catalog = content.gestures.values()
    chosen: list[Gesture] = []
    for _ in range(check_number(asked.count, option="--count")):
        been = frozenset(each.id for each in chosen)
        occasion = Occasion(_NOW, frozenset(channels), frozenset(cues), never=been)
        found = choose_gesture(catalog, occasion=occasion, seed=asked.seed)
        if found is None:
            break
        chosen.append(found)
    return chosen


def _card(gesture: Gesture) -> Card:
    welcome = "Only if it is welcome. " if gesture.only_if_welcome else ""
    cue = gesture.cue.replace("_", " ")
    aside = f"{welcome}({gesture.channel}, {cue}, {gesture.minutes} min, again after {gesture.repeat_after_days} days)"
    return Card(gesture.title, [gesture.line], aside)


def _as_json(gesture: Gesture) -> dict[str, object]:
    return {
        "id": gesture.id,
        "title": gesture.title,
        "line": gesture.line,
        "minutes": gesture.minutes,
        "channel": gesture.channel,
        "cue": gesture.cue,
        "repeat_after_days": gesture.repeat_after_days,
        "only_if_welcome": gesture.only_if_welcome,
    }
