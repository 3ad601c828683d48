"""Decks: which ideas come, in which company, and with which reason. Times are UTC."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.decks import REASONS, Past, Suggestion, deal, share_out
from service.core.ideas import KINDS, Idea, Occasion, select
from service.core.seasons import SEASONS
from service.core.tastes import NO_TASTE, Taste
from tests.core.some_ideas import COOK, EVENING, TEA, catalogs, occasion, occasions, tastes

MONDAY = datetime(2026, 11, 30, tzinfo=UTC)
WEEK = timedelta(weeks=1)
NOBODY: Mapping[str, Taste] = {}
MANY = [replace(TEA, id=f"{kind} {number}", kind=kind) for number in range(5) for kind in KINDS]


def shuffle(
    ideas: Iterable[Idea],
    *,
    at: Occasion | None = None,
    likes: Mapping[str, Taste] = NOBODY,
    past: Sequence[Past] = (),
    seed: str = "s",
    now: datetime = MONDAY,
    count: int = 3,
) -> list[Suggestion]:
    """Deal with what a test does not care about left out."""
    return deal(ideas, occasion=at or occasion(), tastes=likes, past=past, seed=seed, now=now, count=count)


def names(deck: Iterable[Suggestion]) -> list[str]:
    return [suggestion.idea.id for suggestion in deck]


def seen(ideas: Sequence[Idea], *, likes: Mapping[str, Taste] = NOBODY, past: Sequence[Past] = ()) -> Counter[str]:
    """Return how often each idea comes to 300 couples that differ in nothing but their seed."""
    return Counter(
        name for seed in range(300) for name in names(shuffle(ideas, likes=likes, past=past, seed=f"{seed}"))
    )


def test_an_idea_rests_for_twelve_weeks_before_and_after_its_date() -> None:
    for away, expected in ((-12, 2), (-11, 1), (0, 1), (11, 1), (12, 2)):
        assert len(shuffle([TEA, COOK], past=[Past("tea", EVENING + away * WEEK)])) == expected


def test_an_idea_of_two_dates_rests_because_of_the_nearer_one() -> None:
    past = [Past("tea", EVENING - 2 * WEEK), Past("tea", EVENING - 30 * WEEK)]
    assert shuffle([TEA], past=past) == shuffle([TEA], past=past[::-1]) == []


def test_a_date_whose_idea_is_gone_from_the_catalog_does_no_harm() -> None:
    assert len(shuffle([TEA], past=[Past("moon_landing", EVENING)])) == 1


def test_an_idea_that_either_says_no_to_never_comes() -> None:
    no = Taste(vetoed=frozenset({"tea"}))
    assert names(shuffle([TEA, COOK], likes={"a": no, "b": NO_TASTE})) == ["cook"]
    assert names(shuffle([TEA, COOK], likes={"a": NO_TASTE, "b": no})) == ["cook"]


def test_what_is_loved_comes_more_often_and_most_where_both_love_it() -> None:
    love = Taste(loved=frozenset({"talk 0"}))
    nobody, one, both = (
        seen(MANY, likes={"a": first, "b": second})["talk 0"]
        for first, second in ((NO_TASTE, NO_TASTE), (love, NO_TASTE), (love, love))
    )
    assert nobody < one < both


def test_a_kind_that_somebody_wants_less_of_comes_less_often_and_still_comes() -> None:
    less = Taste(less=frozenset({"talk"}))
    usual, rarer = seen(MANY, likes={"a": NO_TASTE}), seen(MANY, likes={"a": less})
    count = [sum(each[f"talk {number}"] for number in range(5)) for each in (usual, rarer)]
    assert count[0] > count[1] > 0


def test_a_kind_that_was_there_lately_comes_less_often() -> None:
    past = [Past("talk 4", EVENING - WEEK)]
    count = [sum(seen(MANY, past=each)[f"talk {number}"] for number in range(4)) for each in ([], past)]
    assert count[0] > count[1] > 0


@given(seed=st.text(max_size=4), weeks=st.integers(0, 200))
def test_a_tie_goes_to_either_partner_in_turn(seed: str, weeks: int) -> None:
    now = MONDAY + weeks * WEEK
    shares = [share_out(both, seed=seed, now=at) for both in ("ab", "ba") for at in (now, now + WEEK)]
    assert shares[:2] == shares[2:]
    for partner_id in "ab":
        one, next_one = shares[0][partner_id], shares[1][partner_id]
        assert one != next_one
        assert one + next_one == pytest.approx(1)
    assert sum(shares[0].values()) == pytest.approx(1)


def test_a_reload_changes_nothing_until_the_week_is_over() -> None:
    decks = [names(shuffle(MANY, now=MONDAY + timedelta(hours=hours))) for hours in range(0, 24 * 14, 7)]
    assert decks[:24] == [decks[0]] * 24
    assert decks[24] != decks[23]
    assert decks[25:] == [decks[24]] * 23


def test_two_evenings_of_other_weeks_are_dealt_with_the_chance_of_the_week_in_which_somebody_asks() -> None:
    assert names(shuffle(MANY)) == names(shuffle(MANY, at=occasion(EVENING + WEEK)))


def test_every_couple_has_chances_of_its_own() -> None:
    decks = {tuple(names(shuffle(MANY, seed=str(seed)))) for seed in range(50)}
    assert len(decks) > 45


def test_two_fifths_of_the_catalog_stand_aside_for_a_quarter_and_others_in_the_next() -> None:
    many = [replace(TEA, id=str(number)) for number in range(500)]
    january, march, april = (
        names(shuffle(many, now=datetime(2027, month, 20, tzinfo=UTC), count=len(many))) for month in (1, 3, 4)
    )

    def aside(one: list[str], other: list[str]) -> list[int]:
        """Return how many come after all the rest in both decks."""
        return [count for count in range(100, 300) if set(one[-count:]) == set(other[-count:])]

    (count,) = aside(january, march)
    assert 170 < count < 230
    assert aside(january, april) == []


def test_what_stands_aside_comes_where_nothing_else_of_its_kind_would() -> None:
    for seed in range(30):
        deck = shuffle([TEA, COOK, replace(TEA, id="walk", kind="move")], seed=f"{seed}")
        assert {suggestion.idea.kind for suggestion in deck} == {"rest", "make", "move"}


@given(catalog=catalogs, at=occasions, likes=st.tuples(tastes, tastes), seed=st.text(max_size=4), now=st.just(MONDAY))
def test_neither_the_order_of_partners_nor_of_ideas_changes_the_deck(
    catalog: list[Idea], at: Occasion, likes: tuple[Taste, Taste], seed: str, now: datetime
) -> None:
    deck = shuffle(catalog, at=at, likes=dict(zip("ab", likes, strict=True)), seed=seed, now=now)
    swapped = replace(at, zones=tuple(at.zones)[::-1])
    others = {"b": likes[1], "a": likes[0]}
    assert deck == shuffle(catalog[::-1], at=swapped, likes=others, seed=seed, now=now)


@given(catalog=catalogs, at=occasions, likes=st.tuples(tastes, tastes), count=st.integers(0, 5))
def test_a_deck_repeats_a_kind_only_when_it_holds_every_kind_that_suits(
    catalog: list[Idea], at: Occasion, likes: tuple[Taste, Taste], count: int
) -> None:
    both = dict(zip("ab", likes, strict=True))
    every = shuffle(catalog, at=at, likes=both, count=len(catalog))
    deck = shuffle(catalog, at=at, likes=both, count=count)
    kinds = {suggestion.idea.kind for suggestion in every}
    assert len(deck) == min(count, len(every))
    assert len({suggestion.idea.kind for suggestion in deck}) == min(count, len(kinds))
    assert deck == every[: len(deck)]


@given(catalog=catalogs, at=occasions, likes=st.tuples(tastes, tastes))
def test_a_whole_deck_holds_all_that_suits_but_what_somebody_said_no_to(
    catalog: list[Idea], at: Occasion, likes: tuple[Taste, Taste]
) -> None:
    deck = shuffle(catalog, at=at, likes=dict(zip("ab", likes, strict=True)), count=len(catalog))
    no = likes[0].vetoed | likes[1].vetoed
    assert sorted(names(deck)) == sorted(idea.id for idea in select(catalog, occasion=at) if idea.id not in no)


@given(catalog=catalogs, at=occasions, likes=st.tuples(tastes, tastes), with_past=st.booleans())
def test_every_reason_is_true_whatever_either_likes(
    catalog: list[Idea], at: Occasion, likes: tuple[Taste, Taste], with_past: bool
) -> None:
    past = [Past(catalog[0].id, at.time.start - WEEK)] if with_past and catalog else []
    for suggestion in shuffle(catalog, at=at, likes=dict(zip("ab", likes, strict=True)), past=past, count=12):
        idea = suggestion.idea
        assert {
            "right_for_the_season": idea.seasons != frozenset(SEASONS),
            "works_while_children_sleep": at.children_asleep and idea.sleeping_children_ok,
            "made_for_the_dark": idea.light == "dark",
            "short_and_sweet": idea.minutes.typical <= 30,
            "a_change_from_lately": bool(past) and idea.kind != catalog[0].kind,
            "asks_little_of_you": idea.energy == "rest",
            "costs_nothing": idea.cost == "free",
            "fits_the_time": True,
        }[suggestion.reason]


def test_a_change_is_a_reason_for_six_weeks() -> None:
    talk = replace(COOK, id="talk", kind="talk")
    for weeks, expected in ((1, "a_change_from_lately"), (6, "fits_the_time")):
        (found,) = shuffle([COOK, talk], past=[Past("talk", EVENING - weeks * WEEK)])
        assert (found.idea, found.reason) == (COOK, expected)


def test_with_children_asleep_that_is_what_a_deck_speaks_of_first() -> None:
    (found,) = shuffle([TEA], at=replace(occasion(), children_asleep=True))
    assert found.reason == "works_while_children_sleep"


def test_reasons_differ_within_a_deck_while_they_can() -> None:
    deck = [replace(TEA, id=str(number)) for number in range(3)]
    assert [each.reason for each in shuffle(deck)] == ["short_and_sweet", "costs_nothing", "fits_the_time"]


def test_where_reasons_run_out_the_most_telling_one_comes_again() -> None:
    count = len(REASONS) + 1
    deck = shuffle([replace(TEA, id=str(number)) for number in range(count)], count=count)
    assert [each.reason for each in deck[3:]] == ["short_and_sweet"] * (count - 3)
