"""
Who is told what when a date changes: exactly one invitation for each partner, over one channel, ever.

A partner with a writable calendar finds the entry there and no mail to them carries a calendar part; one without gets
the invitation by mail (RFC 6047). Decisions are values; the outbox keeps them and a worker carries them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.core.dates import Date, Happening, PartStat, Status


class Channel(StrEnum):
    """The one way in which a partner receives a date."""

    CALDAV = "caldav"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Invite:
    """Bring the partner's entry, or the invitation in their mail, to what the date is now."""

    partner_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Take the entry or the invitation back."""

    partner_id: str
    channel: Channel


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell the partner in a mail without calendar part."""

    partner_id: str
    happening: Happening


Decision = Invite | Withdrawal | Notice


def choose_channel(*, has_writable_calendar: bool, prefers_email: bool) -> Channel:
    """Return how a partner receives a new date; a date keeps the channel it began with."""
    return Channel.CALDAV if has_writable_calendar and not prefers_email else Channel.EMAIL


def decide(date: Date, happening: Happening, *, by: str, channels: Mapping[str, Channel]) -> tuple[Decision, ...]:
    """
    Return what goes out after `happening`; `by` is the partner who did it, who needs no mail about it.

    A mailed invitation already says CONFIRMED (a tentative one would need a second yes), so confirming mails none.
    """
    decisions: list[Decision] = []
    for partner_id, channel in sorted(channels.items()):
        by_mail = channel is Channel.EMAIL
        if date.status is Status.CANCELLED:
            decisions.append(Withdrawal(partner_id, channel))
        elif not by_mail or happening is not Happening.CONFIRMED:
            decisions.append(Invite(partner_id, channel))
        told_by_invitation = by_mail and happening is not Happening.CONFIRMED
        if partner_id != by and not told_by_invitation:
            decisions.append(Notice(partner_id, happening))
    return tuple(decisions)


def awaits(date: Date, partner_id: str) -> bool:
    """Return whether the partner has yet to answer."""
    return date.status is Status.TENTATIVE and date.answers[partner_id] is PartStat.NEEDS_ACTION
