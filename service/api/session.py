"""Who is asking, with which scope, and under which precondition."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.actions import joining
from service.actions.connect import Connector
from service.actions.house import House
from service.content import Content
from service.core.errors import NotAllowed, NotSignedIn, PreconditionRequired, VersionConflict
from service.store.couples import Partner

_VERSION = re.compile(r'"?(\d{1,9})"?', re.ASCII)
_BEARER = HTTPBearer(auto_error=False, description="a token, as `pencilin invite` or `/v1/tokens` hands it out")


@dataclass(frozen=True, slots=True)
class Session:
    """One request of one partner; `now` is read once."""

    house: House
    partner: Partner
    scopes: frozenset[str]
    now: datetime

    @property
    def content(self) -> Content:
        """Our words for whoever asks."""
        return self.house.library.of(self.partner.language)


def find_house(request: Request) -> House:
    """Return the house, or the one that stands in for it during this request."""
    house: House = getattr(request.state, "house", request.app.state.house)
    return house


def find_connector(request: Request) -> Connector:
    connector: Connector = request.app.state.connector
    return connector


async def open_session(request: Request) -> Session:
    """Return the session of the token a request carries; raises `NotSignedIn`."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise NotSignedIn
    house = find_house(request)
    partner, scopes = await joining.sign_in(house, secret=secret.strip())
    return Session(house, partner, scopes, house.now())


def _require(scope: str) -> Callable[..., Awaitable[Session]]:
    # the bearer's credentials are read by `open_session`; they stand here for the OpenAPI document
    async def check(
        request: Request, _bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
    ) -> Session:
        session = await open_session(request)
        if scope not in session.scopes:
            raise NotAllowed
        return session

    return check


async def read_version(if_match: Annotated[str | None, Header()] = None) -> int:
    """Return the version that `If-Match` names; raises `PreconditionRequired`, `VersionConflict`."""
    if if_match is None:
        raise PreconditionRequired
    return _version(if_match)


async def read_version_if_given(if_match: Annotated[str | None, Header()] = None) -> int | None:
    return None if if_match is None else _version(if_match)


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def _version(if_match: str) -> int:
    written = _VERSION.fullmatch(if_match.strip())
    if written is None:
        raise VersionConflict
    return int(written[1])


ForMe = Annotated[Session, Depends(_require("me"))]
ForCalendars = Annotated[Session, Depends(_require("calendars"))]
ForSlots = Annotated[Session, Depends(_require("slots"))]
ForIdeas = Annotated[Session, Depends(_require("ideas"))]
ToReadDates = Annotated[Session, Depends(_require("dates:read"))]
ToWriteDates = Annotated[Session, Depends(_require("dates:write"))]
ForGestures = Annotated[Session, Depends(_require("gestures"))]
TheHouse = Annotated[House, Depends(find_house)]
TheConnector = Annotated[Connector, Depends(find_connector)]
Version = Annotated[int, Depends(read_version)]
VersionIfGiven = Annotated[int | None, Depends(read_version_if_given)]
