"""Calendars by consent: there and back, against a provider that keeps its rules, and what goes wrong on the way."""

import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from integrations.caldav.login import Login
from service.actions.connect import account_of
from service.app import make_works
from service.settings import Settings, SettingsError
from service.store import calendars
from service.workers.tidy import tidy
from tests.api.consenting import ASKED, BROWSER, begin, come_back, connect, consent, list_calendars, press
from tests.households import Household, open_household
from tests.outside.provider import Provider, run_provider
from tests.outside.suite.proxy import Answer
from tests.servers import radicale

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a real server, at which ana has two calendars."""
    with radicale(tmp_path_factory.mktemp("provider"), accounts={"ana": "hers"}) as server:
        for name in ("home", "work"):
            server.make_calendar("ana", name)
        yield server.url


@pytest.fixture
def provider(server: str) -> Iterator[Provider]:
    with run_provider(server, login="hers") as provider:
        yield provider


@pytest.fixture
async def home(migrated: Path, tmp_path: Path, provider: Provider) -> AsyncIterator[Household]:
    async with open_household(tmp_path, migrated=migrated, http=provider.client()) as home:
        yield home


async def assert_refused(home: Household, path: str, *, status: int, code: str, method: str = "POST") -> None:
    """Check that coming back ends so: a code for programs, a sentence for people, and nothing kept."""
    async with home.client() as client:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        again = await client.request(method, path, headers=BROWSER)
    assert again.headers["Content-Type"].startswith("text/plain")
    assert not [each for each in re.findall(r"[=]([^&]{20,})", path) if each in answer.text + again.text]
    rows = await home.count_rows()
    assert (rows["calendars"], rows["consents"]) == (0, 0)


async def test_a_person_consents_and_their_calendars_are_connected(home: Household, provider: Provider) -> None:
    ana, ben = await home.settle()
    connected = await connect(home, ana)
    assert [(each["kind"], each["writable"], each["status"]) for each in connected] == [("caldav", True, "new")] * 2
    assert [each["receives_dates"] for each in connected].count(True) == 1
    assert {each["name"] for each in connected} == {None}
    assert await list_calendars(home, ben) == []
    assert provider.grants == ["authorization_code"]
    assert (await home.count_rows())["consents"] == 0


async def test_coming_back_connects_nothing_but_shows_for_whom_it_would(home: Household, provider: Provider) -> None:
    _, ben = await home.settle()
    path = await consent(await begin(home, ben))
    for _ in range(2):  # looking is free
        page = await come_back(home, path)
        assert page.status_code == 200
        assert ben.partner.address in page.text
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert provider.asked == []
    assert (await home.count_rows())["calendars"] == 0
    assert (await press(home, page)).headers["Cache-Control"] == "no-store"
    await assert_nothing_more(home, page)


async def test_the_page_is_in_ones_language_and_what_nobody_asked_for_in_the_browsers(
    home: Household, provider: Provider
) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        await client.patch("/v1/me", json={"language": "de"}, headers={"If-Match": '"1"'})
    page = await come_back(home, await consent(await begin(home, ana)))
    assert '<html lang="de">' in page.text
    assert "Ja, das bin ich" in page.text
    done = await press(home, page)
    assert done.text.startswith("Deine Kalender sind verbunden.")
    again = await press(home, page, headers={"Accept-Language": "de", "Accept": "text/html"})
    assert again.text.startswith("Dieser Weg gilt nur einmal")


async def assert_nothing_more(home: Household, page: httpx.Response) -> None:
    """Check that the button works once."""
    again = await press(home, page, headers={})
    assert (again.status_code, again.json()["code"]) == (404, "consent_over")


@pytest.mark.parametrize(
    ("said", "status", "code"), [("access_denied", 403, "consent_declined"), ("server_error", 424, "consent_refused")]
)
async def test_a_person_who_says_no_is_left_in_peace(
    home: Household, provider: Provider, said: str, status: int, code: str
) -> None:
    ana, _ = await home.settle()
    provider.says_no = said
    path = await consent(await begin(home, ana))
    answer = await come_back(home, path, headers={})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    await assert_refused(home, path, status=404, code="consent_over", method="GET")
    assert provider.asked == []


@pytest.mark.parametrize(
    "path", ["google?state=x&code=y", "google?code=y", "google", "nobody?state=x", "google?error=x"]
)
async def test_a_state_that_nobody_gave_out_opens_nothing(home: Household, provider: Provider, path: str) -> None:
    await home.settle()
    await assert_refused(home, f"/v1/consents/{path}", status=404, code="consent_over", method="GET")
    await assert_refused(home, "/v1/consents/google?state=x&code=y", status=404, code="consent_over")
    assert provider.asked == []


async def test_a_way_that_is_too_old_opens_nothing(home: Household, provider: Provider) -> None:
    ana, _ = await home.settle()
    path = await consent(await begin(home, ana))
    home.clock.step(timedelta(minutes=10))
    async with home.client() as browser:
        assert (await browser.post(path)).json()["code"] == "consent_over"
    await tidy(home.house)
    await assert_refused(home, path, status=404, code="consent_over", method="GET")
    assert provider.asked == []


async def test_a_code_is_worth_nothing_with_the_state_of_another(home: Household, provider: Provider) -> None:
    ana, ben = await home.settle()
    hers, his = [httpx.URL(await consent(await begin(home, each))) for each in (ana, ben)]
    mixed = f"/v1/consents/google?{httpx.QueryParams(state=his.params['state'], code=hers.params['code'])}"
    async with home.client() as browser:
        answer = await browser.post(mixed)
        assert (answer.status_code, answer.json()["code"]) == (424, "consent_refused")
        # her code is used up by that, and nothing of hers went anywhere
        assert (await browser.post(hers.raw_path.decode())).json()["code"] == "consent_refused"
    await assert_refused(home, mixed, status=404, code="consent_over")


async def test_a_code_works_once(home: Household, provider: Provider) -> None:
    ana, _ = await home.settle()
    used = httpx.URL(await consent(await begin(home, ana)))
    other = httpx.URL(await consent(await begin(home, ana)))
    async with home.client() as browser:
        assert (await browser.post(used.raw_path.decode())).status_code == 200
        replayed = httpx.QueryParams(state=other.params["state"], code=used.params["code"])
        answer = await browser.post(f"/v1/consents/google?{replayed}")
    assert answer.json()["code"] == "consent_refused"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"gives_refresh_tokens": False}, 424, "consent_too_short"),
        ({"gives_scope": "openid email"}, 403, "consent_declined"),
        ({"broken": Answer(500)}, 503, "calendar_unreachable"),
        ({"broken": Answer(401, body=b'{"error": "invalid_client"}')}, 503, "calendar_unreachable"),
        ({"broken": Answer(400, body=b'{"error": "invalid_grant"}')}, 424, "consent_refused"),
        ({"login": "changed"}, 424, "consent_refused"),
    ],
)
async def test_each_thing_that_goes_wrong_has_its_own_code_and_keeps_nothing(
    home: Household, provider: Provider, changes: dict[str, Any], status: int, code: str
) -> None:
    ana, _ = await home.settle()
    path = await consent(await begin(home, ana))
    vars(provider).update(changes)
    async with home.client() as browser:
        answer = await browser.post(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    await assert_refused(home, path, status=404, code="consent_over")


async def test_people_read_a_sentence_and_no_problem_object(home: Household, provider: Provider) -> None:
    ana, _ = await home.settle()
    provider.says_no = "access_denied"
    answer = await come_back(home, await consent(await begin(home, ana)))
    assert (
        answer.text == "You chose not to share your calendar, which is fine; nothing was connected and nothing kept.\n"
    )
    assert answer.headers["Cache-Control"] == "no-store"


def read_database(folder: Path) -> bytes:
    return b"".join(each.read_bytes() for each in folder.glob("pencil-in.db*"))


async def test_nothing_secret_is_kept_in_the_clear_or_said(
    home: Household, provider: Provider, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ana, _ = await home.settle()
    url = await begin(home, ana)
    path = await consent(url)
    page = await come_back(home, path)
    done = await press(home, page)
    [calendar, *_] = await list_calendars(home, ana)
    provider.refresh_tokens.clear()
    provider.access_tokens.clear()
    async with home.client(ana) as client:
        refused = await client.post(f"/v1/calendars/{calendar['id']}/test")
    async with home.house.database.read() as tx:
        access = await calendars.find_access(
            tx, partner_id=ana.partner.id, calendar_id=calendar["id"], vault=home.house.vault
        )
    assert (account_of(access).login, access.password) == (Login.BEARER, provider.every_secret[1])
    said = "".join(each.text for each in (done, refused)) + repr(access) + caplog.text
    kept = read_database(tmp_path)
    assert len(kept) > 10_000
    secrets = [*provider.every_secret, httpx.URL(url).params["state"], "planted-client-secret"]
    assert len(secrets) == 5
    assert [each for each in secrets if each in said or each.encode() in kept] == []


async def test_without_a_registration_consent_is_not_offered(migrated: Path, tmp_path: Path) -> None:
    async with open_household(tmp_path, migrated=migrated) as home:
        ana, _ = await home.settle()
        async with home.client(ana) as client:
            answer = await client.post("/v1/calendars/consents", json=ASKED)
            listed = (await client.get("/v1/providers")).json()["data"]
    assert (answer.status_code, answer.json()["code"]) == (422, "consent_not_offered")
    assert not [each["id"] for each in listed if each["consent"]]


async def test_the_providers_tell_where_consent_is_offered(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        listed = (await client.get("/v1/providers")).json()["data"]
        other = await client.post("/v1/calendars/consents", json={"provider": "nextcloud"})
    assert [each["id"] for each in listed if each["consent"]] == ["google"]
    assert other.json()["code"] == "consent_not_offered"


@pytest.mark.parametrize("half", [{"google_client_id": "an-id"}, {"google_client_secret": SecretStr("a-secret")}])
def test_a_registration_is_set_whole_or_not_at_all(tmp_path: Path, half: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="PENCILIN_GOOGLE_CLIENT_ID and") as refused:
        make_works(Settings(data=tmp_path, **half))
    assert "a-secret" not in str(refused.value)
