"""`/healthz` and `/readyz`: alive, and able to do its work."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from service.actions.health import find_trouble
from service.api.errors import problem
from service.api.session import TheHouse

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """How it is."""

    status: str = "ok"


@router.get("/healthz")
async def is_alive() -> Health:
    return Health()


@router.get("/readyz", response_model=Health)
async def is_ready(request: Request, house: TheHouse) -> Health | Response:
    trouble = await find_trouble(house)
    if trouble is None and not request.app.state.clock_runs():
        trouble = "The scheduler does not run."
    if trouble is not None:
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, code="not_ready", detail=trouble)
    return Health()
