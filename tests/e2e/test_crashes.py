"""What power cuts and dying servers leave behind: nothing twice, nothing lost."""

import multiprocessing
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from threading import Event

import pytest

from integrations.ical.invite import read_entry
from service.clock import now
from service.core.chance import draw
from service.workers.deliver import LEASE
from tests.e2e.stage import Json, Partner, Stage, evening, open_stage, read_calendar, read_text
from tests.e2e.worker import deliver_once
from tests.servers import radicale, smtp_sink

pytestmark = pytest.mark.servers

ROUNDS = 20
AFTER_THE_LEASE = LEASE + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Couple:
    """Ana and Ben, each with a calendar server of their own, on a service of their own."""

    stage: Stage
    ana: Partner
    ben: Partner


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Couple]:
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second", "service")]
    with (
        radicale(folders[0], accounts={"ana": "secret"}) as first,
        radicale(folders[1], accounts={"ben": "other"}) as second,
        smtp_sink() as sink,
        open_stage(folders[2], servers=[first, second], sink=sink) as stage,
    ):
        ana, ben = stage.settle()
        stage.connect(ana, ben)
        yield Couple(stage, ana, ben)


@pytest.fixture
def couple(settled: Couple) -> Couple:
    """Return a couple whose calendars are read, and whose service delivers nothing from now on."""
    settled.stage.service.stop()
    settled.stage.service.start("--no-ticker")
    settled.stage.sink.received.clear()
    return settled


def test_killed_between_commit_and_delivery_it_delivers_once_after_its_restart(couple: Couple) -> None:
    stage, ana, ben = couple.stage, couple.ana, couple.ben
    dates = [ana.call("POST", "/v1/dates", evening(30))]
    ben.change("PATCH", "/v1/me", {"prefers_email": True})
    dates.append(ana.call("POST", "/v1/dates", evening(31)))
    ben.change("PATCH", "/v1/me", {"prefers_email": False})
    assert held(ana, dates) == held(ben, dates) == []
    assert stage.sink.received == []
    stage.service.kill()
    stage.service.start()
    stage.wait_until_delivered()
    assert held(ana, dates) == described(ana, dates)
    assert held(ben, dates) == described(ben, dates[:1])
    assert stage.mails(ana.address) == []
    parts = [read_calendar(each.message) for each in stage.mails(ben.address)]
    assert sorted(part is not None for part in parts) == [False, True]


def test_killed_again_and_again_while_it_delivers_it_leaves_nothing_twice(couple: Couple) -> None:
    stage, ana, ben = couple.stage, couple.ana, couple.ben
    dates: list[Json] = []
    moment = now() + AFTER_THE_LEASE
    killed = 0
    for number in range(ROUNDS):
        live_through(number, ana=ana, ben=ben, dates=dates)
        if number == 8:
            ana.server.stop()
        killed += kill_a_worker(stage, at=moment, after=0.02 + 0.18 * draw("moment", str(number)))
        if number == 10:
            ana.server.start()
        moment += AFTER_THE_LEASE
    assert killed >= ROUNDS / 4
    for _ in range(ROUNDS):
        deliver_once(stage.service.environ, at=moment)
        moment += AFTER_THE_LEASE
        if stage.count_waiting() == 0:
            break
    dates = [ana.call("GET", f"/v1/dates/{date['id']}") for date in dates]
    for partner in (ana, ben):
        assert held(partner, dates) == described(partner, [each for each in dates if each["status"] != "cancelled"])
    assert_repeats_share_their_id([each.message for each in stage.sink.received])


def test_a_calendar_server_that_dies_between_the_two_leaves_one_parcel_waiting(couple: Couple) -> None:
    stage, ana, ben = couple.stage, couple.ana, couple.ben
    ben.server.stop()
    date = ana.call("POST", "/v1/dates", evening(32))
    moment = now()
    deliver_once(stage.service.environ, at=moment)
    assert stage.count_waiting() == 1
    assert len(held(ana, [date])) == 1
    assert state(ana, date) == "written"
    assert state(ben, date) == "waiting"
    ben.server.start()
    deliver_once(stage.service.environ, at=moment + timedelta(seconds=29))
    assert stage.count_waiting() == 1
    deliver_once(stage.service.environ, at=moment + timedelta(seconds=31))
    assert stage.count_waiting() == 0
    assert (state(ana, date), state(ben, date)) == ("written", "written")
    assert (len(held(ana, [date])), len(held(ben, [date]))) == (1, 1)
    assert len(stage.mails(ben.address)) == 1


def held(partner: Partner, dates: list[Json]) -> list[tuple[str, int]]:
    """Return UID and SEQUENCE of every object in the partner's calendar that is about one of the dates."""
    names = {partner.uid(date) for date in dates}
    found = [read_entry(text.encode()) for text in partner.entries()]
    return sorted((each.uid, each.sequence) for each in found if each.uid in names)


def described(partner: Partner, dates: list[Json]) -> list[tuple[str, int]]:
    """Return the same as `held` would where each of the dates stands in the calendar once."""
    return sorted((partner.uid(date), date["sequence"]) for date in dates)


def state(partner: Partner, date: Json) -> str:
    return str(partner.call("GET", f"/v1/dates/{date['id']}")["entry"]["state"])


def live_through(number: int, *, ana: Partner, ben: Partner, dates: list[Json]) -> None:
    """Pencil in one more date; now and then confirm an earlier one, or call it off."""
    dates.append(ana.call("POST", "/v1/dates", evening(3 + number)))
    if number % 3 == 1:
        ben.call("PUT", f"/v1/dates/{dates[-2]['id']}/answer", {"answer": "accepted", "sequence": 0})
    if number % 3 == 2:
        ana.call("POST", f"/v1/dates/{dates[-3]['id']}/cancel")


def kill_a_worker(stage: Stage, *, at: datetime, after: float) -> bool:
    """Start a worker, and kill it `after` seconds of delivering; return whether it was still at it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "tests.e2e.worker"])
    here, there = context.Pipe()
    worker = context.Process(target=deliver_once, args=(stage.service.environ,), kwargs={"at": at, "ready": there})
    worker.start()
    with closing(here), closing(there):
        assert here.poll(20)
        Event().wait(after)
        was_alive = worker.is_alive()
        worker.kill()
        worker.join()
    worker.close()
    return was_alive


def assert_repeats_share_their_id(mails: list[EmailMessage]) -> None:
    """Assert that mails that say the same to the same person are one mail, by its id."""
    said = {(str(mail["To"]), str(mail["Subject"]), read_text(mail)) for mail in mails}
    assert len({str(mail["Message-ID"]) for mail in mails}) == len(said)
