"""
Whether libraries of other languages read the golden files as we mean them; `make interop` runs this.

Each program in ``peers`` prints what it finds in a file as JSON, times as seconds since 1970 UTC. One that cannot be
had on this machine is left out, and the closing lines say why.
"""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.bench.programs import NotThere, Program, compile_source, install_script
from tests.ical.golden import FOLDER, GOLDENS, Facts

SOURCES = Path(__file__).parent / "peers"
READERS: Mapping[str, str] = {"ical.js": "icaljs.mjs", "libical": "libical.c"}


@pytest.fixture(scope="module", params=READERS)
def reader(request: pytest.FixtureRequest) -> Program:
    source = SOURCES / READERS[request.param]
    try:
        return (compile_source if source.suffix == ".c" else install_script)(source, name=request.param)
    except NotThere as lack:
        pytest.skip(f"{request.param}: {lack}")


def read(data: bytes) -> Facts:
    found = json.loads(data)
    for name in ("start", "end"):
        found[name] = datetime.fromtimestamp(found[name], UTC)
    return Facts(**found)


@pytest.mark.parametrize("name", GOLDENS)
def test_an_object_is_read_by_libraries_of_other_languages_as_we_mean_it(name: str, reader: Program) -> None:
    command = (*reader.command, str(FOLDER / f"{name}.ics"))
    said = subprocess.run(command, check=True, capture_output=True, timeout=30).stdout
    assert read(said) == GOLDENS[name].facts
