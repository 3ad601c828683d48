"""When to try again: waits double from half a minute to six hours, and after two days it is enough."""

from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
LONG_ENOUGH = timedelta(hours=48)


def wait_after(attempts: int, *, asked: timedelta | None = None) -> timedelta:
    """Return how long to wait after that many attempts (1 or more); what the other side `asked` for counts, capped."""
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 16))
    return min(max(doubled, asked or FIRST_WAIT), LONGEST_WAIT)


def is_worth_retrying(*, since: datetime, now: datetime) -> bool:
    return now - since < LONG_ENOUGH
