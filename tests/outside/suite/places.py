"""A calendar on a real server, seen by the service through its own client, and by its owner through another app."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import uuid4

import httpx

from integrations.caldav.client import Account, CalDav, connect
from integrations.caldav.sync import Changes, Fetched, read_changes
from integrations.egress import Egress
from integrations.http import GuardedClient
from tests.outside.suite.proxy import Choose, FaultProxy
from tests.outside.suite.servers import ACCOUNTS, OWNER, Server

How = Callable[[object], None]

EVENT = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n"
    "DTSTAMP:20260101T000000Z\r\nDTSTART:20260105T180000Z\r\nDTEND:20260105T190000Z\r\n"
    "SUMMARY:{title}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def make_event(title: str = "something", *, uid: str | None = None) -> str:
    return EVENT.format(uid=uid or uuid4().hex, title=title)


class WatchedClient(GuardedClient):
    """The guarded client, which here also remembers what it asked and what it was told."""

    def __init__(self, egress: Egress, *, deadline: timedelta, largest: int) -> None:
        super().__init__(egress, deadline=deadline, largest=largest)
        self.methods: list[str] = []
        self.statuses: list[int] = []

    async def send(self, request: httpx.Request, **rest: object) -> httpx.Response:
        self.methods.append(request.method)
        answer = await super().send(request, **rest)  # type: ignore[arg-type]
        self.statuses.append(answer.status_code)
        return answer

    def forget(self) -> None:
        self.methods.clear()
        self.statuses.clear()


@dataclass(frozen=True, slots=True)
class Place:
    """
    A calendar of the owner's: `url` is where the service finds it, `direct` where their own app does.

    The two differ where there is a `proxy` between the service and the server.
    """

    server: Server
    url: str
    direct: str
    http: WatchedClient
    caldav: CalDav
    proxy: FaultProxy | None = None

    def put(self, name: str, text: str) -> None:
        self.server.put(self.direct + name, text)

    def delete(self, name: str) -> None:
        self.server.delete(self.direct + name)

    async def changes(self, since: Changes | None = None, *, known: Mapping[str, str] | None = None) -> Changes:
        """Read what changed since an earlier reading, which is also all that is known unless told otherwise."""
        if known is None:
            known = {} if since is None else known_after(since)
        return await read_changes(self.caldav, self.url, known=known, token=since.token if since else None)

    def as_user(self, user: str, *, password: str | None = None) -> CalDav:
        """Return a client of somebody else's, or with another password."""
        start = self.server.url if self.proxy is None else self.proxy.url
        return connect(self.http, Account(start, user, password or ACCOUNTS[user]))


class Tangle(Protocol):
    """Opens a calendar behind a proxy that does to each request what `choose` says."""

    def __call__(
        self, choose: Choose, *, deadline: timedelta = ..., largest: int = ...
    ) -> AbstractAsyncContextManager[Place]: ...


@asynccontextmanager
async def open_place(
    server: Server,
    direct: str,
    *,
    proxy: FaultProxy | None = None,
    deadline: timedelta = timedelta(seconds=30),
    largest: int = 20_000_000,
) -> AsyncIterator[Place]:
    """Open the calendar at `direct` for the service."""
    opening = server.opening if proxy is None else proxy.opening
    start = server.url if proxy is None else proxy.url
    url = direct if proxy is None else proxy.at(direct)
    async with WatchedClient(Egress.parse(opening), deadline=deadline, largest=largest) as http:
        caldav = connect(http, Account(start, OWNER, ACCOUNTS[OWNER]))
        yield Place(server, url, direct, http, caldav, proxy)


def known_after(changes: Changes) -> dict[str, str]:
    return {each.href: each.etag for each in changes.fetched}


def not_known(changes: Changes, before: Changes) -> tuple[Fetched, ...]:
    """Return what was fetched and is not what an earlier reading had brought."""
    known = {each.href: each.data for each in before.fetched}
    return tuple(each for each in changes.fetched if known.get(each.href) != each.data)


def names_of(hrefs: Iterable[str]) -> list[str]:
    return sorted(href.rpartition("/")[2] for href in hrefs)


def fetched_names(fetched: Iterable[Fetched]) -> list[str]:
    return names_of(each.href for each in fetched)
