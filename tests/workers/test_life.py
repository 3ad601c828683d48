"""
Whole lives of dates, at random: what people do, what servers do, what a power cut does; and then what must be true.

Every step is something that can happen to anybody. What holds at the end is in `truths`. A longer search is
``pytest --hypothesis-profile=long tests/workers/test_life.py``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from integrations.ical.bounded import BoundedReader
from service.actions import dates as actions
from service.core.dates import Date, PartStat
from service.core.errors import Refusal
from service.core.interval import Interval
from service.store import dates
from service.store.dates import Kept
from service.workers.deliver import LEASE
from tests.households import between
from tests.servers import SmtpSink
from tests.workers import owners
from tests.workers.lives import PLACES, UNDO, Life, Lost, Standing, open_life
from tests.workers.servants import Mood, Postman
from tests.workers.truths import check

pytestmark = pytest.mark.servers

T = TypeVar("T")

EXAMPLES = 5  # of a hundred; each is a life of its own
STEPS = 20
MOST_DATES = 4

HOMES: Sequence[Sequence[tuple[str, str]]] = [
    [("Ana", "/ana/home/"), ("Ben", "/ben/home/")],
    [("Ana", "/ana/home/"), ("Ana", "/ana/other/"), ("Ben", "/ben/home/")],
    [("Ana", "/ana/home/"), ("Ben", "/ana/home/")],
    [("Ana", "/ana/home/")],
    [],
]
"""Who has which calendars to begin with."""

names = st.sampled_from(["Ana", "Ben"])
picks = st.integers(0, MOST_DATES - 1)
evenings = st.builds(
    lambda day, start, hours: between(day, start, start + hours),
    st.sampled_from([30, 31, 29, 30, 31, 29, 2]),
    st.sampled_from([18, 18.5, 19.5]),
    st.sampled_from([1, 1.5]),
)
nights = st.builds(lambda day: between(day, 2, 3), st.sampled_from([30, 1]))
minutes = st.sampled_from([1, 3, 4, 6, 16])
places = st.sampled_from(sorted({place for each in PLACES.values() for place in each}))
methods = st.sampled_from(["PUT", "DELETE", "GET", "REPORT"])


class LifeMachine(RuleBasedStateMachine):
    """One life; every rule is one thing that happens."""

    def __init__(self, open_one: Callable[[Path], Any]) -> None:
        super().__init__()
        self._broke = False
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(asyncio.Runner())
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self._opened = AsyncExitStack()
        self.life: Life = self.do(self._opened.enter_async_context(open_one(folder)))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(work)
        except BaseException:
            self._broke = True
            raise

    def teardown(self) -> None:
        try:
            if not self._broke:
                self.do(self._end())
        finally:
            self._runner.run(self._opened.aclose())
            self._stack.close()

    async def _end(self) -> None:
        await self.life.settle()
        await check(self.life)

    # --- what people do with a date ---

    @initialize(home=st.sampled_from(HOMES), by=names, time=evenings)
    def move_in(self, home: Sequence[tuple[str, str]], by: str, time: Interval) -> None:
        for name, place in home:
            self.do(self.life.connect(name, place))
        self.do(self.life.work())
        self.pencil_in(by, time)

    @rule(by=names, time=evenings)
    def pencil_in(self, by: str, time: Interval) -> None:
        if len(self.life.date_ids) < MOST_DATES:
            with suppress(Refusal):
                self.do(self.life.pencil_in(by, time))

    @rule(by=names, pick=picks, says=st.sampled_from([*[PartStat.ACCEPTED] * 4, PartStat.DECLINED]), age=picks)
    def answer(self, by: str, pick: int, says: PartStat, age: int) -> None:
        self.do(self._change(pick, partial(actions.answer, partstat=says), by=by, age=age // 2))

    @rule(pick=picks)
    def agree(self, pick: int) -> None:
        for by in ("Ana", "Ben"):
            self.do(self._change(pick, partial(actions.answer, partstat=PartStat.ACCEPTED), by=by, age=0))

    @rule(by=names, pick=picks, time=evenings)
    def move(self, by: str, pick: int, time: Interval) -> None:
        self.do(self._move(by, pick, time))

    @rule(by=names, pick=picks)
    def call_off(self, by: str, pick: int) -> None:
        self.do(self._call_off(by, pick))

    async def _move(self, by: str, pick: int, time: Interval) -> None:
        await self._change(pick, partial(actions.move, time=time, version=None), by=by)

    async def _call_off(self, by: str, pick: int) -> None:
        await self._change(pick, partial(actions.call_off, version=None), by=by)

    async def _change(self, pick: int, act: Callable[..., Awaitable[Kept]], *, by: str, age: int | None = None) -> None:
        """Do something with a date of which a partner knows what it was `age` revisions ago."""
        date = await self._date(pick)
        if date is None:
            return
        known = {} if age is None else {"sequence": date.sequence - age}
        with suppress(Refusal):
            await act(
                self.life.home.house, partner=self.life.partner(by), date_id=date.id, now=self.life.tick(), **known
            )

    async def _date(self, pick: int) -> Date | None:
        if not self.life.date_ids:
            return None
        async with self.life.home.house.database.read() as tx:
            date_id = self.life.date_ids[pick % len(self.life.date_ids)]
            return (await dates.find(tx, couple_id=self.life.home.ana.couple_id, date_id=date_id)).date

    # --- what people do in their calendar ---

    @rule(pick=picks, time=evenings | nights, by_length=st.booleans(), bumps=st.booleans())
    def drag(self, pick: int, time: Interval, by_length: bool, bumps: bool) -> None:
        self._drag(pick, time, by_length=by_length, bumps=bumps)

    def _drag(self, pick: int, time: Interval, *, by_length: bool = False, bumps: bool = True) -> None:
        if entry := self._edit(pick, partial(owners.drag, to=time, by_length=by_length, bumps=bumps)):
            self.life.dragged.add(self.life.uids[entry.uid])

    @rule(pick=picks)
    def cancel_entry(self, pick: int) -> None:
        self._edit(pick, owners.cancel)

    @rule(pick=picks, what=st.sampled_from(sorted(owners.ADDED)))
    def write_into_entry(self, pick: int, what: str) -> None:
        if entry := self._edit(pick, partial(owners.write_into, what=what)):
            self.life.added.setdefault(entry.uid, set()).add(what)

    @rule(pick=picks)
    def delete_entry(self, pick: int) -> None:
        self._delete(pick)

    def _delete(self, pick: int) -> None:
        if entry := self._entry(pick):
            self.life.lost[entry.uid] = Lost(entry.server, entry.name, entry.text, self.life.tick())
            entry.server.shelf.delete(entry.name)

    @rule()
    def undo_delete(self) -> None:
        """Bring back what was deleted last, as long as the app offers it."""
        if self.life.lost and self.life.tick() - (lost := list(self.life.lost.values())[-1]).at < UNDO:
            self.life.lost.popitem()
            lost.server.shelf.put(lost.name, lost.text)

    @rule(pick=picks, by=names, time=evenings, is_moved=st.booleans())
    def delete_for_a_moment(self, pick: int, by: str, time: Interval, is_moved: bool) -> None:
        self._delete(pick)
        if is_moved:
            self.move(by, pick, time)
        self.do(self.life.work())
        self.undo_delete()

    @rule(pick=picks, place=st.sampled_from(PLACES["Ana"]))
    def carry_entry(self, pick: int, place: str) -> None:
        """Put an entry into another of Ana's calendars."""
        entry = self._entry(pick)
        if entry and entry.server.shelf.path in PLACES["Ana"] and ("Ana", place) in self.life.calendars:
            text = entry.text
            entry.server.shelf.delete(entry.name)
            self.life.servers[place].shelf.put(entry.name, text)

    def _edit(self, pick: int, change: Callable[[str], str]) -> Standing | None:
        """Change an entry where it stands, and return that, if there is one."""
        if entry := self._entry(pick):
            entry.server.shelf.put(entry.name, change(entry.text))
        return entry

    def _entry(self, pick: int) -> Standing | None:
        standing = self.life.standing()
        return standing[pick % len(standing)] if standing else None

    @rule(place=places, time=evenings)
    def meet(self, place: str, time: Interval) -> None:
        self.life.meet(place, time)

    @rule(by=names, which=st.integers(0, 1), on=st.booleans())
    def connect(self, by: str, which: int, on: bool) -> None:
        place = PLACES[by][which]
        self.do(self.life.connect(by, place) if on else self.life.disconnect(by, place))

    @rule(by=names, on=st.booleans())
    def prefer_mail(self, by: str, on: bool) -> None:
        self.do(self.life.prefer_mail(by, on=on))

    # --- what happens around them ---

    @rule(place=places, mood=st.sampled_from(Mood))
    def change_mood(self, place: str, mood: Mood) -> None:
        self.life.servers[place].mood = mood

    @rule(at=st.sampled_from(["RCPT", "DATA"]), reply=st.sampled_from(["451 later", ""]))
    def refuse_mail(self, at: str, reply: str) -> None:
        self.life.sink.refuse(reply, at=at)

    @rule(by=minutes)
    def wait_minutes(self, by: int) -> None:
        self.do(self.life.wait(timedelta(minutes=by)))

    @rule(by=st.sampled_from([1, 3, 7]))
    def wait_hours(self, by: int) -> None:
        self.do(self.life.wait(timedelta(hours=by)))
        self.do(self.life.work())

    @rule(pick=picks, by=minutes)
    def wait_for_a_date(self, pick: int, by: int) -> None:
        """Let time have its way with a date that is near, or almost."""
        date = self.do(self._date(pick))
        left = timedelta() if date is None or date.next_at is None else date.next_at - self.life.tick()
        if timedelta() < left < timedelta(days=2):
            self.do(self.life.wait(left + timedelta(minutes=by - 3)))
            self.do(self.life.work())

    # --- the workers ---

    @rule(owner=st.sampled_from(["one", "one", "two"]))
    def work(self, owner: str) -> None:
        self.do(self.life.work(owner))

    @rule()
    def deliver(self) -> None:
        self.do(self.life.deliver())

    @rule()
    def sync(self) -> None:
        self.do(self.life.sync_now())

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
                    await self._move(by, pick, time)
                case "call off":
                    await self._call_off(by, pick)
                case "drag":
                    self._drag(pick, time)
                case "delete":
                    self._delete(pick)
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
