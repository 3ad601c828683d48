"""
Refusals: what the service will not do, each with a stable `code` and one plain sentence.

The docstring of a refusal is the message people read, so it never names a title, an address, a calendar or the
partner's reasons. `service.api.errors` alone knows which HTTP status a code becomes.

Refusal
├── Invalid
│   └── UnknownZone, EmptyWindow, OutsideHours
├── NotFound, NotSignedIn, NotAllowed
├── SlotTaken, StaleReply, DateOver, PartnerNotJoined
├── VersionConflict, PreconditionRequired, IdempotencyMismatch
└── CalendarRefusal
    ├── CalendarAuth, CalendarUnreachable, CalendarNotFound
    └── AddressNotAllowed, NotACalendar
"""

import inspect
from typing import ClassVar


class Refusal(Exception):
    """That cannot be done."""

    code: ClassVar[str] = "refused"

    def __init__(self, detail: str | None = None) -> None:
        """Take `detail` where the class's own sentence can be made more helpful; it is shown to people as it is."""
        super().__init__(detail or inspect.cleandoc(type(self).__doc__ or ""))


class Invalid(Refusal):
    """Something in that request does not fit."""

    code = "invalid"


class UnknownZone(Invalid):
    """That time zone is not known; names look like Europe/Berlin."""

    code = "unknown_zone"


class EmptyWindow(Invalid):
    """That stretch of time is empty; its end must come after its start."""

    code = "empty_window"


class OutsideHours(Invalid):
    """That time lies outside the hours you two keep for each other; widen them first, or choose another."""

    code = "outside_hours"


class NotFound(Refusal):
    """There is nothing here under that name."""

    code = "not_found"


class NotSignedIn(Refusal):
    """A valid token is needed; send it as "Authorization: Bearer pi_…"."""

    code = "not_signed_in"


class NotAllowed(Refusal):
    """That needs a scope which your token was not given."""

    code = "not_allowed"


class SlotTaken(Refusal):
    """That time is no longer free for both of you; please choose another."""

    code = "slot_taken"


class StaleReply(Refusal):
    """That answer was to an earlier time; the invitation has changed since."""

    code = "stale_reply"


class DateOver(Refusal):
    """That date is over or was called off, so it can no longer be changed."""

    code = "date_over"


class PartnerNotJoined(Refusal):
    """Your partner has not joined yet; this becomes possible once you are both here."""

    code = "partner_not_joined"


class VersionConflict(Refusal):
    """Somebody changed it meanwhile; read it again and repeat your change."""

    code = "version_conflict"


class PreconditionRequired(Refusal):
    """Send the ETag you last read as If-Match, so that no change is lost."""

    code = "precondition_required"


class IdempotencyMismatch(Refusal):
    """That Idempotency-Key was already used for a different request."""

    code = "idempotency_mismatch"


class CalendarRefusal(Refusal):
    """That calendar cannot be connected."""

    code = "calendar_refused"


class CalendarAuth(CalendarRefusal):
    """The calendar server did not accept that name and password; many providers want an app password here."""

    code = "calendar_auth"


class CalendarUnreachable(CalendarRefusal):
    """The calendar server did not answer in time; please try again a little later."""

    code = "calendar_unreachable"


class CalendarNotFound(CalendarRefusal):
    """There is no calendar at that address."""

    code = "calendar_not_found"


class AddressNotAllowed(CalendarRefusal):
    """That address is not reachable from here; use the public https address of your calendar."""

    code = "address_not_allowed"


class NotACalendar(CalendarRefusal):
    """That address answers, but not as a calendar server."""

    code = "not_a_calendar"
