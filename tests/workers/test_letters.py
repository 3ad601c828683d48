"""What mails say: every kind has its words, and none says more than the partner wants to read of a date."""

from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest

from service.actions.cover import NOTICE_OF
from service.actions.entries import describe
from service.actions.links import Links, Purpose
from service.content import Content, load_content
from service.content.library import Library
from service.content.when import say_when
from service.core.dates import Date, Happening, Origin, PartStat, Stage
from service.core.interval import Interval
from service.core.invitations import Channel
from service.store.couples import EntryTitle, Partner
from service.store.entries import Entry
from service.store.outbox import Kind, Parcel
from service.workers.letters import Desk, Letter
from tests.households import NOW, between
from tests.store.people import VAULT

CONTENT: Content = load_content()
LINKS = Links(VAULT, "https://dates.example.org")
DESK = Desk(Library({"en": CONTENT}), sender="pencil-in@dates.example.org", domain="dates.example.org", links=LINKS)
TOGETHER, BUSY = (CONTENT.messages.entry_titles[each] for each in ("time_together", "busy"))
PARCEL_ID = "0123456789abcdef0123456789abcdef"
DATE_ID, BEN_ID = "d" * 32, "b" * 32
IDEAS = [None, *CONTENT.ideas]
WITH_CALENDAR = (Kind.REQUEST, Kind.CANCEL)


def make_partner(title: EntryTitle = EntryTitle.IDEA) -> Partner:
    return Partner(
        id=BEN_ID,
        couple_id="couple",
        name="Ben",
        address="ben@example.org",
        zone=ZoneInfo("Europe/Lisbon"),
        entry_title=title,
        prefers_email=True,
        version=1,
    )


def make_date(*, idea_id: str | None = None, stage: Stage = Stage.PENCILLED, sequence: int = 0) -> Date:
    return Date(
        id=DATE_ID,
        couple_id="couple",
        time=between(4, 18, 20),
        idea_id=idea_id,
        stage=stage,
        sequence=sequence,
        timed=sequence,
        answers={"ana": PartStat.ACCEPTED, BEN_ID: PartStat.NEEDS_ACTION},
        answer_by=between(4, 16, 18).start,
        created_at=NOW,
        changed_at=NOW,
    )


ENTRY = Entry(DATE_ID, BEN_ID, Channel.EMAIL, None, "fedcba9876543210", None, applied=0)


def make_parcel(kind: Kind, *, detail: str | None = None, sequence: int | None = 0) -> Parcel:
    return Parcel(PARCEL_ID, BEN_ID, kind, created_at=NOW, date_id=DATE_ID, sequence=sequence, detail=detail)


def write(parcel: Parcel, date: Date, *, title: EntryTitle = EntryTitle.IDEA) -> Letter:
    letter = DESK.about_date(parcel, date=date, partner=make_partner(title), entry=ENTRY)
    assert letter is not None
    return letter


def part(message: EmailMessage, kind: str) -> str:
    [found] = [each for each in message.walk() if each.get_content_type() == kind]
    content: bytes = found.get_payload(decode=True)  # type: ignore[assignment]
    return content.decode()


def everything(message: EmailMessage) -> str:
    """Return all that a person could read of a mail, its calendar part unfolded."""
    parts = [each for each in message.walk() if not each.is_multipart()]
    texts = [part.get_payload(decode=True).decode() for part in parts]  # type: ignore[union-attr]
    return "\n".join([str(message["Subject"]), *texts]).replace("\r\n ", "")


def words_of(idea_id: str) -> list[str]:
    idea = CONTENT.ideas[idea_id]
    return [idea.title, idea.line, *idea.steps]


@pytest.mark.parametrize("idea_id", IDEAS)
@pytest.mark.parametrize("happening", Happening)
def test_every_notice_has_its_words_for_every_idea(happening: Happening, idea_id: str | None) -> None:
    letter = write(make_parcel(Kind.NOTICE, detail=happening.value), make_date(idea_id=idea_id))
    title = CONTENT.ideas[idea_id].title if idea_id else TOGETHER
    assert title in str(letter.message["Subject"])
    assert "text/calendar" not in {each.get_content_type() for each in letter.message.walk()}


