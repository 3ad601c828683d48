"""
The life of a date: one invitation of a couple, from pencilled in to called off.

Status words are those of RFC 5545 (3.8.1.11), answers those of PARTSTAT (3.2.12). `sequence` counts revisions as in RFC
5546 (2.1.4); `timed` is the sequence at which the present time was set, which is what an answer answers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from service.core.errors import DateOver, Invalid, NotFound, StaleReply
from service.core.interval import Interval


class Status(StrEnum):
    """What a date is to the couple and in their calendars."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class PartStat(StrEnum):
    """What one partner has said to the present time."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Move(StrEnum):
    """What a partner can do with a date."""

    ANSWER = "answer"
    RESCHEDULE = "reschedule"
    CALL_OFF = "call off"


STATUS_OF: dict[frozenset[PartStat], Status] = {
    frozenset({PartStat.NEEDS_ACTION}): Status.TENTATIVE,
    frozenset({PartStat.NEEDS_ACTION, PartStat.ACCEPTED}): Status.TENTATIVE,
    frozenset({PartStat.ACCEPTED}): Status.CONFIRMED,
    frozenset({PartStat.NEEDS_ACTION, PartStat.DECLINED}): Status.CANCELLED,
    frozenset({PartStat.ACCEPTED, PartStat.DECLINED}): Status.CANCELLED,
    frozenset({PartStat.DECLINED}): Status.CANCELLED,
}
"""What two answers make of a date; a set, because whose answer it is changes nothing."""

ALLOWED: dict[Status, frozenset[Move]] = {
    Status.TENTATIVE: frozenset(Move),
    Status.CONFIRMED: frozenset(Move),
    Status.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Date:
    """One invitation and its life; `answers` holds one PARTSTAT for each partner's id."""

    id: str
    couple_id: str
    time: Interval
    idea_id: str | None
    status: Status
    sequence: int
    timed: int
    answers: Mapping[str, PartStat]
    created_at: datetime
    changed_at: datetime


class Happening(StrEnum):
    """What just happened to a date, as the outside is told of it."""

    PENCILLED = "pencilled"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CALLED_OFF = "called_off"


def pencil_in(
    date_id: str,
    *,
    couple_id: str,
    time: Interval,
    idea_id: str | None,
    by: str,
    partners: Iterable[str],
    now: datetime,
) -> Date:
    """Return a new date; penciling in is the first yes. Raises `Invalid` where the time has already begun."""
    _check_ahead(time, now=now)
    return Date(
        id=date_id,
        couple_id=couple_id,
        time=time,
        idea_id=idea_id,
        status=Status.TENTATIVE,
        sequence=0,
        timed=0,
        answers=_ask_anew(partners, by=by),
        created_at=now,
        changed_at=now,
    )


def answer(date: Date, *, by: str, partstat: PartStat, sequence: int, now: datetime) -> Date:
    """
    Return the date with one partner's answer to the time it had at `sequence`; the same answer twice changes nothing.

    Raises `StaleReply` where the time has changed since, `DateOver`, `NotFound`.
    """
    _check(date, Move.ANSWER, by=by, now=now)
    if sequence < date.timed:
        raise StaleReply
    if sequence > date.sequence:
        raise Invalid("That sequence number has not been used yet.")
    if partstat is PartStat.NEEDS_ACTION:
        raise Invalid("An answer is accepted or declined.")
    if date.answers[by] is partstat:
        return date
    answers = {**date.answers, by: partstat}
    status = STATUS_OF[frozenset(answers.values())]
    revised = date.sequence + (status is not date.status)
    return replace(date, answers=answers, status=status, sequence=revised, changed_at=now)


def move(date: Date, *, by: str, time: Interval, now: datetime) -> Date:
    """Return the date at another time, tentative again until the other agrees. Raises `DateOver`, `Invalid`."""
    _check(date, Move.RESCHEDULE, by=by, now=now)
    _check_ahead(time, now=now)
    if time == date.time:
        return date
    revised = date.sequence + 1
    return replace(
        date,
        time=time,
        status=Status.TENTATIVE,
        sequence=revised,
        timed=revised,
        answers=_ask_anew(date.answers, by=by),
        changed_at=now,
    )


def call_off(date: Date, *, by: str, now: datetime) -> Date:
    """Return the date called off, which is for good. Raises `DateOver`."""
    _check(date, Move.CALL_OFF, by=by, now=now)
    return replace(date, status=Status.CANCELLED, sequence=date.sequence + 1, changed_at=now)


def happened(before: Date | None, after: Date) -> Happening | None:
    """Return what the step from `before` to `after` is to the outside; None where it changes nothing there."""
    if before is None:
        return Happening.PENCILLED
    if after.status is Status.CANCELLED:
        return None if before.status is Status.CANCELLED else Happening.CALLED_OFF
    if after.timed != before.timed:
        return Happening.MOVED
    return Happening.CONFIRMED if after.status is not before.status else None


def _ask_anew(partners: Iterable[str], *, by: str) -> dict[str, PartStat]:
    return {each: PartStat.ACCEPTED if each == by else PartStat.NEEDS_ACTION for each in partners}


def _check(date: Date, step: Move, *, by: str, now: datetime) -> None:
    if by not in date.answers:
        raise NotFound
    if step not in ALLOWED[date.status] or date.time.end <= now:
        raise DateOver


def _check_ahead(time: Interval, *, now: datetime) -> None:
    if time.start <= now:
        raise Invalid("A date begins in the future.")
