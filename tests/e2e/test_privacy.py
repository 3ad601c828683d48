"""
Nothing of an entry but its times: words planted all over two calendars, and then looked for wherever we write or say.

The names of calendars may stand in one place, the answer to connecting them, which is their owner's own.
"""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import httpx
import pytest

from tests.e2e.careless import careless_server
from tests.e2e.stage import Json, Partner, Stage, evening, make_object, open_stage, stamp, wait_for
from tests.servers import radicale, smtp_sink
from tests.workers.shelf import Shelf

pytestmark = pytest.mark.servers

WORD = "Quokka"  # every planted word holds it, and nothing else here does
NAMED = (
    '<propertyupdate xmlns="DAV:"><set><prop><displayname>QuokkaCalendar</displayname></prop></set></propertyupdate>'
)


def planted(time: Json) -> str:
    """Return an entry that holds a planted word wherever an entry can hold one."""
    return make_object(
        f"DTSTART:{stamp(time['start'])}",
        f"DTEND:{stamp(time['end'])}",
        "SUMMARY:QuokkaTitle",
        "LOCATION:QuokkaPlace",
        "DESCRIPTION:QuokkaDescription",
        "COMMENT:QuokkaComment",
        "CATEGORIES:QuokkaCategory",
        "CONTACT:QuokkaContact",
        "URL:https://quokka.example.org/QuokkaUrl",
        'ORGANIZER;CN="QuokkaHost":mailto:quokkahost@example.org',
        'ATTENDEE;CN="QuokkaGuest":mailto:quokkaguest@example.org',
        "X-QUOKKA:QuokkaExtra",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT15M",
        "DESCRIPTION:QuokkaAlarm",
        "END:VALARM",
    )


BROKEN = (
    "QuokkaNonsense",
    make_object("DTSTART:20261204T180000Z", "RRULE:FREQ=DAILY;UNTIL=QuokkaUntil", "EXDATE:QuokkaException"),
    make_object("DTSTART:20261204T180000Z", "RRULE:FREQ=QUOKKARULE;BYDAY=QuokkaDay", "SUMMARY:QuokkaBrokenRule"),
    make_object("DTSTART:QuokkaStart", "DTEND:QuokkaEnd", "SUMMARY:QuokkaBrokenStart"),
    make_object("DTSTART;TZID=QuokkaZone:20261204T180000", "DURATION:QuokkaDuration", "SUMMARY:QuokkaBrokenLength"),
    make_object("DTSTART:20261204T180000Z", "DTEND:20261204T190000Z", f"DESCRIPTION:{'QuokkaLong' * 60_000}"),
)


@dataclass(frozen=True, slots=True)
class Lived:
    """Everything the service wrote or said while a couple with planted calendars used it."""

    stage: Stage
    partners: tuple[Partner, Partner]
    names: tuple[str, str]
    seen: Json
    statuses: tuple[int, ...]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("privacy")
    accounts = {"ana": "secret", "ben": "other"}
    shelf = Shelf("/careless/")
    for number, text in enumerate(BROKEN):
        shelf.put(f"{number}.ics", text)
    with (
        radicale(folder, accounts=accounts) as server,
        careless_server(shelf, name="QuokkaCareless") as port,
        smtp_sink() as sink,
        open_stage(folder / "service", servers=[server], sink=sink, opening=f"127.0.0.1:{port}") as stage,
    ):
        careless = {"kind": "caldav", "url": f"http://127.0.0.1:{port}/careless/", "username": "ana", "password": "x"}
        yield live(stage, users=folder / "users", careless=careless)


