"""The command line as a whole: help with examples, plain refusals, keys and the first link."""

import sqlite3
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from service.__main__ import app
from service.store.vault import Vault
from tests.api.commands import run

SECRET = "swordfish"


def list_commands() -> list[tuple[str, ...]]:
    root = get_command(app)
    assert isinstance(root, TyperGroup)
    names: list[tuple[str, ...]] = []
    for name, command in root.commands.items():
        inner = command.commands if isinstance(command, TyperGroup) else {}
        names += [(name, each) for each in inner] or [(name,)]
    return names


@pytest.mark.parametrize("words", list_commands(), ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    done = run(*words, "--help")
    assert (done.status, done.err) == (0, "")
    assert f"Example: pencilin {' '.join(words)}" in done.out


def test_no_command_and_an_unknown_one_are_bad_usage() -> None:
    assert [run().status, run("dance").status] == [2, 2]


def test_a_fresh_key_opens_a_vault_and_differs_each_time() -> None:
    first, second = run("keys", "new").out, run("keys", "new").out
    assert first != second
    vault = Vault.from_text(second + first)
    assert vault.open(vault.seal(b"x", row="r"), row="r") == b"x"


def test_an_invitation_prints_one_link_and_makes_what_it_needs(tmp_path: Path) -> None:
    environ = {"PENCILIN_DATA": str(tmp_path / "var"), "PENCILIN_PUBLIC_URL": "https://dates.example.org/"}
    done = run("invite", "ana@example.org", environ=environ)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("https://dates.example.org/v1/join/")
    assert done.out.count("\n") == 1
    secret = done.out.strip().rpartition("/")[2]
    with sqlite3.connect(tmp_path / "var" / "pencil-in.db") as database:
        (count,) = database.execute("SELECT count(*) FROM invitations").fetchone()
    database.close()
    assert count == 1
    kept = b"".join(path.read_bytes() for path in (tmp_path / "var").iterdir())
    assert secret.encode() not in kept


def test_migrating_twice_does_no_harm(tmp_path: Path) -> None:
    environ = {"PENCILIN_DATA": str(tmp_path)}
    assert [run("migrate", environ=environ).status for _ in range(2)] == [0, 0]


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (("invite", "nobody"), {}),
        (("invite", f"{'x' * 300}@example.org"), {}),
        (("invite", "ana@example.org"), {"KEY": SECRET}),
        (("invite", "ana@example.org"), {"DATA": "/dev/null/var"}),
        (("invite", "ana@example.org"), {"DATABASE_URL": f"postgresql+psycopg://a:{SECRET}@127.0.0.1:1/x"}),
        (("migrate",), {"DATABASE_URL": f"postgresql+psycopg://a:{SECRET}@127.0.0.1:1/x"}),
        (("migrate",), {"DATABASE_URL": SECRET}),
        (("migrate",), {"KEY": SECRET}),
        (("work",), {"DATABASE_URL": f"postgresql+psycopg://a:b@127.0.0.1:{SECRET}/x"}),
        (("migrate",), {"DATABASE_URL": f"sqlite://{SECRET}"}),
        (("serve",), {"EGRESS_ALLOW": f"a/b/{SECRET}"}),
        (("work",), {"SMTP_PORT": SECRET}),
    ],
)
def test_what_cannot_be_done_ends_in_one_plain_line(
    tmp_path: Path, words: tuple[str, ...], settings: dict[str, str]
) -> None:
    environ = {"PENCILIN_DATA": str(tmp_path)} | {f"PENCILIN_{name}": value for name, value in settings.items()}
    done = run(*words, environ=environ)
    assert (done.status, done.out) == (1, "")
    assert done.is_one_plain_line, done.err
    assert SECRET not in done.err
