"""Bearer tokens: fetched when they are needed, kept in memory, and told apart from a consent that is over."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from integrations.caldav.client import Account, CalDav, connect
from integrations.caldav.discover import discover
from integrations.caldav.login import Login
from integrations.caldav.providers import read_providers
from integrations.egress import Egress
from integrations.errors import IntegrationError, LoginRefused, Throttled, Unreachable
from integrations.http import GuardedClient
from integrations.oauth import MOST_HELD, OAuthClient, Registration, write_request
from tests.outside.provider import CLIENT_SECRET, Provider, run_provider
from tests.outside.suite.proxy import Answer
from tests.outside.wire import answer_ok, listening


@pytest.fixture
def provider() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


def account(provider: Provider, refresh_token: str) -> Account:
    return Account(provider.server.resource, "someone", refresh_token, "google", Login.BEARER)


async def look(http: GuardedClient, provider: Provider, refresh_token: str) -> int:
    """Find the calendars as a worker would, with a connection of its own to the account; return how many."""
    return len(await discover(connect(http, account(provider, refresh_token))))


async def test_two_polls_cost_one_token_request(provider: Provider) -> None:
    token = provider.hand_out()
    async with provider.client() as http:
        assert [await look(http, provider, token) for _ in range(2)] == [1, 1]
    assert provider.grants == ["refresh_token"]


async def test_polls_at_the_same_moment_share_one_token_request(provider: Provider) -> None:
    token = provider.hand_out()
    async with provider.client() as http:
        assert await asyncio.gather(*(look(http, provider, token) for _ in range(5))) == [1] * 5
    assert provider.grants == ["refresh_token"]


async def test_two_accounts_never_share_a_token(provider: Provider) -> None:
    one, other = provider.hand_out(), provider.hand_out()
    async with provider.client() as http:
        await look(http, provider, one)
        await look(http, provider, other)
    assert [form["refresh_token"] for form in provider.asked] == [one, other]


async def test_an_access_token_is_replaced_before_it_ends(provider: Provider) -> None:
    token, provider.lifetime = provider.hand_out(), 1
    async with provider.client() as http:
        await look(http, provider, token)
        await look(http, provider, token)
        assert len(provider.asked) == 1
        await asyncio.sleep(0.55)
        await look(http, provider, token)
    assert len(provider.asked) == 2
    assert provider.count("PROPFIND") == 3


@pytest.mark.parametrize("lifetime", [None, "soon", 0, -5, [3600]])
async def test_a_token_of_unknown_life_is_used_once(provider: Provider, lifetime: object) -> None:
    token, provider.lifetime = provider.hand_out(), lifetime
    async with provider.client() as http:
        assert [await look(http, provider, token) for _ in range(2)] == [1, 1]
    assert len(provider.asked) == 2


async def test_an_access_token_that_ended_early_costs_one_refresh(provider: Provider) -> None:
    token = provider.hand_out()
    async with provider.client() as http:
        await look(http, provider, token)
        provider.access_tokens.clear()
        assert await look(http, provider, token) == 1
    assert len(provider.asked) == 2
    assert provider.count("PROPFIND") == 3


async def test_a_server_that_takes_no_token_is_asked_twice_and_no_more(provider: Provider) -> None:
    class Nobody(set[str]):
        def __contains__(self, token: object) -> bool:
            return False

    token, provider.access_tokens = provider.hand_out(), Nobody()
    async with provider.client() as http:
        with pytest.raises(LoginRefused) as raised:
            await look(http, provider, token)
    assert type(raised.value) is LoginRefused
    assert (provider.count("PROPFIND"), len(provider.asked)) == (2, 2)


async def test_a_consent_that_was_taken_back_is_a_refused_login(provider: Provider) -> None:
    token = provider.hand_out()
    provider.refresh_tokens.clear()
    async with provider.client() as http:
        with pytest.raises(LoginRefused) as raised:
            await look(http, provider, token)
    assert type(raised.value) is LoginRefused
    assert provider.count("PROPFIND") == 0
    assert token not in repr(raised.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(500), Unreachable),
        (Answer(404, body=b"<title>Planted</title>"), Unreachable),
        (Answer(401, body=b'{"error": "invalid_client"}'), Unreachable),
        (Answer(401, body=b'{"error": "invalid_grant"}'), Unreachable),
        (Answer(400, body=b'{"error": "unauthorized_client"}'), Unreachable),
        (Answer(400, body=b'{"error": ["invalid_grant"]}'), Unreachable),
        (Answer(200, body=b"invalid_grant"), Unreachable),
        (Answer(200, body=b'["access_token"]'), Unreachable),
        (Answer(200, body=b"{}"), Unreachable),
        (Answer(200, body=b'{"access_token": "a", "token_type": "mac"}'), Unreachable),
        (Answer(200, body=b'{"access_token": "", "token_type": "Bearer"}'), Unreachable),
        (Answer(200, body=b'{"access_token": "a\\r\\nX: y", "token_type": "Bearer"}'), Unreachable),
        (Answer(200, body=b'{"access_token": 7, "token_type": "Bearer"}'), Unreachable),
        (Answer(429), Throttled),
        (Answer(503, body=b'{"error": "invalid_grant"}'), Throttled),
    ],
)
async def test_a_token_endpoint_in_trouble_is_no_refused_login(
    provider: Provider, answer: Answer, error: type[IntegrationError]
) -> None:
    token, provider.broken = provider.hand_out(), answer
    async with provider.client() as http:
        with pytest.raises(error) as raised:
            await look(http, provider, token)
        assert type(raised.value) is error
        assert not raised.value.permanent
        provider.broken = None
        assert await look(http, provider, token) == 1


async def test_a_secret_that_the_operator_got_wrong_is_no_refused_login(provider: Provider) -> None:
    async with provider.client(client_secret="another") as http:
        with pytest.raises(Unreachable) as raised:
            await look(http, provider, provider.hand_out())
    assert "another" not in repr(raised.value)


async def test_a_refresh_token_is_not_carried_along_a_redirect(provider: Provider) -> None:
    async with listening(answer_ok) as elsewhere, provider.client() as http:
        for status in (302, 307):
            provider.broken = Answer(status, (("Location", elsewhere.url),))
            with pytest.raises(Unreachable):
                await look(http, provider, provider.hand_out())
        assert elsewhere.connections == 0


async def test_an_access_token_is_not_carried_to_another_origin(provider: Provider) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.method == "POST":
            return httpx.Response(200, json={"access_token": "a", "token_type": "bearer", "expires_in": 3600})
        if request.url.host == "elsewhere.example":
            return httpx.Response(401, headers={"WWW-Authenticate": "Bearer"})
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    registration = Registration(provider.server, "id", "secret")
    transport = httpx.MockTransport(handler)
    async with OAuthClient(Egress(), registrations={"google": registration}, transport=transport) as http:
        with pytest.raises(IntegrationError):
            await look(http, provider, "refresh")
    strangers = [each for each in seen if each.url.host == "elsewhere.example"]
    assert strangers
    assert not [each for each in strangers if "Authorization" in each.headers]
    assert len([each for each in seen if each.method == "POST"]) == 1


async def test_a_token_endpoint_that_may_not_be_called_is_not_held_against_the_calendar(provider: Provider) -> None:
    registration = Registration(provider.server, "id", "secret")
    async with OAuthClient(Egress(), registrations={"google": registration}) as http:
        with pytest.raises(Unreachable):
            await look(http, provider, "refresh")
    assert provider.asked == []


@pytest.mark.parametrize("registered", [True, False])
async def test_without_a_registration_nothing_is_sent(provider: Provider, registered: bool) -> None:
    egress = Egress.parse(provider.opening)
    async with OAuthClient(egress, registrations={}) if registered else GuardedClient(egress) as http:
        with pytest.raises(Unreachable):
            await look(http, provider, provider.hand_out())
    assert (provider.count("PROPFIND"), provider.count("POST")) == (0, 0)


async def test_tokens_of_accounts_long_unseen_are_forgotten(provider: Provider) -> None:
    first = provider.hand_out()
    async with provider.client() as http:
        await http.find_access_token("google", refresh_token=first)
        for _ in range(MOST_HELD):
            http._hold("google", provider.hand_out())
        await http.find_access_token("google", refresh_token=first)
        assert len(http._held) == MOST_HELD
    assert [form["refresh_token"] for form in provider.asked] == [first, first]


def test_nothing_secret_is_shown(provider: Provider) -> None:
    registration = Registration(provider.server, "id", CLIENT_SECRET)
    assert CLIENT_SECRET not in repr(registration)
    caldav: CalDav = connect(provider.client(), account(provider, "planted"))
    assert "planted" not in f"{caldav.account!r}{caldav._login!r}"


def test_the_way_to_google_is_the_one_it_documents() -> None:
    server = read_providers()["google"].oauth
    assert server is not None
    # the verifier and its challenge are those of RFC 7636, appendix B
    url = write_request(
        Registration(server, "an-id", "a-secret"),
        redirect_uri="https://pencil.example/v1/consents/google",
        state="a-state",
        verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    )
    asked = httpx.URL(url)
    assert str(asked.copy_with(query=None)) == "https://accounts.google.com/o/oauth2/v2/auth"
    assert dict(asked.params) == {
        "access_type": "offline",
        "prompt": "consent",
        "response_type": "code",
        "client_id": "an-id",
        "redirect_uri": "https://pencil.example/v1/consents/google",
        "scope": "https://www.googleapis.com/auth/calendar",
        "state": "a-state",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }
    assert (server.token, server.resource) == (
        "https://oauth2.googleapis.com/token",
        "https://apidata.googleusercontent.com/caldav/v2/",
    )
