"""What a stranger's server may not decide: how long, how much, and what goes along."""

import asyncio
import gzip
import logging
import time
import tracemalloc
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest

from integrations.egress import Egress
from integrations.errors import TooLarge, TooSlow, Unreachable
from integrations.http import GuardedClient
from tests.outside.wire import answer_ok, listening, read_request

LOOPBACK = Egress.parse("127.0.0.1")


def served_by(handler: Callable[[httpx.Request], httpx.Response]) -> GuardedClient:
    return GuardedClient(Egress(), transport=httpx.MockTransport(handler))


async def test_a_server_that_drips_is_cut_off_at_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    begun = time.monotonic()
    async with listening(drip) as listener, GuardedClient(LOOPBACK, deadline=timedelta(seconds=0.3)) as client:
        with pytest.raises(TooSlow):
            await client.get(listener.url)
    assert time.monotonic() - begun < 2


async def test_a_server_that_says_nothing_is_cut_off_at_the_deadline() -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(hang) as listener, GuardedClient(LOOPBACK, deadline=timedelta(seconds=0.2)) as client:
        with pytest.raises(TooSlow):
            await client.get(listener.url)


async def test_an_endless_answer_is_too_large() -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"." * 4096)
            await writer.drain()

    async with listening(pour) as listener, GuardedClient(Egress.parse(listener.opening), largest=100_000) as client:
        with pytest.raises(TooLarge):
            await client.get(listener.url)


async def test_a_small_answer_that_unpacks_to_much_is_too_large_and_costs_little() -> None:
    bomb = gzip.compress(bytes(200_000_000))
    headers = {"Content-Encoding": "gzip"}
    async with served_by(lambda _: httpx.Response(200, stream=httpx.ByteStream(bomb), headers=headers)) as client:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                await client.get("https://calendar.example/")
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip"])
async def test_a_packed_answer_is_unpacked(encoding: str) -> None:
    packed = httpx.ByteStream(gzip.compress(b"BEGIN:VCALENDAR"))
    async with served_by(
        lambda _: httpx.Response(200, stream=packed, headers={"Content-Encoding": encoding})
    ) as client:
        answer = await client.get("https://calendar.example/")
    assert answer.content == b"BEGIN:VCALENDAR"


@pytest.mark.parametrize(("encoding", "body"), [("br", b"x"), ("gzip", b"x"), ("gzip", gzip.compress(b"abc")[:-4])])
async def test_an_answer_packed_in_another_way_or_cut_short_is_not_believed(encoding: str, body: bytes) -> None:
    stream = httpx.ByteStream(body)
    async with served_by(
        lambda _: httpx.Response(200, stream=stream, headers={"Content-Encoding": encoding})
    ) as client:
        with pytest.raises(Unreachable):
            await client.get("https://calendar.example/")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirected_propfind_stays_a_propfind_with_its_body(status: int) -> None:
    seen: list[tuple[str, str, bytes]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, request.content))
        return httpx.Response(status, headers={"Location": "/dav/"}) if request.url.path == "/" else httpx.Response(207)

    async with served_by(handler) as client:
        answer = await client.request("PROPFIND", "https://calendar.example/", content=b"<propfind/>")
    assert seen == [("PROPFIND", "/", b"<propfind/>"), ("PROPFIND", "/dav/", b"<propfind/>")]
    assert str(answer.url) == "https://calendar.example/dav/"


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("/there", True),
        ("https://calendar.example/there", True),
        ("https://evil.example/there", False),
        ("https://calendar.example:8443/there", False),
        ("http://calendar.example/there", False),
        ("//evil.example/there", False),
    ],
)
async def test_credentials_follow_a_redirect_within_the_origin_only(target: str, kept: bool) -> None:
    seen: list[bool] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append("Authorization" in request.headers)
        here = request.url.path != "/there"
        return httpx.Response(302, headers={"Location": target}) if here else httpx.Response(200)

    async with served_by(handler) as client:
        await client.get("https://calendar.example/", auth=("ana", "secret"))
    assert seen == [True, kept]


@pytest.mark.parametrize(("redirects", "reached"), [(3, True), (4, False)])
async def test_three_redirects_are_followed_and_no_more(redirects: int, reached: bool) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        hop = int(request.url.path.strip("/") or 0)
        return httpx.Response(302, headers={"Location": f"/{hop + 1}"}) if hop < redirects else httpx.Response(200)

    async with served_by(handler) as client:
        if reached:
            assert (await client.get("https://calendar.example/")).status_code == 200
        else:
            with pytest.raises(Unreachable):
                await client.get("https://calendar.example/")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
async def test_what_changes_something_is_not_carried_elsewhere(method: str) -> None:
    async with served_by(lambda _: httpx.Response(307, headers={"Location": "/there"})) as client:
        assert (await client.request(method, "https://calendar.example/")).status_code == 307


async def test_no_cookie_is_kept_for_the_next_account() -> None:
    seen: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("Cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=ana; Path=/"})

    async with served_by(handler) as client:
        await client.get("https://calendar.example/")
        await client.get("https://calendar.example/")
    assert seen == [None, None]


async def test_an_idle_connection_that_was_dropped_is_replaced_once() -> None:
    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        await read_request(reader)  # and close without an answer

    async with listening(answer_once) as listener, GuardedClient(Egress.parse(listener.opening)) as client:
        await client.get(listener.url)
        assert (await client.request("REPORT", listener.url)).status_code == 200
        assert listener.connections == 2
        with pytest.raises(Unreachable):
            await client.post(listener.url)
        assert listener.connections == 2
        await client.get(listener.url)
        assert (await client.put(listener.url, headers={"If-Match": '"1"'})).status_code == 200


async def test_a_new_connection_that_is_dropped_is_not_tried_again() -> None:
    async def drop(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with listening(drop) as listener, GuardedClient(Egress.parse(listener.opening)) as client:
        with pytest.raises(Unreachable):
            await client.get(listener.url)
    assert listener.connections == 1


async def test_no_log_line_names_an_address(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with listening(answer_ok) as listener, GuardedClient(Egress.parse(listener.opening)) as client:
        await client.get(listener.url + "secret-calendar.ics")
    assert "secret-calendar" not in caplog.text


async def test_the_environment_sets_no_proxy() -> None:
    async with GuardedClient(Egress()) as client:
        assert not client.trust_env
