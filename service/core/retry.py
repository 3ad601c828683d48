"""
When to try again: waits double from half a minute to six hours, and after two days it is enough.

A host that does not answer is left alone by everybody: one visitor at a time looks whether it is back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
LONG_ENOUGH = timedelta(hours=48)
PROBE = timedelta(minutes=1)  # for which one visitor may look while the others still wait
_SPREAD = 0.25


def wait_after(attempts: int, *, asked: timedelta | None = None, spread: float = 0.0) -> timedelta:
    """
    Return how long to wait after that many attempts (1 or more); what the other side `asked` for counts, capped.

    `spread` in [0, 1) adds up to a quarter, so that those who failed together do not come back together.
    """
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 16))
    return min(max(doubled, asked or FIRST_WAIT), LONGEST_WAIT) * (1 + _SPREAD * spread)


def is_worth_retrying(*, since: datetime, now: datetime) -> bool:
    return now - since < LONG_ENOUGH


@dataclass(frozen=True, slots=True)
class Breaker:
    """How often in a row somebody did not answer, and until when they are left alone."""

    failures: int = 0
    until: datetime | None = None

    def is_open(self, *, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def let_one_in(self, *, now: datetime) -> "Breaker":
        """Return the breaker while one visitor looks; the others wait a moment more, if they did before."""
        return self if self.until is None else Breaker(self.failures, now + PROBE)

    def after_failure(self, *, now: datetime, trips_at: int, asked: timedelta | None = None) -> "Breaker":
        """Return the breaker after one more failure; from the `trips_at`th in a row on it is open for a while."""
        failures = self.failures + 1
        beyond = failures - trips_at + 1
        return Breaker(failures, now + wait_after(beyond, asked=asked) if beyond > 0 else None)
