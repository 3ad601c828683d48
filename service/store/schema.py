"""The schema: bring a database to the newest step, and tell whether it is there."""

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from service.store.engine import Database, Tx

_LOCK = 0x50656E63  # any number: two services that start at once take their turns on PostgreSQL


async def migrate(database: Database) -> None:
    """Bring the database to the newest step; harmless where it is there."""
    async with database.migration() as tx:
        if tx.dialect.name == "postgresql":
            await tx.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await tx.run_sync(_upgrade)


async def is_current(tx: Tx) -> bool:
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    return await tx.run_sync(_step) == newest


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _step(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "service.store:migrations")
    config.set_main_option("path_separator", "os")
    return config
