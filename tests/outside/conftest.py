"""Real calendar servers, started once for these tests; each test makes calendars of its own."""

from collections.abc import Iterator

import pytest

from tests.servers import CalendarServer, radicale, xandikos


@pytest.fixture(scope="session")
def radicale_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarServer]:
    with radicale(tmp_path_factory.mktemp("radicale"), accounts={"ana": "secret", "ben": "other"}) as server:
        yield server


@pytest.fixture(scope="session")
def xandikos_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalendarServer]:
    with xandikos(tmp_path_factory.mktemp("xandikos")) as server:
        yield server
