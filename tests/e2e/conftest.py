"""One service with one calendar server for all tests that need nothing of their own."""

from collections.abc import Iterator

import pytest

from tests.e2e.stage import Stage, open_stage
from tests.servers import radicale, smtp_sink


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    accounts = {"ana": "secret", "ben": "other"}
    with (
        radicale(folder, accounts=accounts) as server,
        smtp_sink() as sink,
        open_stage(folder, servers=[server], sink=sink) as stage,
    ):
        yield stage
