"""Refusals as HTTP: the only place that knows which status a code is. Bodies are RFC 9457 problems."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service import log
from service.core.errors import Invalid, Refusal

STATUS = MappingProxyType(
    {
        "not_signed_in": HTTPStatus.UNAUTHORIZED,
        "not_allowed": HTTPStatus.FORBIDDEN,
        "not_found": HTTPStatus.NOT_FOUND,
        "slot_taken": HTTPStatus.CONFLICT,
        "not_covered": HTTPStatus.CONFLICT,
        "cover_settled": HTTPStatus.CONFLICT,
        "stale_reply": HTTPStatus.CONFLICT,
        "date_over": HTTPStatus.CONFLICT,
        "partner_not_joined": HTTPStatus.CONFLICT,
        "under_way": HTTPStatus.CONFLICT,
        "version_conflict": HTTPStatus.PRECONDITION_FAILED,
        "precondition_required": HTTPStatus.PRECONDITION_REQUIRED,
        "idempotency_mismatch": HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
        "unknown_zone": HTTPStatus.UNPROCESSABLE_ENTITY,
        "empty_window": HTTPStatus.UNPROCESSABLE_ENTITY,
        "outside_hours": HTTPStatus.UNPROCESSABLE_ENTITY,
        "consent_not_offered": HTTPStatus.UNPROCESSABLE_ENTITY,
        "consent_declined": HTTPStatus.FORBIDDEN,
        "consent_over": HTTPStatus.NOT_FOUND,
        "consent_refused": HTTPStatus.FAILED_DEPENDENCY,
        "consent_too_short": HTTPStatus.FAILED_DEPENDENCY,
        "calendar_auth": HTTPStatus.FAILED_DEPENDENCY,
        "app_password_needed": HTTPStatus.FAILED_DEPENDENCY,
        "calendar_method": HTTPStatus.FAILED_DEPENDENCY,
        "calendar_forbidden": HTTPStatus.FAILED_DEPENDENCY,
        "calendar_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
        "calendar_too_slow": HTTPStatus.SERVICE_UNAVAILABLE,
        "calendar_not_found": HTTPStatus.UNPROCESSABLE_ENTITY,
        "address_not_allowed": HTTPStatus.UNPROCESSABLE_ENTITY,
        "not_a_calendar": HTTPStatus.UNPROCESSABLE_ENTITY,
        "calendar_link_needed": HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)
_PROBLEM = "application/problem+json"


def problem(
    status: int, *, code: str, detail: str, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """Return a problem (RFC 9457); `code` is what programs read, `detail` what people do."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "code": code, "detail": detail}
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else headers
    return JSONResponse({**body, **more}, status_code=status, media_type=_PROBLEM, headers=headers)


def add_handlers(app: FastAPI) -> None:
    """Answer every error as a problem, and none with what the request held."""
    app.add_exception_handler(Refusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_mistake)


async def _on_refusal(_request: Request, error: Exception) -> JSONResponse:
    code = error.code if isinstance(error, Refusal) else Refusal.code
    return problem(STATUS[code], code=code, detail=str(error))


async def _on_invalid(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else ()
    fields = sorted({".".join(str(part) for part in each["loc"][1:]) or "body" for each in found})
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code=Invalid.code,
        detail=f"Something in that request does not fit: {', '.join(fields)}.",
        fields=fields,
    )


async def _on_http(_request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    headers = error.headers if isinstance(error, HTTPException) else None  # a 405 names what is allowed
    detail = HTTPStatus(status).description or "No."
    return problem(status, code=HTTPStatus(status).name.lower(), detail=detail, headers=headers)


async def _on_mistake(request: Request, error: Exception) -> JSONResponse:
    route = getattr(request.scope.get("route"), "path", None)
    log.trouble("request failed", error, method=request.method, route=route)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, code="mistake", detail="That went wrong on our side; nothing was changed."
    )
