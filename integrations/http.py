"""
The one way out: an HTTP client that calls only where this service may.

The policy, `Egress`, is asked at the moment of connecting, about every address a name resolved to, and the connection
then goes to the very address it saw: a name that answers differently the second time gains nothing.
`GuardedClient` adds what a stranger's server must not decide: how long an answer may take in all (30 s), how much of it
is read (20 MiB, after decompression), where redirects lead (3 at most, credentials never to another origin), and that
nothing is remembered between accounts (no cookies) or taken from the environment (no proxies).

Everything it raises is an `IntegrationError` whose text names no host. Sizes are bytes.
"""

import asyncio
import logging
import ssl
import zlib
from datetime import timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from io import BytesIO
from typing import Any, cast

import httpcore
import httpx

from integrations.egress import Egress
from integrations.errors import AddressRefused, TooLarge, TooSlow, Unreachable
from integrations.network import GuardedNetwork, resolve_host
from integrations.network import Resolve as Resolve  # handed on to whoever makes a client

LONGEST = timedelta(seconds=30)
LARGEST = 20 * 1024 * 1024
MOST_REDIRECTS = 3
LONGEST_WAIT = timedelta(hours=1)

_LAST_PORT = 65_535
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
_DROPPED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

for _name in ("httpx", "httpcore"):
    # Both write whole URLs at INFO or DEBUG, and the URL of a secret calendar is the key to it.
    logging.getLogger(_name).setLevel(logging.WARNING)


class _GuardedTransport(httpx.AsyncHTTPTransport):
    """httpx's own transport, over a pool of at most 10 connections that `GuardedNetwork` opens."""

    def __init__(self, network: GuardedNetwork, *, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=10,
            max_keepalive_connections=10,
            keepalive_expiry=15,
            network_backend=network,
        )


