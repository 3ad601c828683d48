"""
What a sync does, decided from values: plan first, then run.

Fetching and parsing are what a sync costs, so an object is fetched only where the server names it or its ETag is new,
and read again only where its bytes are new. The state of a calendar is a table: how long ago it was read, and whether
it can be read now.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

LAST_KNOWN_COUNTS = timedelta(hours=72)
SILENCE_IS_NEWS = timedelta(hours=24)  # so that its owner hears of it long before the last known times count no more
EMPTY_AGAIN = timedelta(minutes=5)  # after which a calendar that is still empty is believed
COMPARE_EVERY = timedelta(days=1)
COMPARE_UNREAD_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Known:
    """What we keep of an object besides its busy times."""

    etag: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """`read` are names whose bytes are new, `touch` those with a new ETag only."""

    read: frozenset[str]
    touch: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listed:
    """
    What a server told of its objects: the ETags of those it listed, by name, and the names of those that are gone.

    It listed all there are (`whole`), or what changed. What it `named` as changed has changed whatever its ETag says:
    some servers give an object that was deleted and made again the ETag it had before.
    """

    etags: Mapping[str, str]
    named: AbstractSet[str] = frozenset()
    gone: AbstractSet[str] = frozenset()
    whole: bool = False

    @property
    def says_nothing(self) -> bool:
        """Whether nothing has changed, as far as the server says."""
        return not (self.whole or self.etags or self.gone)


class State(StrEnum):
    """How far a calendar can be relied on: the last known times of a failing one still count."""

    NEW = "new"
    HEALTHY = "healthy"
    FAILING = "failing"
    UNKNOWN = "unknown"


class _Age(StrEnum):
    NEVER = "never"
    RECENT = "recent"
    OLD = "old"


_STATES: Mapping[tuple[_Age, bool], State] = MappingProxyType(
    {
        (_Age.NEVER, False): State.NEW,
        (_Age.NEVER, True): State.FAILING,
        (_Age.RECENT, False): State.HEALTHY,
        (_Age.RECENT, True): State.FAILING,
        (_Age.OLD, False): State.UNKNOWN,
        (_Age.OLD, True): State.UNKNOWN,
    }
)


def plan(known: Mapping[str, Known], *, arrived: Mapping[str, Known]) -> Plan:
    """Return what to do with what a sync brought."""
    read = frozenset(name for name, here in arrived.items() if name not in known or known[name].digest != here.digest)
    return Plan(read=read, touch=frozenset(arrived) - read)


def find_wanted(known: Mapping[str, Known], *, listed: Listed) -> frozenset[str]:
    """Return the names of the objects to fetch."""
    return frozenset(
        name
        for name, etag in listed.etags.items()
        if name in listed.named or name not in known or not etag or known[name].etag != etag
    )


def find_gone(known: Mapping[str, Known], *, listed: Listed) -> frozenset[str]:
    """Return the names of the known objects that are no longer there."""
    away = known.keys() if listed.whole else known.keys() & listed.gone
    return frozenset(away - listed.etags.keys())


def is_emptied(known: Mapping[str, Known], *, listed: Listed, own: AbstractSet[str]) -> bool:
    """Return whether the server says that nothing is left of a calendar that held more than our `own` entries."""
    theirs = known.keys() - own
    return bool(theirs) and listed.etags.keys() <= own and theirs <= find_gone(known, listed=listed)


def is_believed_empty(*, emptied_at: datetime | None, now: datetime) -> bool:
    """Return whether an emptied calendar was seen empty before, long enough ago to take it as meant."""
    return emptied_at is not None and now - emptied_at >= EMPTY_AGAIN


def is_due_whole(*, compared_at: datetime | None, unreadable: int, now: datetime, spread: float) -> bool:
    """
    Return whether everything is to be compared again, because servers forget to tell what was deleted.

    That is once a day, and every hour where something could not be read; `spread` in [0, 1) moves it by a fifth.
    """
    every = COMPARE_UNREAD_EVERY if unreadable else COMPARE_EVERY
    return compared_at is None or now - compared_at >= every * (0.8 + 0.4 * spread)


def find_state(*, synced_at: datetime | None, is_failing: bool, now: datetime) -> State:
    """Return the state of a calendar that was last read at `synced_at`, None where it never was."""
    if synced_at is None:
        return _STATES[_Age.NEVER, is_failing]
    age = _Age.RECENT if now - synced_at < LAST_KNOWN_COUNTS else _Age.OLD
    return _STATES[age, is_failing]


def is_news(*, for_good: bool, failing_since: datetime, told_at: datetime | None, now: datetime) -> bool:
    """
    Return whether the owner of a failing calendar is to be told: once in a spell of trouble.

    At once where it will not pass by itself (`for_good`), after a day of silence otherwise.
    """
    return told_at is None and (for_good or now - failing_since >= SILENCE_IS_NEWS)