@pytest.mark.parametrize("idea_id", IDEAS)
def test_a_hold_is_told_in_words_of_its_own(idea_id: str | None) -> None:
    hold = replace(make_date(idea_id=idea_id), origin=Origin.RHYTHM)
    letter = write(make_parcel(Kind.NOTICE, detail=Happening.PENCILLED), hold)
    assert str(letter.message["Subject"]) == "Time for the two of you, in pencil"
    text = part(letter.message, "text/plain")
    assert (CONTENT.ideas[idea_id].title if idea_id else TOGETHER) in text
    assert LINKS.write(Purpose.DATE, DATE_ID, BEN_ID) in text.replace("=\r\n", "")


@pytest.mark.parametrize("idea_id", IDEAS)
@pytest.mark.parametrize("kind", WITH_CALENDAR)
def test_every_invitation_has_its_words_for_every_idea(kind: Kind, idea_id: str | None) -> None:
    for sequence in (0, 1):
        date = make_date(idea_id=idea_id, sequence=sequence)
        letter = write(make_parcel(kind, sequence=sequence), date)
        title = CONTENT.ideas[idea_id].title if idea_id else TOGETHER
        assert title in str(letter.message["Subject"])
        assert f"METHOD:{kind.upper()}" in part(letter.message, "text/calendar")


def test_an_invitation_that_only_changes_its_idea_says_that_the_time_stays() -> None:
    date = make_date(idea_id=next(iter(CONTENT.ideas)), sequence=1)
    letter = write(make_parcel(Kind.REQUEST, sequence=2), replace(date, sequence=2))
    assert "The time stays as it is." in part(letter.message, "text/plain")


@pytest.mark.parametrize("detail", NOTICE_OF.values())
def test_what_partners_are_told_of_cover_names_nobody_and_leads_to_the_date(detail: str) -> None:
    letter = write(make_parcel(Kind.NOTICE, detail=detail), make_date())
    text = part(letter.message, "text/plain")
    assert LINKS.write(Purpose.DATE, DATE_ID, BEN_ID) in text
    assert "Ben" not in text


@pytest.mark.parametrize("gesture_id", CONTENT.gestures)
def test_every_gesture_has_its_words_and_a_neutral_subject(gesture_id: str) -> None:
    letter = DESK.gesture(make_parcel(Kind.GESTURE, detail=gesture_id), partner=make_partner())
    assert letter is not None
    gesture = CONTENT.gestures[gesture_id]
    text = part(letter.message, "text/plain")
    assert gesture.title in text
    assert str(letter.message["Subject"]) == "A small thought for today"
    assert ("Only if it is welcome" in text) is gesture.only_if_welcome


@pytest.mark.parametrize("code", CONTENT.messages.calendar_causes)
def test_every_cause_of_failure_has_its_words(code: str) -> None:
    letter = DESK.calendar(make_parcel(Kind.CALENDAR, detail=code), partner=make_partner())
    assert CONTENT.messages.calendar_causes[code] in part(letter.message, "text/plain").replace("\r\n", " ")


def test_a_gesture_that_is_no_longer_in_the_catalog_is_no_mail() -> None:
    assert DESK.gesture(make_parcel(Kind.GESTURE, detail="gone"), partner=make_partner()) is None


def test_the_invitation_to_join_goes_to_the_address_that_was_given() -> None:
    link = "https://pencil.example.org/v1/join/secret"
    parcel = make_parcel(Kind.JOIN)
    letter = DESK.invitation(parcel, partner=make_partner(), address="ana@example.org", link=link)
    assert letter.recipient == "ana@example.org"
    assert link in part(letter.message, "text/plain")
    assert "Ben" in str(letter.message["Subject"])


@pytest.mark.parametrize("idea_id", CONTENT.ideas)
@pytest.mark.parametrize("title", [EntryTitle.TIME_TOGETHER, EntryTitle.BUSY])
def test_an_entry_says_no_more_than_its_title(title: EntryTitle, idea_id: str) -> None:
    entry = describe(make_date(idea_id=idea_id), partner=make_partner(title), entry=ENTRY, content=CONTENT)
    assert entry.title == {EntryTitle.TIME_TOGETHER: TOGETHER, EntryTitle.BUSY: BUSY}[title]
    assert entry.description == ""


