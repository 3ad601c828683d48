"""`pencilin doctor` and `pencilin keys check`: one line each, what to do, nobody's name, and never a traceback."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from service import ids
from service.commands.doctor import examine_house
from service.store import outbox
from service.store.outbox import Kind, Parcel, State
from service.store.vault import Vault, new_key_line
from tests.api.commands import Done, run
from tests.households import Household, Person
from tests.servers import find_free_port, smtp_sink

SECRET = "swordfish"
ABOUT = ["database", "keys", "clock", "workers", "parcels", "calendars", "mail", "address", "egress"]


def doctor(data: Path, **settings: str) -> Done:
    return run("doctor", environ=environ(data, **settings))


def environ(data: Path, **settings: str) -> dict[str, str]:
    return {"PENCILIN_DATA": str(data)} | {f"PENCILIN_{name.upper()}": value for name, value in settings.items()}


def read(done: Done) -> dict[str, tuple[str, str]]:
    """Return word and text by what each line is about."""
    assert done.err == ""
    assert "Traceback" not in done.out
    lines = [line.split(maxsplit=2) for line in done.out.splitlines()]
    return {about: (word, text) for word, about, text in lines}


def attention(done: Done) -> dict[str, str]:
    """Return what wants attention, and check that the exit status says so."""
    found = {about: text for about, (word, text) in read(done).items() if word == "attention"}
    assert done.status == (1 if found else 0)
    assert SECRET not in done.out
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Return a folder in which a service has started once."""
    assert run("migrate", environ=environ(tmp_path)).status == 0
    return tmp_path


async def look(home: Household) -> Mapping[str, tuple[bool, str]]:
    return {each.about: (each.is_well, each.text) for each in await examine_house(home.house)}


async def give_up(home: Household, person: Person, kind: Kind) -> None:
    parcel = Parcel(ids.new_id(), person.partner.id, kind, created_at=home.clock())
    async with home.house.database.write() as tx:
        await outbox.post(tx, [parcel])
        await outbox.claim(tx, owner="one", now=home.clock(), lease=timedelta(minutes=1), limit=9)
        await outbox.finish(tx, parcel_id=parcel.id, owner="one", state=State.DEAD)


def test_a_service_that_is_well_has_a_line_for_each_part(data: Path) -> None:
    done = doctor(data)
    assert (done.status, list(read(done))) == (0, ABOUT)
    assert {word for word, _ in read(done).values()} == {"ok"}


def test_where_nothing_is_yet_nothing_is_made(tmp_path: Path) -> None:
    found = attention(doctor(tmp_path / "var"))
    assert list(found) == ["start"]
    assert "pencilin serve" in found["start"]
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_is_gone_is_missed_and_no_other_is_made(data: Path) -> None:
    (data / "key").unlink()
    assert "key file is gone" in attention(doctor(data))["start"]
    assert not (data / "key").exists()


@pytest.mark.parametrize("key", [SECRET, "\0"])
def test_a_key_file_that_holds_no_key_is_told(data: Path, key: str) -> None:
    (data / "key").write_text(key)
    assert "key file" in attention(doctor(data))["start"]


def test_a_key_file_that_cannot_be_read_is_told(data: Path) -> None:
    (data / "key").unlink()
    (data / "key").mkdir()
    assert "cannot be read" in attention(doctor(data))["start"]


def test_a_database_that_was_not_migrated_is_told(data: Path) -> None:
    (data / "pencil-in.db").write_bytes(b"")
    assert "pencilin migrate" in attention(doctor(data))["database"]


def test_a_file_that_is_no_database_is_told(data: Path) -> None:
    (data / "pencil-in.db").write_bytes(b"no database" * 1000)
    assert "does not answer" in attention(doctor(data))["database"]
    assert run("keys", "check", environ=environ(data)).is_one_plain_line


@pytest.mark.parametrize("address", [f"a:{SECRET}@127.0.0.1:1/x", f"a:b@h:{SECRET}/x", f"a:b@[{SECRET}/x"])
def test_a_database_that_is_not_there_is_told_without_its_password(data: Path, address: str) -> None:
    found = attention(doctor(data, database_url=f"postgresql+psycopg://{address}"))
    assert found.keys() <= {"database", "start"}
    assert found


@pytest.mark.parametrize(
    ("url", "smtp_host", "text"),
    [
        ("https://dates.example.org", "127.0.0.1", None),
        ("http://dates.example.org", "", "not https"),
        ("http://127.0.0.1:8000", "", None),
        ("http://[::1]:8000", "", None),
        ("http://127.0.0.1:8000", "127.0.0.1", "links in mails"),
        ("http://localhost", "127.0.0.1", "links in mails"),
        ("dates.example.org", "", "no web address"),
        ("ftp://dates.example.org", "", "no web address"),
        ("https://[dates", "", "no web address"),
    ],
)
def test_the_public_address_is_one_that_people_can_open(data: Path, url: str, smtp_host: str, text: str | None) -> None:
    settings = {"smtp_host": smtp_host} if smtp_host else {}
    told = attention(doctor(data, public_url=url, smtp_port=str(find_free_port()), **settings)).get("address")
    assert told is None if text is None else text in (told or "")


