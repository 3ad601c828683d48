"""Shows that tests always find a PostgreSQL, and that the databases they get are theirs alone."""

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.postgres import answers, find_server, fresh_database, start_server

pytestmark = pytest.mark.servers


def make_table(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (n int)"))
    engine.dispose()


def count_tables(url: str) -> object:
    engine = create_engine(url)
    with engine.begin() as connection:
        count = connection.execute(text("SELECT count(*) FROM pg_tables WHERE tablename = 'kept'")).scalar()
    engine.dispose()
    return count


def test_a_database_takes_tables_and_is_gone_afterwards() -> None:
    with fresh_database() as url:
        assert url.startswith("postgresql+psycopg://")
        make_table(url)
        assert count_tables(url) == 1
    assert not answers(make_url(url))


def test_two_databases_know_nothing_of_each_other() -> None:
    with fresh_database() as first, fresh_database() as second:
        make_table(first)
        assert count_tables(second) == 0


def test_a_database_goes_even_while_somebody_is_connected() -> None:
    with fresh_database() as url:
        address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        left_open = psycopg.connect(address)
    with left_open, pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")


def test_a_server_of_our_own_starts_where_there_is_none() -> None:
    assert answers(start_server())


def test_the_server_that_was_found_answers() -> None:
    assert answers(find_server())
