"""`/v1/me/push`: where one's reminders go besides mail. An address is taken and never shown again."""

from typing import Annotated, Literal

from fastapi import APIRouter, status
from pydantic import BaseModel, Field

from service.actions import push
from service.api.idempotency import IdempotentRoute
from service.api.session import ForMe
from service.api.shapes import Asked, Id
from service.store.push import Endpoint, PushKind, Target

router = APIRouter(prefix="/v1/me/push", tags=["people"], route_class=IdempotentRoute)

Url = Annotated[str, Field(max_length=2048)]
Secret = Annotated[str, Field(min_length=1, max_length=512, pattern=r"^[!-~]+$")]


class BrowserKeys(Asked):
    """The keys of a browser's `PushSubscription`, in base64url."""

    p256dh: Secret
    auth: Secret


class Browser(Asked):
    """A browser's `PushSubscription` (RFC 8030, 8291)."""

    kind: Literal["web_push"]
    url: Url
    keys: BrowserKeys


class Topic(Asked):
    """A topic of ntfy, or an address that takes JSON by POST; a token goes along as a bearer token."""

    kind: Literal["ntfy", "http"]
    url: Url
    token: Secret | None = None


NewEndpoint = Annotated[Browser | Topic, Field(discriminator="kind")]


class PushEndpoint(BaseModel):
    """One endpoint; one that does not work is left alone until it takes a test."""

    id: str
    kind: PushKind
    working: bool


class PushEndpoints(BaseModel):
    """One's endpoints, and the key to give to a browser as `applicationServerKey`; null without Web Push."""

    data: list[PushEndpoint]
    web_push_key: str | None
    next_cursor: str | None = None


@router.get("")
async def list_endpoints(session: ForMe) -> PushEndpoints:
    kept = await push.list_endpoints(session.house, partner=session.partner)
    return PushEndpoints(data=[_endpoint(each) for each in kept], web_push_key=session.house.push_key)


@router.post("", status_code=status.HTTP_201_CREATED)
async def add_endpoint(asked: NewEndpoint, session: ForMe) -> PushEndpoint:
    added = await push.add_endpoint(
        session.house,
        partner=session.partner,
        kind=PushKind(asked.kind),
        target=_target(asked),
        now=session.now,
    )
    return _endpoint(added)


@router.post("/{endpoint_id}/test", status_code=status.HTTP_202_ACCEPTED)
async def test_endpoint(endpoint_id: Id, session: ForMe) -> PushEndpoint:
    """Send a word there; `working` tells a little later whether it was taken."""
    return _endpoint(
        await push.test_endpoint(session.house, partner=session.partner, endpoint_id=endpoint_id, now=session.now)
    )


@router.delete("/{endpoint_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_endpoint(endpoint_id: Id, session: ForMe) -> None:
    await push.remove_endpoint(session.house, partner=session.partner, endpoint_id=endpoint_id)


def _target(asked: Browser | Topic) -> Target:
    if isinstance(asked, Browser):
        return Target(asked.url, p256dh=asked.keys.p256dh, auth=asked.keys.auth)
    return Target(asked.url, token=asked.token)


def _endpoint(endpoint: Endpoint) -> PushEndpoint:
    return PushEndpoint(id=endpoint.id, kind=endpoint.kind, working=endpoint.is_working)