@pytest.mark.parametrize("idea_id", CONTENT.ideas)
@pytest.mark.parametrize("kind", WITH_CALENDAR)
@pytest.mark.parametrize("title", [EntryTitle.TIME_TOGETHER, EntryTitle.BUSY])
def test_a_mail_with_a_calendar_part_says_no_more_than_its_title(title: EntryTitle, kind: Kind, idea_id: str) -> None:
    for sequence in (0, 1):
        letter = write(make_parcel(kind, sequence=sequence), make_date(idea_id=idea_id, sequence=sequence), title=title)
        said = everything(letter.message).replace("\r\n", " ")
        assert [word for word in words_of(idea_id) if word in said] == []
        assert {EntryTitle.TIME_TOGETHER: TOGETHER, EntryTitle.BUSY: BUSY}[title] in str(letter.message["Subject"])


def test_with_the_idea_as_title_the_invitation_tells_all_of_it() -> None:
    idea_id = next(iter(CONTENT.ideas))
    said = everything(write(make_parcel(Kind.REQUEST), make_date(idea_id=idea_id)).message).replace("\r\n", " ")
    assert [word for word in words_of(idea_id) if word not in said] == []


@pytest.mark.parametrize("kind", [Kind.NOTICE, *WITH_CALENDAR])
def test_a_date_without_an_idea_leaves_no_gap_in_the_text(kind: Kind) -> None:
    letter = write(make_parcel(kind, detail="pencilled"), make_date())
    assert "\r\n\r\n\r\n" not in part(letter.message, "text/plain")


def test_the_message_id_and_the_date_are_those_of_the_parcel() -> None:
    first, second = (write(make_parcel(Kind.REQUEST), make_date()).message for _ in range(2))
    assert first["Message-ID"] == f"<{PARCEL_ID}@dates.example.org>"
    assert first["Date"].datetime == NOW
    assert first.as_bytes() == second.as_bytes()


@pytest.mark.parametrize(
    ("parcel", "date"),
    [
        (make_parcel(Kind.REQUEST), make_date(stage=Stage.CALLED_OFF, sequence=1)),
        (make_parcel(Kind.REQUEST), make_date(sequence=1)),
        (make_parcel(Kind.NOTICE, detail="pencilled"), make_date(sequence=1)),
        (make_parcel(Kind.NOTICE, detail="confirmed", sequence=1), replace(make_date(sequence=2), timed=0)),
    ],
)
def test_what_has_changed_since_is_not_written(parcel: Parcel, date: Date) -> None:
    assert DESK.about_date(parcel, date=date, partner=make_partner(), entry=ENTRY) is None


def test_what_was_never_sent_is_not_taken_back() -> None:
    unsent = replace(ENTRY, applied=None)
    called_off = make_date(stage=Stage.CALLED_OFF, sequence=1)
    parcel = make_parcel(Kind.CANCEL, sequence=1)
    assert DESK.about_date(parcel, date=called_off, partner=make_partner(), entry=unsent) is None


def test_a_request_is_still_good_once_the_date_is_confirmed() -> None:
    confirmed = replace(make_date(stage=Stage.CONFIRMED, sequence=1), timed=0)
    assert "SEQUENCE:1" in part(write(make_parcel(Kind.REQUEST), confirmed).message, "text/calendar")


def test_when_is_said_on_the_partners_clock() -> None:
    assert (
        say_when(between(4, 18, 20), zone=ZoneInfo("Europe/Berlin"), content=CONTENT)
        == "Friday 4 December, 19:00 to 21:00 (Europe/Berlin)"
    )


def test_a_date_past_midnight_names_both_days() -> None:
    late = Interval(datetime(2026, 12, 31, 22, tzinfo=UTC), datetime(2027, 1, 1, 0, tzinfo=UTC))
    said = say_when(late, zone=ZoneInfo("Europe/Berlin"), content=CONTENT)
    assert said == "Thursday 31 December, 23:00 to Friday 1 January, 01:00 (Europe/Berlin)"
