"""A household, the mail servers it shares with the world, and Thunderbird in which Ben reads and answers."""

import os
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from subprocess import SubprocessError
from zoneinfo import ZoneInfo

import pytest

from integrations.ical.bounded import BoundedReader
from tests.interop.clients.reading import BEN, NAME, RESULTS, ZONE, Reading
from tests.interop.postoffice import PostOffice, open_post_office
from tests.interop.processes import open_folder
from tests.interop.thunderbird import Thunderbird, run_thunderbird
from tests.workers.world import open_home

CHOSEN = os.environ.get("TEST_CLIENTS", "").split(",")

collect_ignore_glob = [] if "thunderbird" in CHOSEN else ["test_*.py"]


@pytest.fixture(scope="session")
def office() -> Iterator[PostOffice]:
    with open_post_office(BEN) as office:
        yield office


@pytest.fixture(scope="session", params=["thunderbird"])
def client(office: PostOffice) -> Iterator[Thunderbird]:
    with (
        open_folder("thunderbird") as folder,
        run_thunderbird(folder, office=office, name=NAME, zone=ZONE) as thunderbird,
    ):
        yield thunderbird


@pytest.fixture
async def reading(migrated: Path, tmp_path: Path, office: PostOffice, client: Thunderbird) -> AsyncIterator[Reading]:
    reader = BoundedReader()
    async with open_home(tmp_path, reader=reader, migrated=migrated) as home:
        ben = await home.change(home.ben, name=NAME, zone=ZoneInfo(ZONE))
        yield Reading(replace(home, ben=ben), office, client)
    reader.stop()


@pytest.fixture
def how(record_property: Callable[[str, object], None]) -> Callable[[object], None]:
    """Return a way to say what the program did, for the table of `make interop`."""
    return lambda text: record_property("how", text)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a picture of the screen on which a test failed."""
    report = yield
    client = getattr(item, "funcargs", {}).get("client")
    if report.failed and isinstance(client, Thunderbird):
        picture = RESULTS / f"{getattr(item, 'originalname', item.name)}.png"
        with suppress(SubprocessError):  # there may be no screen any more
            client.take_picture(picture)
        report.sections.append(("screen", str(picture)))
    return report
