"""
One account at one calendar server, on the shared guarded HTTP client.

The only module that knows the ``caldav`` library. Its client carries the account; its own `request` is not used, since
it hands answers it cannot read, entries and all, to the root logger, asks again after a refused login, and closes a
session that here belongs to everybody. Statuses become the errors of `integrations.errors`.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import httpx
from caldav.aio import AsyncDAVClient

from integrations.caldav.login import Login, advance, make_auth, refuse
from integrations.caldav.multistatus import Multistatus, read_multistatus
from integrations.caldav.providers import GENERIC, find_start
from integrations.errors import (
    AccessRefused,
    Conflict,
    IntegrationError,
    NotCalDav,
    NotThere,
    Throttled,
    Unreachable,
)
from integrations.http import GuardedClient, read_wait

LONG_ANSWER = 256 * 1024  # octets that take too long to go over while everybody waits

T = TypeVar("T")

_ERRORS: Mapping[int, type[IntegrationError]] = {
    403: AccessRefused,
    404: NotThere,
    409: Conflict,
    410: NotThere,
    412: Conflict,
    429: Throttled,
    503: Throttled,
}


@dataclass(frozen=True, slots=True, repr=False)
class Account:
    """
    A person's login; `url` may be empty where `provider` or the mail address tells it. Never shown, so without a repr.

    `login` is how the server wants it, as `discover.find_login` learns once; where that is a bearer, the password is a
    refresh token.
    """

    url: str
    username: str
    password: str
    provider: str = GENERIC
    login: Login = Login.BASIC


class CalDav(AsyncDAVClient):
    """The library's client with our session in place of its own; make one with `connect`."""

    def __init__(self, http: GuardedClient, account: Account) -> None:
        self._http = http
        self.account = account
        self.start = find_start(account.provider, url=account.url, username=account.username)
        self.is_guess = not account.url and account.provider == GENERIC  # that calendars are at the start
        self._login = make_auth(
            account.login,
            http=http,
            start=self.start,
            provider=account.provider,
            username=account.username,
            password=account.password,
        )
        super().__init__(
            url=self.start,
            username=account.username,
            password=account.password,
            auth=self._login,  # from the first request on: a server asked without may answer as if it held nothing
            enable_rfc6764=False,
        )

    def _create_session(self) -> None:
        self.session = self._http

    async def close(self) -> None:
        """Leave the session open: it is shared."""

    async def call(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        with_login: bool = True,
    ) -> httpx.Response:
        """
        Send one request with the account's login, and once more where it takes a fresh nonce or token.

        Returns whatever the answer is; raises `MethodRefused` for a nonce we cannot answer, and for a bearer what
        `OAuthClient.find_access_token` does.
        """
        request = self.session.build_request(method, url, content=body, headers=dict(headers or {}))
        if not with_login:
            return await self._send(request)
        # by hand, because httpx reads refusals inside a flow whole, however large they are
        async with aclosing(self._login.async_auth_flow(request)) as flow:
            answer = await self._send(await advance(anext(flow)) or request)
            again = await advance(flow.asend(answer))
            return answer if again is None else await self._send(again)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        answer: httpx.Response = await self.session.send(request, auth=None)
        return answer

    async def ask(self, method: str, url: str, *, body: str, depth: int | None = None) -> Multistatus:
        """Send a PROPFIND or REPORT; raises an `IntegrationError` for every answer but a multistatus."""
        return await read_answer(await self.call(method, url, body=body.encode(), headers=xml_headers(depth)))


def connect(http: GuardedClient, account: Account) -> CalDav:
    """Return a client for `account`; nothing is sent yet."""
    return CalDav(http, account)


def xml_headers(depth: int | None) -> dict[str, str]:
    kind = {"Content-Type": 'application/xml; charset="utf-8"'}
    return kind if depth is None else {**kind, "Depth": str(depth)}


async def read_answer(answer: httpx.Response) -> Multistatus:
    """Return the multistatus in `answer`; raises what `check_answer` does, and `NotCalDav` for any other success."""
    check_answer(answer)
    if answer.status_code != httpx.codes.MULTI_STATUS:
        raise NotCalDav
    return await go_over(partial(read_multistatus, answer.content), size=len(answer.content))


async def go_over(work: Callable[[], T], *, size: int) -> T:
    """Do `work` on an answer of `size` octets, beside the loop where that is long."""
    return await asyncio.to_thread(work) if size > LONG_ANSWER else work()


def check_answer(answer: httpx.Response) -> None:
    """Raise the error that the status of `answer` means; a redirect that was not followed counts as no CalDAV."""
    status = answer.status_code
    if answer.is_success:
        return
    if status == httpx.codes.UNAUTHORIZED:
        raise refuse(answer)
    if error := _ERRORS.get(status):
        raise error(retry_after=read_wait(answer) if error is Throttled else None)
    raise Unreachable if answer.is_server_error and status != httpx.codes.NOT_IMPLEMENTED else NotCalDav


def refuse_dumping(environ: Mapping[str, str]) -> None:
    """
    Refuse to run where the library was told to write what it hears to disk or logs.

    Raises `RuntimeError`, which names the variable to unset.
    """
    for name in ("PYTHON_CALDAV_COMMDUMP", "PYTHON_CALDAV_DEBUGMODE"):
        if environ.get(name):
            raise RuntimeError(f"{name} would write calendars where they do not belong; unset it")
