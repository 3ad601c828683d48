"""
A provider of calendars by consent, on loopback: its authorization server, and calendars behind bearer tokens.

It keeps its rules: codes and their verifiers, client secrets, tokens that end (RFC 6749, 6750, 7636). Its calendars are
those of a real server it stands in front of, or one that is empty. `lifetime` is in seconds; `asked` are the forms its
token endpoint has been sent. What it breaks, it breaks when a test says so.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from integrations.egress import Egress
from integrations.oauth import OAuthClient, Registration, Server
from tests.outside.suite.proxy import Answer, Asked, Exchange, Fault, FaultProxy, run_proxy
from tests.outside.test_caldav_discover import calendar, multistatus

CLIENT_ID, CLIENT_SECRET, SCOPE = "pencil-in-at-home", "planted-client-secret", "https://provider.example/auth/calendar"
NOWHERE = "http://127.0.0.1:9/"  # what stands behind a provider with one empty calendar


@dataclass
class Provider:
    """What the provider has handed out, and how it behaves."""

    login: str = ""
    lifetime: object = 3600
    gives_refresh_tokens: bool = True
    gives_scope: str = SCOPE
    says_no: str = ""
    broken: Answer | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access_tokens: set[str] = field(default_factory=set)
    refresh_tokens: set[str] = field(default_factory=set)
    every_secret: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    proxy: FaultProxy | None = None

    @property
    def url(self) -> str:
        return f"http://{self.opening}/"

    @property
    def opening(self) -> str:
        assert self.proxy is not None
        return self.proxy.opening

    @property
    def server(self) -> Server:
        return Server(
            authorization=f"{self.url}authorize",
            token=f"{self.url}token",
            scope=SCOPE,
            resource=f"{self.url}ana/" if self.login else f"{self.url}dav/",
            parameters={"access_type": "offline", "prompt": "consent"},
        )

    @property
    def grants(self) -> list[str]:
        return [form["grant_type"] for form in self.asked]

    def client(self, *, client_secret: str = CLIENT_SECRET) -> OAuthClient:
        """Return the way out of an operator who is registered here as at Google."""
        registration = Registration(self.server, CLIENT_ID, client_secret)
        return OAuthClient(Egress.parse(self.opening), registrations={"google": registration})

    def count(self, method: str) -> int:
        assert self.proxy is not None
        return self.proxy.methods().count(method)

    def hand_out(self) -> str:
        """Return a refresh token, as if somebody had consented long ago."""
        token = self._new("refresh")
        self.refresh_tokens.add(token)
        return token

    def choose(self, asked: Asked) -> Fault:
        path = urlsplit(asked.path).path
        if path == "/authorize":
            return lambda exchange: exchange.answer(self._authorize(dict(parse_qsl(urlsplit(asked.path).query))))
        if path == "/token":
            return lambda exchange: exchange.answer(self._give(asked))
        return self._open_calendars

    def _authorize(self, query: dict[str, str]) -> Answer:
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "scope": SCOPE, "code_challenge_method": "S256"}
        if not query.items() >= wanted.items() or len(query["code_challenge"]) != 43 or len(query["state"]) < 43:
            return Answer(400)
        code = self._new("code")
        self.codes[code] = query
        said = {"error": self.says_no} if self.says_no else {"code": code, "scope": SCOPE}
        back = f"{query['redirect_uri']}?{urlencode(said | {'state': query['state']})}"
        return Answer(302, (("Location", back),))

    def _give(self, asked: Asked) -> Answer:
        form = dict(parse_qsl(asked.body.decode()))
        self.asked.append(form)
        if self.broken is not None:
            return self.broken
        if (asked.method, form.get("client_id"), form.get("client_secret")) != ("POST", CLIENT_ID, CLIENT_SECRET):
            return _say(401, {"error": "invalid_client"})
        if form["grant_type"] == "authorization_code":
            return self._exchange(form)
        return self._answer() if form["refresh_token"] in self.refresh_tokens else _say(400, {"error": "invalid_grant"})

    def _exchange(self, form: dict[str, str]) -> Answer:
        query = self.codes.pop(form["code"], {})
        proof = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if (query.get("code_challenge"), query.get("redirect_uri")) != (proof, form["redirect_uri"]):
            return _say(400, {"error": "invalid_grant"})
        return self._answer(**({"refresh_token": self.hand_out()} if self.gives_refresh_tokens else {}))

    def _answer(self, **more: str) -> Answer:
        token = self._new("access")
        self.access_tokens.add(token)
        about = {"token_type": "Bearer", "expires_in": self.lifetime, "scope": self.gives_scope}
        return _say(200, {"access_token": token, **about, **more})

    def _open_calendars(self, exchange: Exchange) -> None:
        scheme, _, token = exchange.asked.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.access_tokens:
            offer = 'Bearer realm="provider", error="invalid_token"'
            exchange.answer(Answer(401, (("WWW-Authenticate", offer),)))
        elif self.login:
            headers = {**exchange.asked.headers, "Authorization": httpx.BasicAuth("ana", self.login)._auth_header}
            exchange.asked = replace(exchange.asked, headers=headers)
            exchange.answer(exchange.forward())
        else:
            exchange.answer(Answer(207, body=multistatus(calendar("/dav/one/")).content))

    def _new(self, kind: str) -> str:
        secret = f"planted-{kind}-{token_urlsafe(24)}"
        self.every_secret.append(secret)
        return secret


def _say(status: int, said: dict[str, object]) -> Answer:
    return Answer(status, (("Content-Type", "application/json"),), json.dumps(said).encode())


@contextmanager
def run_provider(url: str = NOWHERE, *, login: str = "") -> Iterator[Provider]:
    """Run a provider while the block lasts; `login` is ana's password at the CalDAV server at `url`."""
    provider = Provider(login)
    with run_proxy(url, choose=provider.choose) as provider.proxy:
        yield provider
