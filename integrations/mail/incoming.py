"""
Mails that come in, as values: to which of our addresses, with which calendar objects, or that one of ours came back.

Structure is RFC 5322 and 2046, returned mail RFC 3464, automatic answers RFC 3834. Of a person nothing is kept: neither
who wrote nor what. Nothing is done here that costs more than reading the octets a few times, whatever they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from integrations.errors import MailUnreadable

MAX_MAIL = 1024 * 1024  # octets
MAX_CONTAINERS = 64  # what may hold other parts, and so how deep they can lie
MAX_BOUNDARIES = 1000  # lines that may begin a part
MAX_TOKENS = 5

RECIPIENTS = ("TO", "CC", "DELIVERED-TO", "X-ORIGINAL-TO", "ENVELOPE-TO")

_CONTAINER = re.compile(rb"(?:multipart|message)\s*/", re.IGNORECASE)
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_AUTOMATIC = frozenset({"auto_reply", "bulk", "junk"})
_HEX = "[0-9a-f]{32}"


@dataclass(frozen=True, slots=True)
class Incoming:
    """
    One mail.

    `tokens` are those in its recipients, ``date+TOKEN@domain``; `calendars` its iCalendar objects, as their octets: all
    that is read of them is ASCII, whatever their charset. `is_automatic` tells that a machine answered in place of the
    person. `returned` are the ids of mails of ours, ``<id@domain>``, that it says reached nobody.
    """

    tokens: tuple[str, ...]
    calendars: tuple[bytes, ...]
    is_automatic: bool
    returned: tuple[str, ...]


def read_mail(data: bytes, *, domain: str) -> Incoming:
    """Read a mail to addresses at `domain`; raises `MailUnreadable` where it is too large or has too many parts."""
    if len(data) > MAX_MAIL:
        raise MailUnreadable("a mail of more than 1 MiB")
    if data.count(b"\n--") > MAX_BOUNDARIES or len(_CONTAINER.findall(data)) > MAX_CONTAINERS:
        raise MailUnreadable("a mail of too many parts")
    mail = message_from_bytes(data, policy=compat32)
    parts = list(_walk(mail))
    calendars = (_content(part) for part in parts if part.get_content_type() in _CALENDARS)
    return Incoming(
        tokens=find_tokens("\n".join(_values(mail, *RECIPIENTS)), domain=domain),
        calendars=tuple(dict.fromkeys(calendars)),
        is_automatic=_is_automatic(mail),
        returned=tuple(_find_returned(mail, parts, domain=domain)),
    )


def find_tokens(text: str, *, domain: str) -> tuple[str, ...]:
    """Return the first few tokens of ``date+TOKEN@domain`` in the text of some headers."""
    pattern = rf"(?<![\w.+-])date\+({_HEX})@{re.escape(domain)}(?![\w.-])"
    return tuple(dict.fromkeys(found.lower() for found in re.findall(pattern, text, re.IGNORECASE)))[:MAX_TOKENS]


def _walk(mail: Message) -> Iterator[Message]:
    """Yield the parts that are the mail's own: not those of a mail that it forwards or returns."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += reversed(_inside(part))
        else:
            yield part


def _inside(part: Message) -> list[Message]:
    """Return what a container holds."""
    inside = part.get_payload()
    return [each for each in inside if isinstance(each, Message)] if isinstance(inside, list) else []


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _values(mail: Message, *names: str) -> Iterator[str]:
    """Yield the values of all headers with one of `names`, as they came."""
    return (str(value) for name, value in mail.raw_items() if name.upper() in names)


def _is_automatic(mail: Message) -> bool:
    """
    Tell whether a machine answered by itself, as while its owner is away.

    ``auto-generated`` is what calendar services write on the answers that people give with a tap.
    """
    submitted = (value.strip().lower() for value in _values(mail, "AUTO-SUBMITTED"))
    precedence = {value.strip().lower() for value in _values(mail, "PRECEDENCE")}
    return any(value.startswith(("auto-replied", "auto-notified")) for value in submitted) or bool(
        precedence & _AUTOMATIC
    )


def _find_returned(mail: Message, parts: list[Message], *, domain: str) -> Iterator[str]:
    """Yield the ids of our mails in a report that delivery has ended in failure (RFC 3464, 2.3.3)."""
    if mail.get_content_type() != "multipart/report":
        return
    reports = [
        block for part in parts if part.get_content_type() == "message/delivery-status" for block in _inside(part)
    ]
    actions = [value.strip().lower() for block in reports for value in _values(block, "ACTION")]
    if not any(action.startswith("failed") for action in actions):
        return
    pattern = re.compile(rf"<({_HEX})@{re.escape(domain)}>", re.IGNORECASE)
    for part in parts:
        for text in _ids_of_returned(part):
            yield from (found.lower() for found in pattern.findall(text))


def _ids_of_returned(part: Message) -> Iterator[str]:
    """Yield what a returned mail, or the headers that are left of it, names as its Message-ID."""
    match part.get_content_type():
        case "message/rfc822":
            for returned in _inside(part):
                yield from _values(returned, "MESSAGE-ID")
        case "text/rfc822-headers":
            yield from _values(message_from_bytes(_content(part), policy=compat32), "MESSAGE-ID")
