"""Errors are problems (RFC 9457) with a stable code, and say nothing of what was sent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from service.api.errors import STATUS
from service.app import make_app
from service.core import errors
from tests.households import Household, open_household
from tests.servers import find_free_port

SECRET = "hunter2-swordfish"


def refusals(of: type[errors.Refusal]) -> Iterator[type[errors.Refusal]]:
    for each in of.__subclasses__():
        yield each
        yield from refusals(each)


def test_every_refusal_has_a_status_and_one_plain_sentence() -> None:
    for refusal in refusals(errors.Refusal):
        sentence = str(refusal())
        assert sentence.endswith(".")
        assert "\n" not in sentence
        if not refusal.__subclasses__() or refusal is errors.Invalid:
            assert refusal.code in STATUS


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nowhere", 404, "not_found"),
        ("GET", "/", 404, "not_found"),
        ("DELETE", "/v1/me", 405, "method_not_allowed"),
        ("POST", "/healthz", 405, "method_not_allowed"),
    ],
)
async def test_a_way_that_is_not_there_is_a_problem(
    ana: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await ana.request(method, path)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.status_code == status
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["type"]) == (status, code, "about:blank")
    assert problem["title"]
    assert problem["detail"]


def plant(schema: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Return a body that holds the secret in every field, in a list."""
    name = schema.get("$ref", "").rpartition("/")[2]
    fields = (whole["components"]["schemas"][name] if name else schema).get("properties", {})
    return {field: [SECRET] for field in fields} | {"unknown": SECRET}


async def test_no_answer_repeats_what_was_sent(home: Household, ana: httpx.AsyncClient) -> None:
    whole = home.app.openapi()
    tried = 0
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            where = "/".join(SECRET if part.startswith("{") else part for part in path.split("/"))
            params = {each["name"]: SECRET for each in operation.get("parameters", ()) if each["in"] == "query"}
            headers = {"If-Match": SECRET}
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            bodies: list[Any] = [None]
            if body is not None:
                fields = plant(body, whole)
                bodies = [fields, dict.fromkeys(fields, SECRET), [SECRET], SECRET]
            for each in bodies:
                answer = await ana.request(method, where, params=params, json=each, headers=headers)
                assert SECRET not in answer.text, (method, path)
                assert answer.status_code != 500, (method, path)
                tried += 1
    assert tried > 50


async def test_a_field_that_does_not_fit_is_named(ana: httpx.AsyncClient) -> None:
    answer = await ana.post("/v1/dates", json={"start": SECRET, "end": "2026-12-03T20:00:00Z"})
    assert answer.json()["fields"] == ["start"]


async def test_a_mistake_of_ours_is_a_problem_without_a_word_of_it(migrated: Path, tmp_path: Path) -> None:
    async with open_household(tmp_path, migrated=migrated) as home:
        ana, _ = await home.settle()
        async with home.house.database.write() as tx:
            await tx.execute(text("ALTER TABLE partners RENAME TO elsewhere"))
        async with home.client(ana) as client:
            answer = await client.get("/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (500, "mistake")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not [word for word in ("partners", "SELECT", "sqlite", "Traceback") if word in answer.text]


async def test_the_description_is_openapi_3_1_and_lists_every_route(home: Household) -> None:
    async with home.client() as client:
        whole = (await client.get("/openapi.json")).json()
        assert (await client.get("/docs")).status_code == 200
    assert whole["openapi"].startswith("3.1")
    listed = {(method.upper(), path) for path, methods in whole["paths"].items() for method in methods}
    assert {
        ("GET", "/v1/me"),
        ("PATCH", "/v1/me"),
        ("GET", "/v1/couple"),
        ("POST", "/v1/couple/invitations"),
        ("DELETE", "/v1/couple/invitations/{invitation_id}"),
        ("POST", "/v1/calendars"),
        ("POST", "/v1/calendars/{calendar_id}/sync"),
        ("GET", "/v1/busy"),
        ("GET", "/v1/slots"),
        ("GET", "/v1/slots/explain"),
        ("GET", "/v1/ideas"),
        ("POST", "/v1/dates"),
        ("GET", "/v1/dates/next"),
        ("PUT", "/v1/dates/{date_id}/answer"),
        ("POST", "/v1/dates/{date_id}/move"),
        ("POST", "/v1/dates/{date_id}/cancel"),
        ("GET", "/v1/dates/{date_id}.ics"),
        ("PUT", "/v1/gestures/settings"),
        ("POST", "/v1/tokens"),
        ("GET", "/healthz"),
        ("GET", "/readyz"),
    } <= listed


async def test_the_house_is_alive_and_ready(home: Household) -> None:
    async with home.client() as client:
        for path in ("/healthz", "/readyz"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_a_house_whose_clock_stands_still_is_not_ready(home: Household) -> None:
    app = make_app(home.works, with_ticker=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://house.test") as client:
        answers = [await client.get("/readyz"), await client.get("/healthz")]
        async with app.router.lifespan_context(app):
            answers.append(await client.get("/readyz"))
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert answers[0].json()["code"] == "not_ready"


async def test_a_house_whose_database_was_not_migrated_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    async with open_household(tmp_path, migrated=tmp_path / "empty.db") as home, home.client() as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert "pencilin migrate" in answer.json()["detail"]


@pytest.mark.servers
async def test_a_house_whose_database_does_not_answer_is_not_ready(home: Household, tmp_path: Path) -> None:
    url = f"postgresql+psycopg://nobody:{SECRET}@127.0.0.1:{find_free_port()}/nothing"
    (tmp_path / "empty.db").touch()
    async with open_household(tmp_path, url=url, migrated=tmp_path / "empty.db") as away, away.client() as client:
        answers = [await client.get("/readyz"), await client.get("/healthz"), await client.get("/v1/join/x")]
    assert [answer.status_code for answer in answers] == [503, 200, 500]
    assert not [answer for answer in answers if SECRET in answer.text]
