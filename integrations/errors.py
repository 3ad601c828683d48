"""
What can go wrong outside.

Texts never carry what a server or a calendar said: only its kind, so that no title, address or password reaches a log.

IntegrationError
├── AddressRefused, Unreachable, TooSlow, TooLarge   (integrations.http)
├── LoginRefused, AccessRefused, NotThere, Conflict, NotCalDav, Throttled, TokenRefused   (integrations.caldav)
│   └── MethodRefused
├── NotAFeed   (integrations.feeds)
└── MailRefused, MailUnreadable   (integrations.mail)
"""

from datetime import timedelta


class IntegrationError(Exception):
    """
    Something outside did not do its part.

    `permanent` tells that trying again cannot help; `retry_after` is what the other side asked us to wait.
    """

    permanent = False

    def __init__(self, text: str = "", *, permanent: bool | None = None, retry_after: timedelta | None = None) -> None:
        super().__init__(text or type(self).__name__)
        if permanent is not None:
            self.permanent = permanent
        self.retry_after = retry_after


class AddressRefused(IntegrationError):
    """The address is not one this service may call."""

    permanent = True


class Unreachable(IntegrationError):
    """Nobody answered there."""


class TooSlow(IntegrationError):
    """The answer did not arrive within the deadline."""


class TooLarge(IntegrationError):
    """The answer is larger than this service reads."""

    permanent = True


class LoginRefused(IntegrationError):
    """The name and password were not accepted."""

    permanent = True


class MethodRefused(LoginRefused):
    """The server takes no name and password, but asks for another way of signing in."""


class AccessRefused(IntegrationError):
    """The account may not do that."""

    permanent = True


class NotThere(IntegrationError):
    """There is nothing at that address."""

    permanent = True


class Conflict(IntegrationError):
    """Somebody changed it first (412, 409)."""


class NotCalDav(IntegrationError):
    """It answers, but not as a CalDAV server."""

    permanent = True


class NotAFeed(IntegrationError):
    """It answers, but not with a calendar."""

    permanent = True


class Throttled(IntegrationError):
    """The server asks us to come back later."""


class TokenRefused(IntegrationError):
    """The sync token is no longer valid (RFC 6578, section 3.2)."""


class MailRefused(IntegrationError):
    """The mail server did not take the message."""


class MailUnreadable(IntegrationError):
    """The mail is larger, or has more parts, than this service reads."""

    permanent = True
