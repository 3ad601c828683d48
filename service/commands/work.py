"""`pencilin work`: the workers without the API, as many replicas as wanted."""

import asyncio
import signal

from service import log
from service.app import quiet_libraries
from service.commands.opening import open_works
from service.settings import Settings, read_settings


def run() -> None:
    """Work until a signal ends it."""
    settings = read_settings()
    quiet_libraries()
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    works = open_works(settings)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    works.ticker.start(now=works.house.now())
    log.event("started")
    await ended.wait()
    await works.close()
    log.event("stopped")
