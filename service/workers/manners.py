"""
How a worker behaves at other people's servers: few requests at once, and none that would be in vain.

Two requests at a time go to a host and one with a login. A host that did not answer three times in a row is left alone,
and then looked at by one visitor; one that asks to be left alone is, for the account it asked about. A refused password
is not tried again for a few minutes, which its owner may have used to mend it. All this is remembered in one process,
and learnt anew by the next.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from types import MappingProxyType
from weakref import WeakValueDictionary

from integrations.errors import IntegrationError, LoginRefused, Throttled, TooSlow, Unreachable
from service.core.retry import LONGEST_WAIT, Breaker
from service.store.access import Access

AT_ONCE = 2  # requests to one host
_CROWDED = timedelta(minutes=1)  # until who waited for a turn in vain comes again

Place = tuple[str, ...]


class Resting(IntegrationError):
    """Nobody asks there for a while; `cause` is what the last visitor met."""

    def __init__(self, cause: IntegrationError, *, wait: timedelta) -> None:
        super().__init__(retry_after=wait)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class _Trip:
    """Who is left alone after an error, after how many of them in a row, and for how long at most."""

    find: Callable[[Access], Place]
    after: int
    longest: timedelta = LONGEST_WAIT


_host, _account, _secret = (attrgetter(name) for name in ("host", "account", "secret"))

_TRIPS: Mapping[type[IntegrationError], _Trip] = MappingProxyType(
    {
        Unreachable: _Trip(_host, 3),
        TooSlow: _Trip(_host, 3),
        Throttled: _Trip(_account, 1),
        LoginRefused: _Trip(_secret, 1, longest=timedelta(minutes=5)),
    }
)


class Manners:
    """What one worker remembers of hosts, accounts and logins."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[Place, asyncio.Semaphore] = WeakValueDictionary()
        self._breakers: dict[Place, tuple[Breaker, IntegrationError]] = {}

    @asynccontextmanager
    async def visit(self, access: Access, *, now: Callable[[], datetime], until: float) -> AsyncIterator[None]:
        """
        Wait for a turn to send requests there, and have it `until` then, by the clock of the loop.

        Raises `Resting` where none is to be sent, or the turn does not come; and `TooSlow` where it takes longer.
        """
        async with AsyncExitStack() as turns:
            await self._queue(turns, access, until=until)
            self._enter(access, now=now())
            try:
                async with _ending(until):
                    yield
            except IntegrationError as error:
                self._remember(access, error, now=now())
                raise
            self._forget(access, but=None)

    async def _queue(self, turns: AsyncExitStack, access: Access, *, until: float) -> None:
        try:
            async with _ending(until):
                await turns.enter_async_context(self._turn(access.account, most=1))
                await turns.enter_async_context(self._turn(access.host, most=AT_ONCE))
                await asyncio.sleep(0)  # a turn that is free may come after the end
        except TooSlow as slow:
            raise Resting(slow, wait=_CROWDED) from None

    def _turn(self, place: Place, *, most: int) -> asyncio.Semaphore:
        return self._turns.setdefault(place, asyncio.Semaphore(most))

    def _enter(self, access: Access, *, now: datetime) -> None:
        for place in _places(access):
            if place not in self._breakers:
                continue
            breaker, cause = self._breakers[place]
            if breaker.until is not None and breaker.is_open(now=now):
                raise Resting(cause, wait=breaker.until - now)
            self._breakers[place] = (breaker.let_one_in(now=now), cause)

    def _remember(self, access: Access, error: IntegrationError, *, now: datetime) -> None:
        kind = next((each for each in _TRIPS if isinstance(error, each)), None)
        if kind is None:
            self._forget(access, but=None)
            return
        trip = _TRIPS[kind]
        place = trip.find(access)
        self._forget(access, but=place)
        before = self._breakers[place][0] if place in self._breakers else Breaker()
        after = before.after_failure(now=now, trips_at=trip.after, asked=error.retry_after)
        if after.until is not None:
            after = replace(after, until=min(after.until, now + trip.longest))
        kept = {where: each for where, each in self._breakers.items() if not _is_over(each[0], now=now)}
        self._breakers = {**kept, place: (after, error)}

    def _forget(self, access: Access, *, but: Place | None) -> None:
        """Forget what was held against those that answer now; a host that does not says nothing of logins."""
        for place in _places(access):
            if place == but:
                return
            self._breakers.pop(place, None)


@asynccontextmanager
async def _ending(until: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise TooSlow from None


def _places(access: Access) -> tuple[Place, ...]:
    return access.host, access.account, access.secret


def _is_over(breaker: Breaker, *, now: datetime) -> bool:
    return breaker.until is not None and now - breaker.until > LONGEST_WAIT
