"""
Which objects of a calendar need reading: plan first, then run.

Parsing is what a sync costs, so an object is read again only where its bytes are new.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """What we keep of an object besides its busy times."""

    etag: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """`read` are names whose bytes are new, `touch` those with a new ETag only, `drop` those that are gone."""

    read: frozenset[str]
    touch: frozenset[str]
    drop: frozenset[str]


def plan(known: Mapping[str, Known], *, arrived: Mapping[str, Known], gone: Iterable[str]) -> Plan:
    """Return what to do with what a sync brought."""
    read = frozenset(name for name, here in arrived.items() if name not in known or known[name].digest != here.digest)
    return Plan(read=read, touch=frozenset(arrived) - read, drop=frozenset(known) & frozenset(gone))
