"""How long `GET /v1/slots` takes: the service as a process, one client, two calendars as a first sync leaves them."""

from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter

import httpx

from tests.bench.evenings import AHEAD
from tests.bench.figures import Figure
from tests.servers import Service, find_free_port

REQUESTS = 200


def measure_slots(folder: Path, *, token: str, now: datetime, events: int) -> dict[str, Figure]:
    """Time requests for the slots of 90 days, as a client of the service over the database in `folder` sees them."""
    service = Service(find_free_port(), environ={"PENCILIN_DATA": str(folder)}, log=folder / "log")
    service.start()
    try:
        taken = _ask(service, token=token, until=now + AHEAD)
    finally:
        service.stop()
    return {"slots_api_ms": Figure(round(taken, 2), "ms", f"limit 15 ms, 2 x {events} events, SQLite")}


def _ask(service: Service, *, token: str, until: datetime) -> float:
    taken = []
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=service.url, headers=headers, trust_env=False) as client:
        for _ in range(REQUESTS):
            start = perf_counter()
            answer = client.get("/v1/slots", params={"to": until.isoformat(), "limit": 12})
            taken.append(perf_counter() - start)
            if len(answer.json()["data"]) == 0:
                raise RuntimeError("the benchmark found no slot, so it measured nothing")
    return median(taken) * 1000
