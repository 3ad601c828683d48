"""
The composition root: settings become a database, a guarded HTTP client, adapters, the API and the ticker.

It knows everyone, and nobody knows it but the command line.
"""

import gc
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from integrations.caldav.client import refuse_dumping
from integrations.egress import Egress
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from integrations.mail.inbox import Mailbox
from integrations.oauth import OAuthClient
from service import clock, ids, log
from service.actions.connect import Connector
from service.actions.house import House
from service.actions.invitations import plain_address
from service.api import calendars as calendar_routes
from service.api import (
    consents,
    cover,
    dates,
    errors,
    gestures,
    health,
    ideas,
    joining,
    metrics,
    people,
    push,
    rhythm,
    slots,
)
from service.content.library import load_library
from service.provisions import database_url, make_mailbox, make_mailer, registrations_of, sealing_keys, vapid_key
from service.settings import Settings
from service.store import outbox, turns
from service.store.engine import DatabaseError, open_database
from service.store.vault import Vault
from service.web import dates as date_pages
from service.web import gestures as gesture_pages
from service.web import helpers as helper_pages
from service.web import weeks as week_pages
from service.web.pages import FOLDER
from service.workers.deliver import Courier
from service.workers.inbox import Inbox
from service.workers.letters import Desk
from service.workers.passing import let_dates_pass, stop_waiting_for_helpers
from service.workers.push import Pusher
from service.workers.remind import remind
from service.workers.rhythm import keep_rhythms
from service.workers.sync import Syncer
from service.workers.ticker import Job, Ticker
from service.workers.tidy import tidy
from service.workers.weekly import post_weeks

_ROUTERS = (
    people.router,
    push.router,
    joining.open_router,
    joining.router,
    calendar_routes.router,
    consents.open_router,
    consents.router,
    slots.router,
    ideas.router,
    dates.router,
    cover.router,
    rhythm.router,
    gestures.router,
    health.router,
    metrics.router,
    date_pages.router,
    helper_pages.router,
    gesture_pages.router,
    week_pages.router,
)


@dataclass(frozen=True, slots=True)
class Works:
    """
    Everything that runs: what answers requests and what the clock wakes.

    `http` is the way out of who connects a calendar, `errands` are those of the workers: a slow server that one of them
    asks keeps no place that another needs.
    """

    house: House
    http: GuardedClient
    errands: tuple[GuardedClient, ...]
    reader: BoundedReader
    ticker: Ticker
    owner: str
    metrics_token: str | None = field(default=None, repr=False)

    async def close(self) -> None:
        """Finish what runs, give back what could not be finished, then let go of everything outside."""
        await self.ticker.stop()
        await self._release()
        self.reader.stop()
        for way in (self.http, *self.errands):
            await way.aclose()
        await self.house.database.dispose()

    async def _release(self) -> None:
        try:
            async with self.house.database.write() as tx:
                await outbox.release(tx, owner=self.owner)
                await turns.release(tx, owner=self.owner)
        except DatabaseError as error:  # the leases run out by themselves
            log.trouble("release failed", error)


def make_house(settings: Settings) -> House:
    """Build what actions need; raises `VaultError` where the key does not fit, `SettingsError`."""
    vapid = vapid_key(settings)
    return House(
        database=open_database(database_url(settings)),
        vault=Vault.from_text(sealing_keys(settings)),
        library=load_library(),
        now=clock.now,
        public_url=settings.public_url,
        sends_mail=settings.smtp_host is not None,
        mailboxes=frozenset(plain_address(each) for each in (settings.mail_from, settings.smtp_username or "")),
        push_key=vapid.public if vapid else None,
    )


def make_works(settings: Settings) -> Works:
    """Build the whole service; nothing runs yet."""
    refuse_dumping(os.environ)
    house = make_house(settings)
    connecting, syncing, delivering = (
        OAuthClient(Egress.parse(settings.egress_allow), registrations=registrations_of(settings)) for _ in range(3)
    )
    reader = BoundedReader()
    owner = ids.new_id()
    syncer = Syncer(house, http=syncing, reader=reader, owner=owner)
    desk = Desk.of(house, sender=settings.mail_from)
    pusher = Pusher(house, delivering, vapid_key(settings))
    courier = Courier(house, http=delivering, mailer=make_mailer(settings), desk=desk, pusher=pusher, owner=owner)
    jobs = (
        Job("deliver", seconds=1, run=courier.run),
        Job("sync", seconds=1, run=syncer.run),
        Job("remind", seconds=5, run=partial(remind, house)),
        Job("week", seconds=60, run=partial(post_weeks, house)),
        Job("dates", seconds=15, run=partial(let_dates_pass, house)),
        Job("helpers", seconds=15, run=partial(stop_waiting_for_helpers, house)),
        Job("rhythm", seconds=60, run=partial(keep_rhythms, house)),
        Job("tidy", seconds=3600, run=partial(tidy, house)),
        *_inbox_jobs(make_mailbox(settings), house=house, domain=desk.domain),
    )
    return Works(
        house,
        http=connecting,
        errands=(syncing, delivering),
        reader=reader,
        ticker=Ticker(jobs),
        owner=owner,
        metrics_token=settings.metrics_token.get_secret_value() if settings.metrics_token else None,
    )


def make_app(works: Works, *, with_ticker: bool = True) -> FastAPI:
    """Return the API; with it the ticker runs in the same process, unless replicas of `pencilin work` do that."""

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        if with_ticker:
            works.ticker.start(now=works.house.now())
        log.event("started")
        try:
            yield
        finally:
            await works.close()
            log.event("stopped")

    app = FastAPI(
        title="Pencil In",
        version="1",
        summary="Finds the hours two people share and pencils a simple date into both calendars.",
        lifespan=live,
        redoc_url=None,
    )
    app.state.house = works.house
    app.state.connector = Connector(works.house, works.http)
    app.state.metrics_token = works.metrics_token
    app.state.clock_runs = lambda: works.ticker.is_running or not with_ticker
    app.mount("/static", StaticFiles(directory=FOLDER / "static"))
    errors.add_handlers(app)
    for router in _ROUTERS:
        app.include_router(router)
    return app


def quiet_libraries() -> None:
    """Make sure that no library writes what it hears: bodies and addresses are other people's."""
    log.configure()
    logging.captureWarnings(capture=True)


def spare_the_collector() -> None:
    """Let what start-up made stay out of garbage collections: going through all of it takes a tenth of a second."""
    gc.collect()
    gc.freeze()


def _inbox_jobs(mailbox: Mailbox | None, *, house: House, domain: str) -> tuple[Job, ...]:
    return () if mailbox is None else (Job("inbox", seconds=60, run=Inbox(house, mailbox, domain).run),)
