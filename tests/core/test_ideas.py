"""Ideas: which suit an occasion, and how long a date of one takes. Times are UTC unless a zone is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from service.core.ideas import BELONGINGS, CONCERNS, Idea, Occasion, fit, select
from service.core.seasons import DAYPARTS
from tests.core.some_ideas import (
    BERLIN,
    COOK,
    EVENING,
    LISBON,
    SYDNEY,
    TEA,
    catalogs,
    occasion,
    occasions,
    slot,
)

NOON = datetime(2026, 12, 4, 11, tzinfo=UTC)


def names(*ideas: Idea, at: Occasion) -> set[str]:
    return {idea.id for idea in select(ideas, occasion=at)}


def test_an_idea_needs_its_least_minutes_and_no_more() -> None:
    for minutes, expected in ((19, set()), (20, {"tea"}), (44, {"tea"}), (45, {"tea", "cook"})):
        assert names(TEA, COOK, at=occasion(minutes=minutes)) == expected


def test_what_is_to_be_prepared_is_part_of_the_time() -> None:
    picnic = replace(TEA, minutes_to_prepare=15)
    assert [len(select([picnic], occasion=occasion(minutes=minutes))) for minutes in (34, 35)] == [0, 1]


def test_an_idea_has_its_parts_of_the_day() -> None:
    ideas = [replace(TEA, id=each, dayparts=frozenset({each})) for each in DAYPARTS]
    assert names(*ideas, at=occasion(EVENING)) == {"evening"}
    assert names(*ideas, at=occasion(NOON)) == {"afternoon"}


def test_an_idea_has_to_be_right_on_both_clocks() -> None:
    evening = replace(TEA, id="evening", dayparts=frozenset({"evening"}))
    both = replace(TEA, id="both", dayparts=frozenset({"evening", "night"}))
    start = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)  # 21:30 in Berlin, 20:30 in Lisbon
    assert names(evening, both, at=replace(occasion(start), zones=(BERLIN, LISBON))) == {"both"}
    summer = replace(TEA, id="summer", seasons=frozenset({"summer"}))
    assert names(summer, at=replace(occasion(), zones=(BERLIN, SYDNEY))) == set()


def test_an_idea_for_the_dark_or_the_day_has_it_from_beginning_to_end() -> None:
    stars, birds = replace(TEA, id="stars", light="dark"), replace(TEA, id="birds", light="daylight")
    found = {
        hour: names(stars, birds, at=occasion(datetime(2026, 12, 4, hour, 45, tzinfo=BERLIN).astimezone(UTC)))
        for hour in (8, 9, 14, 15, 16, 17)
    }
    assert found == {8: set(), 9: {"birds"}, 14: set(), 15: set(), 16: set(), 17: {"stars"}}


def test_with_children_asleep_nothing_loud_and_nothing_away_remains() -> None:
    loud = replace(TEA, id="loud", sleeping_children_ok=False)
    away = replace(TEA, id="away", needs=frozenset({"sitter"}))
    assert names(TEA, loud, away, at=occasion()) == {"tea", "loud", "away"}
    assert names(TEA, loud, away, at=replace(occasion(), children_asleep=True)) == {"tea"}


@pytest.mark.parametrize("need", BELONGINGS)
def test_what_an_idea_needs_is_there(need: str) -> None:
    idea = replace(TEA, needs=frozenset({need}))
    assert names(idea, at=replace(occasion(), has={need})) == {"tea"}
    assert names(idea, at=replace(occasion(), has=set(BELONGINGS) - {need})) == set()


@pytest.mark.parametrize("concern", CONCERNS)
def test_what_would_do_no_good_is_left_out(concern: str) -> None:
    idea = replace(TEA, avoid_if=frozenset({concern}))
    assert names(idea, COOK, at=replace(occasion(), concerns={concern})) == {"cook"}


def test_only_the_places_asked_for_remain() -> None:
    walk = replace(TEA, id="walk", place="nature")
    assert names(TEA, walk, at=replace(occasion(), places={"nature"})) == {"walk"}


@given(catalog=catalogs, at=occasions)
def test_neither_the_order_of_partners_nor_of_ideas_decides_what_suits(catalog: list[Idea], at: Occasion) -> None:
    swapped = replace(at, zones=tuple(at.zones)[::-1])
    assert names(*catalog, at=at) == names(*catalog[::-1], at=swapped)


@given(catalog=catalogs, at=occasions)
def test_whatever_suits_fits_into_the_time(catalog: list[Idea], at: Occasion) -> None:
    for idea in select(catalog, occasion=at):
        assert at.time.contains(fit(idea, at.time))
        assert fit(idea, at.time).length >= timedelta(minutes=idea.minutes.least)


@given(catalog=catalogs, at=occasions)
def test_more_concerns_fewer_belongings_and_sleeping_children_never_add_an_idea(
    catalog: list[Idea], at: Occasion
) -> None:
    harder: list[dict[str, Any]] = [{"concerns": CONCERNS}, {"has": ()}, {"children_asleep": True}]
    for change in harder:
        assert names(*catalog, at=replace(at, **change)) <= names(*catalog, at=at)


def test_a_date_takes_the_usual_time_from_the_start_of_the_slot() -> None:
    assert fit(COOK, slot(EVENING, minutes=240)) == slot(EVENING, minutes=75)


def test_a_date_is_cut_to_a_slot_shorter_than_usual() -> None:
    assert fit(COOK, slot(EVENING, minutes=50)) == slot(EVENING, minutes=50)


def test_a_date_never_goes_below_its_least_minutes() -> None:
    with pytest.raises(ValueError, match="too short"):
        fit(COOK, slot(EVENING, minutes=44))
