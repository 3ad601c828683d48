"""The mail about the week: when it was asked for, not in quiet hours, and only where there is something to say."""

import re
from datetime import datetime, timedelta

import pytest

from integrations.mail.smtp import Mailer
from service.actions import people
from service.core.interval import Interval
from service.core.weekly import Weekly
from service.store import gestures
from service.store.gestures import Schedule
from service.workers.weekly import post_weeks
from tests.core.times import utc
from tests.servers import SmtpSink
from tests.workers.world import EVENING, Home

pytestmark = pytest.mark.servers
THURSDAY = Weekly(day=3, hour=20)
DUE = utc(2026, 12, 3, 19)  # 20:00 in Berlin
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


async def want(home: Home, wish: Weekly | None = THURSDAY) -> None:
    home.ana = await people.change_me(home.house, partner=home.ana, version=home.ana.version, weekly=(wish,))


async def tick(home: Home, mailer: Mailer, *, at: datetime) -> int:
    """Let it be that time, and everything that is due be done; return how many mails were due."""
    home.clock.moment = at
    count = await post_weeks(home.house)
    await home.courier(mailer=mailer).run()
    return count


def texts(sink: SmtpSink) -> list[str]:
    bodies = [each.message.get_body(("plain",)) for each in sink.received]
    return [str(body.get_content()) for body in bodies if body is not None]


async def test_it_comes_when_it_was_asked_for_with_three_times_and_an_idea(
    home: Home, mailer: Mailer, sink: SmtpSink
) -> None:
    await want(home)
    assert await tick(home, mailer, at=DUE - HOUR) == 0
    assert await tick(home, mailer, at=DUE) == 1
    [mail] = sink.received
    assert mail.recipients == (home.ana.address,)
    [text] = texts(sink)
    assert len(re.findall(r"^- \w+day \d", text, re.MULTILINE)) == 3
    assert any(idea.title in text for idea in home.house.library.of("en").ideas.values())
    assert "/w/" in text


async def test_it_comes_once_a_week(home: Home, mailer: Mailer, sink: SmtpSink) -> None:
    await want(home)
    for hours in range(24 * 15):
        await tick(home, mailer, at=DUE + hours * HOUR)
    assert len(sink.received) == 3


async def test_nobody_gets_it_unasked_and_nobody_after_taking_it_back(
    home: Home, mailer: Mailer, sink: SmtpSink
) -> None:
    assert await tick(home, mailer, at=DUE) == 0
    await want(home)
    await want(home, None)
    assert await tick(home, mailer, at=DUE + WEEK) == 0
    assert sink.received == []


async def test_it_waits_until_quiet_hours_are_over(home: Home, mailer: Mailer, sink: SmtpSink) -> None:
    async with home.house.database.write() as tx:
        await gestures.save(tx, Schedule(home.ana.id, quiet="19:30-07:30"))
    await want(home)
    await tick(home, mailer, at=DUE)
    assert sink.received == []
    await tick(home, mailer, at=utc(2026, 12, 4, 6, 30))
    assert len(sink.received) == 1


async def test_it_waits_until_a_date_is_over(home: Home, mailer: Mailer, sink: SmtpSink) -> None:
    await home.pencil_in(time=Interval(DUE - HOUR, DUE + HOUR))
    await home.courier(mailer=mailer).run()
    before = len(sink.received)
    await want(home)
    await tick(home, mailer, at=DUE)
    assert len(sink.received) == before
    await tick(home, mailer, at=DUE + HOUR)
    assert [str(each.message["Subject"]) for each in sink.received[before:]].count("Time for the two of you") == 1


async def test_where_the_two_share_no_time_it_does_not_come(home: Home, mailer: Mailer, sink: SmtpSink) -> None:
    await home.keep(home.ben, start=EVENING.start - 4 * WEEK, end=EVENING.end + 8 * WEEK)
    await want(home)
    assert await tick(home, mailer, at=DUE) == 1
    assert sink.received == []


async def test_a_mail_that_would_come_a_day_late_does_not_come(home: Home, mailer: Mailer, sink: SmtpSink) -> None:
    await want(home)
    assert await tick(home, mailer, at=DUE + 24 * HOUR) == 1
    assert sink.received == []
    await tick(home, mailer, at=DUE + WEEK)
    assert len(sink.received) == 1


async def test_another_zone_moves_the_hour(home: Home, mailer: Mailer, sink: SmtpSink) -> None:
    await want(home)
    await people.change_me(home.house, partner=home.ana, version=home.ana.version, zone=home.ben.zone)
    assert await tick(home, mailer, at=DUE) == 0
    assert await tick(home, mailer, at=DUE + HOUR) == 1
