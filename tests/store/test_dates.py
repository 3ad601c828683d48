"""Dates, the answers to them and each partner's entry, as they are kept and found again."""

from dataclasses import replace

import pytest

from service.core.dates import Date, Origin, PartStat, Stage, answer, call_off, move
from service.core.decks import Past
from service.core.errors import NotFound, VersionConflict
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store import calendars, dates, entries
from service.store.dates import Kept
from service.store.engine import Tx
from service.store.entries import Entry, EntryState
from tests.store.people import DAY, HOUR, MINUTE, NOW, add_calendar, make_date

DATE = make_date()
ENTRY = Entry("date", "a", Channel.CALDAV, "cal", uid="u1@pencil-in", href="k3j2.ics")


async def find(tx: Tx, date_id: str = "date") -> Kept:
    return await dates.find(tx, couple_id="c", date_id=date_id)


async def add_entry(tx: Tx, entry: Entry = ENTRY) -> None:
    await add_calendar(tx)
    await dates.add(tx, DATE)
    await entries.add(tx, entry)


async def found_entry(tx: Tx) -> Entry:
    return await entries.find(tx, partner_id="a", date_id="date")


async def test_a_date_comes_back_as_it_was_kept(tx: Tx) -> None:
    kept = await dates.add(tx, DATE)
    assert kept == Kept(DATE, version=1)
    assert await find(tx) == kept


async def test_a_date_without_an_idea_comes_back_too(tx: Tx) -> None:
    await dates.add(tx, replace(DATE, idea_id=None))
    assert (await find(tx)).date.idea_id is None


@pytest.mark.parametrize(
    "revised",
    [
        answer(DATE, by="b", partstat=PartStat.ACCEPTED, sequence=0, now=NOW + HOUR),
        answer(DATE, by="b", partstat=PartStat.DECLINED, sequence=0, now=NOW + HOUR),
        move(DATE, by="b", time=Interval(NOW + DAY, NOW + DAY + HOUR), now=NOW + HOUR),
        call_off(DATE, by="a", now=NOW + HOUR),
    ],
    ids=["confirmed", "declined", "moved", "called off"],
)
async def test_every_step_of_its_life_is_kept(tx: Tx, revised: Date) -> None:
    await dates.add(tx, DATE)
    saved = await dates.save(tx, revised, version=1)
    assert saved == Kept(revised, version=2)
    assert await find(tx) == saved


async def test_a_date_that_changed_meanwhile_is_not_overwritten(tx: Tx) -> None:
    await dates.add(tx, DATE)
    await dates.save(tx, DATE, version=1)
    with pytest.raises(VersionConflict):
        await dates.save(tx, call_off(DATE, by="a", now=NOW), version=1)
    assert (await find(tx)).date == DATE


async def test_another_couples_date_is_not_there(tx: Tx) -> None:
    await dates.add(tx, DATE)
    for couple_id, date_id in (("d", "date"), ("c", "none")):
        with pytest.raises(NotFound):
            await dates.find(tx, couple_id=couple_id, date_id=date_id)
    with pytest.raises(VersionConflict):
        await dates.save(tx, replace(DATE, couple_id="d"), version=1)


async def test_dates_come_in_the_order_of_their_time_page_by_page(tx: Tx) -> None:
    days = {"e": 1, "b": 2, "d": 2, "a": 3, "c": 9}
    for date_id in "abcde":
        await dates.add(tx, make_date(date_id, days=days[date_id]))
    await dates.add(tx, make_date("other", couple_id="d"))
    pages: list[list[str]] = [[]]
    after: str | None = None
    while page := await dates.of_couple(tx, couple_id="c", after=after, limit=2):
        pages.append([kept.date.id for kept in page])
        after = page[-1].date.id
    assert pages[1:] == [["e", "b"], ["d", "a"], ["c"]]


async def test_the_next_date_is_the_soonest_that_is_neither_over_nor_called_off(tx: Tx) -> None:
    assert await dates.find_next(tx, couple_id="c", now=NOW) is None
    await dates.add(tx, make_date("far", days=9))
    await dates.add(tx, make_date("near", days=3))
    await dates.add(tx, make_date("other", couple_id="d", days=1))
    await dates.add(tx, replace(make_date("off", days=2), stage=Stage.LAPSED))
    near = make_date("near", days=3)
    for now, expected in ((NOW, "near"), (near.time.end - MINUTE, "near"), (near.time.end, "far")):
        found = await dates.find_next(tx, couple_id="c", now=now)
        assert found is not None
        assert found.date.id == expected


