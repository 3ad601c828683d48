"""Busy times against sets of minutes: what a question finds is what counting minutes finds."""

from collections.abc import Mapping
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.core.interval import Interval, merge
from service.core.sync import Known
from service.store import busy, calendars
from service.store.busy import Heap, Laid, Read
from service.store.calendars import Role
from service.store.engine import Database, Tx
from tests.core.times import minutes, span, spans
from tests.store.people import CALENDAR, add_calendar

EVER = [span(-10_000, 10_000)]
NOTHING = Heap((), ())

heaps = st.builds(
    lambda busy, soft: Heap(tuple(busy), tuple(soft)), st.lists(spans, max_size=4), st.lists(spans, max_size=4)
)
contents = st.dictionaries(st.sampled_from(("one.ics", "two.ics", "three.ics", "four.ics")), heaps)
questions = st.lists(spans, max_size=4).map(merge)


def read(heap: Heap = NOTHING, *, etag: str = "1", unreadable: int = 0) -> Read:
    return Read(Known(etag, bytes(32)), b"", Laid(heap, unreadable))


async def fill(tx: Tx, calendar_id: str, heaps: Mapping[str, Heap]) -> None:
    found = {href: read(heap) for href, heap in heaps.items()}
    await busy.replace(tx, calendar_id=calendar_id, read=found, touched={}, dropped=())


def every(*contents: Mapping[str, Heap]) -> Heap:
    """Return all of it in one heap, as it came."""
    return Heap(
        tuple(time for each in contents for heap in each.values() for time in heap.busy),
        tuple(time for each in contents for heap in each.values() for time in heap.soft),
    )


def check(found: Heap, *, expected: Heap, within: list[Interval]) -> None:
    for times, all_times in ((found.busy, expected.busy), (found.soft, expected.soft)):
        assert minutes(times) & minutes(within) == minutes(all_times) & minutes(within)
        assert minutes(times) <= minutes(all_times)
        assert all(any(time.overlaps(each) for each in within) for time in times)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mine=contents, also_mine=contents, yours=contents, within=questions)
async def test_a_question_finds_what_counting_minutes_finds(
    database: Database,
    mine: dict[str, Heap],
    also_mine: dict[str, Heap],
    yours: dict[str, Heap],
    within: list[Interval],
) -> None:
    owners = {"one": "a", "two": "a", "three": "b"}
    async with database.write() as tx:
        for (calendar_id, partner_id), content in zip(owners.items(), (mine, also_mine, yours), strict=True):
            await add_calendar(tx, replace(CALENDAR, id=calendar_id, partner_id=partner_id))
            await fill(tx, calendar_id, content)
        ours = (await busy.held_by_couple(tx, couple_id="c")).within(within)
        my_own = await busy.of_partner(tx, partner_id="a", within=within)
        for calendar_id, partner_id in owners.items():
            await calendars.remove(tx, partner_id=partner_id, calendar_id=calendar_id)
    check(ours, expected=every(mine, also_mine, yours), within=within)
    check(my_own, expected=every(mine, also_mine), within=within)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.tuples(contents, st.sets(st.sampled_from(("one.ics", "two.ics", "never.ics")))), max_size=6))
async def test_after_any_changes_a_question_finds_what_is_there(
    database: Database, rounds: list[tuple[dict[str, Heap], set[str]]]
) -> None:
    # many objects that stay, so that a change is a small one
    crowd = {f"{number}.ics": Heap((span(number * 7, number * 7 + 5),), ()) for number in range(200)}
    left = dict(crowd)
    async with database.write() as tx:
        await add_calendar(tx, CALENDAR)
        await fill(tx, CALENDAR.id, crowd)
        for changed, dropped in rounds:
            found = {name: read(heap) for name, heap in changed.items()}
            await busy.replace(tx, calendar_id=CALENDAR.id, read=found, touched={}, dropped=dropped)
            left = {name: heap for name, heap in left.items() if name not in dropped} | changed
        mine = await busy.of_partner(tx, partner_id=CALENDAR.partner_id, within=EVER)
        await calendars.remove(tx, partner_id=CALENDAR.partner_id, calendar_id=CALENDAR.id)
    check(mine, expected=every(left), within=EVER)


async def test_an_object_that_is_read_again_replaces_what_it_said(tx: Tx) -> None:
    await add_calendar(tx)
    await fill(tx, "cal", {"one.ics": Heap((span(0, 60),), ()), "two.ics": Heap((span(90, 120),), ())})
    await fill(tx, "cal", {"one.ics": Heap((), (span(30, 40),))})
    assert await busy.of_partner(tx, partner_id="a", within=EVER) == Heap((span(90, 120),), (span(30, 40),))


async def test_an_object_that_is_touched_keeps_its_times(tx: Tx) -> None:
    await add_calendar(tx)
    await fill(tx, "cal", {"one.ics": Heap((span(0, 60),), ())})
    touched = {"one.ics": Known("2", bytes(32)), "unknown.ics": Known("2", bytes(32))}
    await busy.replace(tx, calendar_id="cal", read={}, touched=touched, dropped=())
    assert await busy.of_partner(tx, partner_id="a", within=EVER) == Heap((span(0, 60),), ())
    assert await busy.known_objects(tx, calendar_id="cal") == {"one.ics": Known("2", bytes(32))}


