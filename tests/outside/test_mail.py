"""Mails: what a message looks like to the mail apps people have."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import MailRefused
from integrations.mail.message import Calendar, compose, make_address, to_html

WHEN = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SENDER = make_address("date+7f3c2a91e4b84c0fa6d2@dates.example.org", name="Pencil In")
MESSAGE_ID = "<7f3c2a91e4b84c0fa6d27f3c2a91e4b8@dates.example.org>"
ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Café, river\r\nEND:VCALENDAR\r\n".encode()
TEXT = (
    "Friday 4 December, 19:00\nA walk to the river\n\nYes, or another time:\nhttps://dates.example.org/r/7f3c?a=1&b=2"
)


def _compose(
    *,
    to: str = "ana@example.com",
    to_name: str = "Ana",
    subject: str = "A walk to the river",
    text: str = TEXT,
    calendar: Calendar | None = None,
) -> EmailMessage:
    return compose(
        sender=SENDER,
        to=to,
        to_name=to_name,
        subject=subject,
        text=text,
        message_id=MESSAGE_ID,
        date=WHEN,
        calendar=calendar,
    )


def _received(message: EmailMessage) -> EmailMessage:
    """Return the message as the other side parses it."""
    return message_from_bytes(message.as_bytes(), policy=default)


def _shape(part: MIMEPart) -> Any:
    """Return the MIME types of a message as nested lists."""
    if not part.is_multipart():
        return part.get_content_type()
    return [part.get_content_type(), *(_shape(child) for child in part.iter_parts())]


INVITATION = _received(_compose(calendar=Calendar("REQUEST", ICS)))


def test_a_plain_mail_has_text_and_html() -> None:
    assert _shape(_received(_compose())) == ["multipart/alternative", "text/plain", "text/html"]


def test_an_invitation_holds_the_calendar_as_last_alternative_and_as_file() -> None:
    assert _shape(INVITATION) == [
        "multipart/mixed",
        ["multipart/alternative", "text/plain", "text/html", "text/calendar"],
        "application/ics",
    ]


def test_id_date_and_sender_arrive_unchanged() -> None:
    assert INVITATION["Message-ID"] == MESSAGE_ID
    assert INVITATION["Date"].datetime == WHEN
    assert INVITATION["From"].addresses == (SENDER,)


def test_the_same_mail_built_twice_is_the_same_bytes() -> None:
    first, second = (_compose(calendar=Calendar("REQUEST", ICS)).as_bytes() for _ in range(2))
    assert first == second


def test_a_long_message_id_is_not_folded_or_cut() -> None:
    long_id = f"<{'ab' * 32}@{'d' * 50}.example.org>"
    message = compose(
        sender=SENDER, to="a@b.example", to_name="", subject="s", text="t", message_id=long_id, date=WHEN, calendar=None
    )
    assert f"\r\nMessage-ID: {long_id}\r\n".encode() in message.as_bytes()


@pytest.mark.parametrize("wrong", ["", "ab@c.d", "<xy@c.d>", "<ab@c d>", "<ab@c.d>\r\nBcc: x@y.z", "<ab>"])
def test_a_message_id_is_hex_at_a_domain(wrong: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        compose(sender=SENDER, to="a@b.example", to_name="", subject="s", text="t", message_id=wrong, date=WHEN)


def test_the_date_of_a_mail_has_a_zone() -> None:
    naive = WHEN.replace(tzinfo=None)
    with pytest.raises(ValueError, match="zone"):
        compose(sender=SENDER, to="a@b.example", to_name="", subject="s", text="t", message_id=MESSAGE_ID, date=naive)


HEADERS = _compose().keys()
NASTY = (
    "Ana\r\nBcc: eve@example.net",
    "Ana\nBcc: eve@example.net",
    "=?utf-8?q?Ana=0D=0ABcc:eve=40example.net?=",
    '"=?utf-8?b?QQ0KQmNjOiBl?="',
    "Ana =?utf-8?q?=0A?= =?utf-8?q?Bcc:_x?=",
    "=\r?utf-8?q?=0ABcc:x?=",
    "Ána, Eve <eve@example.net>",
    "Ana\u2028Bcc: eve@example.net",
    "Ana\x85Bcc: x\x00\x0b\x0c",
    "\ud800",
)


@pytest.mark.parametrize("nasty", NASTY)
def test_no_name_or_subject_begins_a_header_or_adds_a_recipient(nasty: str) -> None:
    message = _received(_compose(to_name=nasty, subject=nasty))
    assert message.keys() == HEADERS
    assert [address.addr_spec for address in message["To"].addresses] == ["ana@example.com"]


@given(name=st.text(max_size=120) | st.sampled_from(NASTY), subject=st.text(max_size=200))
def test_any_name_and_subject_make_one_mail_to_one_person(name: str, subject: str) -> None:
    message = _received(_compose(to_name=name, subject=subject))
    assert message.keys() == HEADERS
    assert [address.addr_spec for address in message["To"].addresses] == ["ana@example.com"]
    assert not re.search(r"[\r\n]", message["Subject"])


@pytest.mark.parametrize(
    "name", ["Ana", "Ána Gödel", "O'Neil, Ana (she)", 'Ana "Anka" K.', "安娜", "Jos\u200cé", "👩‍🌾 Ana"]
)
def test_ordinary_names_and_subjects_arrive_as_they_are(name: str) -> None:
    message = _received(_compose(to_name=name, subject=name))
    assert message["To"].addresses[0].display_name == name
    assert message["Subject"] == name


WORDS = [
    "Tee",
    "mit",
    "Änne",
    "Müller-Lüdenscheidt",
    "🫖",
    "安静的夜晚",
    "schöner",
    "to",
    "walk,",
    '"hi"',
    "<y>",
    "(x)",
]


@given(words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=16))
def test_a_long_name_and_subject_lose_nothing_where_they_are_folded(words: list[str]) -> None:
    said = " ".join(words)
    data = _compose(to_name=said, subject=said).as_bytes()
    assert max(map(len, data.splitlines())) <= 78
    raw = message_from_bytes(data)
    name, _ = parseaddr(raw["To"].replace("\r\n", ""))
    assert str(make_header(decode_header(name))) == said
    assert str(make_header(decode_header(raw["Subject"]))) == said


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "a b@example.com",
        "<ana@example.com>",
        "ana@example.com, eve@example.net",
        "ana@example.com(eve)",
        "ana@example.com ",
        "ana@example.com\r\nBcc: eve@example.net",
        "äna@example.com",
        "ana@münchen.example",
    ],
)
def test_a_wrong_address_is_refused_for_good_and_not_repeated(wrong: str) -> None:
    with pytest.raises(MailRefused) as caught:
        make_address(wrong, name="Ana")
    assert caught.value.permanent
    assert str(caught.value) == "that is no address a mail can go to"
    assert caught.value.__cause__ is None


def test_plain_text_arrives_as_it_was_written() -> None:
    text = "Grüße\n\n" + "long " * 60 + "\n.\nFrom here\n=_not a boundary"
    body = _received(_compose(text=text)).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == text + "\n"


def test_html_has_paragraphs_line_breaks_and_links() -> None:
    page = to_html("One\ntwo\n\n\nSee https://example.org/a?b=1&c=2.")
    assert "<p>One<br>\ntwo</p>\n<p>See " in page
    assert '<a href="https://example.org/a?b=1&amp;c=2">https://example.org/a?b=1&amp;c=2</a>.</p>' in page


def test_html_shows_markup_as_text() -> None:
    page = to_html('<script>alert("x")</script> & https://example.org/"onclick=x')
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert '<a href="https://example.org/">' in page


@given(st.text())
def test_html_of_any_text_holds_no_other_tags(text: str) -> None:
    body = to_html(text).partition("<body>")[2].partition("</body>")[0]
    assert set(re.findall(r"<[^>]*>", re.sub(r'<a href="[^"]*">', "<a>", body))) <= {
        "<p>",
        "</p>",
        "<br>",
        "<a>",
        "</a>",
    }
