"""
The stages of a date's life and what leads from one to the next, as tables.

Status words are those of RFC 5545 (3.8.1.11), answers those of PARTSTAT (3.2.12). `LIFE` is the whole of it: what may
happen at each stage, and where it leads.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Status(StrEnum):
    """What a date is in the couple's calendars."""

    TENTATIVE = "tentative"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class PartStat(StrEnum):
    """What one partner has said to the present time."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class Via(StrEnum):
    """The way by which a partner's answer came in."""

    API = "api"
    LINK = "link"
    MAIL = "mail"
    CALENDAR = "calendar"


class Origin(StrEnum):
    """Who pencilled a date in: one of the two, or the rhythm they keep."""

    PARTNER = "partner"
    RHYTHM = "rhythm"


class Stage(StrEnum):
    """How far a date has come."""

    PENCILLED = "pencilled"
    MOVED = "moved"
    CONFIRMED = "confirmed"
    CALLED_OFF = "called_off"
    LAPSED = "lapsed"
    OVER = "over"


class Turn(StrEnum):
    """What may happen to a date: by what the partners do, or by time passing."""

    AGREE = "both said yes"
    DECLINE = "one said no"
    RESCHEDULE = "another time"
    CALL_OFF = "called off"
    SILENCE = "no answer in time"
    END = "its time is over"


_ASKED: Mapping[Turn, Stage] = {
    Turn.AGREE: Stage.CONFIRMED,
    Turn.DECLINE: Stage.CALLED_OFF,
    Turn.RESCHEDULE: Stage.MOVED,
    Turn.CALL_OFF: Stage.CALLED_OFF,
    Turn.SILENCE: Stage.LAPSED,
}
LIFE: Mapping[Stage, Mapping[Turn, Stage]] = MappingProxyType(
    {
        Stage.PENCILLED: _ASKED,
        Stage.MOVED: _ASKED,
        Stage.CONFIRMED: {
            Turn.DECLINE: Stage.CALLED_OFF,
            Turn.RESCHEDULE: Stage.MOVED,
            Turn.CALL_OFF: Stage.CALLED_OFF,
            Turn.END: Stage.OVER,
        },
        Stage.CALLED_OFF: {},
        Stage.LAPSED: {},
        Stage.OVER: {},
    }
)

STATUS_OF: Mapping[Stage, Status] = MappingProxyType(
    {
        Stage.PENCILLED: Status.TENTATIVE,
        Stage.MOVED: Status.TENTATIVE,
        Stage.CONFIRMED: Status.CONFIRMED,
        Stage.CALLED_OFF: Status.CANCELLED,
        Stage.LAPSED: Status.CANCELLED,
        Stage.OVER: Status.CONFIRMED,
    }
)

TURN_OF: Mapping[frozenset[PartStat], Turn | None] = MappingProxyType(
    {
        frozenset({PartStat.NEEDS_ACTION}): None,
        frozenset({PartStat.NEEDS_ACTION, PartStat.ACCEPTED}): None,
        frozenset({PartStat.ACCEPTED}): Turn.AGREE,
        frozenset({PartStat.NEEDS_ACTION, PartStat.DECLINED}): Turn.DECLINE,
        frozenset({PartStat.ACCEPTED, PartStat.DECLINED}): Turn.DECLINE,
        frozenset({PartStat.DECLINED}): Turn.DECLINE,
    }
)
"""What two answers make of a date; a set, because whose answer it is changes nothing."""
