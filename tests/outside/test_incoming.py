"""Mails that come in: what is read of those that apps really send, and that hostile ones cost and tell nothing."""

from base64 import b64encode
from time import thread_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import MailUnreadable
from integrations.ical.events import Answer
from integrations.ical.reply import Method, Reply, read_reply
from integrations.mail.incoming import MAX_MAIL, MAX_TOKENS, Incoming, find_tokens, read_mail
from tests.households import between
from tests.outside.samples import DOMAIN, PARCEL, TOKEN, sample

OURS = f"date+{TOKEN}@{DOMAIN}"
LATER = between(5, 18, 20)


def read(data: bytes) -> Incoming:
    return read_mail(data, domain=DOMAIN)


def make(*headers: str, body: str = "hello") -> bytes:
    return "\r\n".join(["From: ben@example.org", *headers, "", body, ""]).encode()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gmail_accepted", Reply(Method.REPLY, 0, Answer.ACCEPTED)),
        ("outlook_accepted", Reply(Method.REPLY, 0, Answer.ACCEPTED)),
        ("outlook_counter", Reply(Method.COUNTER, 0, Answer.TENTATIVE, LATER.start, LATER.end)),
        ("apple_declined", Reply(Method.REPLY, 0, Answer.DECLINED)),
        ("thunderbird_accepted", Reply(Method.REPLY, 0, Answer.ACCEPTED)),
        ("thunderbird_declined", Reply(Method.REPLY, 0, Answer.DECLINED)),
        ("thunderbird_moved", Reply(Method.REPLY, 2, Answer.ACCEPTED)),
        ("thunderbird_tentative", Reply(Method.REPLY, 0, Answer.TENTATIVE)),
        ("yahoo_tentative", Reply(Method.REPLY, 0, Answer.TENTATIVE)),
    ],
)
def test_what_an_app_sends_is_understood(name: str, said: Reply) -> None:
    mail = read(sample(name))
    assert (mail.tokens, mail.is_automatic, mail.returned) == ((TOKEN,), False, ())
    assert [read_reply(each, uid=TOKEN) for each in mail.calendars] == [said] * len(mail.calendars)
    assert mail.calendars


def test_a_machine_that_answers_while_its_owner_is_away_is_told_apart() -> None:
    assert read(sample("out_of_office")).is_automatic


@pytest.mark.parametrize(
    ("header", "is_automatic"),
    [
        ("Auto-Submitted: auto-replied; owner-email=x", True),
        ("auto-submitted: Auto-Replied", True),
        ("Precedence: auto_reply", True),
        ("Auto-Submitted: auto-generated", False),  # a calendar service that sends on what somebody tapped
        ("Auto-Submitted: no", False),
        ("Precedence: normal", False),
    ],
)
def test_headers_tell_who_answered(header: str, *, is_automatic: bool) -> None:
    assert read(make(header)).is_automatic is is_automatic


@pytest.mark.parametrize("name", ["returned_whole", "returned_headers"])
def test_a_returned_mail_is_known_by_its_id(name: str) -> None:
    mail = read(sample(name))
    assert (mail.tokens, mail.returned, mail.calendars) == ((TOKEN,), (PARCEL,), ())


def test_a_delay_is_no_return() -> None:
    assert read(sample("delayed")).returned == ()


def test_a_report_on_somebody_elses_mail_returns_nothing() -> None:
    foreign = sample("returned_whole").replace(f"@{DOMAIN}>\r\nDate".encode(), b"@example.org>\r\nDate")
    assert read(foreign).returned == ()


