"""
OAuth 2: a person's consent, and the access tokens that it opens their calendars with.

Authorization codes with PKCE (RFC 6749, section 4.1; RFC 7636, S256) as RFC 9700 has them, and bearer tokens
(RFC 6750). A refresh token is the account's password here, and sealed like one; access tokens live in memory only. They
are asked for through the guarded client, at the provider's token endpoint and nowhere else. Times are seconds of the
event loop.
"""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx

from integrations.egress import Egress
from integrations.errors import AddressRefused, LoginRefused, Throttled, TooLarge, Unreachable
from integrations.http import GuardedClient

EARLY = 60.0  # seconds before its end at which an access token is no longer used
MOST_HELD = 4_096
_LONGEST_LIFE = 86_400.0
_BUSY = frozenset({httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Server:
    """
    A provider's authorization server: its two endpoints, and the scope to ask for.

    `resource` is what the tokens open, the address at which calendars are found. `parameters` go along with the
    authorization request; they are the provider's own.
    """

    authorization: str
    token: str
    scope: str
    resource: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """What the operator was given as they registered this service there. Never shown, so without a repr."""

    server: Server
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """
    What a token endpoint gave.

    `refresh_token` is empty where none came; `lifetime` is in seconds. `in_full` tells that nothing of the scope was
    left out.
    """

    access_token: str
    lifetime: float
    refresh_token: str
    in_full: bool


@dataclass(slots=True, repr=False)
class _Held:
    """The access token of one refresh token; whoever needs another waits for the one who fetches it."""

    access_token: str = ""
    until: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class OAuthClient(GuardedClient):
    """The guarded client of an operator who registered this service with providers, by the ids they have here."""

    def __init__(self, egress: Egress, *, registrations: Mapping[str, Registration], **limits: Any) -> None:
        super().__init__(egress, **limits)
        self.registrations = registrations
        self._held: dict[tuple[str, str], _Held] = {}

    async def find_access_token(self, provider: str, *, refresh_token: str, refused: str = "") -> str:
        """
        Return an access token that is good for now, another than the one that was `refused`.

        Raises `LoginRefused` where the consent is over, `Throttled`, `TooSlow`, and `Unreachable` for anything else,
        which is for the operator or the provider to mend and not for the account's owner.
        """
        registration = self.registrations.get(provider)
        if registration is None:
            raise Unreachable
        held = self._hold(provider, refresh_token)
        async with held.lock:
            if held.access_token in {"", refused} or asyncio.get_running_loop().time() >= held.until:
                form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
                _keep(held, await self._ask(registration, form))
            return held.access_token

    async def exchange(self, provider: str, *, code: str, verifier: str, redirect_uri: str) -> Granted:
        """Return what an authorization code is exchanged for; raises as `find_access_token` does."""
        registration = self.registrations[provider]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        granted = await self._ask(registration, form)
        if granted.refresh_token:
            _keep(self._hold(provider, granted.refresh_token), granted)
        return granted

    def _hold(self, provider: str, refresh_token: str) -> _Held:
        key = (provider, refresh_token)
        held = self._held[key] = self._held.pop(key) if key in self._held else _Held()
        if len(self._held) > MOST_HELD:
            del self._held[next(iter(self._held))]  # the one that was not used for longest
        return held

    async def _ask(self, registration: Registration, form: Mapping[str, str]) -> Granted:
        client = {"client_id": registration.client_id, "client_secret": registration.client_secret}
        request = self.build_request(
            "POST", registration.server.token, data={**form, **client}, headers={"Accept": "application/json"}
        )
        try:
            answer = await self.send(request, auth=None, follow_redirects=False)
        except (AddressRefused, TooLarge):
            raise Unreachable from None  # either would be held against the calendar's own address
        return _read(answer, scope=registration.server.scope)


def find_registration(http: GuardedClient, provider: str) -> Registration | None:
    """Return the operator's registration with that provider; None where there is none."""
    return http.registrations.get(provider) if isinstance(http, OAuthClient) else None


def write_request(registration: Registration, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Return the address at which the person gives their consent (RFC 6749, 4.1.1; RFC 7636, 4.3)."""
    server = registration.server
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        **server.parameters,
        "response_type": "code",
        "client_id": registration.client_id,
        "redirect_uri": redirect_uri,
        "scope": server.scope,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return str(httpx.URL(server.authorization, params=asked))


def _keep(held: _Held, granted: Granted) -> None:
    # one that lives shortly is used for half its life, not never
    good_for = max(granted.lifetime - EARLY, granted.lifetime / 2)
    held.access_token, held.until = granted.access_token, asyncio.get_running_loop().time() + good_for


def _read(answer: httpx.Response, *, scope: str) -> Granted:
    """Read a token endpoint's answer (RFC 6749, sections 5.1 and 5.2)."""
    said = _read_object(answer)
    if answer.status_code in _BUSY:
        raise Throttled
    if answer.status_code == httpx.codes.BAD_REQUEST and said.get("error") == "invalid_grant":
        raise LoginRefused
    access_token = said.get("access_token")
    if not answer.is_success or not _is_token(access_token) or str(said.get("token_type")).lower() != "bearer":
        raise Unreachable
    refresh_token = said.get("refresh_token")
    return Granted(
        access_token=str(access_token),
        lifetime=_read_lifetime(said.get("expires_in")),
        refresh_token=str(refresh_token) if _is_token(refresh_token) else "",
        in_full=set(scope.split()) <= set(str(said.get("scope", scope)).split()),
    )


def _read_object(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _is_token(value: object) -> bool:
    """Tell whether it can stand in a header: visible characters of ASCII (RFC 6749, appendix A.12)."""
    return isinstance(value, str) and value != "" and value.isascii() and value.isprintable() and " " not in value


def _read_lifetime(value: object) -> float:
    """Return `expires_in`, at most a day; one that is left out or no number is taken for none at all."""
    try:
        return min(max(float(int(str(value))), 0.0), _LONGEST_LIFE)
    except ValueError:
        return 0.0
