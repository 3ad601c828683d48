"""
The life of a date: one invitation of a couple, from pencilled in to over or called off.

`sequence` counts revisions as in RFC 5546 (2.1.4); `timed` is the sequence at which the present time was set, which is
what an answer answers. Its stages stand in `service.core.stages`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from service.core.errors import DateOver, Invalid, NotFound, StaleReply
from service.core.interval import Interval
from service.core.stages import LIFE as LIFE  # handed on, like all words of a date
from service.core.stages import STATUS_OF as STATUS_OF
from service.core.stages import TURN_OF as TURN_OF
from service.core.stages import Origin as Origin
from service.core.stages import PartStat as PartStat
from service.core.stages import Stage as Stage
from service.core.stages import Status as Status
from service.core.stages import Turn as Turn
from service.core.stages import Via as Via

ANSWER_AHEAD = timedelta(hours=2)  # before its beginning a date that not both agreed to lapses
TIME_TO_ANSWER = timedelta(hours=1)  # which the other has at least, where the date has not begun by then


@dataclass(frozen=True, slots=True)
class Date:
    """
    One invitation and its life.

    `answers` holds one PARTSTAT for each partner's id, `ways` how those came in that were given. Whoever has not
    answered by `answer_by` lets it lapse.
    """

    id: str
    couple_id: str
    time: Interval
    idea_id: str | None
    stage: Stage
    sequence: int
    timed: int
    answers: Mapping[str, PartStat]
    answer_by: datetime
    created_at: datetime
    changed_at: datetime
    ways: Mapping[str, Via] = field(default_factory=dict)
    origin: Origin = Origin.PARTNER

    @property
    def status(self) -> Status:
        return STATUS_OF[self.stage]

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return bool(LIFE[self.stage])

    @property
    def next_at(self) -> datetime | None:
        """When time itself changes it: at the last moment to answer, or at its end; None where it is settled."""
        turns = LIFE[self.stage]
        if Turn.SILENCE in turns:
            return self.answer_by
        return self.time.end if Turn.END in turns else None


class Happening(StrEnum):
    """What just happened to a date, as the outside is told of it."""

    PENCILLED = "pencilled"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CHANGED = "changed"
    CALLED_OFF = "called_off"
    FILLED_IN = "filled_in"


def pencil_in(
    date_id: str,
    *,
    couple_id: str,
    time: Interval,
    idea_id: str | None,
    by: str | None,
    partners: Iterable[str],
    now: datetime,
    via: Via = Via.API,
    origin: Origin = Origin.PARTNER,
) -> Date:
    """
    Return a new date; penciling in is the first yes, and where nobody did (`by` is None) both are asked.

    Raises `Invalid` where the time has already begun.
    """
    _check_ahead(time, now=now)
    return Date(
        id=date_id,
        couple_id=couple_id,
        time=time,
        idea_id=idea_id,
        stage=Stage.PENCILLED,
        sequence=0,
        timed=0,
        answers=_ask_anew(partners, by=by),
        answer_by=_answer_by(time, now=now),
        created_at=now,
        changed_at=now,
        ways={} if by is None else {by: via},
        origin=origin,
    )


def answer(date: Date, *, by: str, partstat: PartStat, sequence: int, now: datetime, via: Via = Via.API) -> Date:
    """
    Return the date with one partner's answer to the time it had at `sequence`; the same answer twice changes nothing.

    Raises `StaleReply` where the time has changed since, `DateOver`, `NotFound`.
    """
    _check(date, by=by, now=now)
    if sequence < date.timed:
        raise StaleReply
    if sequence > date.sequence:
        raise Invalid("That sequence number has not been used yet.")
    if partstat is PartStat.NEEDS_ACTION:
        raise Invalid("An answer is accepted or declined.")
    if date.answers[by] is partstat:
        return date
    answers = {**date.answers, by: partstat}
    turn = TURN_OF[frozenset(answers.values())]
    answered = replace(date, answers=answers, ways={**date.ways, by: via}, changed_at=now)
    return answered if turn is None else _take(answered, turn)


def move(
    date: Date, *, by: str | None, time: Interval, now: datetime, via: Via = Via.API, sequence: int | None = None
) -> Date:
    """
    Return the date at another time, tentative again until the other agrees; both are asked where `by` is None.

    `sequence` is that of the date which is to be moved, where it is known. Raises `DateOver`, `StaleReply`, `Invalid`.
    """
    _check(date, by=by, now=now)
    if sequence is not None and sequence < date.timed:
        raise StaleReply
    _check_ahead(time, now=now)
    if time == date.time:
        return date
    moved = _take(date, Turn.RESCHEDULE)
    return replace(
        moved,
        time=time,
        timed=moved.sequence,
        answers=_ask_anew(date.answers, by=by),
        answer_by=_answer_by(time, now=now),
        ways={} if by is None else {by: via},
        changed_at=now,
    )


def fill_in(date: Date, *, idea_id: str, now: datetime) -> Date:
    """Return the date with what it is for, where it had nothing; answers stay. Raises `DateOver`."""
    _check(date, by=None, now=now)
    if date.idea_id is not None:
        return date
    return replace(date, idea_id=idea_id, sequence=date.sequence + 1, changed_at=now)


def call_off(date: Date, *, by: str | None, now: datetime) -> Date:
    """Return the date called off, which is for good. Raises `DateOver`."""
    _check(date, by=by, now=now)
    return replace(_take(date, Turn.CALL_OFF), changed_at=now)


def let_pass(date: Date, *, now: datetime) -> Date:
    """Return what time alone makes of the date by `now`: lapsed where not both agreed to it, over, or the same."""
    if date.next_at is None or now < date.next_at:
        return date
    turn = Turn.SILENCE if Turn.SILENCE in LIFE[date.stage] else Turn.END
    return replace(_take(date, turn), changed_at=now)


def happened(before: Date | None, after: Date) -> Happening | None:
    """Return what the step from `before` to `after` is to the outside; None where it changes nothing there."""
    if before is None:
        return Happening.PENCILLED
    if after.status is Status.CANCELLED:
        return None if before.status is Status.CANCELLED else Happening.CALLED_OFF
    if after.timed != before.timed:
        return Happening.MOVED
    if after.status is not before.status:
        return Happening.CONFIRMED
    if after.idea_id == before.idea_id:
        return None
    return Happening.FILLED_IN if before.idea_id is None else Happening.CHANGED


def _take(date: Date, turn: Turn) -> Date:
    """Return the date at the stage that `turn` leads to; what shows outside is a revision. Raises `DateOver`."""
    stage = LIFE[date.stage].get(turn)
    if stage is None:
        raise DateOver
    shows = STATUS_OF[stage] is not date.status or turn is Turn.RESCHEDULE
    return replace(date, stage=stage, sequence=date.sequence + shows)


def _ask_anew(partners: Iterable[str], *, by: str | None) -> dict[str, PartStat]:
    return {each: PartStat.ACCEPTED if each == by else PartStat.NEEDS_ACTION for each in partners}


def _answer_by(time: Interval, *, now: datetime) -> datetime:
    return max(time.start - ANSWER_AHEAD, min(now + TIME_TO_ANSWER, time.start))


def _check(date: Date, *, by: str | None, now: datetime) -> None:
    if by is not None and by not in date.answers:
        raise NotFound
    if not date.is_open or date.time.end <= now:
        raise DateOver


def _check_ahead(time: Interval, *, now: datetime) -> None:
    if time.start <= now:
        raise Invalid("A date begins in the future.")
