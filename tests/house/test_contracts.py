"""
Shows that every rule a lint holds is really held: each is violated in a copy of the tree, and each must say so.

One copy holds all violations of `.importlinter` at once, each in a line of its own; the report then has to name, under
each contract, the lines that were planted against it.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def read_contracts() -> dict[str, dict[str, str]]:
    """Return the options of each contract by its id."""
    parser = ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    return {name.rpartition(":")[2]: dict(parser[name]) for name in parser.sections() if "contract:" in name}


CONTRACTS = read_contracts()


def list_violations() -> Iterator[tuple[str, str, str]]:
    """Yield contract, importer, imported: of each wall by hand, and of each name that a contract lists."""
    yield "layers", "service.clock", "service.core.interval"
    yield "layers", "service.core.planted", "service.store.engine"
    yield "layers", "service.content.planted", "service.store.engine"
    yield "layers", "service.store.planted", "service.actions.connect"
    yield "layers", "service.actions.planted", "service.api"
    yield "layers", "service.api.planted", "service.workers.ticker"
    yield "layers", "service.workers.planted", "service.app"
    yield "layers", "service.app", "service.commands"
    yield "core", "service.core.planted", "sqlalchemy"
    yield "core", "service.core.planted", "service.clock"
    yield "core", "service.core.planted", "integrations.errors"
    yield "one-arrow", "integrations.mail.planted", "service.core.interval"
    yield "strangers", "integrations.mail.planted", "integrations.caldav.client"
    yield "strangers", "integrations.ical.planted", "integrations.mail.message"
    yield "strangers", "integrations.http", "integrations.ical.busy"
    yield "strangers", "integrations.errors", "integrations.http"
    yield "no-tests", "service.commands.planted", "tests"
    yield "no-tests", "integrations.mail.planted", "tests"
    for module in CONTRACTS["core"]["banned"].split():
        yield "core", "service.core.planted", module
    for module in CONTRACTS["codec"]["forbidden_modules"].split():
        yield "codec", "integrations.ical.planted", module
    for contract, options in CONTRACTS.items():
        for module in options.get("tenants", "").split():
            yield contract, "service.actions.planted", module


VIOLATIONS = list(list_violations())


def copy_tree(folder: Path) -> Path:
    for package in ("service", "integrations", "tests/house"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (".importlinter", "pyproject.toml", "tests/__init__.py"):
        shutil.copy(ROOT / file, folder / file)
    return folder


def plant(folder: Path, importer: str, imported: str) -> None:
    with (folder / importer.replace(".", "/")).with_suffix(".py").open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "lint-imports"), "--no-cache"]
    wide = os.environ | {"COLUMNS": "200"}  # so that no name of a contract is broken over two lines
    return subprocess.run(command, cwd=folder, env=wide, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def breaches(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what lint-imports says of each broken contract, by its name, in a copy that breaks them all."""
    folder = copy_tree(tmp_path_factory.mktemp("broken"))
    for _, importer, imported in VIOLATIONS:
        plant(folder, importer, imported)
    (folder / "service" / "homeless.py").touch()
    (folder / "integrations" / "homeless.py").touch()
    report = lint_imports(folder)
    assert report.returncode == 1, report.stdout + report.stderr
    detail = report.stdout.partition("Broken contracts")[2]
    heads = {options["name"]: f"{options['name']}\n{'-' * len(options['name'])}\n" for options in CONTRACTS.values()}
    starts = sorted((detail.index(head), name) for name, head in heads.items() if head in detail)
    ends = [start for start, _ in starts[1:]] + [len(detail)]
    return {name: detail[start:end] for (start, name), end in zip(starts, ends, strict=True)}


def test_the_tree_keeps_all_contracts(tmp_path: Path) -> None:
    report = lint_imports(copy_tree(tmp_path))
    assert report.returncode == 0, report.stdout + report.stderr


def test_every_contract_has_a_violation_that_shows_it_breaks() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


@pytest.mark.parametrize(("contract", "importer", "imported"), VIOLATIONS)
def test_a_contract_names_the_import_that_breaks_it(
    breaches: dict[str, str], contract: str, importer: str, imported: str
) -> None:
    assert f"{importer} -> {imported} (l." in breaches.get(CONTRACTS[contract]["name"], "kept")


@pytest.mark.parametrize(("contract", "module"), [("layers", "service"), ("strangers", "integrations")])
def test_a_new_module_must_be_given_its_place(breaches: dict[str, str], contract: str, module: str) -> None:
    assert f"- {module}.homeless\n" in breaches[CONTRACTS[contract]["name"]]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("from datetime import UTC, datetime\nNOW = datetime.now(UTC)", "TID251"),
        ("from datetime import datetime\nNOW = datetime.utcnow()", "TID251"),
        ("from datetime import date\nTODAY = date.today()", "TID251"),
        ("import time\nNOW = time.time()", "TID251"),
        ("import time\ntime.sleep(1)", "TID251"),
        ("from datetime import datetime\nDAY = datetime(2026, 12, 4)", "DTZ001"),
        ("from datetime import datetime\nNOW = datetime.now()", "DTZ005"),
        ("from . import hours", "TID252"),
        ('print("hello")', "T201"),
        ('"""No docstring of a module may be missing; this one is a line late."""', "D100"),
    ],
)
@pytest.mark.parametrize("file", ["service/core/planted.py", "integrations/ical/planted.py", "tests/core/planted.py"])
def test_ruff_names_the_rule_that_a_line_breaks(file: str, line: str, rule: str) -> None:
    source = f"X = 1\n{line}\n"
    assert rule in find_ruff_rules(source, file=file)


def test_only_the_clock_may_read_the_clock() -> None:
    source = '"""The clock."""\n\nfrom datetime import UTC, datetime\n\nNOW = datetime.now(UTC)\n'
    assert find_ruff_rules(source, file="service/clock.py") == set()


def find_ruff_rules(source: str, *, file: str) -> set[str]:
    """Return the rules that `source` would break if it stood in `file`."""
    command = [str(BIN / "ruff"), "check", "--no-cache", "--output-format=concise", "--stdin-filename", file, "-"]
    report = subprocess.run(command, cwd=ROOT, input=source, capture_output=True, text=True, check=False)
    return {line.split(": ")[1].split()[0] for line in report.stdout.splitlines() if line.startswith(file)}


def test_mypy_is_as_strict_with_tests_as_with_the_service(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    planted = tmp_path / "tests" / "planted.py"
    planted.parent.mkdir()
    planted.write_text("def answer(x):\n    return x\n\n\nNUMBERS: list = []\n", encoding="utf-8")
    command = [str(BIN / "mypy"), "--cache-dir", str(tmp_path / "cache"), str(planted)]
    report = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert report.returncode == 1
    assert "[no-untyped-def]" in report.stdout
    assert "[type-arg]" in report.stdout
