"""Small gestures: which one is chosen, and what the other's wishes have to do with it."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import Invalid
from service.core.gestures import (
    CHANNELS,
    CUES,
    MOST_WISHES,
    Gesture,
    Occasion,
    check_wishes,
    choose_gesture,
    read_wishes,
)
from tests.core.times import utc

NOW = utc(2026, 11, 30, 12)
ALWAYS = Occasion(NOW, channels=frozenset(CHANNELS), cues=frozenset(CUES))
TEA = Gesture(
    "tea", "Tea", "Make tea.", minutes=5, channel="acts", cue="weekend", repeat_after_days=10, only_if_welcome=False
)

seeds = st.text("abc", max_size=5)

gestures = st.builds(
    Gesture,
    st.text("abcdef", min_size=1, max_size=4),
    title=st.just("Tea"),
    line=st.just("Make a cup of tea."),
    minutes=st.just(5),
    channel=st.sampled_from(CHANNELS),
    cue=st.sampled_from(CUES),
    repeat_after_days=st.integers(0, 30),
    only_if_welcome=st.booleans(),
)
catalogs = st.lists(gestures, max_size=10, unique_by=lambda gesture: gesture.id)


@given(catalogs, st.frozensets(st.sampled_from(CHANNELS)), st.frozensets(st.sampled_from(CUES)), st.data(), seeds)
def test_a_gesture_is_of_a_wanted_kind_for_the_hour_not_unwanted_and_not_lately_suggested(
    catalog: list[Gesture], channels: frozenset[str], cues: frozenset[str], data: st.DataObject, seed: str
) -> None:
    ids = st.sampled_from([gesture.id for gesture in catalog]) if catalog else st.nothing()
    never = data.draw(st.frozensets(ids))
    latest = data.draw(st.dictionaries(ids, st.integers(0, 40).map(lambda days: NOW - timedelta(days=days))))
    wished = data.draw(st.frozensets(ids))
    fitting = [
        each
        for each in catalog
        if each.channel in channels
        and each.cue in cues
        and each.id not in never
        and (each.id not in latest or (NOW - latest[each.id]).days >= each.repeat_after_days)
    ]
    occasion = Occasion(NOW, channels, cues, never=never, latest=latest, wished=wished)
    chosen = choose_gesture(catalog, occasion=occasion, seed=seed)
    assert chosen in fitting if fitting else chosen is None
    assert choose_gesture(catalog[::-1], occasion=occasion, seed=seed) == chosen


def test_a_gesture_comes_again_when_its_pause_is_over() -> None:
    days = {
        day: choose_gesture([TEA], occasion=replace(ALWAYS, latest={"tea": NOW - timedelta(days=day)}), seed="s")
        for day in (0, 9, 10)
    }
    assert days == {0: None, 9: None, 10: TEA}


def choose_often(catalog: list[Gesture], *, times: int, wished: frozenset[str] = frozenset()) -> Counter[str]:
    """Return how often each comes, each time to another couple."""
    occasion = replace(ALWAYS, wished=wished)
    chosen = (choose_gesture(catalog, occasion=occasion, seed=f"{number}") for number in range(times))
    return Counter(each.id for each in chosen if each)


def test_every_gesture_has_its_turn() -> None:
    catalog = [replace(TEA, id=str(number), repeat_after_days=0) for number in range(8)]
    occasions = (replace(ALWAYS, now=NOW + day * timedelta(days=1)) for day in range(120))
    assert {choose_gesture(catalog, occasion=each, seed="s") for each in occasions} == set(catalog)


def test_what_the_other_wishes_for_comes_more_often_and_not_always() -> None:
    catalog = [replace(TEA, id=str(number)) for number in range(8)]
    plain, tilted = (choose_often(catalog, times=2000, wished=each) for each in (frozenset[str](), frozenset("0")))
    assert plain["0"] < tilted["0"] < 2 * plain["0"]


def test_fewer_than_three_wishes_count_for_nothing() -> None:
    catalog = [replace(TEA, id=name) for name in ("tea", "soup", "bread", "song")]
    three = read_wishes({"tea", "soup", "song"}, gestures=catalog, now=NOW, seed="s")
    assert three == {"tea", "soup", "song"}
    assert read_wishes({"tea", "soup"}, gestures=catalog, now=NOW, seed="s") == set()


def test_of_a_kind_that_is_wished_for_some_come_more_often_others_each_quarter() -> None:
    catalog = [replace(TEA, id=str(number)) for number in range(40)]
    wishes = {"acts", "words", "touch"}
    some, later = (
        read_wishes(wishes, gestures=catalog, now=NOW + days * timedelta(days=1), seed="s") for days in (0, 90)
    )
    assert 10 <= len(some) <= 30
    assert some != later


@pytest.mark.parametrize("wishes", [{"moon_walk"}, {"weekend"}, {str(n) for n in range(MOST_WISHES + 1)}])
def test_a_wish_for_what_there_is_not_is_refused(wishes: set[str]) -> None:
    with pytest.raises(Invalid):
        check_wishes(wishes, gestures={"tea": TEA})
