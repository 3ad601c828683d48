"""The key that Web Push is signed with: printed by a command, made by itself beside SQLite, and never by replicas."""

import stat
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from integrations.push.vapid import Vapid, new_vapid_line
from service.app import make_app, make_house
from service.settings import Settings, SettingsError
from service.store.vault import new_key_line
from tests.api.commands import run
from tests.households import Household, Person
from tests.outside.browsers import Browser

POSTGRES = SecretStr("postgresql+psycopg://somebody@127.0.0.1/nowhere")


def test_the_command_prints_a_fresh_key_each_time() -> None:
    lines = [run("keys", "vapid").out for _ in range(2)]
    assert len({Vapid.from_text(line, contact="").public for line in lines}) == 2


def test_beside_sqlite_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    keys = {make_house(Settings(data=tmp_path)).push_key for _ in range(2)}
    assert len(keys) == 1
    assert stat.S_IMODE((tmp_path / "vapid").stat().st_mode) == 0o600


def test_with_postgresql_web_push_waits_for_a_key(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, database_url=POSTGRES, key=SecretStr(new_key_line()))
    line = new_vapid_line()
    keys = [
        make_house(each).push_key for each in (settings, settings.model_copy(update={"vapid_key": SecretStr(line)}))
    ]
    assert keys == [None, Vapid.from_text(line, contact="").public]


def test_a_key_that_is_none_is_named_and_not_shown(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        make_house(Settings(data=tmp_path, vapid_key=SecretStr("swordfish")))
    assert "PENCILIN_VAPID_KEY" in str(refused.value)
    assert "swordfish" not in str(refused.value)


@pytest.fixture
async def without_push(home: Household, couple: tuple[Person, Person]) -> AsyncIterator[httpx.AsyncClient]:
    works = replace(home.works, house=replace(home.house, push_key=None))
    async with Household(works, home.clock, make_app(works, with_ticker=False)).client(couple[0]) as client:
        yield client


async def test_without_a_key_browsers_are_told_so_and_other_ways_work(without_push: httpx.AsyncClient) -> None:
    assert (await without_push.get("/v1/me/push")).json()["web_push_key"] is None
    subscription = Browser().subscription("https://push.example.org/")
    keys = {"p256dh": subscription.p256dh, "auth": subscription.auth}
    refused = await without_push.post("/v1/me/push", json={"kind": "web_push", "url": subscription.url, "keys": keys})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    topic = await without_push.post("/v1/me/push", json={"kind": "ntfy", "url": "https://ntfy.example.org/t"})
    assert topic.status_code == 201
