"""
What mail programs need of a mail, told as one table: for each of them named checks, as measured with the real ones.

A check takes a mail as the other side parses it and says whether it holds. RFC 2046, 2047, 3834, 5322, 6047.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.policy import default

from integrations.ical.lines import Line, read_line, unfold

CARRIERS = ("text/calendar", "application/ics")
_LONGEST_LINE = 998  # octets without its end
_HEX_ID = re.compile(r"<[0-9a-f]{32,}@[a-z0-9.-]+>")
_OF_ONE_DATE = re.compile(r"date\+[0-9a-f]{16,}@[a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it arrived, and in it the calendar alternative, the file, and the lines of the object."""

    data: bytes
    message: EmailMessage
    calendar: MIMEPart | None
    file: MIMEPart | None

    def lines(self, name: str) -> list[Line]:
        return [line for line in map(read_line, unfold(content_of(self.calendar))) if line.name == name]

    def value(self, name: str) -> str:
        """Return the one value of that name, or an empty text."""
        return "\n".join(line.value for line in self.lines(name))


def open_mail(data: bytes) -> Mail:
    message = message_from_bytes(data, policy=default)
    parts = list(message.walk())
    kinds = {kind: [part for part in parts if part.get_content_type() == kind] for kind in CARRIERS}
    calendar, file = (found[0] if len(found) == 1 else None for found in kinds.values())
    return Mail(data, message, calendar, file)


def content_of(part: MIMEPart | None) -> bytes:
    content = part.get_payload(decode=True) if part else b""
    return content if isinstance(content, bytes) else b""


def no_line_is_too_long(mail: Mail) -> bool:
    return max(map(len, mail.data.split(b"\r\n"))) <= _LONGEST_LINE


def lines_end_with_crlf(mail: Mail) -> bool:
    return not {b"\r", b"\n"} & set(re.findall(rb"\r\n|\r|\n", mail.data))


def everything_is_ascii(mail: Mail) -> bool:
    return mail.data.isascii()


def id_is_hex(mail: Mail) -> bool:
    return bool(_HEX_ID.fullmatch(mail.message.get("Message-ID", "")))


def has_a_date(mail: Mail) -> bool:
    return "Date" in mail.message and mail.message["Date"].datetime.tzinfo is not None


def says_that_nobody_typed_it(mail: Mail) -> bool:
    return bool(mail.message.get("Auto-Submitted") == "auto-generated")


def goes_to_one_person(mail: Mail) -> bool:
    return len(mail.message["To"].addresses) == 1 and not {"Cc", "Bcc", "Reply-To"} & set(mail.message.keys())


def text_comes_before_html(mail: Mail) -> bool:
    kinds = [part.get_content_type() for part in mail.message.walk()]
    return kinds.count("text/plain") == 1 and kinds.index("text/plain") + 1 == kinds.index("text/html")


def calendar_is_the_last_alternative(mail: Mail) -> bool:
    last = [
        list(part.iter_parts())[-1]
        for part in mail.message.walk()
        if part.get_content_type() == "multipart/alternative"
    ]
    return mail.calendar is not None and last == [mail.calendar]


def method_is_the_one_inside(mail: Mail) -> bool:
    return mail.calendar is not None and mail.calendar.get_param("method") == mail.value("METHOD") != ""


def calendar_is_utf8_in_base64(mail: Mail) -> bool:
    part = mail.calendar
    return part is not None and part.get_param("charset") == "UTF-8" and part["Content-Transfer-Encoding"] == "base64"


def first_child_of_mixed_holds_the_calendar(mail: Mail) -> bool:
    if mail.message.get_content_type() != "multipart/mixed":
        return False
    first = next(mail.message.iter_parts())
    return first.get_content_type() == "multipart/alternative" and mail.calendar in list(first.iter_parts())


def subject_names_the_entry(mail: Mail) -> bool:
    """Tell whether an entry that gets the subject as its name is named well; one that is taken back may say so."""
    subject = str(make_header(decode_header(message_from_bytes(mail.data)["Subject"])))
    title = re.sub(r"\\(.)", r"\1", mail.value("SUMMARY"))
    return subject == title if mail.value("METHOD") == "REQUEST" else subject.endswith(title)


def file_holds_the_same_object(mail: Mail) -> bool:
    file = mail.file
    return (
        file is not None
        and file.get_content_disposition() == "attachment"
        and (file.get_filename() or "").endswith(".ics")
        and content_of(file) == content_of(mail.calendar)
    )


def calendar_is_no_attachment(mail: Mail) -> bool:
    return mail.calendar is not None and "Content-Disposition" not in mail.calendar


def answers_go_to_the_address_of_this_date(mail: Mail) -> bool:
    (sender,) = mail.message["From"].addresses
    return bool(_OF_ONE_DATE.fullmatch(sender.addr_spec)) and mail.value("ORGANIZER") == f"mailto:{sender.addr_spec}"


def the_only_attendee_is_the_recipient(mail: Mail) -> bool:
    return mail.value("ATTENDEE") == f"mailto:{mail.message['To'].addresses[0].addr_spec}"


def request_asks_for_an_answer(mail: Mail) -> bool:
    wanted = {"PARTSTAT": "NEEDS-ACTION", "ROLE": "REQ-PARTICIPANT"}
    if mail.value("METHOD") == "REQUEST":
        wanted["RSVP"] = "TRUE"
    return all(wanted.items() <= line.params.items() for line in mail.lines("ATTENDEE"))


def carries_no_calendar(mail: Mail) -> bool:
    kinds = {part.get_content_type() for part in mail.message.walk()}
    return kinds == {"multipart/alternative", "text/plain", "text/html"} and b"BEGIN:VCALENDAR" not in mail.data


Check = Callable[[Mail], bool]

ANY_MAIL: Mapping[str, tuple[Check, ...]] = {
    "mail servers": (
        no_line_is_too_long,
        lines_end_with_crlf,
        everything_is_ascii,
        id_is_hex,
        has_a_date,
        says_that_nobody_typed_it,
        goes_to_one_person,
    ),
    "people": (text_comes_before_html,),
}
INVITATION: Mapping[str, tuple[Check, ...]] = {
    "Gmail": (calendar_is_the_last_alternative, method_is_the_one_inside, calendar_is_utf8_in_base64),
    "Outlook": (first_child_of_mixed_holds_the_calendar, subject_names_the_entry, request_asks_for_an_answer),
    "Apple Mail": (file_holds_the_same_object,),
    "Thunderbird": (
        method_is_the_one_inside,
        calendar_is_no_attachment,
        answers_go_to_the_address_of_this_date,
        the_only_attendee_is_the_recipient,
    ),
}
NO_INVITATION: Mapping[str, tuple[Check, ...]] = {"every client": (carries_no_calendar,)}


def complain(data: bytes, *, invites: bool) -> list[str]:
    """Return what a mail lacks, as ``client: check``; `invites` tells whether it has to carry a calendar or none."""
    mail = open_mail(data)
    table = {**ANY_MAIL, **(INVITATION if invites else NO_INVITATION)}
    return [f"{client}: {check.__name__}" for client, checks in table.items() for check in checks if not check(mail)]
