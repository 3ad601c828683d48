"""
A worker on the service's own database, on a clock that a test sets: what would have to be waited for otherwise.

`deliver_once` is the whole life of a worker process, to be killed at any moment of it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from multiprocessing.connection import Connection

from integrations.mail.smtp import Mailer
from service import ids
from service.app import make_works
from service.settings import Settings
from service.workers.deliver import Courier
from service.workers.letters import Desk
from service.workers.push import Pusher


@asynccontextmanager
async def open_courier(environ: Mapping[str, str], *, now: Callable[[], datetime]) -> AsyncIterator[Courier]:
    """Open a courier with the settings of the service, `environ`; `now` is its clock."""
    given = {name.removeprefix("PENCILIN_").lower(): value for name, value in environ.items()}
    settings = Settings.model_validate(given)
    works = make_works(settings)
    house = replace(works.house, now=now)
    desk = Desk.of(house, sender=settings.mail_from)
    mailer = Mailer(settings.smtp_host or "", settings.smtp_port, tls="none")
    try:
        pusher = Pusher(house, works.http, vapid=None)
        yield Courier(house, http=works.http, mailer=mailer, desk=desk, pusher=pusher, owner=ids.new_id())
    finally:
        await works.close()


def deliver_once(environ: Mapping[str, str], *, at: datetime, ready: Connection | None = None) -> None:
    """Deliver what is due at that time; tell `ready` just before."""
    asyncio.run(_deliver_once(environ, at=at, ready=ready))


async def _deliver_once(environ: Mapping[str, str], *, at: datetime, ready: Connection | None) -> None:
    async with open_courier(environ, now=lambda: at) as courier:
        if ready is not None:
            ready.send(True)
        await courier.run()
