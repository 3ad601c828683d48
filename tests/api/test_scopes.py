"""Every way into the API asks for a token, and for the one scope that its resource has."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from service.actions import joining
from service.actions.joining import SCOPES
from service.api import consents as consent_routes
from service.api import joining as joining_routes
from tests.households import Household

OPEN = {"/healthz", "/readyz", "/v1/join/{secret}", "/v1/consents/{provider}"}
SCOPE_OF = {
    "me": "me",
    "couple": "me",
    "tokens": "me",
    "helpers": "me",
    "calendars": "calendars",
    "providers": "calendars",
    "busy": "calendars",
    "slots": "slots",
    "ideas": "ideas",
    "gestures": "gestures",
}


def list_routes(home: Household) -> Iterator[tuple[str, str]]:
    paths = home.app.openapi()["paths"]
    for path, methods in paths.items():
        for method in methods:
            yield method.upper(), path


def scope_of(method: str, path: str) -> str:
    resource = path.split("/")[2].split("?")[0]
    if resource in ("dates", "rhythm"):
        return "dates:read" if method == "GET" else "dates:write"
    return SCOPE_OF[resource]


def fill(path: str) -> str:
    return "/".join("0" * 32 if part.startswith("{") else part for part in path.split("/"))


async def test_only_four_places_are_open_to_everybody(home: Household) -> None:
    routes = [*joining_routes.open_router.routes, *consent_routes.open_router.routes]
    assert {route.path for route in routes if isinstance(route, APIRoute)} == {each for each in OPEN if "/v1/" in each}
    assert {path for _, path in list_routes(home) if not path.startswith("/v1/")} == {"/healthz", "/readyz"}


async def test_no_closed_route_answers_without_a_token(home: Household) -> None:
    routes = [(method, path) for method, path in list_routes(home) if path not in OPEN]
    assert len(routes) > 25
    async with home.client() as client:
        for method, path in routes:
            answer = await client.request(method, fill(path))
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), (method, path)
            assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_every_closed_route_refuses_a_token_with_all_scopes_but_its_own(home: Household) -> None:
    ana, _ = await home.settle()
    for method, path in list_routes(home):
        if path in OPEN:
            continue
        others = SCOPES - {scope_of(method, path)}
        handed = await joining.make_token(home.house, partner=ana.partner, name="app", scopes=others, now=home.clock())
        async with home.client(handed.secret) as client:
            answer = await client.request(method, fill(path), headers={"If-Match": '"1"'})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), (method, path)


async def test_every_closed_route_lets_in_a_token_with_its_own_scope_alone(home: Household) -> None:
    ana, _ = await home.settle()
    for method, path in list_routes(home):
        if path in OPEN:
            continue
        scopes = frozenset({scope_of(method, path)})
        handed = await joining.make_token(home.house, partner=ana.partner, name="app", scopes=scopes, now=home.clock())
        async with home.client(handed.secret) as client:
            answer = await client.request(method, fill(path), headers={"If-Match": '"1"'})
        assert answer.status_code not in {401, 403, 500}, (method, path)


async def test_a_token_makes_no_token_that_opens_more_than_itself(home: Household) -> None:
    ana, _ = await home.settle()
    handed = await joining.make_token(
        home.house, partner=ana.partner, name="app", scopes=frozenset({"me", "slots"}), now=home.clock()
    )
    async with home.client(handed.secret) as client:
        more = await client.post("/v1/tokens", json={"name": "more", "scopes": ["dates:write"]})
        less = await client.post("/v1/tokens", json={"name": "less", "scopes": ["slots"]})
    assert (more.status_code, more.json()["code"]) == (403, "not_allowed")
    assert less.status_code == 201


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "pi_x", "Bearer pi_nobody", "Bearer \xe4"])
async def test_what_is_no_token_opens_nothing(home: Household, header: str) -> None:
    async with home.client() as client:
        answer = await client.get("/v1/me", headers={b"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
