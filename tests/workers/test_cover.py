"""Who minds the children, as the workers see it: a cover calendar that changes, and the mails about it."""

from datetime import time

import httpx
import pytest
from sqlalchemy import update

from integrations.mail.smtp import Mailer
from service.actions import dates, helpers, helping, people
from service.actions.helpers import Details
from service.actions.links import Links, Purpose
from service.core.cover import Cover, CoverPlan, DateCover, State
from service.core.dates import Date
from service.core.errors import NotCovered
from service.store import covers, tables
from service.store.calendars import Calendar, Role
from service.store.helpers import Helper
from tests.servers import SmtpSink
from tests.workers.shelf import Shelf
from tests.workers.world import EVENING, LATER, Home, make_object

pytestmark = pytest.mark.servers

TITLE = "SUMMARY:Grandma is here"
MINDED = ("DTSTART:20261204T170000Z", "DTEND:20261204T220000Z", TITLE)
TOO_LATE = ("DTSTART:20261204T190000Z", "DTEND:20261204T220000Z", TITLE)


async def agree(home: Home, plan: CoverPlan) -> None:
    couple = await people.see_couple(home.house, partner=home.ana)
    await people.change_couple(home.house, partner=home.ana, version=couple.version, cover=plan)


async def connect_cover(home: Home) -> tuple[Calendar, Shelf]:
    """Give Ana a calendar that says that somebody minds the children on the evening of the 4th, and read it."""
    calendar, shelf = await home.connect(home.ana)
    shelf.put("minded.ics", make_object(*MINDED))
    async with home.house.database.write() as tx:
        mine = tables.calendars.c.id == calendar.id
        await tx.execute(update(tables.calendars).where(mine).values(role=Role.COVER, receives_dates=False))
    await agree(home, CoverPlan(children=True))
    await home.sync()
    return calendar, shelf


async def read_again(home: Home, calendar: Calendar) -> None:
    async with home.house.database.write() as tx:
        mine = tables.calendars.c.id == calendar.id
        await tx.execute(update(tables.calendars).where(mine).values(next_sync_at=home.clock()))
    await home.sync()


async def cover_of(home: Home, date: Date) -> DateCover:
    async with home.house.database.read() as tx:
        return (await covers.find(tx, couple_id=date.couple_id, date_id=date.id)).cover


async def deliver(home: Home, sink: SmtpSink, mailer: Mailer) -> list[tuple[str, str, str]]:
    """Deliver what is due and return receiver, subject and text of each mail that came."""
    sink.received.clear()
    while await home.courier(mailer=mailer).run():
        pass
    return sorted(
        (
            each.recipients[0],
            str(each.message["Subject"]),
            "".join(part.get_content() for part in each.message.walk() if part.get_content_type() == "text/plain"),
        )
        for each in sink.received
    )


async def add_helper(home: Home) -> Helper:
    details = Details("Nina", "nina@example.org", place="at ours, third floor")
    return await helpers.add(home.house, partner=home.ben, details=details, now=home.clock())


