"""
Ways of signing in: which one a server asks for, and how a request carries it.

Basic (RFC 7617) where it is offered behind TLS, Digest (RFC 7616) where it is not: a server that offers Digest alone
never sees the password. A bearer token (RFC 6750) where the person gave their consent at the provider.
"""

import re
from collections.abc import AsyncGenerator, Awaitable
from enum import StrEnum
from functools import lru_cache

import httpx

from integrations.errors import LoginRefused, MethodRefused, Unreachable
from integrations.http import GuardedClient
from integrations.oauth import OAuthClient

_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+"?')  # one that is never closed ends with the text


class Login(StrEnum):
    """How an account signs in; the values are kept."""

    BASIC = "basic"
    DIGEST = "digest"
    BEARER = "bearer"


_BY_PASSWORD = frozenset({Login.BASIC, Login.DIGEST})


class Bearer(httpx.Auth):
    """Sends an access token, and once more a fresh one where that is refused; needs the `OAuthClient`."""

    def __init__(self, http: GuardedClient, *, provider: str, refresh_token: str) -> None:
        self._http = http
        self._provider = provider
        self._refresh_token = refresh_token

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        token = await self._find_token()
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        # a redirect to another origin went without the token, so it is not the token that was refused there
        if answer.status_code == httpx.codes.UNAUTHORIZED and "Authorization" in answer.request.headers:
            request.headers["Authorization"] = f"Bearer {await self._find_token(refused=token)}"
            yield request

    async def _find_token(self, *, refused: str = "") -> str:
        if not isinstance(self._http, OAuthClient):
            raise Unreachable
        return await self._http.find_access_token(self._provider, refresh_token=self._refresh_token, refused=refused)


def choose(answer: httpx.Response) -> Login:
    """Return how to sign in at the server that answered 401; raises `MethodRefused` where we know none of its ways."""
    offered = _offered(answer)
    if "digest" in offered and ("basic" not in offered or answer.url.scheme != "https"):
        return Login.DIGEST
    if "basic" in offered or not offered:
        return Login.BASIC
    raise MethodRefused


def refuse(answer: httpx.Response) -> LoginRefused:
    """Return what a 401 means: that the login was not accepted, or that it is the wrong kind of login."""
    offered = _offered(answer)
    sent = answer.request.headers.get("Authorization", "").partition(" ")[0].lower()
    return LoginRefused() if not offered or offered & {*_BY_PASSWORD, sent} else MethodRefused()


def make_auth(
    login: Login, *, http: GuardedClient, start: str, provider: str, username: str, password: str
) -> httpx.Auth:
    if login is Login.BEARER:
        return Bearer(http, provider=provider, refresh_token=password)
    if login is Login.DIGEST:
        return _remember_digest(_origin(start), username, password)
    return httpx.BasicAuth(username, password)


async def advance(step: Awaitable[httpx.Request]) -> httpx.Request | None:
    """Return the next request of an authentication flow, None at its end; raises `MethodRefused`."""
    try:
        return await step
    except StopAsyncIteration:
        return None
    except (httpx.ProtocolError, KeyError, NotImplementedError, ValueError):
        # a challenge that is broken, or of an algorithm or a protection we do not know; the text may quote it
        raise MethodRefused from None


@lru_cache(maxsize=256)
def _remember_digest(origin: str, username: str, password: str) -> httpx.DigestAuth:
    """
    Return the one that already knows the nonce of its server, where there is one.

    So a poll costs one request, and only the first of a process two. It lives in memory only.
    """
    return httpx.DigestAuth(username, password)


def _origin(url: str) -> str:
    whole = httpx.URL(url)
    return f"{whole.scheme}://{whole.netloc.decode()}"


def _offered(answer: httpx.Response) -> frozenset[str]:
    """Return the schemes of WWW-Authenticate in lower case (RFC 9110, section 11.6.1); a parameter has an "="."""
    challenges = _QUOTED.sub("", ",".join(answer.headers.get_list("WWW-Authenticate"))).split(",")
    words = (each.split(maxsplit=1)[0] for each in challenges if each.strip())
    return frozenset(word.lower() for word in words if "=" not in word)
