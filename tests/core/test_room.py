"""
Room: right against trying every minute, and silent about when the other is busy.

Times in property tests are even minutes, so that whole minutes between them stand for every moment there is.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from service.core.interval import Interval, merge
from service.core.room import MOST, Candidate, Explanation, explain, find_nearest
from service.core.slots import find_slots
from tests.core.times import MINUTE, MONDAY, minutes, span

HOUR = 60
EVENING = span(18 * HOUR, 22 * HOUR)
EVERY = 10_000  # more candidates than there can be

spans = st.builds(lambda first, length: span(2 * first, 2 * (first + length)), st.integers(0, 60), st.integers(1, 20))
heaps = st.lists(spans, max_size=6)
some_hours = st.lists(spans, min_size=1, max_size=3).map(merge)
lengths = st.integers(1, 20).map(lambda number: 2 * number * MINUTE)


def own_times(hours: list[Interval], mine: list[Interval]) -> list[Interval]:
    """Return the runs of busy minutes within the hours."""
    taken = sorted(minutes(mine) & minutes(hours))
    return merge(span(minute, minute + 1) for minute in taken)


def try_every_minute(hours: list[Interval], shortest: timedelta) -> Iterator[Interval]:
    """Yield every time of that length in the hours that begins on a minute."""
    for window in hours:
        start = window.start
        while start + shortest <= window.end:
            yield Interval(start, start + shortest)
            start += MINUTE


def told(hours: list[Interval], mine: list[Interval], other: list[Interval], shortest: timedelta) -> Explanation:
    return explain(hours, mine=mine, other=other, shortest=shortest, limit=EVERY)


def edges(times: list[Interval]) -> set[object]:
    return {edge for each in times for edge in (each.start, each.end)}


def shown(candidates: tuple[Candidate, ...]) -> list[Interval]:
    return [time for each in candidates for time in (each.stretch, *each.blockers)]


def sacrifice(blockers: tuple[Interval, ...]) -> tuple[int, timedelta]:
    return len(blockers), sum((each.length for each in blockers), timedelta(0))


@given(some_hours, heaps, lengths)
def test_candidates_are_exactly_the_sets_of_own_times_that_some_date_would_need(
    hours: list[Interval], mine: list[Interval], shortest: timedelta
) -> None:
    own = own_times(hours, mine)
    needed = {tuple(each for each in own if each.overlaps(time)) for time in try_every_minute(hours, shortest)}
    found = [each.blockers for each in told(hours, mine, hours, shortest).candidates]
    assert len(found) == len(set(found))
    assert set(found) == needed - {()}


@given(some_hours, heaps, heaps, lengths)
def test_the_least_to_move_is_the_least_of_all_minutes_in_which_the_partner_is_free(
    hours: list[Interval], mine: list[Interval], other: list[Interval], shortest: timedelta
) -> None:
    own = own_times(hours, mine)
    free = [time for time in try_every_minute(hours, shortest) if not any(time.overlaps(each) for each in other)]
    costs = [sacrifice(tuple(each for each in own if each.overlaps(time))) for time in free]
    answer = told(hours, mine, other, shortest)
    offered = [sacrifice(each.blockers) for each in answer.candidates if each.partner_is_free]
    assert answer.partner_is_free == bool(free)
    assert bool(answer.room) == ((0, timedelta(0)) in costs)
    if not answer.room:
        assert min(offered, default=None) == min(costs, default=None)


@given(some_hours, heaps, heaps, lengths)
def test_moving_what_a_candidate_names_makes_room_where_the_partner_is_free_and_nowhere_else(
    hours: list[Interval], mine: list[Interval], other: list[Interval], shortest: timedelta
) -> None:
    answer = told(hours, mine, other, shortest)
    for each in answer.candidates:
        left = [time for time in own_times(hours, mine) if time not in each.blockers]
        room = find_slots([each.stretch], busy=[*left, *other], shortest=shortest)
        assert bool(room) == each.partner_is_free


@given(some_hours, heaps, lengths, st.integers(1, MOST))
def test_candidates_come_by_fewest_then_shortest_then_soonest(
    hours: list[Interval], mine: list[Interval], shortest: timedelta, limit: int
) -> None:
    every = explain(hours, mine=mine, other=None, shortest=shortest, limit=EVERY).candidates
    assert list(every) == sorted(every, key=lambda each: (sacrifice(each.blockers), each.stretch))
    assert explain(hours, mine=mine, other=None, shortest=shortest, limit=limit).candidates == every[:limit]


@given(some_hours, heaps, heaps, lengths)
def test_the_partner_changes_no_stretch_but_those_a_smaller_one_makes_needless(
    hours: list[Interval], mine: list[Interval], other: list[Interval], shortest: timedelta
) -> None:
    answer = explain(hours, mine=mine, other=other, shortest=shortest)
    silent = explain(hours, mine=mine, other=None, shortest=shortest)
    assert answer.mine == silent.mine
    if answer.room:
        return
    free = [each.stretch for each in answer.candidates if each.partner_is_free]
    expected = [
        each.stretch
        for each in silent.candidates
        if not any(each.stretch.contains(stretch) and each.stretch != stretch for stretch in free)
    ]
    assert [each.stretch for each in answer.candidates] == expected


@given(some_hours, heaps, heaps, lengths)
def test_no_edge_of_the_partners_time_is_told(
    hours: list[Interval], mine: list[Interval], other: list[Interval], shortest: timedelta
) -> None:
    answer = explain(hours, mine=mine, other=other, shortest=shortest)
    nearest = find_nearest([[each] for each in hours], mine=mine, other=other, shortest=shortest)
    times = [*(answer.mine or ()), *shown(answer.candidates), *shown(nearest)]
    assert edges(times) <= edges(hours) | edges(mine)


@given(some_hours, heaps, heaps, lengths)
def test_partners_who_change_places_share_the_room_and_see_their_own_times_only(
    hours: list[Interval], hers: list[Interval], his: list[Interval], shortest: timedelta
) -> None:
    to_her = explain(hours, mine=hers, other=his, shortest=shortest)
    to_him = explain(hours, mine=his, other=hers, shortest=shortest)
    assert to_her.room == to_him.room
    for answer, own in ((to_her, hers), (to_him, his)):
        assert list(answer.mine or ()) == own_times(hours, own)
        assert minutes(time for each in answer.candidates for time in each.blockers) <= minutes(own)


@given(some_hours, heaps, heaps, lengths)
def test_a_partner_nobody_knows_looks_like_one_who_is_busy(
    hours: list[Interval], mine: list[Interval], more: list[Interval], shortest: timedelta
) -> None:
    unknown = explain(hours, mine=mine, other=None, shortest=shortest)
    assert unknown == explain(hours, mine=mine, other=[*hours, *more], shortest=shortest)
    assert not unknown.partner_is_free
    assert not unknown.room
    for other in (None, hours):
        assert find_nearest([hours], mine=mine, other=other, shortest=shortest) == ()


@given(some_hours, heaps, lengths)
def test_nothing_is_guessed_about_ones_own_time_that_is_not_known(
    hours: list[Interval], other: list[Interval], shortest: timedelta
) -> None:
    answer = explain(hours, mine=None, other=other, shortest=shortest)
    is_free = bool(find_slots(hours, busy=other, shortest=shortest))
    assert answer == Explanation(room=(), mine=None, partner_is_free=is_free, candidates=())
    assert find_nearest([hours], mine=None, other=other, shortest=shortest) == ()


def on_day(day: int, times: list[Interval]) -> list[Interval]:
    return [Interval(each.start + timedelta(days=day), each.end + timedelta(days=day)) for each in times]


def day_of(candidate: Candidate) -> int:
    return (candidate.stretch.start - MONDAY).days


@given(st.lists(st.tuples(some_hours, heaps, heaps), max_size=9), lengths, st.integers(1, MOST))
def test_the_nearest_are_the_days_on_which_the_least_single_thing_makes_room(
    drawn: list[tuple[list[Interval], list[Interval], list[Interval]]], shortest: timedelta, limit: int
) -> None:
    days, mine, other = ([on_day(day, each[part]) for day, each in enumerate(drawn)] for part in range(3))
    expected: list[tuple[timedelta, int]] = []
    for day, hours in enumerate(days):
        own = own_times(hours, mine[day])
        if find_slots(hours, busy=[*own, *other[day]], shortest=shortest):
            continue
        without = ((each, [*(time for time in own if time != each), *other[day]]) for each in own)
        costs = [each.length for each, busy in without if find_slots(hours, busy=busy, shortest=shortest)]
        expected += [(min(costs), day)] if costs else []
    found = find_nearest(days, mine=chain(*mine), other=chain(*other), shortest=shortest, limit=limit)
    assert [(each.blockers[0].length, day_of(each)) for each in found] == sorted(expected)[:limit]
    assert all(len(each.blockers) == 1 and each.partner_is_free for each in found)


def test_one_call_in_the_middle_of_an_evening_is_the_one_thing_in_the_way() -> None:
    call, training = span(19 * HOUR, 20 * HOUR), span(18 * HOUR, 19 * HOUR)
    answer = explain([EVENING], mine=[call], other=[training], shortest=150 * MINUTE)
    assert answer == Explanation((), (call,), True, (Candidate(EVENING, (call,), True),))


def test_an_evening_with_room_already_has_nothing_to_move() -> None:
    call = span(18 * HOUR, 19 * HOUR)
    answer = explain([EVENING], mine=[call], other=[], shortest=120 * MINUTE)
    assert answer == Explanation((span(19 * HOUR, 22 * HOUR),), (call,), True, ())


def test_a_day_without_hours_has_no_room_and_no_candidates() -> None:
    assert explain([], mine=[EVENING], other=[], shortest=HOUR * MINUTE) == Explanation((), (), False, ())


def test_what_only_touches_is_one_thing() -> None:
    calls = [span(18 * HOUR, 20 * HOUR), span(20 * HOUR, 22 * HOUR)]
    (only,) = explain([EVENING], mine=calls, other=[], shortest=HOUR * MINUTE).candidates
    assert only.blockers == (EVENING,)


def test_things_too_far_apart_for_one_date_are_not_told_together() -> None:
    first, second = span(18 * HOUR, 18 * HOUR + 30), span(21 * HOUR + 30, 22 * HOUR)
    answer = explain([EVENING], mine=[first, second], other=None, shortest=3 * HOUR * MINUTE)
    assert [each.blockers for each in answer.candidates] == [(first,), (second,)]


def test_a_day_of_many_things_has_six_candidates() -> None:
    day = span(0, 24 * HOUR)
    many = [span(start, start + 20) for start in range(0, 24 * HOUR, 30)]
    assert len(explain([day], mine=many, other=[day], shortest=HOUR * MINUTE).candidates) == MOST


def test_hours_cut_at_midnight_are_told_apart() -> None:
    night = [span(22 * HOUR, 24 * HOUR), span(24 * HOUR, 26 * HOUR)]
    found = find_nearest([night[:1], night[1:]], mine=[span(21 * HOUR, 27 * HOUR)], other=[], shortest=HOUR * MINUTE)
    assert [each.blockers for each in found] == [(night[0],), (night[1],)]
