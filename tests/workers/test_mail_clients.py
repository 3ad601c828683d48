"""Every mail that we write, walked through as each mail program does; and that the walk notices what it is for."""

from base64 import encodebytes
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest

from service.actions.clashes import CLASH
from service.actions.hearing import NOT_POSSIBLE
from service.actions.weeks import Ahead
from service.core.dates import Happening, Stage
from service.core.decks import Suggestion
from service.store.couples import Couple, Partner
from service.store.helpers import Helper
from service.store.outbox import Kind
from service.workers.letters import Letter
from tests.ical.golden.couple import (
    CONTENT,
    DESK,
    ENTRY,
    EVENING,
    HARD,
    HARD_NAME,
    NEXT_EVENING,
    WALK,
    make_date,
    make_parcel,
    make_partner,
)
from tests.workers.mail_clients import ANY_MAIL, CARRIERS, INVITATION, complain, content_of

WITH_CALENDAR = {Kind.REQUEST, Kind.CANCEL}
STAGES = {Happening.CONFIRMED: Stage.CONFIRMED, Happening.CALLED_OFF: Stage.CALLED_OFF}
WORDS = {"plain": (make_partner(), WALK), "hard": (make_partner(name=HARD_NAME), HARD)}


def about_dates(partner: Partner, idea_id: str) -> Iterator[tuple[Kind, str, Letter | None]]:
    wanted = [
        *(
            (Kind.NOTICE, each, make_date(stage=STAGES.get(each, Stage.PENCILLED), idea_id=idea_id))
            for each in Happening
        ),
        *((Kind.NOTICE, each, make_date(idea_id=idea_id)) for each in (CLASH, NOT_POSSIBLE)),
        (Kind.REQUEST, "asked", make_date(idea_id=idea_id)),
        (Kind.REQUEST, "moved", make_date(NEXT_EVENING, sequence=1, idea_id=idea_id)),
        (Kind.CANCEL, "called_off", make_date(stage=Stage.CALLED_OFF, idea_id=idea_id)),
    ]
    for kind, detail, date in wanted:
        parcel = make_parcel(kind, detail=detail, sequence=date.sequence)
        yield kind, detail, DESK.about_date(parcel, date=date, partner=partner, entry=ENTRY)


def others(partner: Partner) -> Iterator[tuple[Kind, str, Letter | None]]:
    for detail in {gesture.only_if_welcome: id_ for id_, gesture in CONTENT.gestures.items()}.values():
        yield Kind.GESTURE, detail, DESK.gesture(make_parcel(Kind.GESTURE, detail=detail), partner=partner)
    for cause in CONTENT.messages.calendar_causes:
        yield Kind.CALENDAR, cause, DESK.calendar(make_parcel(Kind.CALENDAR, detail=cause), partner=partner)
    link = "https://dates.example.org/v1/join/" + "s" * 43
    couple = Couple(partner.couple_id, (), timedelta(hours=1), version=1, partners=(partner, partner))
    helper = Helper("e" * 32, couple.id, "Oma", rank=1, address="oma@example.org", place="bei uns")
    for kind in (Kind.HELPER, Kind.THANKS):
        yield kind, "", DESK.helper(make_parcel(kind), helper=helper, date=make_date(), couple=couple)
    ahead = Ahead(partner, (EVENING, NEXT_EVENING), Suggestion(replace(CONTENT.ideas[WALK], id=WALK), "fits_the_time"))
    yield Kind.WEEK, "", DESK.week(make_parcel(Kind.WEEK), ahead=ahead)
    yield Kind.JOIN, "", DESK.invitation(make_parcel(Kind.JOIN), partner=partner, address="b@example.org", link=link)


LETTERS = {
    f"{kind}-{detail}-{words}": (kind, letter)
    for words, (partner, idea_id) in WORDS.items()
    for kind, detail, letter in [*about_dates(partner, idea_id), *others(partner)]
}


def test_every_kind_of_mail_is_walked_through() -> None:
    assert {kind for kind, _ in LETTERS.values()} == set(Kind) - {Kind.ENTRY, Kind.PUSH}


@pytest.mark.parametrize("name", LETTERS)
def test_no_client_complains_about_any_mail(name: str) -> None:
    kind, letter = LETTERS[name]
    assert letter is not None
    assert complain(letter.message.as_bytes(), invites=kind in WITH_CALENDAR) == []


@pytest.mark.parametrize("name", LETTERS)
def test_the_envelope_names_whom_the_mail_names(name: str) -> None:
    _, letter = LETTERS[name]
    assert letter is not None
    assert letter.message["From"].addresses[0].addr_spec == letter.sender
    assert letter.message["To"].addresses[0].addr_spec == letter.recipient


def bytes_of(name: str) -> bytes:
    _, letter = LETTERS[name]
    assert letter is not None
    return letter.message.as_bytes()


REQUEST, PLAIN = bytes_of("request-asked-plain"), bytes_of("notice-confirmed-plain")


