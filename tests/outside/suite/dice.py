"""Chance that a seed decides: the same throws in the same order, for storms and for lives."""

from collections.abc import Sequence
from itertools import count
from typing import TypeVar

from service.core.chance import draw

Thing = TypeVar("Thing")


class Dice:
    """Throws one after another; two with the same seed fall alike."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._throws = count()

    def throw(self) -> float:
        """Return a number from 0 to 1, never 1 itself."""
        return draw(self._seed, str(next(self._throws)))

    def between(self, least: int, below: int) -> int:
        return least + int(self.throw() * (below - least))

    def choose(self, things: Sequence[Thing]) -> Thing:
        return things[self.between(0, len(things))]
