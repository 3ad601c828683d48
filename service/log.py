"""
Structured logs by allow-list: a line is an event and some of the fields below, as JSON on stderr.

What is not on the list cannot be logged, so no title, address, token or word of a calendar ever is.
"""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Final

FIELDS: Final = frozenset(
    {
        "job",
        "clock",
        "count",
        "seconds",
        "kind",
        "error",
        "code",
        "status",
        "method",
        "route",
        "attempts",
        "host",
        "port",
    }
)
_QUIET = (
    *("caldav", "httpx", "httpcore", "apscheduler", "aiosmtplib", "imapclient", "alembic", "sqlalchemy"),
    "uvicorn.access",
)

_logger = logging.getLogger("pencilin")


def event(name: str, *, level: int = logging.INFO, **fields: str | float | None) -> None:
    """Log that `name` happened; raises `ValueError` for a field that is not on the list: that is our own mistake."""
    if not fields.keys() <= FIELDS:
        raise ValueError(f"not a field of the log: {', '.join(sorted(fields.keys() - FIELDS))}")
    _logger.log(level, name, extra={"fields": fields})


def trouble(name: str, error: BaseException, **fields: str | float | None) -> None:
    """Log loudly that `name` went wrong, with the error's class only: its text may hold words of others."""
    event(name, level=logging.ERROR, error=type(error).__name__, **fields)


def configure() -> None:
    """Send our lines to stderr and keep libraries, whose lines hold addresses and bodies, at warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    _logger.setLevel(logging.INFO)
    logging.raiseExceptions = False  # a line that cannot be written is not to be told with its arguments
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Json(logging.Formatter):
    """One JSON object a line; a line that is not ours is cut to its logger and level."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if record.name == _logger.name:
            line |= {"event": record.getMessage(), **getattr(record, "fields", {})}
        else:
            line |= {"event": "library", "kind": record.name}
            if record.exc_info and record.exc_info[0]:
                line["error"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)
