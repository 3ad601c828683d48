"""
`Idempotency-Key`: a POST sent twice under one key is done once, and answered alike for a day.

The key belongs to one partner and replays for the token that sent it: another may lack the scope. A request that was
refused changed nothing and may be sent again.
"""

import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from service.actions import replays
from service.actions.house import House
from service.api.session import open_session
from service.core.errors import IdempotencyMismatch, Invalid, Refusal
from service.store.couples import Partner
from service.store.idempotency import Answer

_LONGEST_KEY = 255


class UnderWay(Refusal):
    """That same request is under way; ask again in a moment."""

    code = "under_way"


Handle = Callable[[Request], Coroutine[Any, Any, Response]]


class IdempotentRoute(APIRoute):
    """A route whose POST honors `Idempotency-Key`: what it does and its answer are kept in one transaction."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            if request.method != "POST" or "Idempotency-Key" not in request.headers:
                return await handle(request)
            return await self.handle_once(await _read(request), request=request, handle=handle)

        return handle_once

    async def handle_once(self, keyed: "_Keyed", *, request: Request, handle: Handle) -> Response:
        async with replays.in_one_piece(keyed.house) as house:
            keyed = replace(keyed, house=house)
            if (kept := await keyed.begin()) is not None:
                return _replay(kept, digest=keyed.digest)
            request.state.house = house
            answer = await handle(request)
            await keyed.keep(answer)
        return answer


class PatientRoute(IdempotentRoute):
    """The same for a request that waits for somebody outside, which no transaction does."""

    async def handle_once(self, keyed: "_Keyed", *, request: Request, handle: Handle) -> Response:
        if (kept := await keyed.begin()) is not None:
            return _replay(kept, digest=keyed.digest)
        try:
            answer = await handle(request)
        except (Refusal, RequestValidationError, HTTPException):
            # anything else may have come after something was done, so it is not to be done again at once
            await keyed.abandon()
            raise
        await keyed.keep(answer)
        return answer


@dataclass(frozen=True, slots=True)
class _Keyed:
    """A request under a key, of one partner; another request has another `digest`."""

    house: House
    partner: Partner
    key: str
    digest: bytes
    now: datetime

    async def begin(self) -> Answer | None:
        return await replays.begin(self.house, partner=self.partner, key=self.key, digest=self.digest, now=self.now)

    async def keep(self, answer: Response) -> None:
        status, body = answer.status_code, bytes(answer.body)
        await replays.keep(self.house, partner=self.partner, key=self.key, status=status, body=body)

    async def abandon(self) -> None:
        await replays.abandon(self.house, partner=self.partner, key=self.key)


async def _read(request: Request) -> _Keyed:
    key = request.headers["Idempotency-Key"]
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise Invalid("An Idempotency-Key has 1 to 255 characters.")
    session = await open_session(request)
    # with the token in it, nobody who reads the database can guess a password that was in the body
    parts = (request.headers["Authorization"].encode(), request.url.path.encode(), await request.body())
    return _Keyed(session.house, session.partner, key, sha256(b"\n".join(parts)).digest(), session.now)


def _replay(kept: Answer, *, digest: bytes) -> Response:
    if kept.request_digest != digest:
        raise IdempotencyMismatch
    if kept.status is None:
        raise UnderWay
    replayed = {"Idempotency-Replayed": "true"}
    if not kept.body:
        return Response(status_code=kept.status, headers=replayed)
    return JSONResponse(json.loads(kept.body), status_code=kept.status, headers=replayed)
