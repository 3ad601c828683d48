"""Mails in the language of their reader: text, subject, time and the entry in it."""

from dataclasses import replace

import pytest

from service.actions.links import Links
from service.content.library import load_library
from service.core.dates import Happening
from service.store.couples import EntryTitle
from service.store.outbox import Kind
from service.workers.letters import Desk
from tests.store.people import VAULT
from tests.workers.test_letters import ENTRY, WITH_CALENDAR, everything, make_date, make_parcel, make_partner, part

LIBRARY = load_library()
LINKS = Links(VAULT, "https://dates.example.org")
DESK = Desk(LIBRARY, sender="pencil-in@dates.example.org", domain="dates.example.org", links=LINKS)
IDEA_ID = "a_foot_rub_each"
WHEN = {"de": "Freitag, 4. Dezember, 18:00 bis 20:00 Uhr (Europe/Lisbon)", "en": "Friday 4 December, 18:00 to 20:00"}
LANGUAGES = sorted(LIBRARY.contents)
OTHER = {"de": "en", "en": "de"}


def lines_of(language: str, mail: str) -> set[str]:
    """Return the lines of a mail that are all words."""
    text = LIBRARY.of(language).messages.mails[mail].text
    return {line for line in text.splitlines() if line and "{" not in line}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("happening", Happening)
def test_a_notice_is_in_the_language_of_its_reader(happening: Happening, language: str) -> None:
    partner = replace(make_partner(), language=language)
    parcel = make_parcel(Kind.NOTICE, detail=happening.value)
    letter = DESK.about_date(parcel, date=make_date(idea_id=IDEA_ID), partner=partner, entry=ENTRY)
    assert letter is not None
    said = everything(letter.message).replace("\r\n", "\n")
    mail = f"date_{happening.value}"
    assert WHEN[language] in said
    assert LIBRARY.of(language).ideas[IDEA_ID].title in said
    assert all(line in said for line in lines_of(language, mail))
    assert not any(line in said for line in lines_of(OTHER[language], mail))


@pytest.mark.parametrize("kind", WITH_CALENDAR)
@pytest.mark.parametrize(
    ("title", "summary"),
    [(EntryTitle.IDEA, None), (EntryTitle.TIME_TOGETHER, "Zeit zu zweit"), (EntryTitle.BUSY, "Be")],
)
def test_the_entry_in_a_mail_is_too(kind: Kind, title: EntryTitle, summary: str | None) -> None:
    partner = replace(make_partner(title), language="de")
    letter = DESK.about_date(make_parcel(kind), date=make_date(idea_id=IDEA_ID), partner=partner, entry=ENTRY)
    assert letter is not None
    wanted = summary or LIBRARY.of("de").ideas[IDEA_ID].title
    assert f"SUMMARY:{wanted}" in part(letter.message, "text/calendar")
    assert wanted in str(letter.message["Subject"])


def test_gestures_and_calendars_that_need_somebody_are_told_in_their_language() -> None:
    partner, german = replace(make_partner(), language="de-AT"), LIBRARY.of("de")
    reminder = DESK.gesture(make_parcel(Kind.GESTURE, detail="foot_rub"), partner=partner)
    assert reminder is not None
    assert str(reminder.message["Subject"]) == german.messages.mails["gesture_if_welcome"].subject
    assert german.gestures["foot_rub"].title in part(reminder.message, "text/plain")
    letter = DESK.calendar(make_parcel(Kind.CALENDAR, detail="calendar_auth"), partner=partner)
    assert german.messages.calendar_causes["calendar_auth"] in part(letter.message, "text/plain").replace("\r\n", " ")


def test_who_is_invited_is_written_to_in_the_language_of_who_invites() -> None:
    partner = replace(make_partner(), language="de")
    letter = DESK.invitation(make_parcel(Kind.JOIN), partner=partner, address="x@example.org", link="https://a.example")
    assert str(letter.message["Subject"]) == "Ben wünscht sich mehr Abende mit dir"
