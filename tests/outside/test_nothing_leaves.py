"""
No connection is ever opened to a refused address, whichever way it comes in: told by the interpreter itself.

`sys.addaudithook` reports every connect of the process, so nothing is believed that the client says of itself. The ways
in: an address a person types (18 spellings of what is private), a name that answers differently the second time, a
name that answers with both kinds, a redirect, and what a calendar server answers with: its principal, its home.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import cycle, product, repeat

import pytest

from integrations.caldav.client import Account, connect
from integrations.caldav.discover import discover
from integrations.caldav.objects import read, remove, write
from integrations.caldav.sync import read_changes
from integrations.egress import Egress
from integrations.errors import IntegrationError
from integrations.feeds.reader import read_feed
from integrations.http import GuardedClient, Resolve
from tests.outside.test_http_addresses import LITERALS
from tests.outside.wire import Listener, listening, read_request

Way = Callable[[GuardedClient, str], Awaitable[object]]
REFUSED = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.0.1", "::1", "fe80::1", "64:ff9b::7f00:1")
SAFE = "127.0.0.2"  # what the operator opened in these tests: loopback, so that nothing leaves the machine either way
MULTISTATUS = (
    '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><response><href>/</href><propstat>'
    "<status>HTTP/1.1 200 OK</status><prop>{props}</prop></propstat></response></multistatus>"
)
PRINCIPAL = "<current-user-principal><href>{url}</href></current-user-principal>"
HOME = "<C:calendar-home-set><href>{url}</href></C:calendar-home-set>"

_called: list[str] = []
_is_listening: list[bool] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _is_listening and event == "socket.connect":
        address = arguments[1]
        _called.append(f"{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address))


sys.addaudithook(_note)  # cannot be taken back, so it does nothing unless a test listens


@contextmanager
def who_was_called() -> Iterator[list[str]]:
    """Give the addresses that the process connects to while the block lasts."""
    _called.clear()
    _is_listening.append(True)
    try:
        yield _called
    finally:
        _is_listening.pop()


async def look_for_calendars(http: GuardedClient, url: str) -> object:
    return await discover(connect(http, Account(url, "ana", "secret")))


async def read_calendar(http: GuardedClient, url: str) -> object:
    return await read_changes(connect(http, Account(url, "ana", "secret")), url, known={}, token=None)


async def read_one(http: GuardedClient, url: str) -> object:
    return await read(connect(http, Account(url, "ana", "secret")), url)


async def write_one(http: GuardedClient, url: str) -> object:
    return await write(connect(http, Account(url, "ana", "secret")), url, data=b"x", etag=None)


async def remove_one(http: GuardedClient, url: str) -> None:
    await remove(connect(http, Account(url, "ana", "secret")), url, etag=None)


async def read_a_feed(http: GuardedClient, url: str) -> object:
    return await read_feed(http, url)


WAYS = (look_for_calendars, read_calendar, read_one, write_one, remove_one, read_a_feed)
every_way = pytest.mark.parametrize("way", WAYS)


def answering(*answers: Sequence[str]) -> Resolve:
    """Make a resolver that gives these answers in turn, over and over."""
    turns = cycle(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return next(turns)

    return resolve


@asynccontextmanager
async def saying(heads: Iterator[str], body: str = "") -> AsyncIterator[Listener]:
    """Listen where the operator allows it, and answer each request with the next of the heads."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await read_request(reader)
            writer.write(f"HTTP/1.1 {next(heads)}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            await writer.drain()

    async with listening(respond) as listener:
        yield listener


async def test_the_watch_sees_a_connection_that_is_allowed() -> None:
    async with saying(repeat("200 OK")) as listener, GuardedClient(Egress.parse(listener.opening)) as http:
        with who_was_called() as called:
            await http.get(listener.url)
    assert called == [listener.opening]


@every_way
async def test_no_spelling_of_a_private_address_is_called(way: Way) -> None:
    async with GuardedClient(Egress()) as http:
        with who_was_called() as called:
            for scheme, host, port in product(("http", "https"), LITERALS, (80, 443, 8443)):
                await attempt(way, http, f"{scheme}://{host}:{port}/cal/one.ics")
    assert called == []


@every_way
async def test_a_name_that_answers_differently_the_second_time_gains_nothing(way: Way) -> None:
    resolve = answering([SAFE], ["127.0.0.1"], ["10.0.0.1"])
    async with GuardedClient(Egress.parse(SAFE), resolve=resolve) as http:
        with who_was_called() as called:
            for _ in range(3):
                await attempt(way, http, "http://calendar.example:9/cal/one.ics")
    assert set(called) == {f"{SAFE}:9"}


@every_way
@pytest.mark.parametrize("refused", REFUSED)
async def test_a_name_that_answers_with_both_kinds_is_not_called_at_all(way: Way, refused: str) -> None:
    resolve = answering([SAFE, refused], [refused, SAFE])
    async with GuardedClient(Egress.parse(SAFE), resolve=resolve) as http:
        with who_was_called() as called:
            for _ in range(2):
                await attempt(way, http, "http://calendar.example:9/cal/one.ics")
    assert called == []


@every_way
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_leads_to_no_refused_address(way: Way, status: int) -> None:
    heads = cycle(f"{status} Found\r\nLocation: http://{host}:9/cal/" for host in LITERALS)
    async with saying(heads) as listener, GuardedClient(Egress.parse(listener.opening)) as http:
        with who_was_called() as called:
            for _ in LITERALS:
                await attempt(way, http, f"{listener.url}cal/one.ics")
    assert set(called) == {listener.opening}


@pytest.mark.parametrize("props", [PRINCIPAL, HOME])
@pytest.mark.parametrize("host", LITERALS)
async def test_what_a_calendar_server_names_is_not_called_where_it_is_refused(props: str, host: str) -> None:
    body = MULTISTATUS.format(props=props.format(url=f"http://{host}:9/cal/"))
    heads = repeat("207 Multi-Status\r\nContent-Type: application/xml")
    async with saying(heads, body) as listener, GuardedClient(Egress.parse(listener.opening)) as http:
        with who_was_called() as called:
            await attempt(look_for_calendars, http, listener.url)
    assert set(called) == {listener.opening}


@pytest.mark.parametrize("refused", ["169.254.169.254", "100.100.100.200", "fe80::1", "::ffff:169.254.169.254"])
async def test_no_opening_lets_metadata_or_link_local_addresses_in(refused: str) -> None:
    egress = Egress.parse("calendar.example,0.0.0.0/0,::/0")
    async with GuardedClient(egress, resolve=answering([refused])) as http:
        with who_was_called() as called:
            await attempt(read_a_feed, http, "https://calendar.example/")
    assert called == []


async def attempt(way: Way, http: GuardedClient, url: str) -> None:
    """Go that way; where it leads to is told by the watch."""
    with suppress(IntegrationError):
        await way(http, url)
