"""
What can be wrong with calendar text.

Texts never quote what was read: a title must not reach a log by way of an error.
"""

from integrations.errors import IntegrationError


class Refused(IntegrationError):
    """It is larger, deeper or more repetitive than this service reads."""

    permanent = True


class Unreadable(IntegrationError):
    """It is not a calendar, or not one that can be understood."""

    permanent = True


class ReaderIll(IntegrationError):
    """Nothing can be read here at the moment, whatever it says: no entry is to blame."""