class GuardedClient(httpx.AsyncClient):
    """
    httpx's client, within the limits of this module; share one for each purpose, and close it once.

    `send` returns answers already read (`stream` or not), follows redirects of methods that change nothing, and raises
    `AddressRefused`, `Unreachable`, `TooSlow` and `TooLarge` only. A `transport` stands where the network would be.
    """

    def __init__(
        self,
        egress: Egress,
        *,
        deadline: timedelta = LONGEST,
        largest: int = LARGEST,
        resolve: Resolve = resolve_host,
        context: ssl.SSLContext | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        context = context or httpx.create_ssl_context(trust_env=False)
        guarded = {
            scheme: transport or _GuardedTransport(GuardedNetwork(egress, resolve=resolve, tls=tls), context=context)
            for scheme, tls in (("https", True), ("http", False))
        }
        super().__init__(
            transport=guarded["https"],
            mounts={} if transport else {"http://": guarded["http"]},
            headers={"Accept-Encoding": "identity", "User-Agent": "PencilIn"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),  # a session must not pass between accounts
            timeout=httpx.Timeout(None, connect=5),
            follow_redirects=True,
            trust_env=False,
        )
        self._guarded = guarded
        self._deadline = deadline
        self._largest = largest

    def build_request(self, *args: Any, **kwargs: Any) -> httpx.Request:
        try:
            return super().build_request(*args, **kwargs)
        except (httpx.InvalidURL, UnicodeError):
            raise AddressRefused from None

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        hops = MOST_REDIRECTS if follow_redirects is not False else 0
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                return await self._follow(request, auth=auth, hops=hops)
        except (TimeoutError, httpx.TimeoutException):
            raise TooSlow from None
        except (httpx.HTTPError, OSError, zlib.error):
            raise Unreachable from None

    async def _follow(self, request: httpx.Request, *, auth: Any, hops: int) -> httpx.Response:
        for _ in range(hops + 1):
            _check_url(request.url)
            answer = await self._send_twice(request, auth=auth)
            if not hops or request.method not in _SAFE or not answer.has_redirect_location:
                return answer
            request, auth = _redirect(request, answer), None
        raise Unreachable

    async def _send_twice(self, request: httpx.Request, *, auth: Any) -> httpx.Response:
        """Send, and once more where the server had dropped the idle connection and repeating does no harm."""
        fresh = False

        async def trace(event: str, _: object) -> None:
            nonlocal fresh
            fresh = fresh or event == "connection.connect_tcp.started"

        request.extensions = {**request.extensions, "trace": trace}
        try:
            return await self._send_once(request, auth=auth)
        except _DROPPED:
            if fresh or not _is_repeatable(request):
                raise
        return await self._send_once(request, auth=auth)

    async def _send_once(self, request: httpx.Request, *, auth: Any) -> httpx.Response:
        answer = await self._hand_out(request, auth=auth)
        try:
            body = await _read(answer, largest=self._largest)
        finally:
            await answer.aclose()
        answer.headers.pop("Content-Encoding", None)
        answer.headers.pop("Content-Length", None)
        return httpx.Response(answer.status_code, headers=answer.headers, content=body, request=request)

    async def _hand_out(self, request: httpx.Request, *, auth: Any) -> httpx.Response:
        """Send by httpx where it is to sign in, else without its rounds of cookies, hooks and redirects."""
        if (auth is None or auth is httpx.USE_CLIENT_DEFAULT) and not self.is_closed:
            return await self._guarded[request.url.scheme].handle_async_request(request)
        return await super().send(request, stream=True, auth=auth, follow_redirects=False)


def read_wait(answer: httpx.Response) -> timedelta | None:
    """Read Retry-After (RFC 9110, section 10.2.3), at most an hour; a date counts from the answer's own Date."""
    text = answer.headers.get("Retry-After", "").strip()
    try:
        if text.isdecimal():
            wait = timedelta(seconds=min(int(text), LONGEST_WAIT.total_seconds()))
        else:
            wait = parsedate_to_datetime(text) - parsedate_to_datetime(answer.headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(), min(wait, LONGEST_WAIT))


def _check_url(url: httpx.URL) -> None:
    """Raise `AddressRefused` for what can be told from the URL alone; the address itself is checked at connecting."""
    known = url.scheme in {"http", "https"}
    if not known or not url.host or url.userinfo or not 0 < (url.port or 443) <= _LAST_PORT:
        raise AddressRefused


def _is_repeatable(request: httpx.Request) -> bool:
    conditional = "If-Match" in request.headers or "If-None-Match" in request.headers
    return request.method in _SAFE or request.method == "DELETE" or (request.method == "PUT" and conditional)


def _redirect(request: httpx.Request, answer: httpx.Response) -> httpx.Request:
    """
    Return the request for where `answer` points, with the same method and body.

    httpx would turn a PROPFIND into a GET here; RFC 6764, section 5, redirects PROPFIND.
    """
    url = request.url.join(answer.headers["Location"])
    headers = request.headers.copy()
    del headers["Host"]
    if _origin(url) != _origin(request.url):
        headers.pop("Authorization", None)
        headers.pop("Cookie", None)
    return httpx.Request(request.method, url, headers=headers, content=request.content, extensions=request.extensions)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _read(answer: httpx.Response, *, largest: int) -> bytes:
    """
    Read the body, unpacking no more than `largest` bytes of it.

    Raises `TooLarge` beyond that, and `Unreachable` for an encoding that nobody asked for or that ends early.
    """
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
        raise Unreachable
    unpack = zlib.decompressobj(zlib.MAX_WBITS | 32) if encoding not in {"identity", ""} else None
    body, packed = BytesIO(), 0  # hands its bytes out without a copy
    async for piece in cast("httpx.AsyncByteStream", answer.stream):
        packed += len(piece)
        body.write(unpack.decompress(piece, largest + 1 - body.tell()) if unpack else piece)
        if body.tell() > largest:
            raise TooLarge
    if unpack and packed and (not unpack.eof or unpack.unused_data):
        raise Unreachable
    return body.getvalue()
