"""Slots: exact against counting minutes, the same for both partners, and silent about whose time was taken."""

from contextlib import suppress
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.errors import EmptyWindow, Invalid
from service.core.interval import Interval, merge
from service.core.slots import Slot, find_slots, parse_slot_id, rank_slots
from tests.core.times import MINUTE, MONDAY, minutes, span, spans, utc, zones

BERLIN = ZoneInfo("Europe/Berlin")
LISBON = ZoneInfo("Europe/Lisbon")
AUCKLAND = ZoneInfo("Pacific/Auckland")
CODES = {"both_rested", "friday_evening", "weekend", "long_enough_for_dinner", "soon"}
NOW = utc(2026, 11, 20)
FRIDAY_EVENING = Interval(utc(2026, 12, 4, 18), utc(2026, 12, 4, 21))  # 19:00 to 22:00 in Berlin

heaps = st.lists(spans, max_size=8)
gaps = st.builds(
    lambda start, length: Interval(MONDAY + start * 15 * MINUTE, MONDAY + (start + length) * 15 * MINUTE),
    st.integers(0, 4 * 24 * 40),
    st.integers(1, 4 * 30),
)


def score(gap: Interval, *, in_zones: tuple[ZoneInfo, ...] = (BERLIN, BERLIN)) -> Slot:
    (slot,) = rank_slots([gap], zones=in_zones, soft=[], now=NOW)
    return slot


def runs(free: set[int]) -> list[tuple[int, int]]:
    """Return each run of neighboring minutes as its first minute and the one after its last."""
    numbered = enumerate(sorted(free))
    together = ([minute for _, minute in run] for _, run in groupby(numbered, key=lambda pair: pair[1] - pair[0]))
    return [(run[0], run[-1] + 1) for run in together]


@given(heaps, heaps, st.integers(0, 60))
def test_slots_are_exactly_the_free_runs_that_are_long_enough(
    windows: list[Interval], busy: list[Interval], shortest: int
) -> None:
    found = find_slots(merge(windows), busy=busy, shortest=shortest * MINUTE)
    expected = [run for run in runs(minutes(windows) - minutes(busy)) if run[1] - run[0] >= shortest]
    assert found == [span(*run) for run in expected]


@given(heaps, heaps.flatmap(lambda heap: st.tuples(st.just(heap), st.permutations(heap))))
def test_whose_time_was_taken_changes_nothing(
    windows: list[Interval], busy: tuple[list[Interval], list[Interval]]
) -> None:
    first, second = (find_slots(merge(windows), busy=heap, shortest=MINUTE) for heap in busy)
    assert first == second


@given(heaps, heaps)
def test_every_slot_is_free_and_inside_a_window(windows: list[Interval], busy: list[Interval]) -> None:
    kept = merge(windows)
    for slot in find_slots(kept, busy=busy, shortest=MINUTE):
        assert not any(slot.overlaps(each) for each in busy)
        assert any(window.contains(slot) for window in kept)


def test_a_gap_of_exactly_the_shortest_length_is_a_slot() -> None:
    window, busy = span(0, 120), [span(0, 45), span(65, 120)]
    assert find_slots([window], busy=busy, shortest=20 * MINUTE) == [span(45, 65)]
    assert find_slots([window], busy=busy, shortest=21 * MINUTE) == []


@given(st.lists(gaps, max_size=6), st.lists(gaps, max_size=6), zones, zones)
def test_ranking_is_the_same_when_the_partners_change_places(
    free: list[Interval], soft: list[Interval], one: ZoneInfo, other: ZoneInfo
) -> None:
    there = rank_slots(free, zones=[one, other], soft=soft, now=NOW)
    back = rank_slots(free[::-1], zones=[other, one], soft=soft[::-1], now=NOW)
    assert there == back


@given(st.lists(gaps, max_size=6), zones, zones)
def test_scores_run_from_1_down_to_0_and_reasons_are_known_words(
    free: list[Interval], one: ZoneInfo, other: ZoneInfo
) -> None:
    slots = rank_slots(free, zones=[one, other], soft=[], now=NOW)
    scores = [slot.score for slot in slots]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= each <= 1 for each in scores)
    assert all(set(slot.why) <= CODES and len(slot.why) == len(set(slot.why)) for slot in slots)
    assert sorted(slot.time for slot in slots) == sorted(free)


@given(st.lists(gaps, max_size=6), st.lists(gaps, max_size=6), zones, zones)
def test_time_that_may_be_needed_shows_neither_in_a_score_nor_in_a_word(
    free: list[Interval], soft: list[Interval], one: ZoneInfo, other: ZoneInfo
) -> None:
    clear, doubtful = (rank_slots(free, zones=[one, other], soft=each, now=NOW) for each in ([], soft))
    assert sorted(clear, key=lambda slot: slot.time) == sorted(doubtful, key=lambda slot: slot.time)