async def test_an_entry_that_leaves_a_cover_calendar_is_told_to_both_with_the_way_to_the_choices(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    calendar, shelf = await connect_cover(home)
    date = (await home.pencil_in()).date
    assert await cover_of(home, date) == DateCover(State.COVERED, by=Cover.CALENDAR)
    await deliver(home, sink, mailer)
    shelf.delete("minded.ics")
    shelf.put("other.ics", make_object("DTSTART:20261224T190000Z", "DTEND:20261224T220000Z", uid="other"))
    await read_again(home, calendar)
    mails = await deliver(home, sink, mailer)
    assert [(to, subject) for to, subject, _ in mails] == [
        (home.ana.address, "Ways to keep your evening"),
        (home.ben.address, "Ways to keep your evening"),
    ]
    links = Links(home.house.vault, home.house.public_url)
    for partner, (_, _, text) in zip((home.ana, home.ben), mails, strict=True):
        assert links.write(Purpose.DATE, date.id, partner.id) in text
        assert "Grandma" not in text
    assert await deliver(home, sink, mailer) == []


async def test_an_entry_that_moves_away_and_back_is_told_as_it_is(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    calendar, shelf = await connect_cover(home)
    date = (await home.pencil_in()).date
    await deliver(home, sink, mailer)
    for lines, state, subject in (
        (TOO_LATE, State.LOST, "Ways to keep your evening"),
        (MINDED, State.COVERED, "The children are minded after all"),
    ):
        shelf.put("minded.ics", make_object(*lines))
        await read_again(home, calendar)
        assert (await cover_of(home, date)).state is state
        assert [found for _, found, _ in await deliver(home, sink, mailer)] == [subject] * 2


async def test_what_is_settled_before_the_mail_goes_out_is_not_told(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    calendar, shelf = await connect_cover(home)
    await home.pencil_in()
    await deliver(home, sink, mailer)
    shelf.put("minded.ics", make_object(*TOO_LATE))
    await read_again(home, calendar)
    shelf.put("minded.ics", make_object(*MINDED))
    await read_again(home, calendar)
    assert [subject for _, subject, _ in await deliver(home, sink, mailer)] == ["The children are minded after all"] * 2


async def test_a_cover_calendar_that_cannot_be_read_takes_nobodys_cover_away(home: Home) -> None:
    calendar, shelf = await connect_cover(home)
    date = (await home.pencil_in()).date
    shelf.delete("minded.ics")
    shelf.before = lambda _: httpx.Response(500)
    await read_again(home, calendar)
    assert (await cover_of(home, date)).state is State.COVERED


async def test_our_own_dates_cover_nothing(home: Home) -> None:
    calendar, shelf = await connect_cover(home)
    date = (await home.pencil_in()).date
    entry = await home.entry(home.ben, date.id)
    shelf.put("copied.ics", make_object("DTSTART:20261205T170000Z", "DTEND:20261205T220000Z", uid=entry.uid))
    await read_again(home, calendar)
    with pytest.raises(NotCovered):
        await home.pencil_in(time=LATER)


async def test_a_helper_is_asked_in_a_mail_that_says_who_when_and_where_and_nothing_else(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await agree(home, CoverPlan(children=True, asleep_from=time(20)))
    helper = await add_helper(home)
    idea = next(each for each in home.house.library.ideas.values() if not each.sleeping_children_ok)
    date = (await home.pencil_in(idea_id=idea.id)).date
    [text] = [text for to, _, text in await deliver(home, sink, mailer) if to == "nina@example.org"]
    links = Links(home.house.vault, home.house.public_url)
    for said in (
        "Ana and Ben",
        "Friday 4 December, 19:00 to 21:00 (Europe/Berlin)",
        "Friday 4 December, 18:00 to 20:00 (Europe/Lisbon)",
        "at ours, third floor",
        links.write(Purpose.HELPER, date.id, helper.id),
    ):
        assert said in text
    for unsaid in (idea.title, idea.line, home.ana.address, home.ben.address):
        assert unsaid not in text


async def test_a_helper_who_was_asked_is_told_that_they_are_not_needed(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await agree(home, CoverPlan(children=True))
    await add_helper(home)
    date = (await home.pencil_in()).date
    await deliver(home, sink, mailer)
    await dates.call_off(home.house, partner=home.ana, date_id=date.id, version=None, now=home.clock())
    mails = [(subject, text) for to, subject, text in await deliver(home, sink, mailer) if to == "nina@example.org"]
    assert [subject for subject, _ in mails] == ["Thank you, it is settled"]
    assert "/h/" not in mails[0][1]


async def test_a_helper_hears_nothing_of_a_date_that_was_called_off_at_once(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await agree(home, CoverPlan(children=True))
    await add_helper(home)
    date = (await home.pencil_in()).date
    await dates.call_off(home.house, partner=home.ana, date_id=date.id, version=None, now=home.clock())
    assert "nina@example.org" not in {to for to, _, _ in await deliver(home, sink, mailer)}


async def test_a_helper_who_is_removed_hears_nothing_more(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await agree(home, CoverPlan(children=True))
    helper = await add_helper(home)
    await home.pencil_in()
    await helpers.remove(home.house, partner=home.ana, helper_id=helper.id, now=home.clock())
    assert "nina@example.org" not in {to for to, _, _ in await deliver(home, sink, mailer)}


async def test_a_helpers_word_reaches_both_in_one_mail_each(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await agree(home, CoverPlan(children=True))
    helper = await add_helper(home)
    date = (await home.pencil_in()).date
    await deliver(home, sink, mailer)
    signed = Links(home.house.vault, "").write(Purpose.HELPER, date.id, helper.id).rpartition("/")[2]
    for yes, subject in ((True, "The children are minded"), (False, "Ways to keep your evening")):
        await helping.answer(home.house, signed=signed, yes=yes, timed=0, now=home.clock())
        mails = await deliver(home, sink, mailer)
        assert [(to, found) for to, found, _ in mails] == [(home.ana.address, subject), (home.ben.address, subject)]
        assert not any("Nina" in text for _, _, text in mails)
    assert date.time == EVENING
