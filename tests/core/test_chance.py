"""Repeatable chance: the same for the same parts, and even enough for everything else."""

from itertools import pairwise
from statistics import fmean

from hypothesis import given
from hypothesis import strategies as st

from service.core.chance import draw

DRAWS = [draw("couple", str(number)) for number in range(20_000)]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_a_draw_is_at_least_0_and_below_1(parts: list[str]) -> None:
    assert 0 <= draw(*parts) < 1


def test_the_same_parts_draw_the_same_number_on_every_machine() -> None:
    assert round(draw("seed", "moment", "7"), 9) == 0.04731698


def test_parts_are_told_apart() -> None:
    assert len({draw("a", "bc"), draw("ab", "c"), draw("abc"), draw("a", "b", "c"), draw("", "abc")}) == 5


def test_draws_are_even() -> None:
    assert abs(fmean(DRAWS) - 0.5) < 0.01  # five standard errors
    boxes = [0] * 100
    for number in DRAWS:
        boxes[int(number * 100)] += 1
    expected = len(DRAWS) / len(boxes)
    assert sum((box - expected) ** 2 / expected for box in boxes) < 180  # 99 degrees of freedom: once in a million


def test_neighbors_know_nothing_of_each_other() -> None:
    assert abs(fmean((one - 0.5) * (other - 0.5) for one, other in pairwise(DRAWS))) < 0.003
