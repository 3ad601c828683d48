"""Answers given in the calendar itself: an entry moved, removed or cancelled there, and one that only looks so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from service.actions import dates as actions
from service.actions.hearing import NOT_POSSIBLE
from service.core.dates import Date, PartStat, Stage, Via
from service.core.interval import Interval
from service.store import dates, outbox
from service.store.calendars import Calendar
from service.store.entries import EntryState
from service.store.outbox import Kind
from service.workers.listening import GONE_AGAIN
from service.workers.sync import EVERY
from tests.households import between
from tests.workers.shelf import Shelf
from tests.workers.world import EVENING, LATER, Home, make_object

STAMP = "%Y%m%dT%H%M%S"
A_POLL = EVERY * 1.3


@dataclass
class Written:
    """A date whose entry stands in Ana's calendar, as her server has it."""

    home: Home
    calendar: Calendar
    shelf: Shelf
    date_id: str

    async def date(self) -> Date:
        async with self.home.house.database.read() as tx:
            return (await dates.find(tx, couple_id=self.home.ana.couple_id, date_id=self.date_id)).date

    @property
    def name(self) -> str:
        [name] = self.names
        return name

    @property
    def names(self) -> list[str]:
        return [name for name in self.shelf.objects if name != "work.ics"]

    @property
    def text(self) -> str:
        return self.shelf.objects[self.name]

    def edit(self, old: str, new: str) -> None:
        """Change the entry as a calendar app does."""
        assert old in self.text
        self.shelf.put(self.name, self.text.replace(old, new))

    def drag(self, to: Interval) -> None:
        """Drag the entry to another time, on Ana's clock."""
        for end, was in (("DTSTART", EVENING.start), ("DTEND", EVENING.end)):
            now = to.start if end == "DTSTART" else to.end
            self.edit(f"{end};TZID=Europe/Berlin:{self.local(was)}", f"{end};TZID=Europe/Berlin:{self.local(now)}")

    def local(self, moment: datetime) -> str:
        return moment.astimezone(self.home.ana.zone).strftime(STAMP)

    async def look(self, after: timedelta = A_POLL) -> None:
        """Let time pass, and read the calendar again."""
        self.home.clock.step(after)
        await self.home.sync()

    async def parcels(self) -> list[tuple[str, Kind, str | None]]:
        """Return what waits to go out, to whom."""
        names = {self.home.ana.id: "ana", self.home.ben.id: "ben"}
        far = self.home.clock() + timedelta(days=1)
        async with self.home.house.database.write() as tx:
            waiting = await outbox.claim(tx, owner="look", now=far, lease=timedelta(seconds=1), limit=100)
            await outbox.release(tx, owner="look")
        return [(names[each.partner_id], each.kind, each.detail) for each in waiting]


@pytest.fixture
async def written(home: Home) -> Written:
    calendar, shelf = await home.connect(home.ana)
    shelf.put("work.ics", make_object(uid="work"))
    await home.sync()
    kept = await home.pencil_in()
    await home.courier().run()
    return Written(home, calendar, shelf, kept.date.id)


async def confirm(written: Written) -> None:
    home = written.home
    await actions.answer(
        home.house,
        partner=home.ben,
        date_id=written.date_id,
        partstat=PartStat.ACCEPTED,
        sequence=0,
        now=home.clock(),
    )


async def test_what_stands_there_as_we_wrote_it_says_nothing(written: Written) -> None:
    before = await written.date()
    await written.look()
    assert await written.date() == before
    assert (await written.home.entry(written.home.ana, written.date_id)).missing_at is None


async def test_an_entry_that_was_dragged_proposes_its_new_time_to_the_other(written: Written) -> None:
    await confirm(written)
    await written.home.courier().run()
    written.drag(LATER)
    await written.look()
    date = await written.date()
    assert (date.stage, date.time) == (Stage.MOVED, LATER)
    assert date.answers == {written.home.ana.id: PartStat.ACCEPTED, written.home.ben.id: PartStat.NEEDS_ACTION}
    assert date.ways == {written.home.ana.id: Via.CALENDAR}
    await written.home.courier().run()
    assert "STATUS:TENTATIVE" in written.text
    assert f"SEQUENCE:{date.sequence}" in written.text
    await written.look()
    assert await written.date() == date


@pytest.mark.parametrize(
    ("to", "ben_is_busy"),
    [(LATER, True), (between(5, 9, 11), False), (between(1, 6, 8), False), (between(4, 18, 18.25), False)],
    ids=["the other is busy", "outside their hours", "in the past", "too short"],
)
async def test_a_drag_to_where_it_cannot_be_is_put_back_and_told_to_who_dragged(
    written: Written, to: Interval, ben_is_busy: bool
) -> None:
    home = written.home
    if ben_is_busy:
        await home.keep(home.ben, start=LATER.start, end=LATER.end)
    await confirm(written)
    await home.courier().run()
    await written.parcels()
    before = await written.date()
    written.drag(to)
    await written.look()
    assert await written.date() == before
    told = [each for each in await written.parcels() if each[2] == NOT_POSSIBLE]
    assert told == [("ana", Kind.NOTICE, NOT_POSSIBLE)]
    home.clock.step(timedelta(minutes=1))
    await home.courier().run()
    assert written.local(EVENING.start) in written.text
    await written.look()
    assert await written.date() == before


