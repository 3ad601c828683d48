"""
Who is told what when a date changes: exactly one invitation for each partner, over one channel, ever.

A partner with a writable calendar finds the entry there and no mail to them carries a calendar part; one without gets
the invitation by mail (RFC 6047); who can have neither is told by mail or page, and holds the date by its link.
Decisions are values; the outbox keeps them and a worker carries them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from service.core.dates import Date, Happening, Origin, PartStat, Status

_AT_THE_SAME_TIME = frozenset({Happening.CONFIRMED, Happening.FILLED_IN})


class Channel(StrEnum):
    """The one way in which a partner receives a date."""

    CALDAV = "caldav"
    EMAIL = "email"
    LINK = "link"


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


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What is known of the ways to a partner.

    `stands_with_the_other` is true where the calendar that would receive the date is the one that has it for the other
    partner already. `mail_is_ours` is false where no mail goes out, or out of a partner's own mailbox: mail programs
    show an invitation from oneself with buttons, and send no answer.
    """

    has_writable_calendar: bool
    prefers_email: bool
    stands_with_the_other: bool
    mail_is_ours: bool


def choose_channel(reach: Reach) -> Channel:
    """Return how a partner receives a new date; a date keeps the channel it began with."""
    if reach.has_writable_calendar and not (reach.prefers_email and reach.mail_is_ours):
        return Channel.LINK if reach.stands_with_the_other else Channel.CALDAV
    return Channel.EMAIL if reach.mail_is_ours else Channel.LINK


def decide(
    date: Date, happening: Happening, *, by: str | None, channels: Mapping[str, Channel]
) -> tuple[Decision, ...]:
    """
    Return what goes out after `happening`; `by` is the partner who did it, who needs no mail about it, None for time.

    A mailed invitation already says CONFIRMED (a tentative one would need a second yes), so confirming mails none, and
    neither does filling in an idea, which an entry shows by itself. A hold that nobody said yes to comes in words and
    goes without.
    """
    decisions: list[Decision] = []
    for partner_id, channel in sorted(channels.items()):
        told_by_invitation = channel is Channel.EMAIL and happening not in _AT_THE_SAME_TIME
        if channel is Channel.CALDAV or told_by_invitation:
            over = date.status is Status.CANCELLED
            decisions.append(Withdrawal(partner_id, channel) if over else Invite(partner_id, channel))
        shows_it = channel is Channel.CALDAV and happening is Happening.FILLED_IN
        if partner_id != by and not (told_by_invitation or shows_it or _goes_silently(date, happening, by=by)):
            decisions.append(Notice(partner_id, happening))
    return tuple(decisions)


def _goes_silently(date: Date, happening: Happening, *, by: str | None) -> bool:
    if by is not None or date.origin is not Origin.RHYTHM or PartStat.ACCEPTED in date.answers.values():
        return False
    return happening in (Happening.MOVED, Happening.CALLED_OFF)


def awaits(date: Date, partner_id: str) -> bool:
    """Return whether the partner has yet to answer."""
    return date.status is Status.TENTATIVE and date.answers[partner_id] is PartStat.NEEDS_ACTION
