"""
What two people do around their dates, as rules of a state machine: with a date, in their calendars, and with those.

Whatever cannot be done is refused, or does nothing; that is for the service to decide, and no rule asks beforehand.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, suppress
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from service.actions import dates as actions
from service.core.dates import Date, PartStat
from service.core.errors import Refusal
from service.core.interval import Interval
from service.store import dates
from service.store.dates import Kept
from tests.households import between
from tests.workers import owners
from tests.workers.lives import PLACES, UNDO, Life, Lost, Standing
from tests.workers.truths import check

T = TypeVar("T")

MOST_DATES = 6

HOMES: Sequence[Sequence[tuple[str, str]]] = [
    [("Ana", "/ana/home/"), ("Ben", "/ben/home/")],
    [("Ana", "/ana/home/"), ("Ana", "/ana/other/"), ("Ben", "/ben/home/")],
    [("Ana", "/ana/home/"), ("Ben", "/ana/home/")],
    [("Ana", "/ana/home/")],
    [],
]
"""Who has which calendars to begin with."""


def at(day: int, start: float, hours: float) -> Interval:
    """Return so many hours of a day in December 2026, from an hour on, in UTC."""
    return between(day, start, start + hours)


names = st.sampled_from(["Ana", "Ben"])
picks = st.integers(0, MOST_DATES - 1)
evenings = st.builds(
    at, st.sampled_from([30, 31, 29, 30, 31, 29, 2]), st.sampled_from([18, 18.5, 19.5]), st.sampled_from([1, 1.5])
)
nights = st.builds(at, st.sampled_from([30, 1]), st.just(2), st.just(1))
places = st.sampled_from(sorted({place for each in PLACES.values() for place in each}))


class People(RuleBasedStateMachine):
    """Two people; the life that `open_one` opens is theirs."""

    def __init__(self, open_one: Callable[[Path], AbstractAsyncContextManager[Life]]) -> None:
        super().__init__()
        self._is_well = True
        self._stack = ExitStack()
        self._runner = self._stack.enter_context(asyncio.Runner())
        folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self._opened = AsyncExitStack()
        self.life: Life = self.do(self._opened.enter_async_context(open_one(folder)))

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(work)
        except BaseException:
            self._is_well = False
            raise

    def teardown(self) -> None:
        try:
            if self._is_well:
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
        self.pencil_in(by, time, is_delivered=True)

    @rule(by=names, time=evenings, is_delivered=st.booleans())
    def pencil_in(self, by: str, time: Interval, is_delivered: bool) -> None:
        if len(self.life.date_ids) < MOST_DATES:
            self.do(self.life.pencil_in(by, time))
            if is_delivered:
                self.do(self.life.deliver())

    @rule(by=names, pick=picks, age=st.sampled_from([0, 0, 1]))
    def say_yes(self, by: str, pick: int, age: int) -> None:
        self.do(self._change(pick, partial(actions.answer, partstat=PartStat.ACCEPTED), by=by, age=age))

    @rule(by=names, pick=picks, age=st.sampled_from([0, 1, None]))
    def say_no(self, by: str, pick: int, age: int | None) -> None:
        """Decline, or call it off."""
        if age is None:
            self.do(self.do_call_off(by, pick))
        else:
            self.do(self._change(pick, partial(actions.answer, partstat=PartStat.DECLINED), by=by, age=age))

    @rule(pick=picks)
    def agree(self, pick: int) -> None:
        for by in ("Ana", "Ben"):
            self.do(self._change(pick, partial(actions.answer, partstat=PartStat.ACCEPTED), by=by, age=0))

    @rule(by=names, pick=picks, time=evenings)
    def move(self, by: str, pick: int, time: Interval) -> None:
        self.do(self.do_move(by, pick, time))

    async def do_move(self, by: str, pick: int, time: Interval) -> None:
        await self._change(pick, partial(actions.move, time=time, version=None), by=by)

    async def do_call_off(self, by: str, pick: int) -> None:
        await self._change(pick, partial(actions.call_off, version=None), by=by)

    async def _change(self, pick: int, act: Callable[..., Awaitable[Kept]], *, by: str, age: int | None = None) -> None:
        """Do something with a date of which a partner knows what it was `age` revisions ago."""
        date = await self.find_date(pick)
        if date is None:
            return
        known = {} if age is None else {"sequence": date.sequence - age}
        with suppress(Refusal):
            await act(
                self.life.home.house, partner=self.life.partner(by), date_id=date.id, now=self.life.tick(), **known
            )

    async def find_date(self, pick: int) -> Date | None:
        if not self.life.date_ids:
            return None
        async with self.life.home.house.database.read() as tx:
            date_id = self.life.date_ids[pick % len(self.life.date_ids)]
            return (await dates.find(tx, couple_id=self.life.home.ana.couple_id, date_id=date_id)).date

    # --- what people do in their calendar ---

    @rule(pick=picks, time=evenings | nights, by_length=st.booleans(), bumps=st.booleans())
    def drag(self, pick: int, time: Interval, by_length: bool, bumps: bool) -> None:
        self.do_drag(pick, time, by_length=by_length, bumps=bumps)

    def do_drag(self, pick: int, time: Interval, *, by_length: bool = False, bumps: bool = True) -> None:
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
        self.do_delete(pick)

    def do_delete(self, pick: int) -> None:
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
        self.do_delete(pick)
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

    @rule(by=names, which=st.integers(0, 2), on=st.booleans())
    def connect(self, by: str, which: int, on: bool) -> None:
        """Connect a calendar or not, or prefer mail or not."""
        if which == len(PLACES[by]):
            self.do(self.life.prefer_mail(by, on=on))
        elif on:
            self.do(self.life.connect(by, PLACES[by][which]))
        else:
            self.do(self.life.disconnect(by, PLACES[by][which]))