@pytest.mark.parametrize(("allow", "is_well"), [("192.168.1.5:5232,radicale", True), ("10.0.0.0/8,0.0.0.0/0", False)])
def test_a_way_out_that_is_open_to_everything_is_told(data: Path, allow: str, is_well: bool) -> None:
    assert ("egress" not in attention(doctor(data, egress_allow=allow))) is is_well


def test_mail_that_cannot_go_out_is_told(data: Path) -> None:
    away = {"smtp_host": "127.0.0.1", "smtp_port": str(find_free_port()), "public_url": "https://dates.example.org"}
    assert "PENCILIN_MAIL_FROM" in attention(doctor(data, **away))["mail"]
    sent_from = {"mail_from": "dates@example.org"}
    assert "cannot be reached: see PENCILIN_SMTP_" in attention(doctor(data, **away, **sent_from))["mail"]
    login = {"smtp_username": "ana", "smtp_password": SECRET, "smtp_tls": "none"}
    assert "TLS" in attention(doctor(data, **away, **sent_from, **login))["mail"]
    mailbox = {"imap_host": "127.0.0.1", "imap_port": str(find_free_port())}
    assert "see PENCILIN_IMAP_" in attention(doctor(data, **mailbox))["mailbox"]


@pytest.mark.servers
def test_a_mail_server_that_answers_is_well_and_gets_no_mail(data: Path) -> None:
    with smtp_sink() as sink:
        settings = {"smtp_host": sink.host, "smtp_port": str(sink.port), "smtp_tls": "none"}
        here = {"mail_from": "dates@example.org", "public_url": "https://dates.example.org"}
        assert attention(doctor(data, **settings, **here)) == {}
        assert sink.received == []


async def test_work_that_nobody_does_is_told(home: Household) -> None:
    ana, _ = await home.settle()
    async with home.house.database.write() as tx:
        await outbox.post(tx, [Parcel(ids.new_id(), ana.partner.id, Kind.GESTURE, created_at=home.clock())])
    home.clock.step(timedelta(minutes=5))
    assert (await look(home))["workers"][0]
    home.clock.step(timedelta(minutes=1))
    is_well, text = (await look(home))["workers"]
    assert not is_well
    assert "6 minutes" in text
    assert "gesture" not in text


async def test_clocks_that_are_apart_are_told(home: Household) -> None:
    is_well, text = (await look(home))["clock"]  # the clock of these tests stands still
    assert not is_well
    assert "seconds away" in text


async def test_what_was_given_up_is_told_by_kind_for_a_week(home: Household) -> None:
    mailing = replace(home, works=replace(home.works, house=replace(home.house, sends_mail=True)))
    ana, _ = await home.settle()
    assert (await look(mailing))["parcels"][0]
    for kind in (Kind.ENTRY, Kind.NOTICE, Kind.ENTRY):
        await give_up(home, ana, kind)
    is_well, text = (await look(mailing))["parcels"]
    assert (is_well, "2 entry, 1 notice." in text) == (False, True)
    assert "2 entry." in (await look(home))["parcels"][1]  # without a mail server no mail is expected to go out
    home.clock.step(timedelta(days=8))
    assert (await look(mailing))["parcels"][0]


async def test_calendars_are_counted_and_only_all_of_them_at_once_are_the_operators(home: Household) -> None:
    ana, ben = await home.settle()
    assert (await look(home))["calendars"] == (True, "None yet.")
    await home.add_calendar(ana, problem="calendar_unreachable")
    assert not (await look(home))["calendars"][0]
    await home.add_calendar(ben)
    assert (await look(home))["calendars"] == (True, "1 healthy, 1 failing.")


async def test_no_line_names_anybody(home: Household) -> None:
    ana, ben = await home.settle()
    calendar = await home.add_calendar(ana, problem="calendar_auth")
    await give_up(home, ben, Kind.REQUEST)
    home.clock.step(timedelta(days=1))
    told = " ".join(text for _, text in (await look(home)).values())
    planted = [calendar.id, *(value for each in (ana, ben) for value in (each.partner.id, each.partner.couple_id))]
    planted += [value for each in (ana, ben) for value in (each.partner.name, each.partner.address)]
    assert [each for each in planted if each in told] == []


async def test_keys_that_do_not_open_what_is_sealed_are_told(home: Household) -> None:
    ana, _ = await home.settle()
    await home.add_calendar(ana)
    current = home.house.vault.current
    assert (await look(home))["keys"] == (True, f"{current} seals what is new; {current} seals 1.")
    lost = replace(home, works=replace(home.works, house=replace(home.house, vault=Vault.from_text(new_key_line()))))
    is_well, text = (await look(lost))["keys"]
    assert (is_well, text.startswith("1 of 1 secrets")) == (False, True)
    swapped = Vault(current, {current: bytes(32)})
    other = replace(home, works=replace(home.works, house=replace(home.house, vault=swapped)))
    assert not (await look(other))["keys"][0]


def test_the_keys_alone_can_be_looked_at(data: Path) -> None:
    done = run("keys", "check", environ=environ(data))
    assert (done.status, list(read(done))) == (0, ["keys"])
    assert run("keys", "check", environ=environ(data / "nowhere")).is_one_plain_line
