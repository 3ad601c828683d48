"""A meeting that lands on a date: only who has it is asked, once, after a while, and nothing moves by itself."""

from datetime import timedelta

import pytest

from integrations.mail.smtp import Mailer
from service.actions import clashes
from service.actions import dates as actions
from service.actions.clashes import ASK_AFTER, SMALL
from service.core.dates import PartStat, Stage
from service.core.errors import SlotTaken
from service.core.interval import Interval
from service.store import dates
from service.store.dates import Kept
from service.workers.sync import EVERY
from tests.servers import SmtpSink
from tests.workers.shelf import Shelf
from tests.workers.world import EVENING, Home, make_object

pytestmark = pytest.mark.servers
SUBJECT = "Two things at one time"


def put(shelf: Shelf, time: Interval, *, name: str = "meeting") -> None:
    times = (f"DTSTART:{time.start:%Y%m%dT%H%M%SZ}", f"DTEND:{time.end:%Y%m%dT%H%M%SZ}")
    shelf.put(f"{name}.ics", make_object(*times, "SUMMARY:Quarterly secrets", uid=name))


async def agree(home: Home) -> tuple[Kept, Shelf]:
    """Let both agree on the evening; return the date and Ben's calendar."""
    _, shelf = await home.connect(home.ben)
    put(shelf, Interval(EVENING.start - timedelta(days=1), EVENING.end - timedelta(days=1)), name="work")
    await home.sync()
    kept = await home.pencil_in()
    agreed = await actions.answer(
        home.house,
        partner=home.ben,
        date_id=kept.date.id,
        partstat=PartStat.ACCEPTED,
        sequence=0,
        now=home.clock(),
    )
    return agreed, shelf


async def pass_time(home: Home, mailer: Mailer, by: timedelta = EVERY * 1.3) -> None:
    home.clock.step(by)
    await home.sync()
    await home.courier(mailer=mailer).run()


def asked(sink: SmtpSink) -> list[str]:
    return [each.recipients[0] for each in sink.received if each.message["Subject"] == SUBJECT]


async def see(home: Home, kept: Kept) -> Kept:
    async with home.house.database.read() as tx:
        return await dates.find(tx, couple_id=home.ana.couple_id, date_id=kept.date.id)


async def test_only_who_has_the_meeting_is_asked_and_only_after_a_while(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    kept, shelf = await agree(home)
    await home.courier(mailer=mailer).run()
    put(shelf, EVENING)
    await pass_time(home, mailer)
    assert asked(sink) == []
    await pass_time(home, mailer, ASK_AFTER)
    assert asked(sink) == [home.ben.address]
    assert not any("secrets" in each.message.as_string() for each in sink.received)
    for _ in range(3):
        await pass_time(home, mailer)
    assert asked(sink) == [home.ben.address]
    assert await see(home, kept) == kept


async def test_a_meeting_that_goes_again_is_not_asked_about(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    _, shelf = await agree(home)
    put(shelf, EVENING)
    await pass_time(home, mailer)
    shelf.delete("meeting.ics")
    await pass_time(home, mailer)
    await pass_time(home, mailer)
    assert asked(sink) == []


async def test_another_meeting_after_the_first_went_is_asked_about_too(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    _, shelf = await agree(home)
    put(shelf, EVENING)
    await pass_time(home, mailer)
    await pass_time(home, mailer)
    shelf.delete("meeting.ics")
    await pass_time(home, mailer)
    put(shelf, EVENING, name="other")
    await pass_time(home, mailer)
    await pass_time(home, mailer)
    assert asked(sink) == [home.ben.address] * 2


async def test_who_keeps_both_is_asked_no_more(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    kept, shelf = await agree(home)
    put(shelf, EVENING)
    await pass_time(home, mailer)
    await clashes.keep(home.house, partner=home.ben, date_id=kept.date.id)
    put(shelf, EVENING, name="other")
    await pass_time(home, mailer)
    await pass_time(home, mailer)
    assert asked(sink) == []


async def test_small_is_the_nearest_twenty_minutes_both_have_left_that_day(home: Home, mailer: Mailer) -> None:
    kept, shelf = await agree(home)
    put(shelf, Interval(EVENING.start, EVENING.start + timedelta(minutes=45)))
    await pass_time(home, mailer)
    small = await actions_small(home, kept)
    assert small.date.time.length == SMALL
    assert small.date.time in (
        Interval(EVENING.start - SMALL, EVENING.start),
        Interval(EVENING.start + timedelta(minutes=45), EVENING.start + timedelta(minutes=45) + SMALL),
    )
    assert small.date.stage is Stage.MOVED


async def test_where_the_day_has_no_room_left_nothing_is_made_small(home: Home, mailer: Mailer) -> None:
    kept, shelf = await agree(home)
    day = timedelta(hours=12)
    put(shelf, Interval(EVENING.start - day, EVENING.end + day))
    await pass_time(home, mailer)
    with pytest.raises(SlotTaken):
        await actions_small(home, kept)
    assert await see(home, kept) == kept


async def actions_small(home: Home, kept: Kept) -> Kept:
    return await clashes.make_small(home.house, partner=home.ben, date_id=kept.date.id, now=home.clock())
