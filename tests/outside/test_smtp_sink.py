"""The mail server of the tests, by what a mail program sees."""

import smtplib
from email.message import EmailMessage

import pytest

from tests.servers import SmtpSink, smtp_sink

pytestmark = pytest.mark.servers


def send(sink: SmtpSink) -> None:
    message = EmailMessage()
    message["Subject"] = "Ünicode"
    message.set_content("hello")
    with smtplib.SMTP(sink.host, sink.port) as client:
        client.send_message(message, from_addr="service@example.org", to_addrs=["ana@example.org"])


def test_the_sink_keeps_what_it_is_sent() -> None:
    with smtp_sink() as sink:
        send(sink)
    (received,) = sink.received
    assert received.message["Subject"] == "Ünicode"
    assert received.sender == "service@example.org"
    assert received.recipients == ("ana@example.org",)


def test_the_sink_refuses_when_told_to_until_told_otherwise() -> None:
    with smtp_sink() as sink:
        sink.refuse("451 later")
        with pytest.raises(smtplib.SMTPDataError):
            send(sink)
        sink.refuse("")
        sink.refuse("550 nobody here", at="RCPT")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(sink)
        sink.refuse("", at="RCPT")
        send(sink)
    assert len(sink.received) == 1