@pytest.mark.parametrize("header", ["To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "CC"])
def test_a_token_is_found_in_every_header_that_names_recipients(header: str) -> None:
    assert read(make(f"{header}: Pencil In <{OURS}>, ben@example.org")).tokens == (TOKEN,)


@pytest.mark.parametrize(
    "text",
    [
        f"date+{TOKEN}@example.org",
        f"date+{TOKEN}@{DOMAIN}.example.org",
        f"date+{TOKEN}0@{DOMAIN}",
        f"update+{TOKEN}@{DOMAIN}",
        f"date+{TOKEN[:-1]}x@{DOMAIN}",
        f"date{TOKEN}@{DOMAIN}",
    ],
)
def test_what_only_looks_like_a_token_is_none(text: str) -> None:
    assert find_tokens(text, domain=DOMAIN) == ()


def test_a_token_is_found_in_any_case_once_and_not_without_end() -> None:
    assert find_tokens(f"{OURS.upper()}, {OURS}", domain=DOMAIN) == (TOKEN,)
    many = ", ".join(f"date+{number:032x}@{DOMAIN}" for number in range(1000))
    assert len(find_tokens(many, domain=DOMAIN)) == MAX_TOKENS


def test_a_token_elsewhere_than_in_the_recipients_counts_for_nothing() -> None:
    assert read(make(f"Subject: {OURS}", f"From: {OURS}", body=OURS)).tokens == ()


def test_a_calendar_that_is_the_whole_mail_is_read() -> None:
    calendar = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    plain = make("Content-Type: text/calendar; method=REPLY", body=calendar.removesuffix("\r\n"))
    coded = make(
        "Content-Type: TEXT/Calendar",
        "Content-Transfer-Encoding: BASE64",
        body=b64encode(calendar.encode()).decode(),
    )
    assert read(plain).calendars == read(coded).calendars == (calendar.encode(),)


def test_a_zone_named_in_another_charset_is_the_same_where_it_is_defined_and_used() -> None:
    zone = "Mitteleuropäische Zeit"
    definition = f"BEGIN:VTIMEZONE\r\nTZID:{zone}\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0100"
    times = f"DTSTART;TZID={zone}:20261205T190000\r\nDURATION:PT2H"
    text = (
        f"BEGIN:VCALENDAR\r\nMETHOD:COUNTER\r\n{definition}\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        f"BEGIN:VEVENT\r\nUID:{TOKEN}\r\n{times}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    head = f"To: {OURS}\r\nContent-Type: text/calendar; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    [calendar] = read(head.encode() + text.encode("latin-1")).calendars
    said = read_reply(calendar, uid=TOKEN)
    assert said is not None
    assert said.start == LATER.start


def test_the_parts_of_a_forwarded_mail_are_not_its_own() -> None:
    forwarded = sample("gmail_accepted").decode()
    assert read(make(f"To: {OURS}", "Content-Type: message/rfc822", body=forwarded)).calendars == ()


def test_a_mail_that_is_too_large_is_refused() -> None:
    with pytest.raises(MailUnreadable):
        read(make(body="x" * MAX_MAIL))


def nest(depth: int, *, kind: str = "multipart/mixed") -> str:
    """Return the headers and body of parts inside each other."""
    text = "Content-Type: text/plain\r\n\r\nhello"
    for level in range(depth):
        text = f"Content-Type: {kind}; boundary=b{level}\r\n\r\n--b{level}\r\n{text}\r\n--b{level}--\r\n"
    return text


@pytest.mark.parametrize(
    "body",
    [
        nest(1000),
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + "--b\r\n\r\n" * 100_000,
        "Content-Type: message/rfc822\r\n\r\n" * 20_000,
    ],
    ids=["deep", "wide", "mails in mails"],
)
def test_a_mail_of_too_many_parts_is_refused_before_it_is_taken_apart(body: str) -> None:
    began = thread_time()
    with pytest.raises(MailUnreadable):
        read(f"To: {OURS}\r\n{body}".encode())
    assert thread_time() - began < 1


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/digest"])
def test_parts_as_deep_as_they_may_lie_are_read(kind: str) -> None:
    assert read(f"To: {OURS}\r\n{nest(60, kind=kind)}".encode()).tokens == (TOKEN,)


HEADERS = st.sampled_from(
    [
        *(f"To: {OURS}", "To: =?utf-8?q?=00?=", "Auto-Submitted:", "Precedence: =?x?b?!?=", "MIME-Version: 1.0"),
        *("Content-Type: multipart/mixed; boundary=b", "Content-Type: multipart/report; boundary*0=b", "Content-Type:"),
        *("Content-Type: text/calendar; charset=utf-16", "Content-Type: message/rfc822", "Content-Type: a/b/c; =;;"),
        *("Content-Type: message/delivery-status", "Content-Type: text/rfc822-headers", "Content-Type: text/calendar"),
        *("Content-Type: multipart/mixed; boundary*=x''%ff", "Content-Transfer-Encoding: base64", " folded", ":", "x"),
        *("Content-Transfer-Encoding: x-uuencode", "Content-Transfer-Encoding: quoted-printable", "--b", "--b--", ""),
        *(
            "Action: failed",
            f"Message-ID: <{PARCEL}@{DOMAIN}>",
            "begin 644 x",
            "=ZZ=",
            "Content-Type: multipart/report",
        ),
        *("Content-Type: multipart/report; boundary=b; report-type=delivery-status", "\x00", "\udcff\udc80"),
    ]
)


@given(st.lists(HEADERS, max_size=30), st.sampled_from(["\r\n", "\n", "\r"]))
def test_a_strange_mail_is_read_or_refused(lines: list[str], end: str) -> None:
    read_strange(end.join(lines).encode(errors="surrogateescape"))


@given(st.binary(max_size=400))
def test_octets_are_read_or_refused(data: bytes) -> None:
    read_strange(data)
    read_strange(b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n" + data)


@given(st.sampled_from(["returned_whole", "gmail_accepted"]).map(sample), st.data())
def test_a_damaged_mail_is_read_or_refused(mail: bytes, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mail)))
        mail = mail[:at] + data.draw(st.binary(max_size=8)) + mail[at + data.draw(st.integers(0, 200)) :]
    read_strange(mail)


def read_strange(data: bytes) -> None:
    """Read a mail; whatever it is, it is read or refused."""
    try:
        mail = read(data)
    except MailUnreadable:
        return
    assert all(len(token) == len(TOKEN) for token in mail.tokens)
    assert all(len(parcel) == len(PARCEL) for parcel in mail.returned)
