"""Helpers, how dates are covered, and who was asked, as they are kept and found again."""

from dataclasses import replace
from datetime import time

import pytest

from service.core.cover import NO_CHILDREN, Cover, CoverPlan, DateCover, State
from service.core.dates import call_off
from service.core.errors import NotFound, VersionConflict
from service.core.interval import Interval
from service.core.sync import Known
from service.store import busy, couples, covers, dates, helpers
from service.store.busy import Heap, Laid, Read
from service.store.calendars import Role
from service.store.covers import Ask, KeptCover
from service.store.engine import Tx
from service.store.helpers import Helper
from tests.store.people import CALENDAR, DAY, HOUR, NOW, WINDOWS, add_calendar, make_date

GRANDMA = Helper("g", "c", name="Grandma", rank=2, address="grandma@example.org", place="at ours")
NINA = Helper("n", "c", name="Nina", rank=1)
ASKED = DateCover(State.ASKED, helper_id="g", answer_by=NOW + HOUR)
PLANS = [NO_CHILDREN, CoverPlan(children=True), CoverPlan(children=True, asleep_from=time(20), helper_hours=WINDOWS)]


async def add_all(tx: Tx) -> None:
    await dates.add(tx, make_date())
    for helper in (GRANDMA, NINA):
        await helpers.add(tx, helper, now=NOW)


async def find(tx: Tx, date_id: str = "date") -> KeptCover:
    return await covers.find(tx, couple_id="c", date_id=date_id)


@pytest.mark.parametrize("plan", PLANS)
async def test_what_a_couple_agreed_on_comes_back(tx: Tx, plan: CoverPlan) -> None:
    couple = await couples.find(tx, couple_id="c")
    assert couple.cover == NO_CHILDREN
    await couples.save(tx, replace(couple, cover=plan))
    assert (await couples.find(tx, couple_id="c")).cover == plan
    assert (await couples.find(tx, couple_id="d")).cover == NO_CHILDREN


async def test_helpers_come_back_in_their_order_and_never_another_couples(tx: Tx) -> None:
    await add_all(tx)
    await helpers.add(tx, replace(GRANDMA, id="x", couple_id="d"), now=NOW)
    assert await helpers.of_couple(tx, couple_id="c") == [NINA, GRANDMA]
    assert await helpers.count(tx, couple_id="c") == 2
    assert await helpers.find_couple(tx, helper_id="x") == "d"
    with pytest.raises(NotFound):
        await helpers.find(tx, couple_id="c", helper_id="x")
    with pytest.raises(NotFound):
        await helpers.remove(tx, couple_id="c", helper_id="x")


async def test_a_helper_is_written_by_who_read_them_last(tx: Tx) -> None:
    await add_all(tx)
    saved = await helpers.save(tx, replace(NINA, address="nina@example.org"))
    assert await helpers.find(tx, couple_id="c", helper_id="n") == saved
    with pytest.raises(VersionConflict):
        await helpers.save(tx, NINA)


async def test_a_date_without_a_row_needs_no_cover(tx: Tx) -> None:
    await add_all(tx)
    assert await find(tx) == KeptCover(DateCover(), version=0)


@pytest.mark.parametrize("cover", [ASKED, DateCover(State.LOST, by=Cover.CALENDAR, noticed=True), DateCover()])
async def test_the_cover_of_a_date_comes_back_as_it_was_kept(tx: Tx, cover: DateCover) -> None:
    await add_all(tx)
    await covers.save(tx, cover, date_id="date", version=0)
    assert await find(tx) == KeptCover(cover, version=1)
    assert await covers.find(tx, couple_id="d", date_id="date") == KeptCover(DateCover(), version=0)


async def test_who_writes_first_about_a_cover_wins(tx: Tx) -> None:
    await add_all(tx)
    await covers.save(tx, ASKED, date_id="date", version=0)
    assert await covers.save(tx, DateCover(State.LOST), date_id="date", version=1)
    assert not await covers.save(tx, DateCover(), date_id="date", version=1)
    assert (await find(tx)).cover == DateCover(State.LOST)


async def test_only_open_dates_whose_helper_was_waited_for_long_enough_are_due(tx: Tx) -> None:
    await add_all(tx)
    await covers.save(tx, ASKED, date_id="date", version=0)
    assert await covers.due(tx, now=NOW, limit=9) == []
    assert await covers.due(tx, now=NOW + HOUR, limit=9) == [("c", "date")]
    await covers.save(tx, replace(ASKED, state=State.LOST), date_id="date", version=1)
    assert await covers.due(tx, now=NOW + HOUR, limit=9) == []
    await covers.save(tx, ASKED, date_id="date", version=2)
    kept = await dates.find(tx, couple_id="c", date_id="date")
    await dates.save(tx, call_off(kept.date, by="a", now=NOW), version=kept.version)
    assert await covers.due(tx, now=NOW + HOUR, limit=9) == []


async def test_who_was_asked_is_known_for_each_time_of_the_date(tx: Tx) -> None:
    await add_all(tx)
    await covers.save_ask(tx, Ask("date", "g", timed=0))
    assert await covers.asked(tx, date_id="date", timed=0) == {"g"}
    await covers.save_ask(tx, Ask("date", "g", timed=2, told=True))
    assert await covers.asked(tx, date_id="date", timed=0) == set()
    assert await covers.find_ask(tx, date_id="date", helper_id="g") == Ask("date", "g", timed=2, told=True)
    assert await covers.find_ask(tx, date_id="date", helper_id="n") is None


async def test_the_dates_of_a_helper_are_found_and_their_word_goes_with_them(tx: Tx) -> None:
    await add_all(tx)
    await covers.save(tx, ASKED, date_id="date", version=0)
    await covers.save_ask(tx, Ask("date", "g", timed=0))
    assert await covers.of_helper(tx, couple_id="c", helper_id="g") == ["date"]
    await helpers.remove(tx, couple_id="c", helper_id="g")
    assert (await find(tx)).cover.helper_id is None
    assert await covers.find_ask(tx, date_id="date", helper_id="g") is None


async def test_a_cover_calendar_covers_and_keeps_nobody_busy(tx: Tx) -> None:
    time = Interval(NOW + DAY, NOW + DAY + HOUR)
    read = Read(Known("1", bytes(32)), b"", Laid(Heap((time,), (time,)), unreadable=0))
    for role in Role:
        calendar = await add_calendar(tx, replace(CALENDAR, id=role.value, role=role))
        await busy.replace(tx, calendar_id=calendar.id, read={"one.ics": read}, touched={}, dropped=())
    assert set(await busy.covering(tx, couple_id="c")) == {"cover"}
    assert await busy.covering(tx, couple_id="d") == {}
    assert len((await busy.held_by_couple(tx, couple_id="c")).busy) == 1
    assert len((await busy.of_partner(tx, partner_id="a", within=[time])).busy) == 1
