"""`/metrics`: for the operator alone, of the whole service at once, and of nobody in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service import ids
from service.app import make_app
from service.store import outbox
from service.store.outbox import Kind, Parcel
from tests.api.commands import run
from tests.households import Household, between, open_household

TOKEN = "of-the-operator-alone"
Figures = dict[tuple[str, str], float]


@pytest.fixture
async def home(migrated: Path, tmp_path: Path) -> AsyncIterator[Household]:
    async with open_household(tmp_path, migrated=migrated) as home:
        works = replace(home.works, metrics_token=TOKEN)
        yield replace(home, works=works, app=make_app(works, with_ticker=False))


async def scrape(home: Household) -> Figures:
    """Return each figure by its name and the values of its labels, apart from the version."""
    async with home.client(TOKEN) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    samples = [each for family in text_string_to_metric_families(answer.text) for each in family.samples]
    return {(each.name, " ".join(each.labels.values())): each.value for each in samples}


@pytest.mark.parametrize("token", [None, "another-token-of-that-length", TOKEN[:-1]])
async def test_who_has_not_the_token_reads_nothing(home: Household, token: str | None) -> None:
    async with home.client(token) as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


async def test_without_a_token_there_is_no_such_page(migrated: Path, tmp_path: Path) -> None:
    async with open_household(tmp_path, migrated=migrated) as home, home.client("None") as client:
        assert (await client.get("/metrics")).status_code == httpx.codes.NOT_FOUND


async def test_the_token_of_a_partner_opens_nothing_here(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.client(ana) as client:
        assert (await client.get("/metrics")).status_code == httpx.codes.UNAUTHORIZED


async def test_what_waits_is_counted_and_how_long_it_does(home: Household) -> None:
    ana, _ = await home.settle()
    await home.add_calendar(ana)
    await home.add_calendar(ana, problem="calendar_auth")
    parcel = Parcel(ids.new_id(), ana.partner.id, Kind.CALENDAR, created_at=home.clock())
    async with home.house.database.write() as tx:
        await outbox.post(tx, [parcel])
    home.clock.step(timedelta(minutes=7))
    found = await scrape(home)
    assert found["pencilin_build_info", version("pencil-in")] == 1
    assert found["pencilin_parcels", "waiting mail"] == 1
    assert found["pencilin_parcels", "dead mail"] == found["pencilin_parcels", "dead calendar"] == 0
    assert (found["pencilin_calendars", "healthy"], found["pencilin_calendars", "failing"]) == (1, 1)
    assert (found["pencilin_overdue_seconds", "deliver"], found["pencilin_overdue_seconds", "sync"]) == (420, 0)


async def test_the_figures_are_always_the_same_ones_whatever_two_people_do(home: Household) -> None:
    before = await scrape(home)
    ana, ben = await home.settle()
    await home.fill(ben, between(9, 17, 22))
    async with home.client(ana) as mine, home.client(ben) as theirs:
        time = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
        date = (await mine.post("/v1/dates", json=time)).json()
        asked = await scrape(home)
        no = {"answer": "declined", "sequence": 0}
        assert (await theirs.put(f"/v1/dates/{date['id']}/answer", json=no)).is_success
        wish = {"per_week": 3}
        await theirs.put("/v1/gestures/settings", json=wish, headers={"If-Match": '"0"'})
    assert before.keys() == asked.keys() == (await scrape(home)).keys()
    assert not [key for key in before if "gesture" in key[0] or "remind" in key[1] or "date" in key[0]]


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    done = run("migrate", environ={"PENCILIN_DATA": str(tmp_path), "PENCILIN_METRICS_TOKEN": "short"})
    assert (done.status, done.is_one_plain_line) == (1, True)
    assert "PENCILIN_METRICS_TOKEN" in done.err
