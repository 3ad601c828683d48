"""`pencilin serve`: the service, with its database brought up to date first."""

import asyncio

import uvicorn

from service import log
from service.app import make_app, quiet_libraries
from service.commands.opening import open_works
from service.settings import Settings, read_settings
from service.store.schema import migrate


def run(host: str, port: int, *, with_ticker: bool) -> None:
    """Serve until a signal ends it; SQLite is migrated on the way, PostgreSQL by `pencilin migrate`."""
    settings = read_settings()
    quiet_libraries()
    asyncio.run(_serve(settings, host=host, port=port, with_ticker=with_ticker))


async def _serve(settings: Settings, *, host: str, port: int, with_ticker: bool) -> None:
    works = open_works(settings)
    if settings.database_url is None:
        await migrate(works.house.database)
    config = uvicorn.Config(
        make_app(works, with_ticker=with_ticker),
        host=host,
        port=port,
        access_log=False,  # its lines hold whole addresses, and some addresses are secrets
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    log.event("serving", host=host, port=port)
    await uvicorn.Server(config).serve()