async def test_what_is_gone_twice_while_its_calendar_answers_is_a_no(written: Written) -> None:
    written.shelf.delete(written.name)
    await written.look()
    assert (await written.date()).stage is Stage.PENCILLED
    await written.look(GONE_AGAIN)
    date = await written.date()
    assert (date.stage, date.ways[written.home.ana.id]) == (Stage.CALLED_OFF, Via.CALENDAR)
    assert (await written.home.entry(written.home.ana, written.date_id)).state is EntryState.REMOVED
    assert ("ben", Kind.CANCEL, None) in await written.parcels()
    await written.home.courier().run()
    assert written.names == []


async def test_what_comes_back_in_between_was_never_a_no(written: Written) -> None:
    name, text = written.name, written.text
    written.shelf.delete(name)
    await written.look()
    written.shelf.put(name, text)
    await written.look(GONE_AGAIN)
    await written.look(GONE_AGAIN)
    assert (await written.date()).stage is Stage.PENCILLED
    assert (await written.home.entry(written.home.ana, written.date_id)).missing_at is None


async def test_a_calendar_that_does_not_answer_says_no_to_nothing(written: Written) -> None:
    written.shelf.delete(written.name)
    await written.look()
    del written.home.shelves[written.shelf.path]
    await written.look(GONE_AGAIN)
    await written.look(timedelta(hours=1))
    assert (await written.date()).stage is Stage.PENCILLED


async def test_an_entry_set_to_cancelled_there_is_a_no(written: Written) -> None:
    written.edit("STATUS:TENTATIVE", "STATUS:CANCELLED")
    await written.look()
    assert (await written.date()).stage is Stage.CALLED_OFF


async def test_notes_and_alarms_of_ones_own_say_nothing_and_stay(written: Written) -> None:
    alarm = "BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT1H\r\nEND:VALARM\r\nEND:VEVENT"
    written.edit("END:VEVENT", alarm)
    written.edit("SUMMARY:Time together", "SUMMARY:Just us")
    await written.look()
    assert (await written.date()).stage is Stage.PENCILLED
    await confirm(written)
    await written.home.courier().run()
    assert all(line in written.text for line in ("BEGIN:VALARM", "SUMMARY:Just us", "STATUS:CONFIRMED"))


async def test_a_drag_is_heard_by_the_delivery_that_finds_it_first(written: Written) -> None:
    await confirm(written)
    written.drag(LATER)
    await written.home.courier().run()
    assert (await written.date()).time == LATER
    await written.home.courier().run()
    assert written.local(LATER.start) in written.text


async def test_a_drag_of_what_was_moved_meanwhile_is_no_answer_any_more(written: Written) -> None:
    home = written.home
    third = between(6, 18, 20)
    written.drag(third)
    await actions.move(
        home.house, partner=home.ben, date_id=written.date_id, time=LATER, version=None, now=home.clock()
    )
    await home.courier().run()
    await written.look()
    assert (await written.date()).time == LATER
    assert written.local(LATER.start) in written.text


async def test_what_its_owner_put_into_another_of_their_calendars_is_still_theirs(written: Written) -> None:
    home = written.home
    other, shelf = await home.connect_beside(home.ana, "other")
    await home.sync()
    shelf.put(written.name, written.text)
    written.shelf.delete(written.name)
    await written.look()
    await written.look(GONE_AGAIN)
    assert (await written.date()).stage is Stage.PENCILLED
    assert (await home.entry(home.ana, written.date_id)).calendar_id == other.id
    await confirm(written)
    await home.courier().run()
    [text] = shelf.objects.values()
    assert "STATUS:CONFIRMED" in text
    assert written.names == []


async def test_a_mailed_invitation_that_its_calendar_shows_too_is_nobodys_busy_time(home: Home) -> None:
    kept = await home.pencil_in()
    uid = (await home.entry(home.ben, kept.date.id)).uid
    _, shelf = await home.connect(home.ben)
    times = (f"DTSTART:{EVENING.start:%Y%m%dT%H%M%SZ}", f"DTEND:{EVENING.end:%Y%m%dT%H%M%SZ}")
    shelf.put("a-name-of-its-own.ics", make_object(*times, uid=uid))
    shelf.put("work.ics", make_object(uid="work"))
    await home.sync()
    assert await home.busy_of(home.ben) == [between(4, 20, 21)]
