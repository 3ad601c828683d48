"""
How a worker behaves at other people's servers: few requests at once, and none that would be in vain.

Two requests at a time go to a host and one with a login. A host that did not answer three times in a row is left alone,
and then looked at by one visitor; one that asks to be left alone is, for the account it asked about. A refused password
is not tried again by the account's other calendars. All this is remembered in one process, and learnt anew by the next.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlsplit
from weakref import WeakValueDictionary

from integrations.errors import IntegrationError, LoginRefused, Throttled, TooSlow, Unreachable
from service.core.retry import LONGEST_WAIT, Breaker
from service.store.access import Access

AT_ONCE = 2  # requests to one host

Place = tuple[str, ...]


class Resting(IntegrationError):
    """Nobody asks there for a while; `cause` is what the last visitor met."""

    def __init__(self, cause: IntegrationError, *, wait: timedelta) -> None:
        super().__init__(retry_after=wait)
        self.cause = cause


def find_host(access: Access) -> Place:
    return (urlsplit(access.collection).netloc,)


def find_account(access: Access) -> Place:
    """Return whose account it is; a secret address is an account of its own."""
    return (*find_host(access), access.username or access.collection)


def find_login(access: Access) -> Place:
    return (*find_account(access), access.password)


# Who is left alone after such an error, and after how many of them in a row.
_TRIPS: Mapping[type[IntegrationError], tuple[Callable[[Access], Place], int]] = MappingProxyType(
    {
        Unreachable: (find_host, 3),
        TooSlow: (find_host, 3),
        Throttled: (find_account, 1),
        LoginRefused: (find_login, 1),
    }
)


class Manners:
    """What one worker remembers of hosts, accounts and logins."""

    def __init__(self) -> None:
        self._turns: WeakValueDictionary[Place, asyncio.Semaphore] = WeakValueDictionary()
        self._breakers: dict[Place, tuple[Breaker, IntegrationError]] = {}

    @asynccontextmanager
    async def visit(self, access: Access, *, now: Callable[[], datetime]) -> AsyncIterator[None]:
        """Wait for a turn to send requests there; raises `Resting` where none is to be sent."""
        async with self._turn(find_account(access), most=1), self._turn(find_host(access), most=AT_ONCE):
            self._enter(access, now=now())
            try:
                yield
            except IntegrationError as error:
                self._remember(access, error, now=now())
                raise
            self._forget(access, but=None)

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
        find, trips_at = _TRIPS[kind] if kind else (None, 0)
        place = find(access) if find else None
        self._forget(access, but=place)
        if place is None:
            return
        before = self._breakers[place][0] if place in self._breakers else Breaker()
        after = before.after_failure(now=now, trips_at=trips_at, asked=error.retry_after)
        kept = {where: each for where, each in self._breakers.items() if not _is_over(each[0], now=now)}
        self._breakers = {**kept, place: (after, error)}

    def _forget(self, access: Access, *, but: Place | None) -> None:
        """Forget what was held against those that answer now; a host that does not says nothing of logins."""
        for place in _places(access):
            if place == but:
                return
            self._breakers.pop(place, None)


def _places(access: Access) -> tuple[Place, ...]:
    return find_host(access), find_account(access), find_login(access)


def _is_over(breaker: Breaker, *, now: datetime) -> bool:
    return breaker.until is not None and now - breaker.until > LONGEST_WAIT
