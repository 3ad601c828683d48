"""
Whole lives of dates, at random: what people do, what servers do, what a power cut does; and then what must be true.

Every step is something that can happen to anybody. What holds at the end is in `truths`. A longer search is
``pytest --hypothesis-profile=long tests/workers/test_life.py``.
"""

import logging
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from integrations.ical.bounded import BoundedReader
from service.core.interval import Interval
from service.workers.deliver import LEASE
from tests.servers import SmtpSink
from tests.workers.doings import People, evenings, names, picks, places
from tests.workers.lives import open_life
from tests.workers.servants import Mood, Postman

pytestmark = pytest.mark.servers

EXAMPLES = 25  # of a hundred; each is a life of its own
STEPS = 25

minutes = st.sampled_from([1, 3, 4, 6, 16])
methods = st.sampled_from(["PUT", "DELETE", "GET", "REPORT"])


class LifeMachine(People):
    """One life; every rule is one thing that happens."""

    # --- what happens around them ---

    @rule(place=places, mood=st.sampled_from(Mood), takes_tokens=st.booleans(), forgets=st.booleans())
    def change_server(self, place: str, mood: Mood, takes_tokens: bool, forgets: bool) -> None:
        server = self.life.servers[place]
        server.mood = mood
        server.shelf.takes_tokens, server.shelf.forgets = takes_tokens, forgets

    @rule(at=st.sampled_from(["RCPT", "DATA"]), reply=st.sampled_from(["451 later", ""]))
    def refuse_mail(self, at: str, reply: str) -> None:
        self.life.sink.refuse(reply, at=at)

    @rule(by=minutes)
    def wait(self, by: int) -> None:
        self.do(self.life.wait(timedelta(minutes=by)))

    @rule(by=minutes | st.sampled_from([60, 180, 420]), as_one=st.booleans())
    def live_on(self, by: int, as_one: bool) -> None:
        self.do(self.life.wait(timedelta(minutes=by)))
        self.do(self.life.work_at_once() if as_one else self.life.work())

    @rule(pick=picks, by=minutes)
    def wait_for_a_date(self, pick: int, by: int) -> None:
        """Let time have its way with a date that is near, or almost."""
        date = self.do(self.find_date(pick))
        left = timedelta() if date is None or date.next_at is None else date.next_at - self.life.tick()
        if timedelta() < left < timedelta(days=2):
            self.do(self.life.wait(left + timedelta(minutes=by - 3)))
            self.do(self.life.work())

    # --- the workers ---

    @rule(which=st.sampled_from(["sync", "deliver", "both"]), owner=st.sampled_from(["one", "two"]))
    def work(self, which: str, owner: str) -> None:
        ways: dict[str, Callable[[str], Coroutine[None, None, object]]] = {
            "sync": self.life.sync_now,
            "deliver": self.life.deliver,
            "both": self.life.work,
        }
        self.do(ways[which](owner))

    @rule(after=methods | st.just("MAIL"))
    def work_and_die(self, after: str) -> None:
        self.do(self.life.work_and_die(after=after))

    @rule(to=methods)
    def work_deaf(self, to: str) -> None:
        self.do(self.life.work_deaf(to=to))

    @rule()
    def replay(self) -> None:
        self.do(self.life.replay())

    @rule(by=st.sampled_from([timedelta(), LEASE]))
    def work_with_another(self, by: timedelta) -> None:
        async def meanwhile() -> None:
            await self.life.wait(by)
            await self.life.work("two")

        self.do(self.life.work_while(meanwhile, on_the_way_of_mail=False))

    @rule(
        by=names,
        pick=picks,
        time=evenings,
        what=st.sampled_from(["move", "call off", "drag", "delete"]),
        mail=st.booleans(),
        two=st.booleans(),
    )
    def work_while_it_changes(self, by: str, pick: int, time: Interval, what: str, mail: bool, two: bool) -> None:
        async def meanwhile() -> None:
            match what:
                case "move":
                    await self.do_move(by, pick, time)
                case "call off":
                    await self.do_call_off(by, pick)
                case "drag":
                    self.do_drag(pick, time)
                case "delete":
                    self.do_delete(pick)
            if two:
                await self.life.work("two")

        self.do(self.life.work_while(meanwhile, on_the_way_of_mail=mail))


class Lines(logging.Handler):
    """Keeps what is logged, as text."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {getattr(record, 'fields', '')}")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler = Lines([])
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)


def test_after_whatever_happened_every_date_stands_where_it_should_once(
    migrated: Path, reader: BoundedReader, sink: SmtpSink, lines: list[str]
) -> None:
    mailer = Postman(sink.host, sink.port, tls="none")
    open_one = partial(open_life, migrated=migrated, reader=reader, sink=sink, mailer=mailer, lines=lines)
    few = settings(
        max_examples=max(settings().max_examples * EXAMPLES // 100, 1),
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    # it takes whatever makes a machine, and says it takes a class
    run_state_machine_as_test(cast("type[LifeMachine]", lambda: LifeMachine(open_one)), settings=few)
