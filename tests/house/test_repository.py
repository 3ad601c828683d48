"""
Rules about the repository itself: what may stand in it, how long it may be, and what the README owes its readers.

Sizes are in lines, counted as an editor counts them.
"""

import ast
import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from service.settings import Settings

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 300
LONGEST_FUNCTION = 40

# Each entry is a decision, with its reason beside it.
LONGER_FILES: frozenset[str] = frozenset(
    {"service/store/migrations/versions/0001_the_first_tables.py"}  # a list of tables, read as one
)
LONGER_FUNCTIONS: frozenset[str] = frozenset(
    {"service/store/migrations/versions/0001_the_first_tables.py::upgrade"}  # a list of tables, read as one
)

# Written in pieces, so that this file may stand among those it searches.
HOSTS = ["py" + "pi.org", "py" + "thonhosted.org", "npm" + "js.", "ghcr" + ".io", "quay" + ".io", "crates" + ".io"]
MACHINE = [r"/wo" + r"rk/", r"/ro" + r"ot/"]
TELLTALE = re.compile("|".join([*(re.escape(host) for host in HOSTS), *MACHINE]))


def list_files(kind: str = "*") -> list[str]:
    """Return the files of the repository, without asking git, which a machine that only runs the tests may not have."""
    ignored = [".git", *(line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split())]
    found = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if not any(fnmatch(name, pattern) for pattern in ignored)]
        found += [(Path(folder) / name).relative_to(ROOT).as_posix() for name in files if fnmatch(name, kind)]
    return sorted(found)


def find_telltales(text: str) -> list[str]:
    return [line.strip()[:120] for line in text.splitlines() if TELLTALE.search(line)]


def list_functions(source: str) -> Iterator[tuple[str, int]]:
    """Yield name and length of each function, decorators and docstring included."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            yield node.name, (node.end_lineno or first) - first + 1


@pytest.mark.parametrize("lock", ["requirements.lock", ".ci/tools.lock"])
def test_every_package_in_a_lock_has_a_version_and_hashes(lock: str) -> None:
    entries = re.split(r"^(?=\S)", (ROOT / lock).read_text(encoding="utf-8"), flags=re.MULTILINE)
    packages = [entry for entry in entries if re.match(r"[a-z0-9]", entry)]
    assert packages
    assert [entry[:60] for entry in packages if not re.match(r"[a-z0-9-]+==\S+", entry)] == []
    assert [entry[:60] for entry in packages if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", ["requirements.lock", ".ci/tools.lock"])
def test_a_lock_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert re.search(r"^--|index", text, re.MULTILINE) is None


def test_no_file_tells_of_a_registry_or_of_the_machine_it_was_written_on() -> None:
    told = {}
    for file in list_files():
        text = (ROOT / file).read_bytes().decode("utf-8", errors="replace")
        if found := find_telltales(text):
            told[file] = found
    assert told == {}


@pytest.mark.parametrize("host", HOSTS)
def test_a_registry_is_noticed(host: str) -> None:
    assert find_telltales(f"fetch it from https://{host}/simple") != []


def test_no_file_is_longer_than_a_person_reads() -> None:
    lengths = {file: len((ROOT / file).read_text(encoding="utf-8").splitlines()) for file in list_files("*.py")}
    longer = {file: length for file, length in lengths.items() if length > LONGEST_FILE and file not in LONGER_FILES}
    assert longer == {}


def test_no_function_is_longer_than_a_person_keeps_in_mind() -> None:
    longer = {
        f"{file}::{name}": length
        for file in list_files("*.py")
        for name, length in list_functions((ROOT / file).read_text(encoding="utf-8"))
        if length > LONGEST_FUNCTION and f"{file}::{name}" not in LONGER_FUNCTIONS
    }
    assert longer == {}


def test_the_length_of_a_function_counts_all_its_lines() -> None:
    source = "@decorated\nasync def walk() -> None:\n    '''Walk.'''\n    await there()\n"
    assert list(list_functions(source)) == [("walk", 4)]


@pytest.mark.parametrize("setting", [f"PENCILIN_{name.upper()}" for name in Settings.model_fields])
def test_the_readme_lists_each_setting_once(setting: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = [line for line in readme.splitlines() if re.match(rf"\|\s*`{setting}(_FILE)?`", line)]
    assert len(rows) == 1
