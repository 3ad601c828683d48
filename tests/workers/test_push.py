"""Reminders by push: a neutral note and one link, over real connections; and what takes over where nobody takes it."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import pytest

from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.mail.smtp import Mailer
from service import ids
from service.actions import push as actions
from service.actions.nudges import look
from service.store import gestures, outbox, push
from service.store.gestures import Delivery, Schedule
from service.store.outbox import Kind, Parcel
from service.store.push import Endpoint, PushKind, Target
from tests.outside.browsers import Browser
from tests.receivers import Receiver, run_receiver
from tests.servers import SmtpSink
from tests.workers.reminding import GESTURE, MINUTE
from tests.workers.world import Home

pytestmark = pytest.mark.servers
NEUTRAL = "A small thought for today"
BY_MAIL = "did not answer twice in a row"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as running:
        yield running


@dataclass
class Reach:
    """Ana, who wants her reminders by push, and the ways out: to the receiver and to the mail server."""

    home: Home
    receiver: Receiver
    http: GuardedClient
    mailer: Mailer
    sink: SmtpSink

    async def add(self, kind: PushKind, target: Target) -> Endpoint:
        endpoint = Endpoint(ids.new_id(), self.home.ana.id, kind)
        async with self.home.house.database.write() as tx:
            await push.add(tx, endpoint, target=target, vault=self.home.house.vault, now=self.home.clock())
        return endpoint

    async def remind(self) -> None:
        """Leave a reminder and deliver it."""
        parcel = Parcel(ids.new_id(), self.home.ana.id, Kind.GESTURE, self.home.clock(), detail=GESTURE)
        async with self.home.house.database.write() as tx:
            await outbox.post(tx, [parcel])
        await self.deliver()

    async def deliver(self, *, after: timedelta = timedelta(0), http: GuardedClient | None = None) -> None:
        self.home.clock.step(after)
        await self.home.courier(mailer=self.mailer, http=http or self.http).run()

    async def endpoints(self) -> list[bool]:
        """Return of each endpoint whether it works."""
        return [each.is_working for each in await actions.list_endpoints(self.home.house, partner=self.home.ana)]

    @property
    def mails(self) -> list[str]:
        bodies = [each.message.get_body(("plain",)) for each in self.sink.received]
        return [str(body.get_content()) for body in bodies if body is not None]


@pytest.fixture
async def reach(home: Home, receiver: Receiver, mailer: Mailer, sink: SmtpSink) -> AsyncIterator[Reach]:
    async with home.house.database.write() as tx:
        await gestures.save(tx, Schedule(home.ana.id, per_week=3, delivery=Delivery.PUSH))
    async with GuardedClient(Egress.parse(receiver.host)) as http:
        yield Reach(home, receiver, http, mailer, sink)


async def opens(reach: Reach, link: str) -> bool:
    """Return whether a link leads Ana to the gesture."""
    nudge = await look(reach.home.house, signed=link.rpartition("/g/")[2])
    return (nudge.partner.id, nudge.gesture.id) == (reach.home.ana.id, GESTURE)


def names_the_gesture(reach: Reach, text: str) -> bool:
    gesture = reach.home.house.library.of("en").gestures[GESTURE]
    return any(word.lower() in text.lower() for word in (gesture.id, gesture.title, gesture.line))


async def test_ntfy_shows_a_neutral_title_and_a_tap_opens_the_gesture(reach: Reach) -> None:
    await reach.add(PushKind.NTFY, Target(reach.receiver.url("ana-xyzzy"), token="tk_plugh"))
    await reach.remind()
    [posted] = reach.receiver.posted
    assert posted.path == "/ana-xyzzy"
    assert posted.headers["title"] == NEUTRAL
    assert posted.headers["authorization"] == "Bearer tk_plugh"
    assert posted.headers["actions"] == f"view, Open, {posted.headers['click']}"
    assert await opens(reach, posted.headers["click"])
    assert not names_the_gesture(reach, f"{posted.headers} {posted.body.decode()}")
    assert reach.mails == []


async def test_a_browser_reads_a_neutral_note_with_the_link_and_its_push_service_reads_nothing(reach: Reach) -> None:
    browser = Browser()
    subscription = browser.subscription(reach.receiver.url("send/xyzzy"))
    await reach.add(PushKind.WEB_PUSH, Target(subscription.url, p256dh=subscription.p256dh, auth=subscription.auth))
    await reach.remind()
    [posted] = reach.receiver.posted
    assert (posted.path, posted.headers["content-encoding"]) == ("/send/xyzzy", "aes128gcm")
    assert posted.headers["ttl"] == "600"
    assert b"/g/" not in posted.body
    note = json.loads(browser.read(posted.body))
    assert note.keys() == {"title", "text", "link"}
    assert note["title"] == NEUTRAL
    assert await opens(reach, note["link"])
    assert not names_the_gesture(reach, str(note))


async def test_plain_http_takes_the_same_as_json(reach: Reach) -> None:
    await reach.add(PushKind.HTTP, Target(reach.receiver.url("hook"), token="secret"))
    await reach.remind()
    [posted] = reach.receiver.posted
    note = json.loads(posted.body)
    assert (note["title"], posted.headers["authorization"]) == (NEUTRAL, "Bearer secret")
    assert await opens(reach, note["link"])


async def test_without_an_endpoint_reminders_come_by_mail(reach: Reach) -> None:
    await reach.remind()
    [mail] = reach.mails
    assert BY_MAIL not in mail


async def test_who_wants_mail_gets_mail_whatever_endpoints_there_are(reach: Reach) -> None:
    await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    async with reach.home.house.database.write() as tx:
        schedule = await gestures.find(tx, partner_id=reach.home.ana.id)
        await gestures.save(tx, Schedule(schedule.partner_id, per_week=3, version=schedule.version))
    await reach.remind()
    assert (len(reach.receiver.posted), len(reach.mails)) == (0, 1)


async def test_what_is_not_taken_once_is_offered_once_more_a_minute_later(reach: Reach) -> None:
    await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    reach.receiver.answers += [503]
    await reach.remind()
    await reach.deliver(after=MINUTE / 2)
    assert len(reach.receiver.posted) == 1
    await reach.deliver(after=MINUTE)
    assert len(reach.receiver.posted) == 2
    assert await reach.endpoints() == [True]
    reach.receiver.answers += [503]
    await reach.remind()
    assert (await reach.endpoints(), reach.mails) == ([True], [])


async def test_what_is_not_taken_twice_in_a_row_comes_by_mail_which_says_so_once(reach: Reach) -> None:
    await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    reach.receiver.answers += [503, 503]
    await reach.remind()
    await reach.deliver(after=MINUTE)
    await reach.remind()
    assert len(reach.receiver.posted) == 2
    assert [BY_MAIL in " ".join(mail.split()) for mail in reach.mails] == [True, False]
    assert await reach.endpoints() == [False]


async def test_a_test_that_is_taken_lets_an_endpoint_work_again(reach: Reach) -> None:
    endpoint = await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    reach.receiver.answers += [503, 503]
    await reach.remind()
    await reach.deliver(after=MINUTE)
    house, ana = reach.home.house, reach.home.ana
    await actions.test_endpoint(house, partner=ana, endpoint_id=endpoint.id, now=reach.home.clock())
    await reach.deliver()
    assert await reach.endpoints() == [True]
    await reach.remind()
    assert len(reach.receiver.posted) == 4
    assert not names_the_gesture(reach, reach.receiver.posted[2].body.decode())


@pytest.mark.parametrize("status", [404, 410])
async def test_an_endpoint_that_is_gone_is_forgotten(reach: Reach, status: int) -> None:
    await reach.add(PushKind.HTTP, Target(reach.receiver.url("gone")))
    reach.receiver.answers += [status]
    await reach.remind()
    assert await reach.endpoints() == []
    assert [BY_MAIL in " ".join(mail.split()) for mail in reach.mails] == [True]


async def test_where_one_of_two_takes_it_that_is_enough(reach: Reach) -> None:
    await reach.add(PushKind.HTTP, Target(reach.receiver.url("gone")))
    await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    reach.receiver.answers += [410]
    await reach.remind()
    assert len(reach.receiver.posted) == 2
    assert (len(await reach.endpoints()), reach.mails) == (1, [])


async def test_what_may_have_arrived_is_not_sent_twice(reach: Reach) -> None:
    def hang(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    slow = GuardedClient(Egress(), transport=httpx.MockTransport(hang))
    parcel = Parcel(ids.new_id(), reach.home.ana.id, Kind.GESTURE, reach.home.clock(), detail=GESTURE)
    async with reach.home.house.database.write() as tx:
        await outbox.post(tx, [parcel])
    await reach.deliver(http=slow)
    await reach.deliver(after=MINUTE)
    assert (reach.receiver.posted, reach.mails) == ([], [])


async def test_an_address_inside_is_never_called(reach: Reach) -> None:
    await reach.add(PushKind.HTTP, Target(reach.receiver.url("inside")))
    async with GuardedClient(Egress()) as strict:
        for _ in range(2):
            parcel = Parcel(ids.new_id(), reach.home.ana.id, Kind.GESTURE, reach.home.clock(), detail=GESTURE)
            async with reach.home.house.database.write() as tx:
                await outbox.post(tx, [parcel])
            await reach.deliver(http=strict)
    assert reach.receiver.posted == []
    assert await reach.endpoints() == [False]
    assert len(reach.mails) == 1


async def test_nothing_is_pushed_ten_minutes_late(reach: Reach) -> None:
    await reach.add(PushKind.NTFY, Target(reach.receiver.url("t")))
    parcel = Parcel(ids.new_id(), reach.home.ana.id, Kind.GESTURE, reach.home.clock(), detail=GESTURE)
    async with reach.home.house.database.write() as tx:
        await outbox.post(tx, [parcel])
    await reach.deliver(after=11 * MINUTE)
    assert (reach.receiver.posted, reach.mails) == ([], [])
