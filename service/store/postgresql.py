"""PostgreSQL, for many couples and for more than one process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine


class PostgresDatabase:
    """One engine; its transactions are SQLAlchemy's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = create_async_engine(url, pool_pre_ping=True, hide_parameters=True)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        async with self._engine.begin() as connection:
            yield connection

    migration = write

    async def dispose(self) -> None:
        await self._engine.dispose()