async def test_an_object_that_is_dropped_leaves_nothing(tx: Tx) -> None:
    await add_calendar(tx)
    await fill(tx, "cal", {"one.ics": Heap((span(0, 60),), (span(60, 70),))})
    await busy.replace(tx, calendar_id="cal", read={}, touched={}, dropped=["one.ics", "never-there.ics"])
    assert await busy.of_partner(tx, partner_id="a", within=EVER) == NOTHING
    assert await busy.known_objects(tx, calendar_id="cal") == {}


async def test_an_object_that_is_dropped_and_read_at_once_stays(tx: Tx) -> None:
    await add_calendar(tx)
    await fill(tx, "cal", {"one.ics": NOTHING})
    again = read(Heap((span(0, 60),), ()), etag="2")
    await busy.replace(tx, calendar_id="cal", read={"one.ics": again}, touched={}, dropped=["one.ics"])
    assert await busy.known_objects(tx, calendar_id="cal") == {"one.ics": again.known}


async def test_more_objects_than_one_statement_takes_are_replaced(tx: Tx) -> None:
    await add_calendar(tx)
    many = {f"{number}.ics": Heap((span(number * 10, number * 10 + 5),), ()) for number in range(1_100)}
    await fill(tx, "cal", many)
    await fill(tx, "cal", many)
    found = await busy.of_partner(tx, partner_id="a", within=[span(-10_000, 20_000)])
    assert list(found.busy) == [heap.busy[0] for heap in many.values()]
    await busy.replace(tx, calendar_id="cal", read={}, touched={}, dropped=many)
    assert await busy.known_objects(tx, calendar_id="cal") == {}


async def test_entries_that_could_not_be_read_are_counted_for_the_calendar(tx: Tx) -> None:
    await add_calendar(tx)
    await add_calendar(tx, replace(CALENDAR, id="other"))
    two, three = {"one.ics": read(unreadable=2)}, {"two.ics": read(unreadable=3)}
    assert await busy.replace(tx, calendar_id="cal", read=two, touched={}, dropped=()) == 2
    assert await busy.replace(tx, calendar_id="cal", read=three, touched={}, dropped=()) == 5
    assert await busy.replace(tx, calendar_id="cal", read={}, touched={}, dropped=["one.ics"]) == 3
    assert await busy.replace(tx, calendar_id="other", read={}, touched={}, dropped=()) == 0


async def test_an_object_that_is_touched_without_a_digest_counts_as_unreadable_until_it_is_read(tx: Tx) -> None:
    await add_calendar(tx)
    heap = Heap((span(0, 60),), ())
    await busy.replace(tx, calendar_id="cal", read={"one.ics": read(heap)}, touched={}, dropped=())
    touched = {"one.ics": Known("", b"")}
    for _ in range(2):
        assert await busy.replace(tx, calendar_id="cal", read={}, touched=touched, dropped=()) == 1
    assert await busy.lay_out(tx, calendar_id="cal", laid={"one.ics": Laid(heap, unreadable=0)}) == 1
    assert await busy.of_partner(tx, partner_id="a", within=EVER) == heap
    assert await busy.replace(tx, calendar_id="cal", read={"one.ics": read(heap)}, touched={}, dropped=()) == 0


async def test_what_is_unreadable_already_counts_no_more_for_being_touched_without_a_digest(tx: Tx) -> None:
    await add_calendar(tx)
    await busy.replace(tx, calendar_id="cal", read={"one.ics": read(unreadable=3)}, touched={}, dropped=())
    touched = {"one.ics": Known("", b"")}
    assert await busy.replace(tx, calendar_id="cal", read={}, touched=touched, dropped=()) == 3
    assert await busy.lay_out(tx, calendar_id="cal", laid={"one.ics": Laid(NOTHING, unreadable=2)}) == 2


async def test_a_calendar_that_is_ignored_takes_no_time(tx: Tx) -> None:
    await add_calendar(tx, replace(CALENDAR, role=Role.IGNORE))
    await fill(tx, "cal", {"one.ics": Heap((span(0, 60),), ())})
    assert await busy.of_partner(tx, partner_id="a", within=EVER) == NOTHING
    assert (await busy.held_by_couple(tx, couple_id="c")).within(EVER) == NOTHING


@pytest.mark.parametrize("owner", ["a", "b"])
async def test_the_couples_heap_is_the_same_whoever_is_busy(tx: Tx, owner: str) -> None:
    other = "b" if owner == "a" else "a"
    await add_calendar(tx, replace(CALENDAR, id="one", partner_id=owner))
    await add_calendar(tx, replace(CALENDAR, id="two", partner_id=other))
    await fill(tx, "one", {"one.ics": Heap((span(0, 60),), ())})
    await fill(tx, "two", {"two.ics": Heap((span(90, 100),), (span(200, 210),))})
    heap = (await busy.held_by_couple(tx, couple_id="c")).within(EVER)
    assert (sorted(heap.busy), sorted(heap.soft)) == ([span(0, 60), span(90, 100)], [span(200, 210)])


def test_a_heap_has_no_place_for_whose_time_it_is() -> None:
    assert [each.name for each in fields(Heap)] == ["busy", "soft"]


async def test_another_couples_time_is_never_found(tx: Tx) -> None:
    await add_calendar(tx, replace(CALENDAR, partner_id="x"))
    await fill(tx, "cal", {"one.ics": Heap((span(0, 60),), ())})
    assert (await busy.held_by_couple(tx, couple_id="c")).within(EVER) == NOTHING
    assert await busy.of_partner(tx, partner_id="y", within=EVER) == NOTHING
    assert (await busy.held_by_couple(tx, couple_id="d")).within(EVER) == Heap((span(0, 60),), ())
