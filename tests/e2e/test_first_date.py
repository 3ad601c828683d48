"""From two calendars to a date in both: what blocks, what does not, and how the date reaches each of the two."""

from dataclasses import dataclass

import pytest

from tests.e2e.stage import Json, Partner, Stage, evening, make_object, read_calendar, stamp
from tests.servers import Received

pytestmark = pytest.mark.servers

EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ROUND_THE_CLOCK = ("00:00-12:00", "12:00-24:00")


def lines(time: Json) -> tuple[str, str]:
    return f"DTSTART:{stamp(time['start'])}", f"DTEND:{stamp(time['end'])}"


def day(time: Json) -> str:
    return f"DTSTART;VALUE=DATE:{stamp(time['start'])[:8]}"


def test_a_date_stands_in_both_calendars_once_and_is_confirmed_there(stage: Stage) -> None:
    ana, ben = stage.settle()
    stage.connect(ana, ben)
    slot = ana.slots(evening(3), evening(10))[0]
    idea = ana.call("GET", f"/v1/ideas?slot_id={slot['id']}")["data"][0]
    date = ana.call("POST", "/v1/dates", {"slot_id": slot["id"], "idea_id": idea["id"]})
    stage.wait_until_delivered()
    for partner in (ana, ben):
        [entry] = partner.entries()
        assert "STATUS:TENTATIVE" in entry
        assert f"SUMMARY:{idea['title']}" in entry.replace("\\,", ",")
    ben.call("PUT", f"/v1/dates/{date['id']}/answer", {"answer": "accepted", "sequence": 0})
    stage.wait_until_delivered()
    for partner in (ana, ben):
        [entry] = partner.entries()
        assert "STATUS:CONFIRMED" in entry
    assert [read_calendar(each.message) for each in stage.mails(ben.address)[1:] + stage.mails(ana.address)] == [
        None
    ] * 2


def test_what_blocks_and_what_does_not(stage: Stage) -> None:
    ana, ben = stage.settle(zones=("Europe/Berlin", "America/New_York"))
    work, trip, declined, transparent, cancelled, free = (evening(number, start=23) for number in range(3, 9))
    before_the_trip = evening(4, start=3)  # still the evening before in New York
    ana.change("PATCH", "/v1/couple", {"windows": [{"hours": hours, "days": EVERY_DAY} for hours in ROUND_THE_CLOCK]})
    host = "ORGANIZER:mailto:office@example.org"
    ana.put(make_object(*lines(work)))
    ben.put(make_object(day(trip)))
    ana.put(make_object(*lines(declined), host, f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ana.address}"))
    ben.put(make_object(*lines(transparent), "TRANSP:TRANSPARENT"))
    ben.put(make_object(*lines(cancelled), "STATUS:CANCELLED"))
    stage.connect(ana, ben)
    refused = [ana.ask("POST", "/v1/dates", time).json()["code"] for time in (work, trip)]
    assert refused == ["slot_taken", "slot_taken"]
    for time in (before_the_trip, declined, transparent, cancelled, free):
        assert ana.ask("POST", "/v1/dates", time).status_code == 201


def test_a_broken_entry_is_counted_for_its_owner_and_hides_nothing_else(stage: Stage) -> None:
    ana, ben = stage.settle()
    busy = evening(4)
    ana.put(make_object(*lines(busy)))
    ana.put(make_object(*lines(evening(5)), "RRULE:FREQ=WEEKLY;INTERVAL=0"))
    stage.connect(ana, ben)
    calendar, bens = ana.see_calendar(), ben.see_calendar()
    assert calendar["unreadable"] == 1
    assert [each["code"] for each in calendar["problems"]] == ["entries_unreadable"]
    assert (bens["unreadable"], bens["problems"]) == (0, [])
    assert b"unreadable" not in ben.ask("GET", "/v1/couple").content
    assert ben.ask("POST", "/v1/dates", busy).status_code == 409
    assert ben.slots(evening(3), evening(9))


@dataclass(frozen=True, slots=True)
class Mailed:
    """A date that Ben got by mail: confirmed, moved, and called off; calendar parts are unfolded."""

    ben: Partner
    uid: str
    mail: Received
    confirmed: list[str]
    moved: int
    all: list[str]


@pytest.fixture(scope="module")
def mailed(stage: Stage) -> Mailed:
    ana, ben = stage.settle()
    stage.connect(ana, ben)
    ben.change("PATCH", "/v1/me", {"prefers_email": True})
    date = ana.call("POST", "/v1/dates", evening(4))
    stage.wait_until_delivered()
    ben.call("PUT", f"/v1/dates/{date['id']}/answer", {"answer": "accepted", "sequence": 0})
    stage.wait_until_delivered()
    confirmed = invitations(stage, ben.address)
    moved = ana.call("POST", f"/v1/dates/{date['id']}/move", evening(5))
    stage.wait_until_delivered()
    ana.call("POST", f"/v1/dates/{date['id']}/cancel")
    stage.wait_until_delivered()
    assert ana.entries() == []
    mail = next(each for each in stage.mails(ben.address) if read_calendar(each.message))
    return Mailed(ben, ben.uid(date), mail, confirmed, moved["sequence"], invitations(stage, ben.address))


def test_who_prefers_mail_gets_one_invitation_and_nothing_in_the_calendar(mailed: Mailed) -> None:
    [request] = mailed.confirmed
    assert "METHOD:REQUEST" in request
    assert "SEQUENCE:0" in request
    assert f"UID:{mailed.uid}\n" in request
    assert mailed.ben.entries() == []


def test_each_change_by_mail_is_one_update_of_the_same_invitation(mailed: Mailed) -> None:
    _, update, cancel = mailed.all
    assert "METHOD:REQUEST" in update
    assert f"SEQUENCE:{mailed.moved}" in update
    assert "METHOD:CANCEL" in cancel
    assert f"SEQUENCE:{mailed.moved + 1}" in cancel
    assert all(f"UID:{mailed.uid}\n" in each for each in mailed.all)


def test_the_invitation_by_mail_is_built_as_every_mail_program_wants_it(mailed: Mailed) -> None:
    message = mailed.mail.message
    mixed = list(message.iter_parts())
    alternative = list(mixed[0].iter_parts())
    assert message.get_content_type() == "multipart/mixed"
    assert [part.get_content_type() for part in mixed] == ["multipart/alternative", "application/ics"]
    assert [part.get_content_type() for part in alternative] == ["text/plain", "text/html", "text/calendar"]
    calendar = alternative[2]
    assert calendar.get_param("method") == "REQUEST"
    assert calendar["Content-Transfer-Encoding"] == "base64"
    assert calendar["Content-Disposition"] is None
    assert mixed[1].get_payload(decode=True) == calendar.get_payload(decode=True)
    assert message["Auto-Submitted"] == "auto-generated"


def test_the_invitation_by_mail_asks_its_one_reader_for_an_answer(mailed: Mailed) -> None:
    [request] = mailed.confirmed
    assert "STATUS:CONFIRMED" in request
    assert "PARTSTAT=NEEDS-ACTION" in request
    assert request.count("ATTENDEE") == 1
    assert f"mailto:{mailed.ben.address}" in request
    assert mailed.mail.sender.startswith("date+")
    assert f"mailto:{mailed.mail.sender}" in request


def invitations(stage: Stage, address: str) -> list[str]:
    """Return the calendar parts of the mails to `address`, in the order they came."""
    found = [read_calendar(each.message) for each in stage.mails(address)]
    return [each for each in found if each is not None]
