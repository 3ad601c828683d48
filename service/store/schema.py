"""
The schema: bring a database to the newest step, and tell whether it is there.

Alembic is imported where it is used: it takes 10 MiB, for which a worker that only works has no use.
"""

from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.engine import Connection

from service.store.engine import Database, Tx

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x50656E63  # any number: two services that start at once take their turns on PostgreSQL


async def migrate(database: Database) -> None:
    """Bring the database to the newest step; harmless where it is there."""
    async with database.migration() as tx:
        if tx.dialect.name == "postgresql":
            await tx.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await tx.run_sync(_upgrade)


async def is_current(tx: Tx) -> bool:
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return await tx.run_sync(_step) == newest


def _upgrade(connection: Connection) -> None:
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _step(connection: Connection) -> str | None:
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "service.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
