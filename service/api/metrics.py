"""
`/metrics`: figures in Prometheus' text format, for who has the operator's token.

They are counted in the database at each scrape, so every replica tells the same. No label names anybody, and nothing
is counted from which one partner could learn what the other answered or set: no dates, no kinds of mails, no gestures.
"""

from hmac import compare_digest
from importlib.metadata import version

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from service.actions.figures import Figures, count
from service.api.session import TheHouse
from service.core.errors import NotFound, NotSignedIn

router = APIRouter(include_in_schema=False)
_JOBS = ("deliver", "sync", "dates")


@router.get("/metrics")
async def scrape(request: Request, house: TheHouse) -> Response:
    token: str | None = request.app.state.metrics_token
    if token is None:
        raise NotFound
    if not compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        raise NotSignedIn
    return Response(_write(await count(house)), media_type=CONTENT_TYPE_LATEST)


def _write(figures: Figures) -> bytes:
    registry = CollectorRegistry()  # a new one each time: nothing is counted in this process
    build = Gauge("pencilin_build_info", "Which version runs.", ["version"], registry=registry)
    build.labels(version("pencil-in")).set(1)
    parcels = Gauge("pencilin_parcels", "What has to go out, or could not.", ["way", "state"], registry=registry)
    for (way, state), number in figures.parcels.items():
        parcels.labels(way, state).set(number)
    calendars = Gauge("pencilin_calendars", "Calendars by how they can be relied on.", ["state"], registry=registry)
    for each, number in figures.calendars.items():
        calendars.labels(each).set(number)
    overdue = Gauge("pencilin_overdue_seconds", "How long the oldest is due.", ["job"], registry=registry)
    for job in _JOBS:
        overdue.labels(job).set(figures.overdue[job].total_seconds())
    return generate_latest(registry)
