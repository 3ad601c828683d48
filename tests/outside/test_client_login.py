"""Signing in: which way a server asks for, and Digest against a real server that keeps its rules (RFC 7616)."""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

import httpx
import pytest

from integrations.caldav.client import Account, CalDav, connect
from integrations.caldav.discover import discover, find_login
from integrations.caldav.login import Login
from integrations.egress import Egress
from integrations.errors import IntegrationError, LoginRefused, MethodRefused, TooLarge
from integrations.http import GuardedClient
from tests.outside.test_caldav_discover import START, calendar, multistatus
from tests.outside.wire import Listener, listening, read_request

SECRET = "Planted realm"
HASHES: dict[str, Callable[[bytes], "hashlib._Hash"]] = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_accounts = count()


@dataclass
class DigestServer:
    """Has one calendar at ``/dav/`` for ana, to which ``/.well-known/caldav`` leads; every nonce serves three times."""

    algorithm: str
    password: str = "secret"
    user: str = field(default_factory=lambda: f"ana{next(_accounts)}")  # nonces of other tests are not ours
    listener: Listener = field(default_factory=Listener)
    nonce: str = ""
    used: int = 3
    seen: list[str] = field(default_factory=list)

    @property
    def account(self) -> Account:
        return Account(self.listener.url, self.user, "secret", login=Login.DIGEST)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await read_request(reader)).decode()
            length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            writer.write(self.answer(head))
            await writer.drain()

    def answer(self, head: str) -> bytes:
        method, path, _ = head.split(" ", 2)
        found = re.search(r"^authorization: (\w+) (.*)\r$", head, re.IGNORECASE | re.MULTILINE)
        self.seen.append(found[1] if found else "")
        if path == "/.well-known/caldav":
            return b"HTTP/1.1 301 Moved\r\nLocation: /dav/\r\nContent-Length: 0\r\n\r\n"
        if not found or not self.is_right(method, path, dict(re.findall(r'(\w+)="?([^",]*)"?', found[2]))):
            self.nonce, self.used = hashlib.sha256(self.nonce.encode() + b"next").hexdigest(), 0
            offer = f'Digest realm="{SECRET}", qop="auth", algorithm={self.algorithm}, nonce="{self.nonce}", opaque="o"'
            return f"HTTP/1.1 401 No\r\nWWW-Authenticate: {offer}\r\nContent-Length: 0\r\n\r\n".encode()
        body = multistatus(calendar("/dav/")).content
        return b"HTTP/1.1 207 Multi-Status\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    def is_right(self, method: str, path: str, given: dict[str, str]) -> bool:
        def digest(*parts: str) -> str:
            return HASHES[self.algorithm](":".join(parts).encode()).hexdigest()

        self.used += 1
        known = (given["uri"], given["nonce"], int(given["nc"], 16)) == (path, self.nonce, self.used)
        secret = digest(self.user, SECRET, self.password)
        proof = digest(secret, self.nonce, given["nc"], given["cnonce"], "auth", digest(method, path))
        return known and self.used <= 3 and given["response"] == proof


@asynccontextmanager
async def digest_server(
    algorithm: str = "SHA-256", *, password: str | None = None
) -> AsyncIterator[tuple[DigestServer, CalDav]]:
    server = DigestServer(algorithm, password=password or "secret")
    async with listening(server.serve) as server.listener, GuardedClient(Egress.parse("127.0.0.1")) as http:
        yield server, connect(http, server.account)


@pytest.mark.parametrize("algorithm", HASHES)
async def test_a_server_of_digest_is_signed_in_to_and_never_sees_the_password(algorithm: str) -> None:
    async with digest_server(algorithm) as (server, caldav):
        assert await find_login(caldav) is Login.DIGEST
        (found,) = await discover(caldav)
        assert found.url == f"{server.listener.url}dav/"
        assert set(server.seen) == {"", "Digest"}


async def test_a_nonce_is_used_again_by_who_connects_anew_so_that_a_poll_costs_one_request() -> None:
    async with digest_server() as (server, caldav):
        url = f"{server.listener.url}dav/"
        assert (await caldav.call("PROPFIND", url)).status_code == 207
        server.seen.clear()
        assert (await connect(caldav.session, server.account).call("PROPFIND", url)).status_code == 207
        assert server.seen == ["Digest"]


async def test_a_nonce_that_has_had_its_day_costs_one_request_more() -> None:
    async with digest_server() as (server, caldav):
        for _ in range(5):
            assert (await caldav.call("PROPFIND", f"{server.listener.url}dav/")).status_code == 207
        assert server.seen == ["", "Digest", "Digest", "Digest", "Digest", "Digest", "Digest"]


