"""What stands in a mail, read as bytes of it were caught: headers, and the calendar part."""

from email import message_from_bytes, policy

import icalendar


def find_header(mail: bytes, name: str) -> str:
    """Return a header of the mail, decoded."""
    return str(message_from_bytes(mail, policy=policy.default)[name])


def find_calendar(mail: bytes) -> icalendar.Calendar:
    """Return the calendar of the mail's only ``text/calendar`` part."""
    message = message_from_bytes(mail, policy=policy.default)
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    return icalendar.Calendar.from_ical(part.get_content())