async def test_live_times_are_those_that_overlap_and_are_not_called_off(tx: Tx) -> None:
    await dates.add(tx, DATE)
    await dates.add(tx, replace(make_date("off"), stage=Stage.CALLED_OFF))
    await dates.add(tx, make_date("other", couple_id="d"))
    overlapping = Interval(DATE.time.end - MINUTE, DATE.time.end + HOUR)
    before, after = Interval(NOW, DATE.time.start), Interval(DATE.time.end, DATE.time.end + HOUR)
    assert await dates.live_times(tx, couple_id="c", during=overlapping) == [DATE.time]
    assert await dates.live_times(tx, couple_id="c", during=overlapping, but="date") == []
    assert await dates.live_times(tx, couple_id="c", during=before) == []
    assert await dates.live_times(tx, couple_id="c", during=after) == []


async def test_a_hold_stays_what_pencilled_it_in(tx: Tx) -> None:
    hold = replace(DATE, origin=Origin.RHYTHM)
    await dates.add(tx, hold)
    await dates.save(tx, call_off(hold, by=None, now=NOW), version=1)
    assert (await find(tx)).date.origin is Origin.RHYTHM


async def test_dates_that_end_after_a_moment_come_in_order_called_off_ones_among_them(tx: Tx) -> None:
    for date_id, days in (("late", 9), ("soon", 2), ("over", 1)):
        await dates.add(tx, make_date(date_id, days=days))
    await dates.add(tx, replace(make_date("off", days=3), stage=Stage.LAPSED))
    await dates.add(tx, make_date("other", couple_id="d", days=3))
    since = make_date(days=1).time.end
    found = await dates.ending_after(tx, couple_id="c", since=since)
    assert [kept.date.id for kept in found] == ["soon", "off", "late"]


async def test_past_ideas_are_those_of_the_couples_dates_since_then(tx: Tx) -> None:
    await dates.add(tx, make_date("one", days=1, idea_id="walk"))
    await dates.add(tx, make_date("two", days=3, idea_id="tea"))
    await dates.add(tx, make_date("three", days=5, idea_id=None))
    await dates.add(tx, make_date("other", couple_id="d", idea_id="soup"))
    await dates.add(tx, replace(make_date("off", days=6, idea_id="swim"), stage=Stage.CALLED_OFF))
    walk, tea = Past("walk", NOW + DAY), Past("tea", NOW + 3 * DAY)
    assert await dates.past_ideas(tx, couple_id="c", since=NOW) == [walk, tea]
    assert await dates.past_ideas(tx, couple_id="c", since=NOW + 3 * DAY) == [tea]


async def test_an_entry_comes_back_as_it_was_kept(tx: Tx) -> None:
    await add_entry(tx)
    assert await found_entry(tx) == ENTRY
    written = replace(ENTRY, etag='"1"', applied=0)
    await entries.save(tx, written)
    assert await found_entry(tx) == written


@pytest.mark.parametrize("state", EntryState)
async def test_what_was_last_done_to_an_entry_stands(tx: Tx, state: EntryState) -> None:
    await add_entry(tx)
    await entries.save(tx, replace(ENTRY, etag='"2"', applied=2))
    done = replace(ENTRY, applied=3, state=state)
    await entries.save(tx, done)
    assert await found_entry(tx) == done


async def test_an_entry_nobody_has_written_yet_can_be_saved_as_it_is(tx: Tx) -> None:
    await add_entry(tx)
    await entries.save(tx, replace(ENTRY, href="other.ics"))
    assert (await found_entry(tx)).href == "other.ics"


async def test_the_entry_of_another_is_not_there(tx: Tx) -> None:
    await add_entry(tx)
    for partner_id, date_id in (("b", "date"), ("x", "date"), ("a", "none")):
        with pytest.raises(NotFound):
            await entries.find(tx, partner_id=partner_id, date_id=date_id)


async def test_an_entry_is_found_by_its_uid_and_by_no_other(tx: Tx) -> None:
    await add_entry(tx)
    assert await entries.find_by_uid(tx, uid=ENTRY.uid) == ENTRY
    assert await entries.find_by_uid(tx, uid=ENTRY.uid.upper()) is None


async def test_each_partner_has_one_channel_for_a_date(tx: Tx) -> None:
    await add_entry(tx)
    await entries.add(tx, Entry("date", "b", Channel.EMAIL, None, uid="u2@pencil-in", href=None))
    channels = {"a": Channel.CALDAV, "b": Channel.EMAIL}
    assert await entries.channels(tx, couple_id="c", date_id="date") == channels
    assert await entries.channels(tx, couple_id="d", date_id="date") == {}


async def test_a_couple_knows_the_names_of_its_own_entries(tx: Tx) -> None:
    await add_entry(tx)
    await entries.add(tx, Entry("date", "b", Channel.EMAIL, None, uid="u2@pencil-in", href=None))
    assert await entries.own_names(tx, couple_id="c") == {"k3j2.ics"}
    assert await entries.own_names(tx, couple_id="d") == frozenset()


async def test_an_entry_outlives_the_calendar_it_was_written_into(tx: Tx) -> None:
    await add_entry(tx)
    await calendars.remove(tx, partner_id="a", calendar_id="cal")
    assert await found_entry(tx) == replace(ENTRY, calendar_id=None)