async def test_a_wrong_password_is_refused_by_digest_too() -> None:
    async with digest_server(password="another") as (_, caldav):
        with pytest.raises(LoginRefused):
            await discover(caldav)


def asking(*offers: str, status: int = 401, content: bytes = b"") -> Callable[[httpx.Request], httpx.Response]:
    headers = [("WWW-Authenticate", offer) for offer in offers]
    return lambda _: httpx.Response(status, headers=headers, content=content)


async def find_at(handler: Callable[[httpx.Request], httpx.Response], *, url: str = START) -> Login:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        return await find_login(connect(http, Account(url, "ana", "secret")))


@pytest.mark.parametrize(
    ("offers", "login"),
    [
        (['Basic realm="a, Digest b"'], Login.BASIC),
        (['Digest realm="Basic c", nonce="1"'], Login.DIGEST),
        (['Digest realm="a", nonce="1", Basic realm="b"'], Login.BASIC),
        (["Negotiate", "basic realm=x"], Login.BASIC),
        (["NTLM", 'DIGEST nonce="1",realm="a"'], Login.DIGEST),
        ([], Login.BASIC),
    ],
)
async def test_the_way_to_sign_in_is_the_one_a_server_offers(offers: list[str], login: Login) -> None:
    assert await find_at(asking(*offers)) is login


async def test_without_tls_the_password_stays_here_where_it_can() -> None:
    offers = ('Basic realm="a"', 'Digest realm="a", nonce="1"')
    assert await find_at(asking(*offers), url="http://radicale:5232/") is Login.DIGEST


@pytest.mark.parametrize("offer", ['Bearer realm="a"', "Negotiate", "NTLM, Negotiate abc==", 'Bearer error="Basic"'])
async def test_a_server_that_asks_for_something_else_is_told_apart(offer: str) -> None:
    with pytest.raises(MethodRefused):
        await find_at(asking(offer))


async def test_nothing_is_sent_along_while_asking_how_to_sign_in() -> None:
    seen: list[httpx.Headers] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers)
        return multistatus()

    assert await find_at(handler) is Login.BASIC
    assert seen
    assert not [each for each in seen if "Authorization" in each]


async def test_a_server_that_hangs_up_on_strangers_is_asked_with_the_login() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if "Authorization" not in request.headers:
            raise httpx.RemoteProtocolError("hung up")
        return multistatus(calendar("/dav/"))

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        caldav = connect(http, Account(START, "ana", "secret"))
        assert await find_login(caldav) is Login.BASIC
        assert len(await discover(caldav)) == 1


@pytest.mark.parametrize(
    "offer",
    [
        f'Digest realm="{SECRET}", nonce="1", algorithm=SHA-512-256',
        f'Digest realm="{SECRET}", nonce="1", qop="auth-int"',
        f'Digest realm="{SECRET}", nonce="1", qop="{SECRET}"',
        f'Digest realm="{SECRET}"',
        f"Digest {SECRET}",
    ],
)
async def test_a_challenge_we_cannot_answer_is_refused_and_quoted_nowhere(offer: str) -> None:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(asking(offer))) as http:
        caldav = connect(http, Account(START, f"ana{next(_accounts)}", "secret", login=Login.DIGEST))
        for _ in range(2):  # what was remembered of the first answer must not break the second
            with pytest.raises(MethodRefused) as raised:
                await discover(caldav)
            assert SECRET not in str(raised.value)
            assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize("login", [Login.BASIC, Login.DIGEST])
async def test_a_refusal_is_read_no_further_than_any_other_answer(login: Login) -> None:
    handler = asking('Digest realm="a", nonce="1"', content=b"x" * 2000)
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler), largest=1000) as http:
        caldav = connect(http, Account(START, f"ana{next(_accounts)}", "secret", login=login))
        with pytest.raises(TooLarge):
            await caldav.call("PROPFIND", START)


@pytest.mark.parametrize(
    ("offer", "error"),
    [('Basic realm="a"', LoginRefused), ('Digest realm="a", nonce="1"', LoginRefused), ("Bearer", MethodRefused)],
)
async def test_a_refused_login_is_told_from_a_refused_method(offer: str, error: type[IntegrationError]) -> None:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(asking(offer))) as http:
        with pytest.raises(error) as raised:
            await discover(connect(http, Account(START, "ana", "secret")))
    assert type(raised.value) is error
