"""
Refusals: what the service will not do, each with a stable `code` and one plain sentence.

The docstring of a refusal is the message people read, so it never names a title, an address, a calendar or the
partner's reasons. `service.api.errors` alone knows which HTTP status a code becomes.

Refusal
├── Invalid
│   └── UnknownZone, EmptyWindow, OutsideHours
├── NotFound, NotSignedIn, NotAllowed
├── SlotTaken, StaleReply, DateOver, PartnerNotJoined
├── NotCovered, CoverSettled
├── VersionConflict, PreconditionRequired, IdempotencyMismatch
├── ConsentNotOffered, ConsentDeclined, ConsentOver, ConsentRefused, ConsentTooShort
└── CalendarRefusal
    ├── CalendarAuth, AppPasswordNeeded, CalendarMethod, CalendarForbidden
    ├── CalendarUnreachable, CalendarTooSlow, CalendarNotFound
    └── AddressNotAllowed, NotACalendar, CalendarLinkNeeded
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
    """That stretch of time is empty; let it end after it begins."""

    code = "empty_window"


class OutsideHours(Invalid):
    """That time lies outside the hours you two keep for each other; widen them first, or choose another."""

    code = "outside_hours"


class NotFound(Refusal):
    """There is nothing here under that name."""

    code = "not_found"


class NotSignedIn(Refusal):
    """A valid token is needed; send it as a bearer in the Authorization header."""

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


class NotCovered(Refusal):
    """Nobody minds the children at that time yet; please choose another time, or something for at home."""

    code = "not_covered"


class CoverSettled(Refusal):
    """That has been settled meanwhile; have a look at how it stands now."""

    code = "cover_settled"


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


class ConsentNotOffered(Refusal):
    """Consent is not offered for that provider here; connect the calendar by its login or its link instead."""

    code = "consent_not_offered"


class ConsentDeclined(Refusal):
    """You chose not to share your calendar, which is fine; nothing was connected and nothing kept."""

    code = "consent_declined"


class ConsentOver(Refusal):
    """That way is over, because it works once and for ten minutes; please start once more."""

    code = "consent_over"


class ConsentRefused(Refusal):
    """Your provider did not go along with that consent, so nothing was connected; please start once more."""

    code = "consent_refused"


class ConsentTooShort(Refusal):
    """Your provider gave a consent for one hour only; remove Pencil In from your account there and start once more."""

    code = "consent_too_short"


class CalendarRefusal(Refusal):
    """That calendar cannot be connected."""

    code = "calendar_refused"


class CalendarAuth(CalendarRefusal):
    """The calendar server did not accept that name and password; many providers want an app password here."""

    code = "calendar_auth"


class AppPasswordNeeded(CalendarRefusal):
    """Your provider takes an app password here, not the one you sign in with; make a new one and copy all of it."""

    code = "app_password_needed"


class CalendarMethod(CalendarRefusal):
    """That server takes no name and password; see whether it publishes the calendar as an iCalendar link instead."""

    code = "calendar_method"


class CalendarForbidden(CalendarRefusal):
    """The server does not open that calendar to you; check how it is shared, or copy its address once more."""

    code = "calendar_forbidden"


class CalendarUnreachable(CalendarRefusal):
    """Nobody answers at that address just now; check it, or try again a little later."""

    code = "calendar_unreachable"


class CalendarTooSlow(CalendarRefusal):
    """The calendar server did not answer in time; please try again a little later."""

    code = "calendar_too_slow"


class CalendarNotFound(CalendarRefusal):
    """There is no calendar at that address; copy it once more from your calendar's settings."""

    code = "calendar_not_found"


class AddressNotAllowed(CalendarRefusal):
    """That address is not reachable from here; use the public https address of your calendar."""

    code = "address_not_allowed"


class NotACalendar(CalendarRefusal):
    """That address answers, but not as a calendar; copy it once more from your calendar's settings."""

    code = "not_a_calendar"


class CalendarLinkNeeded(CalendarRefusal):
    """Your provider shares calendars by a secret link; copy it from the settings of the calendar and connect that."""

    code = "calendar_link_needed"
