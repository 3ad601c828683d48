"""Published calendars: conditional GET against a real listener, and every answer that is no calendar."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta

import httpx
import pytest

from integrations.egress import Egress
from integrations.errors import (
    AccessRefused,
    AddressRefused,
    IntegrationError,
    NotAFeed,
    NotThere,
    Throttled,
    TooLarge,
    Unreachable,
)
from integrations.feeds.reader import NO_VALIDATORS, Feed, Validators, as_https, is_feed_address, read_feed
from integrations.http import GuardedClient
from tests.outside.wire import listening, read_request

URL = "https://feeds.example/secret-key/basic.ics"
CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
SECRET = "Planted title"

Handler = Callable[[httpx.Request], httpx.Response]


async def read_from(handler: Handler, *, url: str = URL, validators: Validators = NO_VALIDATORS) -> Feed | None:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler), largest=10_000) as http:
        return await read_feed(http, url, validators=validators)


def answer(status: int = 200, content: bytes = CALENDAR, headers: Mapping[str, str] | None = None) -> Handler:
    return lambda _: httpx.Response(status, content=content, headers=headers)


async def test_a_feed_that_has_not_changed_is_not_sent_again() -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            asked.append(await read_request(reader))
            if b'If-None-Match: "one"' in asked[-1]:
                writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\n\r\n')
            else:
                writer.write(b'HTTP/1.1 200 OK\r\nETag: "one"\r\nLast-Modified: Mon, 02 Nov 2026 10:00:00 GMT\r\n')
                writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(CALENDAR), CALENDAR))
            await writer.drain()

    async with listening(serve) as listener, GuardedClient(Egress.parse(listener.opening)) as http:
        feed = await read_feed(http, listener.url)
        assert feed == Feed(CALENDAR, Validators('"one"', "Mon, 02 Nov 2026 10:00:00 GMT"))
        assert await read_feed(http, listener.url, validators=feed.validators) is None
    assert b"If-Modified-Since: Mon, 02 Nov 2026 10:00:00 GMT\r\n" in asked[1]
    assert b"Authorization" not in b"".join(asked)


async def test_not_modified_means_nothing_to_who_did_not_ask() -> None:
    with pytest.raises(NotAFeed):
        await read_from(answer(304, b""))


@pytest.mark.parametrize("scheme", ["webcal", "webcals", "WebCal", " https"])
async def test_a_subscription_link_is_read_over_tls(scheme: str) -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return httpx.Response(200, content=CALENDAR)

    assert await read_from(handler, url=URL.replace("https", scheme)) is not None
    assert seen == [URL]


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        ("webcal://a.example/x", True),
        ("HTTPS://a.example/x", True),
        ("http://a/x", True),
        ("a.ics", False),
        ("-", False),
    ],
)
def test_addresses_are_told_from_files(place: str, is_one: bool) -> None:
    assert is_feed_address(place) is is_one


def test_only_the_scheme_is_replaced() -> None:
    assert as_https("https://a.example/?then=webcal://b.example") == "https://a.example/?then=webcal://b.example"


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbf" + CALENDAR, b"\r\n\r\n" + CALENDAR.lower(), b"; noted\n" + CALENDAR]
)
async def test_a_calendar_is_known_however_it_begins(content: bytes) -> None:
    feed = await read_from(answer(content=content))
    assert feed is not None
    assert feed.data == content


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (200, f"<!doctype html><title>{SECRET}</title>".encode(), NotAFeed),
        (200, b"", NotAFeed),
        (200, f'{{"text": "BEGIN:VCALENDAR {SECRET}"}}'.encode(), NotAFeed),
        (200, CALENDAR + b"x" * 10_000, TooLarge),
        (302, b"", NotAFeed),
        (400, CALENDAR, NotAFeed),
        (401, CALENDAR, AccessRefused),
        (403, CALENDAR, AccessRefused),
        (404, CALENDAR, NotThere),
        (410, CALENDAR, NotThere),
        (429, CALENDAR, Throttled),
        (500, CALENDAR, Unreachable),
        (503, CALENDAR, Throttled),
    ],
)
async def test_each_cause_has_its_own_error_which_quotes_nothing(
    status: int, content: bytes, error: type[IntegrationError]
) -> None:
    with pytest.raises(error) as raised:
        await read_from(answer(status, content))
    assert type(raised.value) is error
    assert SECRET not in str(raised.value)
    assert "secret-key" not in str(raised.value)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_wants_to_be_left_alone_says_for_how_long(status: int) -> None:
    with pytest.raises(Throttled) as raised:
        await read_from(answer(status, headers={"Retry-After": "600"}))
    assert raised.value.retry_after == timedelta(minutes=10)


@pytest.mark.parametrize(
    "url",
    [
        "https://ana:word@feeds.example/x.ics",
        "webcal://ana@feeds.example/x.ics",
        "ftp://feeds.example/x.ics",
        "webcal://",
    ],
)
async def test_an_address_with_a_login_or_without_a_host_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        await read_from(answer(), url=url)


@pytest.mark.parametrize("target", ["http://10.0.0.7/x.ics", "https://169.254.169.254/x.ics", "https://[::1]/x.ics"])
async def test_a_redirect_into_the_house_is_refused(target: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    async with listening(serve) as listener, GuardedClient(Egress.parse(listener.opening)) as http:
        with pytest.raises(AddressRefused):
            await read_feed(http, listener.url)


@pytest.mark.parametrize("kept", [Validators(), Validators('"a"'), Validators(None, "Mon"), Validators('W/"a"', "Mon")])
def test_validators_are_kept_as_one_text(kept: Validators) -> None:
    assert Validators.unpack(kept.pack()) == kept


@pytest.mark.parametrize(
    "text", [None, "", "https://example.org/sync/1", "[1, 2]", '["a"]', "{}", "null", '["a", "b", "c"]']
)
def test_what_is_no_validators_means_that_nothing_is_known(text: str | None) -> None:
    assert Validators.unpack(text) == NO_VALIDATORS


def test_a_feed_shows_nothing_of_itself() -> None:
    assert SECRET not in repr(Feed(SECRET.encode(), NO_VALIDATORS))
