"""
Mails as values: plain text, its HTML twin, and for an invitation the calendar part (RFC 2046, 3834, 5322, 6047).

Nothing here does I/O or draws lots: the same arguments give the same bytes, so that a second delivery is a repeat of
the first. Times carry their zone.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from html import escape
from typing import Literal

from integrations.errors import MailRefused

_UNFIT_FOR_A_HEADER = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# in a hex local part nothing is left that the standard library would cut short
_MESSAGE_ID = re.compile(r"<([0-9a-f]+)@[A-Za-z0-9.-]+>")
_LINE = 76  # octets without its end (RFC 2047, section 2)
_LINK = re.compile(r"(https?://[^\s<>\"]*[^\s<>\".,:;!?)])")


class _Folding(EmailPolicy):
    """
    Folds what is not ASCII into encoded-words (RFC 2047) by the older class of the standard library.

    The newer one loses a space where a text takes two of them, and each version of Python folds in its own way.
    """

    def fold(self, name: str, value: str) -> str:
        text, rest = str(value), ""
        if addresses := getattr(value, "addresses", ()):
            text, rest = addresses[0].display_name, f" <{addresses[0].addr_spec}>"
        if text.isascii():
            return str(super().fold(name, value))
        words = Header(text, charset="utf-8", header_name=name, maxlinelen=75).encode(linesep=self.linesep)
        is_short = len(words.rpartition("\n")[2]) + len(rest) <= _LINE
        return f"{name}: {words}{rest if is_short else self.linesep + rest}{self.linesep}"

    def fold_binary(self, name: str, value: str) -> bytes:
        return self.fold(name, value).encode()


_POLICY = _Folding(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Calendar:
    """An iTIP object as it goes out: `content` is iCalendar in UTF-8 with CRLF, `method` the one it names inside."""

    method: Literal["REQUEST", "CANCEL"]
    content: bytes


def compose(
    *,
    sender: Address,
    to: str,
    to_name: str,
    subject: str,
    text: str,
    message_id: str,
    date: datetime,
    calendar: Calendar | None = None,
) -> EmailMessage:
    """
    Build a mail to one person from plain `text`, whose empty lines part paragraphs.

    `sender` comes from `make_address`, `message_id` is ``<hex@domain>``, `date` has a zone. Raises `MailRefused` where
    `to` is no address, and `ValueError` for a wrong id or a date without zone, which are our own mistakes.
    """
    named = _MESSAGE_ID.fullmatch(message_id)
    if named is None:
        raise ValueError("a Message-ID is <hex@domain>")
    if date.tzinfo is None:
        raise ValueError("the date of a mail has a zone")
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = make_address(to, name=to_name)
    message["Subject"] = _one_line(subject)
    message["Date"] = date
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.strip() + "\n", cte="quoted-printable")
    message.add_alternative(to_html(text), subtype="html", cte="quoted-printable")
    if calendar is not None:
        _add_calendar(message, calendar)
    _fix_boundaries(message, mark=named[1])
    return message


def make_address(address: str, *, name: str) -> Address:
    """
    Return the address with a name that fits a header.

    Raises `MailRefused` for anything but one plain ASCII address, without repeating it.
    """
    try:
        made = Address(_one_line(name), addr_spec=address)
    except (ValueError, MessageError, IndexError):  # IndexError is how the standard library meets an empty part
        made = None
    if made is None or made.addr_spec != address or not address.isascii():
        raise MailRefused("that is no address a mail can go to", permanent=True)
    return made


def to_html(text: str) -> str:
    """Return plain `text` as HTML: paragraphs, line breaks, links; everything else is shown as it is written."""
    paragraphs = [part for part in re.split(r"\n\s*\n", text.strip()) if part]
    body = "\n".join(f"<p>{_to_inline(part)}</p>" for part in paragraphs)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _to_inline(paragraph: str) -> str:
    pieces = _LINK.split(paragraph)
    plain = [escape(piece).replace("\n", "<br>\n") for piece in pieces[::2]]
    links = [f'<a href="{escape(link)}">{escape(link)}</a>' for link in pieces[1::2]]
    return "".join(a + b for a, b in zip(plain, [*links, ""], strict=True))


def _add_calendar(message: EmailMessage, calendar: Calendar) -> None:
    """
    Add the calendar as last alternative and again as a file.

    Outlook reads only the first child of mixed, Gmail and Thunderbird take the alternative, Apple Mail the file.
    """
    message.add_alternative(
        calendar.content,
        maintype="text",
        subtype="calendar",
        cte="base64",
        params={"method": calendar.method, "charset": "UTF-8"},
    )
    message.add_attachment(calendar.content, maintype="application", subtype="ics", filename="invite.ics")


def _fix_boundaries(message: EmailMessage, *, mark: str) -> None:
    """Name the boundaries after the mail; neither quoted-printable nor base64 can hold the ``=_`` they begin with."""
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{mark[:32]}_{number}")


def _one_line(text: str) -> str:
    """
    Return `text` without line ends and other controls.

    An encoded-word is broken up too: the standard library decodes it when the header is set, and a line end hidden in
    it then begins a header of its own.
    """
    return _UNFIT_FOR_A_HEADER.sub(" ", text).strip().replace("=?", "= ?")
