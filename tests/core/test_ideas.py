"""Ideas: which suit a slot, in which order, for which reason. Times are UTC unless a zone is named."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.ideas import DAYPARTS, KINDS, REASONS, SEASONS, Idea, Minutes, fit, suggest
from service.core.interval import Interval

BERLIN = ZoneInfo("Europe/Berlin")
LISBON = ZoneInfo("Europe/Lisbon")
SYDNEY = ZoneInfo("Australia/Sydney")
AUCKLAND = ZoneInfo("Pacific/Auckland")

TEA = Idea(
    id="tea",
    title="Tea",
    line="Two cups.",
    steps=("Make tea.",),
    kind="rest",
    minutes=Minutes(20, typical=30, most=45),
    place="doorstep",
    outdoors=True,
    cost="free",
    seasons=frozenset(SEASONS),
    dayparts=frozenset(DAYPARTS),
    energy="gentle",
    needs=frozenset(),
    sleeping_children_ok=True,
    touch="none",
    only_if_welcome=False,
    phones="in_a_drawer",
)
COOK = replace(TEA, id="cook", kind="make", minutes=Minutes(45, typical=75, most=120), cost="low")


def _slot(start: datetime, *, minutes: int) -> Interval:
    return Interval(start, start + timedelta(minutes=minutes))


def _names(*ideas: Idea, start: datetime, zones: tuple[ZoneInfo, ...] = (BERLIN, BERLIN)) -> set[str]:
    found = suggest(ideas, slot=_slot(start, minutes=240), zones=zones, recent=(), seed="s", limit=len(ideas))
    return {suggestion.idea.id for suggestion in found}


EVENING = datetime(2026, 12, 4, 18, 0, tzinfo=UTC)  # 19:00 in Berlin, 18:00 in Lisbon


def test_an_idea_needs_its_least_minutes_and_no_more() -> None:
    for minutes, expected in ((19, set()), (20, {"tea"}), (44, {"tea"}), (45, {"tea", "cook"})):
        found = suggest([TEA, COOK], slot=_slot(EVENING, minutes=minutes), zones=(BERLIN, BERLIN), recent=(), seed="s")
        assert {suggestion.idea.id for suggestion in found} == expected


@pytest.mark.parametrize(
    ("hour", "daypart"),
    [
        (4, "night"),
        (5, "morning"),
        (11, "morning"),
        (12, "afternoon"),
        (16, "afternoon"),
        (17, "evening"),
        (20, "evening"),
        (21, "night"),
    ],
)
def test_the_part_of_the_day_is_that_of_the_local_clock(hour: int, daypart: str) -> None:
    ideas = [replace(TEA, id=each, dayparts=frozenset({each})) for each in DAYPARTS]
    assert _names(*ideas, start=datetime(2026, 12, 4, hour, tzinfo=BERLIN).astimezone(UTC)) == {daypart}


@pytest.mark.parametrize(
    ("month", "north", "south"),
    [
        (12, "winter", "summer"),
        (2, "winter", "summer"),
        (3, "spring", "autumn"),
        (6, "summer", "winter"),
        (9, "autumn", "spring"),
        (11, "autumn", "spring"),
    ],
)
def test_the_season_is_that_of_each_half_of_the_earth(month: int, north: str, south: str) -> None:
    ideas = [replace(TEA, id=each, seasons=frozenset({each})) for each in SEASONS]
    start = datetime(2026, month, 10, 10, tzinfo=UTC)
    assert _names(*ideas, start=start) == {north}
    assert _names(*ideas, start=start, zones=(SYDNEY, AUCKLAND)) == {south}


def test_every_zone_has_the_seasons_of_its_latitude() -> None:
    table = files("tzdata").joinpath("zoneinfo/zone.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    june = datetime(2026, 6, 10, tzinfo=UTC)
    ideas = [replace(TEA, id=each, seasons=frozenset({each})) for each in ("winter", "summer")]
    for _, place, name, *_ in rows:
        degrees = int(place[:3])
        if degrees >= 0 or degrees <= -15:
            zone = ZoneInfo(name)
            assert _names(*ideas, start=june, zones=(zone, zone)) == {"summer" if degrees >= 0 else "winter"}, name


def test_an_idea_has_to_be_right_on_both_clocks() -> None:
    evening = replace(TEA, id="evening", dayparts=frozenset({"evening"}))
    both = replace(TEA, id="both", dayparts=frozenset({"evening", "night"}))
    start = datetime(2026, 12, 4, 20, 30, tzinfo=UTC)  # 21:30 in Berlin, 20:30 in Lisbon
    assert _names(evening, both, start=start, zones=(BERLIN, LISBON)) == {"both"}
    summer = replace(TEA, id="summer", seasons=frozenset({"summer"}))
    assert _names(summer, start=EVENING, zones=(BERLIN, SYDNEY)) == set()


def test_recent_ideas_are_left_out() -> None:
    found = suggest([TEA, COOK], slot=_slot(EVENING, minutes=120), zones=(BERLIN, BERLIN), recent={"tea"}, seed="s")
    assert [suggestion.idea for suggestion in found] == [COOK]


def test_with_children_asleep_only_ideas_that_let_them_sleep_remain() -> None:
    loud = replace(TEA, id="loud", sleeping_children_ok=False)
    found = suggest(
        [TEA, loud], slot=_slot(EVENING, minutes=60), zones=(BERLIN, BERLIN), recent=(), seed="s", children_asleep=True
    )
    assert [(suggestion.idea.id, suggestion.reason) for suggestion in found] == [("tea", "works_while_children_sleep")]


def test_without_children_no_reason_speaks_of_them() -> None:
    deck = [replace(TEA, id=str(number)) for number in range(len(REASONS) + 1)]
    found = suggest(deck, slot=_slot(EVENING, minutes=60), zones=(BERLIN, BERLIN), recent=(), seed="s", limit=len(deck))
    assert "works_while_children_sleep" not in {suggestion.reason for suggestion in found}


def test_reasons_differ_within_a_deck_while_they_can() -> None:
    deck = [replace(TEA, id=str(number)) for number in range(3)]
    found = suggest(deck, slot=_slot(EVENING, minutes=60), zones=(BERLIN, BERLIN), recent=(), seed="s")
    assert [suggestion.reason for suggestion in found] == ["short_and_sweet", "costs_nothing", "fits_the_time"]


def test_a_date_takes_the_usual_time_from_the_start_of_the_slot() -> None:
    assert fit(COOK, _slot(EVENING, minutes=240)) == _slot(EVENING, minutes=75)


def test_a_date_is_cut_to_a_slot_shorter_than_usual() -> None:
    assert fit(COOK, _slot(EVENING, minutes=50)) == _slot(EVENING, minutes=50)


def test_a_date_never_goes_below_its_least_minutes() -> None:
    with pytest.raises(ValueError, match="too short"):
        fit(COOK, _slot(EVENING, minutes=44))


ideas = st.builds(
    replace,
    st.just(TEA),
    id=st.text("abcdef", min_size=1, max_size=6),
    kind=st.sampled_from(KINDS),
    seasons=st.frozensets(st.sampled_from(SEASONS), min_size=1),
    dayparts=st.frozensets(st.sampled_from(DAYPARTS), min_size=1),
    cost=st.sampled_from(("free", "low")),
    energy=st.sampled_from(("rest", "gentle")),
    minutes=st.sampled_from((Minutes(20, typical=30, most=30), Minutes(45, typical=60, most=90))),
)
catalogs = st.lists(ideas, max_size=12, unique_by=lambda idea: idea.id)
slots = st.builds(
    _slot,
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.integers(15, 300),
)
pairs = st.tuples(st.sampled_from((BERLIN, LISBON, SYDNEY)), st.sampled_from((BERLIN, LISBON, AUCKLAND)))


@given(catalog=catalogs, slot=slots, zones=pairs, seed=st.text(max_size=4))
def test_neither_the_order_of_partners_nor_of_ideas_changes_the_deck(
    catalog: list[Idea], slot: Interval, zones: tuple[ZoneInfo, ZoneInfo], seed: str
) -> None:
    deck = suggest(catalog, slot=slot, zones=zones, recent=(), seed=seed)
    assert deck == suggest(catalog[::-1], slot=slot, zones=zones[::-1], recent=(), seed=seed)


@given(catalog=catalogs, slot=slots, zones=pairs, limit=st.integers(0, 5))
def test_a_deck_repeats_a_kind_only_when_it_holds_every_kind_that_suits(
    catalog: list[Idea], slot: Interval, zones: tuple[ZoneInfo, ZoneInfo], limit: int
) -> None:
    every = suggest(catalog, slot=slot, zones=zones, recent=(), seed="s", limit=len(catalog))
    deck = suggest(catalog, slot=slot, zones=zones, recent=(), seed="s", limit=limit)
    kinds = {suggestion.idea.kind for suggestion in every}
    assert len(deck) == min(limit, len(every))
    assert len({suggestion.idea.kind for suggestion in deck}) == min(limit, len(kinds))


@given(catalog=catalogs, slot=slots, zones=pairs)
def test_every_suggestion_fits_and_every_reason_is_true(
    catalog: list[Idea], slot: Interval, zones: tuple[ZoneInfo, ZoneInfo]
) -> None:
    for suggestion in suggest(catalog, slot=slot, zones=zones, recent=(), seed="s", limit=12):
        idea = suggestion.idea
        assert slot.contains(fit(idea, slot))
        assert fit(idea, slot).length >= timedelta(minutes=idea.minutes.least)
        assert {
            "right_for_the_season": idea.seasons != frozenset(SEASONS),
            "works_while_children_sleep": False,
            "short_and_sweet": idea.minutes.typical <= 30,
            "asks_little_of_you": idea.energy == "rest",
            "costs_nothing": idea.cost == "free",
            "fits_the_time": True,
        }[suggestion.reason]


def test_another_seed_deals_another_order() -> None:
    deck = [replace(TEA, id=str(number), kind=kind) for number, kind in enumerate(KINDS)]
    orders = {
        tuple(
            each.idea.id
            for each in suggest(
                deck, slot=_slot(EVENING, minutes=60), zones=(BERLIN, BERLIN), recent=(), seed=str(seed)
            )
        )
        for seed in range(20)
    }
    assert len(orders) > 10