def put(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """Return what puts `new` in the first place of `old`."""

    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


def turn_around(kind: str) -> Callable[[bytes], bytes]:
    """Return what puts the children of the part of that kind in the opposite order."""

    def change(data: bytes) -> bytes:
        message = message_from_bytes(data, policy=SMTP)
        parts = next(part for part in message.walk() if part.get_content_type() == kind).get_payload()
        assert isinstance(parts, list)
        parts.reverse()
        return message.as_bytes()

    return change


def put_inside(old: bytes, new: bytes, *, coding: str = "base64") -> Callable[[bytes], bytes]:
    """Return what changes the object, and how it is coded, wherever the mail holds it."""

    def change(data: bytes) -> bytes:
        message = message_from_bytes(data, policy=SMTP)
        for part in message.walk():
            if part.get_content_type() in CARRIERS:
                changed = put(old, new)(content_of(part))
                part.replace_header("Content-Transfer-Encoding", coding)
                part.set_payload(encodebytes(changed).decode() if coding == "base64" else changed.decode())
        return message.as_bytes()

    return change


DAMAGES: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("no_line_is_too_long", put(b"From:", b"X: " + b"x" * 996 + b"\r\nFrom:")),
    ("lines_end_with_crlf", put(b"\r\nTo:", b"\nTo:")),
    ("lines_end_with_crlf", put(b"\r\nTo:", b"\rTo:")),
    ("everything_is_ascii", put(b"From: ", "From: ä".encode())),
    ("id_is_hex", put(b"Message-ID: <0", b"Message-ID: <x")),
    ("has_a_date", put(b"\r\nDate:", b"\r\nX-Date:")),
    ("says_that_nobody_typed_it", put(b"Auto-Submitted: auto-generated", b"Auto-Submitted: no")),
    ("goes_to_one_person", put(b"\r\nDate:", b"\r\nCc: eve@example.net\r\nDate:")),
    ("goes_to_one_person", put(b"To: Ana <ana@example.org>", b"To: ana@example.org, eve@example.net")),
    ("text_comes_before_html", put(b"text/plain", b"text/html")),
    ("calendar_is_the_last_alternative", turn_around("multipart/alternative")),
    ("calendar_is_the_last_alternative", put(b"multipart/alternative", b"multipart/related")),
    ("method_is_the_one_inside", put(b'method="REQUEST"', b'method="PUBLISH"')),
    ("method_is_the_one_inside", put_inside(b"METHOD:REQUEST", b"METHOD:PUBLISH")),
    ("method_is_the_one_inside", put_inside(b"METHOD:REQUEST\r\n", b"")),
    ("calendar_is_utf8_in_base64", put(b'charset="UTF-8"', b'charset="latin-1"')),
    ("calendar_is_utf8_in_base64", put_inside(b"", b"", coding="7bit")),
    ("first_child_of_mixed_holds_the_calendar", turn_around("multipart/mixed")),
    ("subject_names_the_entry", put(b"Subject: ", b"Subject: New time: ")),
    ("request_asks_for_an_answer", put_inside(b";RSVP=TRUE", b"")),
    ("request_asks_for_an_answer", put_inside(b"NEEDS-ACTION", b"ACCEPTED")),
    ("file_holds_the_same_object", put(b"application/ics", b"application/json")),
    ("file_holds_the_same_object", put(b"Content-Disposition: attachment", b"Content-Disposition: inline")),
    (
        "calendar_is_no_attachment",
        put(b"Content-Type: text/calendar", b"Content-Disposition: inline\r\nContent-Type: text/calendar"),
    ),
    ("answers_go_to_the_address_of_this_date", put(b"<date+7", b"<date+8")),
    ("answers_go_to_the_address_of_this_date", put(b"<date+", b"<pencil-in+")),
    ("answers_go_to_the_address_of_this_date", put_inside(b"mailto:date+7", b"mailto:date+8")),
    ("the_only_attendee_is_the_recipient", put(b"<ana@example.org>", b"<ben@example.org>")),
    ("the_only_attendee_is_the_recipient", put_inside(b"CLASS:PRIVATE", b"ATTENDEE:mailto:eve@example.net")),
]


@pytest.mark.parametrize(("check", "damage"), DAMAGES)
def test_the_walk_notices_a_damaged_mail(check: str, damage: Callable[[bytes], bytes]) -> None:
    assert complain(REQUEST, invites=True) == []
    assert check in {complaint.partition(": ")[2] for complaint in complain(damage(REQUEST), invites=True)}


def test_the_walk_notices_a_calendar_where_none_should_be() -> None:
    assert complain(PLAIN, invites=False) == []
    assert complain(REQUEST, invites=False) == ["every client: carries_no_calendar"]


def test_each_check_was_seen_to_fail() -> None:
    checks = {check.__name__ for table in (ANY_MAIL, INVITATION) for each in table.values() for check in each}
    assert checks == {check for check, _ in DAMAGES}
