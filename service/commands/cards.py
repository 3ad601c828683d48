"""What `pencilin ideas` and `pencilin gestures` share: checked options, and cards as people read them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding

from service.core.errors import Invalid

_MOST = 200
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Card:
    """A title, what is printed below it as it is, and what is said in passing."""

    title: str
    lines: Sequence[str]
    aside: str


def check_word(word: str, *, option: str, words: Collection[str]) -> str:
    if word not in words:
        raise Invalid(f"{option} is one of: {', '.join(words)}.")
    return word


def check_number(number: int, *, option: str, most: int = _MOST) -> int:
    if not 1 <= number <= most:
        raise Invalid(f"{option} is 1 to {most}.")
    return number


def show(cards: Sequence[Card], *, none: str) -> None:
    console = Console(highlight=False)
    console.width = min(console.width, _WIDTH)
    if not cards:
        console.print(none)
    for number, card in enumerate(cards):
        if number:
            console.print()
        console.print(f"[bold]{escape(card.title)}[/]")
        for line in card.lines:
            console.print(Padding(escape(line), (0, 0, 0, 2), expand=False))
        console.print(Padding(f"[bright_black]{escape(card.aside)}[/]", (0, 0, 0, 2), expand=False))


def show_json(name: str, rows: Sequence[dict[str, object]]) -> None:
    Console(highlight=False).print(json.dumps({name: list(rows)}, indent=1), soft_wrap=True, markup=False)