@pytest.mark.parametrize("length", [timedelta(minutes=30), timedelta(hours=3)])
def test_time_that_may_be_needed_puts_a_slot_further_back(length: timedelta) -> None:
    weeks_ahead = [FRIDAY_EVENING.start + timedelta(days=days) for days in (0, 7)]
    first, second = (Interval(start, start + timedelta(hours=3)) for start in weeks_ahead)
    soft = [Interval(first.start, first.start + length)]
    assert [slot.time for slot in rank_slots([first, second], zones=[BERLIN], soft=[], now=NOW)] == [first, second]
    assert [slot.time for slot in rank_slots([first, second], zones=[BERLIN], soft=soft, now=NOW)] == [second, first]


def test_equals_come_soonest_first() -> None:
    far = [Interval(utc(2027, 3, day, 2), utc(2027, 3, day, 3)) for day in (3, 2, 4)]
    ranked = rank_slots(far, zones=[BERLIN], soft=[], now=NOW)
    assert len({slot.score for slot in ranked}) == 1
    assert [slot.time for slot in ranked] == sorted(far)


def test_a_friday_evening_with_time_for_dinner_beats_a_late_tuesday() -> None:
    tuesday = Interval(utc(2026, 12, 1, 20), utc(2026, 12, 1, 21))
    best, other = rank_slots([tuesday, FRIDAY_EVENING], zones=[BERLIN, BERLIN], soft=[], now=NOW)
    assert best.time == FRIDAY_EVENING
    assert best.why == ("both_rested", "friday_evening", "long_enough_for_dinner")
    assert other.why == ()


@pytest.mark.parametrize("end", [utc(2026, 12, 4, 22, 30), utc(2026, 12, 4, 23), utc(2026, 12, 5, 0)])
def test_a_friday_evening_may_go_on_past_midnight(end: datetime) -> None:
    assert "friday_evening" in score(Interval(FRIDAY_EVENING.start, end)).why


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [((15, 0), (17, 0), True), ((15, 15), (16, 45), False), ((16, 0), (16, 45), True), ((15, 45), (16, 30), False)],
)
def test_a_friday_evening_has_an_hour_after_five_or_lies_after_it(
    start: tuple[int, int], end: tuple[int, int], expected: bool
) -> None:
    gap = Interval(utc(2026, 12, 4, *start), utc(2026, 12, 4, *end))
    assert ("friday_evening" in score(gap).why) is expected


def test_a_friday_afternoon_is_no_evening() -> None:
    assert "friday_evening" not in score(Interval(utc(2026, 12, 4, 13), utc(2026, 12, 4, 16))).why


def test_a_reason_holds_on_both_clocks_or_not_at_all() -> None:
    assert score(FRIDAY_EVENING, in_zones=(BERLIN, AUCKLAND)).why == ()  # 07:00 on Saturday in Auckland
    assert score(FRIDAY_EVENING, in_zones=(BERLIN, LISBON)).why == score(FRIDAY_EVENING).why


def test_only_the_days_just_ahead_are_soon() -> None:
    ahead = [Interval(NOW + timedelta(days=days), NOW + timedelta(days=days, hours=1)) for days in (0, 7, 8)]
    assert ["soon" in score(gap).why for gap in ahead] == [True, True, False]


def test_two_hours_that_end_by_ten_are_enough_for_dinner_and_less_are_not() -> None:
    begins = [utc(2026, 12, 1, 16), utc(2026, 12, 1, 19), utc(2026, 12, 1, 19, 15)]  # 17:00, 20:00, 20:15 in Berlin
    found = ["long_enough_for_dinner" in score(Interval(start, start + timedelta(hours=2))).why for start in begins]
    assert found == [True, True, False]


@given(gaps)
def test_a_slot_id_leads_back_to_its_time(gap: Interval) -> None:
    assert parse_slot_id(score(gap).id) == gap


def test_a_slot_id_is_its_two_ends() -> None:
    assert score(FRIDAY_EVENING).id == "20261204T180000Z-20261204T210000Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "tomorrow",
        "20261204T180000Z",
        "20261204T180000Z-",
        "20261204T180000Z-20261204T210000Z-20261204T220000Z",
        "20261304T180000Z-20261404T210000Z",
        "20261204T180000-20261204T210000",
        "20261204T180000Z/20261204T210000Z",
        "20261204T180000Z-20261204T210000Z ",
        "2" * 10_000,
    ],
)
def test_what_is_no_slot_id_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_slot_id(text)


def test_a_slot_id_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(EmptyWindow):
        parse_slot_id("20261204T210000Z-20261204T180000Z")


@given(st.text(alphabet="0123456789TZ-", max_size=40))
def test_no_text_breaks_the_reading_of_a_slot_id(text: str) -> None:
    with suppress(Invalid):
        assert isinstance(parse_slot_id(text), Interval)
