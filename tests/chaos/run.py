"""
One run: set the stage, let couples live and processes die, wait until all is quiet, compare.

What a killed worker had claimed falls due when its lease runs out, after `LEASE`. A long run waits for that. A short
one ends all workers first, sets every moment in the outbox back by an hour, and starts them again: for the rows an hour
in which nobody was there has passed, and neither a setting nor the service's own clock is touched. From then on it sets
back only what waits to be tried again, and no lease of a worker that lives.
"""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic

from service.store.vault import new_key_line
from service.workers.deliver import LEASE
from tests.chaos import evidence
from tests.chaos.couples import Couple, accounts_of, connect, let_in, make_couples, name_partners
from tests.chaos.processes import ROOT, Cast, Child, Reaper, complete
from tests.chaos.story import MOST_DATES, Story
from tests.chaos.verdict import Verdict, judge
from tests.postgres import fresh_database
from tests.servers import find_free_port, radicale

_FEWEST_COUPLES = 4  # one of each mixture of calendar and mail
_WITH_LEASES = 2 * LEASE.total_seconds() + 240  # seconds; after the lease a server that was away may be waited for
_WITHOUT = 60.0
_SHARE = 0.9  # of the time in which processes are killed; a story that was held up has some left
_PAUSE = threading.Event()  # never set: waiting for it is a pause


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What is to happen; times are in seconds, `pauses` are the shortest and longest time between two kills.

    `waits` for the leases of the killed, or sets them back.
    """

    seed: int
    dates: int
    seconds: float
    pauses: tuple[float, float]
    waits: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened, and what was found; `troubles` are answers and processes that were not as they should be."""

    verdict: Verdict
    dates: int
    live: int
    mails: int
    kills: int
    outages: int
    requests: int
    retries: int
    dead_parcels: int
    waited: float
    troubles: tuple[str, ...]


def run(plan: Plan, *, folder: Path) -> Outcome:
    """Carry out a plan; servers keep what they keep in `folder`, which also gets their logs."""
    couples = max(_FEWEST_COUPLES, -(-plan.dates // MOST_DATES))
    partners = name_partners(couples)
    with ExitStack() as exits:
        database = exits.enter_context(fresh_database())
        cast = exits.enter_context(_open_cast(folder, database=database, accounts=accounts_of(partners)))
        tokens = asyncio.run(let_in(database, key=cast.api.environ["PENCILIN_KEY"], partners=partners))
        people = make_couples(tokens, partners=partners, url=cast.api.environ["PENCILIN_PUBLIC_URL"], exits=exits)
        connect(people, calendars=cast.calendars)
        stories = _make_stories(people, plan=plan)
        reaper = Reaper(cast, chance=_draw_from(plan.seed, "kills"), pauses=plan.pauses)
        _live_through(stories, reaper=reaper, seconds=plan.seconds)
        if not plan.waits:
            _let_leases_run_out(cast, database=database)
        begun = monotonic()
        left = _wait_until_quiet(database, waits=plan.waits)
        waited = monotonic() - begun
        seen = evidence.gather(database, calendars=cast.calendars, storage=folder, mails=folder / "mails")
        dead = evidence.count_parcels(database, state="dead")
    acknowledged = {date.id: date for story in stories for date in story.acknowledged.values()}
    troubles = [*reaper.troubles, *(trouble for story in stories for trouble in story.troubles)]
    return Outcome(
        verdict=judge(acknowledged, evidence=seen),
        dates=len(acknowledged),
        live=sum(date.is_live for date in acknowledged.values()),
        mails=len(seen.mails),
        kills=reaper.kills,
        outages=reaper.outages,
        requests=sum(story.requests for story in stories),
        retries=sum(story.retries for story in stories),
        dead_parcels=dead,
        waited=waited,
        troubles=(*troubles, *([f"{left} parcels are still waiting"] if left else ())),
    )


def _make_stories(people: Sequence[Couple], *, plan: Plan) -> list[Story]:
    share, more = divmod(plan.dates, len(people))
    return [
        Story(couple, count=share + (number < more), chance=_draw_from(plan.seed, number))
        for number, couple in enumerate(people)
    ]


@contextmanager
def _open_cast(folder: Path, *, database: str, accounts: dict[str, str]) -> Iterator[Cast]:
    port, mail_port = find_free_port(), find_free_port()
    with radicale(folder, accounts=accounts) as calendars, ExitStack() as exits:
        environ = {
            "PENCILIN_DATABASE_URL": database,
            "PENCILIN_KEY": new_key_line(),
            "PENCILIN_PUBLIC_URL": f"http://127.0.0.1:{port}",
            "PENCILIN_EGRESS_ALLOW": calendars.opening,
            "PENCILIN_SMTP_HOST": "127.0.0.1",
            "PENCILIN_SMTP_PORT": str(mail_port),
            "PENCILIN_SMTP_TLS": "none",
            "PENCILIN_MAIL_FROM": "pencil-in@dates.example.org",
        }
        migrate = (sys.executable, "-m", "service", "migrate")
        subprocess.run(migrate, cwd=ROOT, env=complete(environ), check=True)
        serve = ("service", "serve", "--port", str(port), "--no-ticker")
        api = Child(serve, environ=environ, log=folder / "api.log", port=port)
        sink = ("tests.chaos.sink", str(mail_port), str(folder / "mails"))
        mail = Child(sink, environ={}, log=folder / "mail.log", port=mail_port)
        one, two = (
            Child(("service", "work"), environ=environ, log=folder / f"worker-{number}.log") for number in (1, 2)
        )
        for child in (mail, api, one, two):
            exits.callback(child.stop)
            child.start()
        yield Cast(api, (one, two), calendars, mail)


def _draw_from(seed: int, name: object) -> Random:
    return Random(f"{seed}/{name}")  # noqa: S311 - repeatable, not secret


def _live_through(stories: list[Story], *, reaper: Reaper, seconds: float) -> None:
    lives = [
        threading.Thread(target=story.live, kwargs={"seconds": _SHARE * seconds}, daemon=True) for story in stories
    ]
    death = threading.Thread(target=reaper.run, daemon=True)
    for thread in (*lives, death):
        thread.start()
    death.join(timeout=seconds)
    for life in lives:  # where the machine is slow they take longer, and so does death
        life.join()
    reaper.ended.set()
    death.join()


def _let_leases_run_out(cast: Cast, *, database: str) -> None:
    for worker in cast.workers:
        worker.kill()
    evidence.set_back(database)
    for worker in cast.workers:
        worker.start()


def _wait_until_quiet(database: str, *, waits: bool) -> int:
    """Wait until every parcel was delivered; return how many are left where that does not come about."""
    deadline = monotonic() + (_WITH_LEASES if waits else _WITHOUT)
    while (left := evidence.count_parcels(database, state="waiting")) and monotonic() < deadline:
        _PAUSE.wait(0.5)
        if not waits:
            evidence.set_back(database, leased=False)
    return left
