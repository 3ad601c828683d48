"""The worker that sends mails, to a real mail server: at least once under one id, and gestures at most once."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from integrations.mail.smtp import Mailer
from service import ids
from service.actions import dates as actions
from service.actions import joining
from service.core.dates import PartStat
from service.store import outbox
from service.store.dates import Kept
from service.store.engine import Database, Tx
from service.store.outbox import Kind, Parcel, State
from service.workers.deliver import LEASE
from tests.servers import SmtpSink
from tests.workers.world import EVENING, LATER, Home, PowerCut

pytestmark = pytest.mark.servers


class DyingMailer(Mailer):
    """A worker that is killed once the server has taken the mail."""

    async def send(self, message: EmailMessage, *, sender: str, recipient: str) -> None:
        await super().send(message, sender=sender, recipient=recipient)
        raise PowerCut


class Interrupted:
    """A database in which somebody else comes first, once, before the write that is the second from now."""

    def __init__(self, database: Database, *, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self.url, self.read, self.migration, self.dispose = (
            database.url,
            database.read,
            database.migration,
            database.dispose,
        )
        self._write = database.write
        self._meanwhile = iter((_nothing, meanwhile))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        await next(self._meanwhile, _nothing)()
        async with self._write() as tx:
            yield tx


async def _nothing() -> None:
    """Let nothing happen meanwhile."""


async def post(home: Home, kind: Kind, *, detail: str | None = None) -> None:
    parcel = Parcel(ids.new_id(), home.ana.id, kind, created_at=home.clock(), detail=detail)
    async with home.house.database.write() as tx:
        await outbox.post(tx, [parcel])


async def post_gesture(home: Home) -> None:
    await post(home, Kind.GESTURE, detail=next(iter(home.house.library.gestures)))


async def move(home: Home, kept: Kept) -> None:
    now = home.clock()
    await actions.move(home.house, partner=home.ana, date_id=kept.date.id, time=LATER, version=None, now=now)


def methods(sink: SmtpSink, address: str) -> list[str]:
    """Return the methods of the invitations in a mailbox, in the order they came; a mail without one is ``""``."""
    return [method_of(each.message) for each in sink.received if each.recipients == (address,)]


def method_of(mail: EmailMessage) -> str:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return str(parts[0].get_param("method")) if parts else ""


async def test_a_worker_that_dies_after_the_server_took_the_mail_repeats_its_id(home: Home, sink: SmtpSink) -> None:
    await home.pencil_in()
    with suppress(PowerCut):
        await home.courier(mailer=DyingMailer(sink.host, sink.port, tls="none")).run()
    home.clock.step(LEASE)
    await home.courier(owner="two", mailer=Mailer(sink.host, sink.port, tls="none")).run()
    for address in (home.ana.address, home.ben.address):
        mails = [each.message.as_bytes() for each in sink.received if each.recipients == (address,)]
        assert len(set(mails)) == 1
    assert len(sink.received) > 2


async def test_a_mail_refused_for_now_is_tried_again_with_doubling_waits(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await post(home, Kind.CALENDAR, detail="calendar_auth")
    sink.refuse("451 later")
    await home.courier(mailer=mailer).run()
    home.clock.step(timedelta(seconds=30))
    assert await home.courier(mailer=mailer).run() == 1
    home.clock.step(timedelta(seconds=59))
    assert await home.courier(mailer=mailer).run() == 0
    sink.refuse("")
    home.clock.step(timedelta(seconds=1))
    assert await home.courier(mailer=mailer).run() == 1
    assert len(sink.received) == 1
    assert await home.count(State.DONE) == 1


async def test_a_mail_refused_for_good_is_dead(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await post(home, Kind.CALENDAR, detail="calendar_auth")
    sink.refuse("554 never")
    await home.courier(mailer=mailer).run()
    assert await home.count(State.DEAD) == 1
    assert await home.count(State.WAITING) == 0


async def test_without_a_mail_server_mails_are_dead_and_entries_are_written(home: Home) -> None:
    _, shelf = await home.connect(home.ana)
    await home.sync()
    await home.pencil_in()
    await home.courier(mailer=None).run()
    assert len(shelf.objects) == 1
    assert await home.count(State.DEAD) == 1
    assert await home.count(State.WAITING) == 0


async def test_a_gesture_is_sent_once_at_most_even_where_sending_fails(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await post_gesture(home)
    sink.refuse("451 later")
    await home.courier(mailer=mailer).run()
    sink.refuse("")
    home.clock.step(timedelta(days=1))
    assert await home.courier(mailer=mailer).run() == 0
    assert sink.received == []


async def test_a_gesture_whose_worker_dies_is_not_sent_twice(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await post_gesture(home)
    with suppress(PowerCut):
        await home.courier(mailer=DyingMailer(sink.host, sink.port, tls="none")).run()
    home.clock.step(LEASE)
    assert await home.courier(owner="two", mailer=mailer).run() == 0
    assert len(sink.received) == 1


async def test_a_gesture_that_is_late_is_not_sent(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await post_gesture(home)
    home.clock.step(timedelta(hours=1))
    await home.courier(mailer=mailer).run()
    assert sink.received == []
    assert await home.count(State.WAITING) == 0


async def test_nothing_is_sent_during_a_date(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await home.pencil_in()
    await home.courier(mailer=mailer).run()
    sink.received.clear()
    home.clock.moment = EVENING.start
    await post(home, Kind.CALENDAR, detail="calendar_auth")
    await home.courier(mailer=mailer).run()
    assert sink.received == []
    home.clock.moment = EVENING.end
    await home.courier(mailer=mailer).run()
    assert len(sink.received) == 1


async def test_a_mail_that_cannot_be_written_keeps_no_other_from_going_out(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await post(home, Kind.CALENDAR, detail="nothing we have words for")
    await post(home, Kind.CALENDAR, detail="calendar_auth")
    await home.courier(mailer=mailer).run()
    assert len(sink.received) == 1
    home.clock.step(timedelta(days=3))
    await home.courier(mailer=mailer).run()
    assert await home.count(State.DEAD) == 1


async def test_the_invitation_is_one_request_and_each_change_one_update(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    kept = await home.pencil_in()
    await home.courier(mailer=mailer).run()
    assert methods(sink, home.ben.address) == ["REQUEST"]
    now = home.clock()
    await actions.answer(
        home.house, partner=home.ben, date_id=kept.date.id, partstat=PartStat.ACCEPTED, sequence=0, now=now
    )
    await home.courier(mailer=mailer).run()
    assert methods(sink, home.ben.address) == ["REQUEST"]
    await move(home, kept)
    await home.courier(mailer=mailer).run()
    await actions.call_off(home.house, partner=home.ben, date_id=kept.date.id, version=None, now=now)
    await home.courier(mailer=mailer).run()
    assert methods(sink, home.ben.address) == ["REQUEST", "REQUEST", "CANCEL"]


async def test_a_request_that_waited_until_the_date_was_called_off_is_not_sent(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    kept = await home.pencil_in()
    sink.refuse("451 later")
    await home.courier(mailer=mailer).run()
    now = home.clock()
    await actions.call_off(home.house, partner=home.ana, date_id=kept.date.id, version=None, now=now)
    sink.refuse("")
    home.clock.step(timedelta(minutes=1))
    await home.courier(mailer=mailer).run()
    for partner in (home.ana, home.ben):
        assert "REQUEST" not in methods(sink, partner.address)
    assert await home.count(State.WAITING) == 0


async def test_a_request_for_a_time_that_has_passed_on_is_not_sent(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    kept = await home.pencil_in()
    await move(home, kept)
    await home.courier(mailer=mailer).run()
    [mail] = [each.message for each in sink.received if each.recipients == (home.ben.address,)]
    assert b"SEQUENCE:1" in calendar_part(mail)


async def test_a_notice_that_is_out_of_date_is_not_sent(home: Home, sink: SmtpSink, mailer: Mailer) -> None:
    await home.connect(home.ben)
    await home.sync()
    kept = await home.pencil_in()
    await move(home, kept)
    await home.courier(mailer=mailer).run()
    subjects = [str(each.message["Subject"]) for each in sink.received if each.recipients == (home.ben.address,)]
    assert subjects == ["New time: Time together"]


async def test_a_partner_with_a_calendar_gets_no_mail_with_a_calendar_part(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    await home.connect(home.ben)
    await home.sync()
    await home.pencil_in()
    await home.courier(mailer=mailer).run()
    assert methods(sink, home.ben.address) == [""]


async def test_the_invitation_to_join_carries_its_link_and_the_link_is_forgotten(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    cleo = await home.household.let_in("Cleo")
    house = replace(home.house, sends_mail=True)
    link = await joining.invite_partner(house, partner=cleo.partner, address="dan@example.org", now=home.clock())
    await home.courier(mailer=mailer).run()
    [mail] = sink.received
    assert mail.recipients == ("dan@example.org",)
    body = mail.message.get_body(preferencelist=("plain",))
    assert body is not None
    assert link.url in body.get_content()
    assert await home.count(State.DONE) == 1


def calendar_part(mail: EmailMessage) -> bytes:
    [part] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    content: bytes = part.get_payload(decode=True)  # type: ignore[assignment]
    return content


async def test_a_date_called_off_while_its_invitation_is_written_leaves_none_behind(
    home: Home, sink: SmtpSink, mailer: Mailer
) -> None:
    kept = await home.pencil_in()

    async def call_off() -> None:
        now = home.clock()
        await actions.call_off(home.house, partner=home.ana, date_id=kept.date.id, version=None, now=now)
        await home.courier(owner="two", mailer=mailer).run()

    house = replace(home.house, database=Interrupted(home.house.database, meanwhile=call_off))
    await replace(home.courier(owner="one", mailer=mailer), house=house).run()
    await home.courier(owner="two", mailer=mailer).run()
    for partner in (home.ana, home.ben):
        assert "REQUEST" not in methods(sink, partner.address)
