"""The way of a consent, step by step: asked for, given at the provider, brought back by a browser, and confirmed."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx

from tests.households import Household, Person

ASKED = {"provider": "google"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
BACK = re.compile(r'<form method="post" action="([^"]+)">')


async def begin(home: Household, person: Person) -> str:
    """Return the address at which the person is to consent."""
    async with home.client(person) as client:
        answer = await client.post("/v1/calendars/consents", json=ASKED)
    assert answer.status_code == 201, answer.text
    ends = datetime.fromisoformat(answer.json()["expires_at"])
    assert ends - home.clock() == timedelta(minutes=10)
    url: str = answer.json()["url"]
    return url


async def consent(url: str) -> str:
    """Go to the provider and consent, as a browser would; return where it sends one back to, without our host."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(url)
    assert answer.status_code == 302, answer.text
    back = httpx.URL(answer.headers["Location"])
    assert str(back).startswith("http://127.0.0.1:8000/v1/consents/google?")
    return back.raw_path.decode()


async def come_back(home: Household, path: str, *, headers: dict[str, str] | None = None) -> httpx.Response:
    """Come back without a token, as browsers do."""
    async with home.client() as browser:
        return await browser.get(path, headers=BROWSER if headers is None else headers)


async def press(home: Household, page: httpx.Response, *, headers: dict[str, str] | None = None) -> httpx.Response:
    found = BACK.search(page.text)
    assert found, page.text
    async with home.client() as browser:
        return await browser.post(
            str(page.url.join(unescape(found[1]))), headers=BROWSER if headers is None else headers
        )


async def connect(home: Household, person: Person) -> list[dict[str, Any]]:
    """Let a person go all the way, and return their calendars."""
    done = await press(home, await come_back(home, await consent(await begin(home, person))))
    assert done.status_code == 200, done.text
    return await list_calendars(home, person)


async def list_calendars(home: Household, person: Person) -> list[dict[str, Any]]:
    async with home.client(person) as client:
        found: list[dict[str, Any]] = (await client.get("/v1/calendars")).json()["data"]
        return found