def live(stage: Stage, *, users: Path, careless: Json) -> Lived:
    """Connect, sync, look for slots, make dates, change the password; planted words are everywhere from the start."""
    ana, ben = stage.settle()
    for partner in (ana, ben):
        login = (partner.user, partner.server.accounts[partner.user])
        httpx.request("PROPPATCH", partner.calendar, content=NAMED, auth=login, trust_env=False).raise_for_status()
        partner.put(planted(evening(4)))
    named = ana.connect()
    ben.connect()
    [broken] = ana.api.post("/v1/calendars", json=careless).json()["data"]
    wait_for(lambda: all(see(each, status="healthy") for each in (ana, ben)))
    seen = ana.call("GET", f"/v1/calendars/{broken['id']}")
    statuses = tuple(use(partner) for partner in (ana, ben))
    stage.wait_until_delivered()
    for partner in (ana, ben):
        date = partner.call("GET", "/v1/dates/next")
        partner.call("POST", f"/v1/dates/{date['id']}/cancel")
    stage.wait_until_delivered()
    users.write_text("ana:changed\nben:other\n")
    for _ in range(2):
        ana.call("POST", f"/v1/calendars/{named['id']}/sync")
        wait_for(lambda: not see(ana, status="healthy"))
    ana.ask("POST", f"/v1/calendars/{named['id']}/test")
    stage.wait_until_delivered()
    return Lived(stage, (ana, ben), (named["name"], broken["name"]), seen, statuses)


def see(partner: Partner, *, status: str) -> bool:
    """Return whether all calendars of the partner are in that state."""
    return all(each["status"] == status for each in partner.call("GET", "/v1/calendars")["data"])


def use(partner: Partner) -> int:
    """Ask for all there is to ask, and return how the service answered to a time that is taken."""
    partner.slots(evening(3), evening(12))
    first, last = evening(0)["start"], evening(12)["end"]
    for path in ("/v1/me", "/v1/couple", "/v1/dates", "/v1/gestures"):
        partner.ask("GET", path)
    partner.ask("GET", f"/v1/busy?{httpx.QueryParams({'from': first, 'to': last})}")
    partner.ask("POST", "/v1/calendars", {"kind": "caldav", "url": partner.calendar, "username": "x", "password": "y"})
    partner.ask("POST", "/v1/calendars", {"kind": "caldav", "url": "QuokkaNowhere", "username": "x", "password": "y"})
    partner.call("POST", "/v1/dates", evening(5 if partner.user == "ana" else 6))
    return partner.ask("POST", "/v1/dates", evening(4)).status_code


def forms() -> list[bytes]:
    """Return the word as it could be written down, in lower case or in one of the three forms base64 gives it."""
    inside = [b64encode(b"\0" * shift + WORD.encode())[(8 * shift + 5) // 6 : -4] for shift in range(3)]
    return [WORD.lower().encode(), *inside]


def finds(content: bytes) -> bool:
    word, *encoded = forms()
    return word in content.lower() or any(each in content for each in encoded)


def test_the_words_were_planted_and_read(lived: Lived) -> None:
    assert lived.names == ("QuokkaCalendar", "QuokkaCareless")
    assert lived.seen["unreadable"] == len(BROKEN)
    assert lived.statuses == (409, 409)


@pytest.mark.parametrize("shift", range(3))
def test_the_search_finds_the_word_however_it_is_written(shift: int) -> None:
    before = b"y" * shift
    assert finds(before + b"a QUOKKA here")
    assert finds(b64encode(before + b"a Quokka here"))
    assert not finds(b64encode(before + b"a wombat here"))


def test_no_planted_word_is_in_the_database_or_the_log(lived: Lived) -> None:
    files = [path for path in (lived.stage.folder).rglob("*") if path.is_file()]
    assert {"pencil-in.db", "pencil-in.db-wal", "service.log"} <= {path.name for path in files}
    assert [path.name for path in files if finds(path.read_bytes())] == []


def test_no_planted_word_is_in_an_answer(lived: Lived) -> None:
    answers = [answer for partner in lived.partners for answer in partner.answers]
    assert len(answers) > 30
    assert [answer[:80] for answer in answers if finds(answer)] == []


def test_no_planted_word_is_in_a_mail(lived: Lived) -> None:
    mails = [each.message for each in lived.stage.sink.received]
    parts = chain.from_iterable(mail.walk() for mail in mails)
    texts = [part.get_content() for part in parts if part.get_content_maintype() == "text"]
    assert len(mails) > 4
    assert [each for each in (*map(bytes, mails), *map(str.encode, texts)) if finds(each)] == []


def test_a_failing_calendar_is_one_mail_to_its_owner(lived: Lived) -> None:
    subjects = [str(each.message["Subject"]) for each in lived.stage.mails(lived.partners[0].address)]
    assert subjects.count("Your calendar needs a moment of yours") == 1
