"""The table that `make interop` prints, and what it says where it cannot run."""

import re
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import pytest

from tests.interop import clients
from tests.interop.__main__ import CLIENT_NAMES, NAMES, READERS
from tests.interop.packages import PACKAGES, tell_what_lacks
from tests.interop.table import CLIENT_STEPS, FAILED, FINE, KNOWN, STEPS, Table
from tests.outside import suite
from tests.outside.suite.servers import FACTS
from tests.outside.suite.starting import STARTERS

HEADS = {"radicale": "Radicale 3", "sogo": "SOGo 5"}


@pytest.mark.parametrize(("package", "steps"), [(suite, STEPS), (clients, CLIENT_STEPS)])
def test_every_step_is_a_row_and_every_row_a_step(package: ModuleType, steps: Sequence[str]) -> None:
    files = Path(str(package.__file__)).parent.glob("test_*.py")
    marked = {step for file in files for step in re.findall(r'mark\.step\("([^"]+)"\)', file.read_text("utf-8"))}
    assert marked == set(steps)


def test_every_server_has_its_facts_a_way_to_start_and_a_name() -> None:
    assert set(FACTS) == set(STARTERS) == set(NAMES)
    assert set(CLIENT_NAMES) < set(PACKAGES) < {*NAMES, *CLIENT_NAMES, READERS.stem}
    assert READERS.exists()


def test_a_cell_tells_the_worst_of_its_tests_and_how_the_server_did_it() -> None:
    cells = {
        ("PUT", "radicale"): [(FINE, "412"), (FINE, ""), (FINE, "412")],
        ("PUT", "sogo"): [(FINE, "412"), (KNOWN, "")],
        ("DELETE", "sogo"): [(KNOWN, ""), (FAILED, "")],
    }
    lines = Table(cells).render(HEADS).splitlines()
    assert lines[:2] == ["| step | Radicale 3 | SOGo 5 |", "| --- | --- | --- |"]
    assert "| PUT | ok: 412 | known defect: 412 |" in lines
    assert "| DELETE | not run | **fails** |" in lines
    assert len(lines) == len(STEPS) + 2


def test_who_is_not_root_is_told_what_to_install() -> None:
    told = tell_what_lacks(["sogo", "memcached"], has_apt=True, is_root=False)
    assert told is not None
    assert "apt-get install --no-install-recommends sogo memcached" in told


def test_a_machine_without_apt_is_told_so_and_root_with_apt_goes_on() -> None:
    assert "no apt-get" in (tell_what_lacks([], has_apt=False, is_root=True) or "")
    assert tell_what_lacks(["sogo"], has_apt=True, is_root=True) is None
