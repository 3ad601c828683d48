"""Calendars by consent as they are read: what a poll costs, and what it says once the consent is over."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.ical.bounded import BoundedReader
from service.workers.sync import Syncer
from tests.api.consenting import begin, come_back, connect, consent, list_calendars, press
from tests.households import Household, open_household
from tests.outside.provider import Provider, run_provider
from tests.outside.suite.proxy import Answer
from tests.servers import radicale

pytestmark = pytest.mark.servers


@pytest.fixture
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with radicale(tmp_path_factory.mktemp("provider"), accounts={"ana": "hers"}) as server:
        for name in ("home", "work"):
            server.make_calendar("ana", name)
        with run_provider(server.url, login="hers") as provider:
            yield provider


@pytest.fixture
async def home(migrated: Path, tmp_path: Path, provider: Provider) -> AsyncIterator[Household]:
    async with open_household(tmp_path, migrated=migrated, http=provider.client()) as home:
        yield home


@pytest.fixture
def reader() -> Iterator[BoundedReader]:
    reader = BoundedReader()
    yield reader
    reader.stop()


async def test_two_polls_of_a_new_process_cost_one_token_request(
    home: Household, provider: Provider, reader: BoundedReader
) -> None:
    ana, _ = await home.settle()
    await connect(home, ana)
    provider.asked.clear()
    async with provider.client() as http:
        syncer = Syncer(home.house, http=http, reader=reader, owner="one")
        for _ in range(2):
            assert await syncer.run() == 2
            home.clock.step(timedelta(hours=1))
    assert {each["status"] for each in await list_calendars(home, ana)} == {"healthy"}
    assert provider.grants == ["refresh_token"]


async def test_a_consent_that_was_taken_back_ends_the_polling_and_says_what_to_do(
    home: Household, provider: Provider, reader: BoundedReader
) -> None:
    ana, _ = await home.settle()
    first = await connect(home, ana)
    provider.refresh_tokens.clear()
    provider.access_tokens.clear()
    async with home.client(ana) as client:
        tested = await client.post(f"/v1/calendars/{first[0]['id']}/test")
    assert (tested.status_code, tested.json()["code"]) == (424, "calendar_auth")
    assert "consent" in tested.json()["detail"]
    async with provider.client() as http:
        await Syncer(home.house, http=http, reader=reader, owner="one").run()
        home.clock.step(timedelta(days=1))
        assert await Syncer(home.house, http=http, reader=reader, owner="two").run() == 0
        problems = [each["problems"] for each in await list_calendars(home, ana)]
        assert [[each["code"] for each in some] for some in problems] == [["calendar_auth"]] * 2
        assert "consent" in problems[0][0]["detail"]
        # once more, and what is known goes on under the new consent
        again = await press(home, await come_back(home, await consent(await begin(home, ana))))
        assert again.status_code == 200
        assert [each["id"] for each in await list_calendars(home, ana)] == [each["id"] for each in first]
        assert await Syncer(home.house, http=http, reader=reader, owner="three").run() == 2
    assert {each["status"] for each in await list_calendars(home, ana)} == {"healthy"}


async def test_a_token_endpoint_that_is_down_ends_no_polling(
    home: Household, provider: Provider, reader: BoundedReader
) -> None:
    ana, _ = await home.settle()
    await connect(home, ana)
    provider.broken = Answer(500)
    async with provider.client() as http:
        syncer = Syncer(home.house, http=http, reader=reader, owner="one")
        await syncer.run()
        problems = {each["code"] for calendar in await list_calendars(home, ana) for each in calendar["problems"]}
        assert problems == {"calendar_unreachable"}
        provider.broken = None
        home.clock.step(timedelta(days=1))
        assert await syncer.run() == 2
    assert {each["status"] for each in await list_calendars(home, ana)} == {"healthy"}
