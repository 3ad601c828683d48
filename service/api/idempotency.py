"""
`Idempotency-Key`: a POST sent twice under one key is done once, and answered alike for a day.

The key belongs to one partner and replays for the token that sent it: another may lack the scope. A request that was
refused changed nothing and may be sent again.
"""

import json
from collections.abc import Callable, Coroutine
from hashlib import sha256
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from service.actions import replays
from service.api.session import open_session
from service.core.errors import IdempotencyMismatch, Invalid, Refusal
from service.store.idempotency import Answer

_LONGEST_KEY = 255


class UnderWay(Refusal):
    """That same request is under way; ask again in a moment."""

    code = "under_way"


class IdempotentRoute(APIRoute):
    """A route whose POST honors `Idempotency-Key`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_once(request: Request) -> Response:
            key = request.headers.get("Idempotency-Key")
            if request.method != "POST" or key is None:
                return await handle(request)
            return await _handle_once(request, key=key, handle=handle)

        return handle_once


async def _handle_once(
    request: Request, *, key: str, handle: Callable[[Request], Coroutine[Any, Any, Response]]
) -> Response:
    if not 1 <= len(key) <= _LONGEST_KEY:
        raise Invalid("An Idempotency-Key has 1 to 255 characters.")
    session = await open_session(request)
    # with the token in it, nobody who reads the database can guess a password that was in the body
    parts = (request.headers["Authorization"].encode(), request.url.path.encode(), await request.body())
    digest = sha256(b"\n".join(parts)).digest()
    kept = await replays.begin(session.house, partner=session.partner, key=key, digest=digest, now=session.now)
    if kept is not None:
        return _replay(kept, digest=digest)
    try:
        answer = await handle(request)
    except (Refusal, RequestValidationError, HTTPException):
        # anything else may have come after something was done, so it is not to be done again at once
        await replays.abandon(session.house, partner=session.partner, key=key)
        raise
    await replays.keep(
        session.house, partner=session.partner, key=key, status=answer.status_code, body=bytes(answer.body)
    )
    return answer


def _replay(kept: Answer, *, digest: bytes) -> Response:
    if kept.request_digest != digest:
        raise IdempotencyMismatch
    if kept.status is None:
        raise UnderWay
    replayed = {"Idempotency-Replayed": "true"}
    if not kept.body:
        return Response(status_code=kept.status, headers=replayed)
    return JSONResponse(json.loads(kept.body), status_code=kept.status, headers=replayed)
