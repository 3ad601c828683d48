"""
Nothing of one partner's gestures reaches the other: no answer of any route, no mail, no line of a log.

Two households live the same four weeks, and in one of them Ana is reminded, taps, wishes and gets pushes. Whatever Ben
can see has to be the same in both; a route that is added later is walked too.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from integrations.mail.smtp import Mailer
from service import ids
from service.actions import gestures as own
from service.actions import nudges, people
from service.actions.joining import SCOPES
from service.actions.nudges import Said
from service.core.gestures import CHANNELS
from service.core.weekly import Weekly
from service.store import gestures, push, tokens
from service.store.couples import Partner
from service.store.gestures import Delivery
from service.store.push import Endpoint, PushKind, Target
from service.store.tokens import Token
from service.workers.remind import remind
from service.workers.weekly import post_weeks
from tests.households import NOW
from tests.receivers import Receiver, run_receiver
from tests.servers import SmtpSink
from tests.workers.world import EVENING, Home, open_home

pytestmark = pytest.mark.servers
WEEKS = 4
NEVER = datetime.max.replace(tzinfo=UTC)
GESTURE, UNWANTED = "foot_rub", "back_tickle"
QUERIES = {
    "/v1/busy": {"from": "2026-12-27T00:00:00Z", "to": "2027-01-20T00:00:00Z"},
    "/v1/slots": {"from": "2026-12-30T00:00:00Z", "to": "2027-01-20T00:00:00Z"},
    "/v1/slots/explain": {"day": "2027-01-07"},
    "/v1/ideas": {"slot_id": "20270108T180000Z-20270108T200000Z"},
}
DEALT_BY_CHANCE = "/v1/ideas"  # which is each couple's own


@dataclass
class Lived:
    """A household after four weeks, and all that Ben can see: what routes answer by path, and his mails."""

    home: Home
    answers: dict[str, str]
    mails: list[str]
    posted: int


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with run_receiver() as running:
        yield running


async def live(home: Home, *, mailer: Mailer, sink: SmtpSink, receiver: Receiver, ana_is_reminded: bool) -> Lived:
    """Let four weeks pass, ticking every hour and when Ana's moment comes; Ben gets a mail about each week."""
    sink.received.clear()
    receiver.posted.clear()
    await home.pencil_in(time=EVENING)
    home.ben = await people.change_me(home.house, partner=home.ben, version=1, weekly=(Weekly(3, 20),))
    if ana_is_reminded:
        await begin(home, receiver=receiver)
    async with GuardedClient(Egress.parse(receiver.host)) as http:
        while home.clock() < NOW + timedelta(weeks=WEEKS):
            await remind(home.house)
            await post_weeks(home.house)
            await home.courier(mailer=mailer, http=http).run()
            due = (await own.see_settings(home.house, partner=home.ana)).next_due_at
            home.clock.moment = min(due or NEVER, home.clock() + timedelta(hours=1))
    if ana_is_reminded:
        await say_everything(home)
    mails = [str(each.message) for each in sink.received if each.recipients == (home.ben.address,)]
    home.clock.moment = NOW + timedelta(weeks=WEEKS)
    return Lived(home, await see_everything(home, home.ben), mails, len(receiver.posted))


async def begin(home: Home, *, receiver: Receiver) -> None:
    await own.change_settings(
        home.house,
        partner=home.ana,
        version=0,
        per_week=7,
        channels=CHANNELS,
        quiet="20:17-08:43",
        delivery=Delivery.PUSH,
        now=home.clock(),
    )
    await own.change_wishes(home.house, partner=home.ana, wishes=["foot_rub", "words", "a_long_hug", "acts"])
    endpoint = Endpoint(ids.new_id(), home.ana.id, PushKind.NTFY)
    async with home.house.database.write() as tx:
        target = Target(receiver.url("topic"))
        await push.add(tx, endpoint, target=target, vault=home.house.vault, now=home.clock())


async def say_everything(home: Home) -> None:
    """Let Ana tap everything there is, now and as long ago as she was reminded last."""
    link = nudges.write_link(home.courier().desk.links, partner_id=home.ana.id, gesture_id=GESTURE)
    for said in Said:
        version = (await own.see_settings(home.house, partner=home.ana)).version
        await nudges.tap(home.house, signed=link.rpartition("/")[2], said=said, version=version, now=home.clock())
    await own.never_again(home.house, partner=home.ana, gesture_id=UNWANTED)


async def see_everything(home: Home, partner: Partner) -> dict[str, str]:
    """Return what every GET route answers to the partner, without names that are drawn at random."""
    secret = ids.new_secret()
    token = Token(ids.new_id(), partner.id, "everything", frozenset(SCOPES), home.clock())
    async with home.house.database.write() as tx:
        await tokens.add(tx, token, secret_digest=ids.digest(secret))
    answers: dict[str, str] = {}
    async with home.household.client(secret) as client:
        [date] = (await client.get("/v1/dates")).json()["data"]
        for path, methods in home.household.app.openapi()["paths"].items():
            if "get" in methods:
                where = re.sub(r"\{[^}]+\}", date["id"], path)
                answer = await client.get(where, params=QUERIES.get(path, {}))
                assert answer.status_code < 500, path
                answers[path] = re.sub(r"[0-9a-f]{32}", "ID", f"{answer.status_code} {answer.headers} {answer.text}")
    return answers


async def test_what_the_other_sees_is_the_same_whether_one_is_reminded_or_not(
    tmp_path_factory: pytest.TempPathFactory,
    migrated: Path,
    reader: BoundedReader,
    mailer: Mailer,
    sink: SmtpSink,
    receiver: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    lives: list[Lived] = []
    for is_on in (False, True):
        async with open_home(tmp_path_factory.mktemp("twin"), reader=reader, migrated=migrated) as home:
            lived = await live(home, mailer=mailer, sink=sink, receiver=receiver, ana_is_reminded=is_on)
            lives.append(lived)
            suggested = await marks_of(home)
            content = home.house.library.of("en")
    quiet, active = lives
    assert len(suggested) > 10  # there was something to keep private
    assert active.posted > 10
    differing = [path for path in active.answers if pieces(active.answers[path]) != pieces(quiet.answers[path])]
    assert [path for path in differing if path != DEALT_BY_CHANCE] == []
    assert len(active.answers) > 20
    assert len(active.mails) == len(quiet.mails) > 3
    words = {each.title for each in content.gestures.values()} | {each.line for each in content.gestures.values()}
    assert not [word for word in words if any(word in mail for mail in active.mails)]
    ours = (record for record in caplog.records if record.name != "mail.log")  # the mail server's own
    lines = "\n".join(f"{record.getMessage()} {getattr(record, 'fields', '')}" for record in ours)
    names = [*content.gestures, *words]
    assert [name for name in names if re.search(rf"\b{re.escape(name)}\b", lines)] == []
    beside = "\n".join(text for path, text in active.answers.items() if path not in {"/v1/gestures", DEALT_BY_CHANCE})
    assert [name for name in names if re.search(rf"\b{re.escape(name)}\b", beside)] == []


def pieces(answer: str) -> list[str]:
    """Return an answer apart from the order of its parts, which may be that of random ids, and from the house's key."""
    return sorted(re.split(r"[{}]", re.sub(r'"web_push_key":"[^"]+"', "", answer)))


async def marks_of(home: Home) -> dict[str, datetime]:
    async with home.house.database.read() as tx:
        return dict((await gestures.marks(tx, partner_id=home.ana.id)).latest)
