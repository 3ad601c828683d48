"""
The demo's acts: what is done over REST, and what is then read back from the calendars and the mailbox.

Nothing is printed that was not read from a server. The facts returned are what `--json` writes.
"""

import json
import secrets
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from service.commands.demo.calendars import Person, make_people
from service.commands.demo.servers import (
    CalendarServer,
    Received,
    Service,
    SmtpSink,
    pencil_in,
    radicale,
    smtp_sink,
)
from service.commands.demo.story import Story
from service.commands.errors import Stop

Json = dict[str, Any]
Found = TypeVar("Found")
_PATIENCE = 20.0  # seconds
_PAUSE = Event()  # never set: waiting for it is a pause
_OURS = "PRODID:-//Pencil In//"
_FREE_DAYS = (1, 3, 9)  # the note that does not block, the declined party, the choir's usual evening
_TAKEN_DAYS = (4, 8, 10)  # the trip, the review and the choir where they moved to
_MOVED_BY = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Partner:
    """One of the two at work: their calendar at its server and their way to the API."""

    person: Person
    calendar: str
    api: httpx.Client

    def call(self, method: str, path: str, body: Json | None = None, *, etag: str | None = None) -> Json:
        """Call the service as this partner; raises `Stop` with its sentence where it refuses."""
        headers = {} if etag is None else {"If-Match": etag}
        answer = self.api.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise Stop(answer.json()["detail"])
        found: Json = answer.json() if answer.content else {}
        return found

    def change(self, method: str, path: str, body: Json) -> Json:
        """Change what is there, under the ETag it has now."""
        return self.call(method, path, body, etag=self.api.get(path).headers["ETag"])


@dataclass(frozen=True, slots=True)
class Stage:
    """Both partners and everything around them."""

    ana: Partner
    ben: Partner
    server: CalendarServer
    mail: SmtpSink
    service: Service
    story: Story

    def entries(self, partner: Partner) -> list[str]:
        """Return the dates that stand in a partner's calendar, as its server gives them."""
        objects = self.server.list_objects(partner.calendar, user=partner.person.user)
        return [text for text in objects if _OURS in text]

    def mails(self, partner: Partner) -> list[Received]:
        return [each for each in list(self.mail.received) if each.recipients == (partner.person.address,)]


def play(folder: Path, *, console: Console, now: datetime) -> Json:
    """Run every act in `folder` and return what was seen; raises `Stop` where something does not come about."""
    monday = (now + timedelta(days=7 - now.weekday())).date()
    people = make_people(monday=monday, passwords=(secrets.token_hex(8), secrets.token_hex(8)))
    story = Story(console)
    story.open()
    accounts = {person.user: person.password for person in people}
    with radicale(folder, accounts=accounts) as server, smtp_sink() as mail:
        calendars = [_fill(server, person) for person in people]
        with pencil_in(folder, calendars=server, mail=mail) as service:
            ana = Partner(people[0], calendars[0], _join(service, service.run("invite", people[0].address), people[0]))
            ana.call("POST", "/v1/couple/invitations", {"address": people[1].address})
            invited = _wait(lambda: next(iter(list(mail.received)), None), "the invitation mail")
            ben = Partner(people[1], calendars[1], _join(service, _link(invited), people[1]))
            stage = Stage(ana, ben, server, mail, service, story)
            with closing(ana.api), closing(ben.api):
                return _acts(stage, monday=datetime(monday.year, monday.month, monday.day, tzinfo=UTC), now=now)


def _acts(stage: Stage, *, monday: datetime, now: datetime) -> Json:
    _connect(stage)
    slots = _find_slots(stage, monday=monday)
    best = slots[0]
    ideas = stage.ana.call("GET", f"/v1/ideas?slot_id={best['id']}")["data"]
    stage.story.show_ideas(best, ideas)
    date, entries = _first_date(stage, slot=best, idea=ideas[0])
    reminder = _remind(stage, now=now)
    moved, left = _second_date(stage, slot=slots[1])
    mails = [_mail_facts(each) for each in stage.mail.received]
    stage.story.close(mails)
    return {
        "slots": slots,
        "ideas": ideas,
        "date": date,
        "entries": entries,
        "mails": mails,
        "reminder": reminder,
        "moved": moved,
        "called_off": {"entries_left": left},
    }


def _fill(server: CalendarServer, person: Person) -> str:
    url = server.make_calendar(person.user, "home")
    for name, text in person.entries.items():
        server.put(f"{url}{name}", text, user=person.user)
    return url


def _join(service: Service, link: str, person: Person) -> httpx.Client:
    taken = httpx.post(link, json={"name": person.name, "zone": person.zone}, trust_env=False).raise_for_status()
    headers = {"Authorization": f"Bearer {taken.json()['token']}"}
    return httpx.Client(base_url=service.url, headers=headers, trust_env=False, timeout=_PATIENCE)


def _link(invitation: Received) -> str:
    text = _text(invitation)
    return next(word for word in text.split() if word.startswith("http"))


def _connect(stage: Stage) -> None:
    for partner in (stage.ana, stage.ben):
        person = partner.person
        login = {"url": stage.server.url, "username": person.user, "password": person.password}
        connected = partner.call("POST", "/v1/calendars", {"kind": "caldav", **login})["data"]
        _wait(partial(_is_healthy, partner), "the first sync")
        stage.story.show_calendar(person, name=connected[0]["name"], entries=len(person.entries))


def _is_healthy(partner: Partner) -> bool:
    return all(each["status"] == "healthy" for each in partner.call("GET", "/v1/calendars")["data"])


def _find_slots(stage: Stage, *, monday: datetime) -> list[Json]:
    last = monday + timedelta(days=14)
    path = f"/v1/slots?from={monday:%Y-%m-%dT%H:%M:%SZ}&to={last:%Y-%m-%dT%H:%M:%SZ}&limit=12"
    slots: list[Json] = stage.ana.call("GET", path)["data"]
    same: list[Json] = stage.ben.call("GET", path)["data"]
    if [each["id"] for each in slots] != [each["id"] for each in same]:
        raise Stop("the two partners were shown different slots")
    _check_meaning(slots, monday=monday)
    stage.story.show_slots(slots)
    return slots


def _check_meaning(slots: list[Json], *, monday: datetime) -> None:
    """Raise `Stop` unless what the story says of the entries is so, at eight in the evening of those days."""
    evenings = [monday + timedelta(days=number, hours=19) for number in range(12)]
    offered = [
        any(datetime.fromisoformat(slot["start"]) <= evening < datetime.fromisoformat(slot["end"]) for slot in slots)
        for evening in evenings
    ]
    if not all(offered[number] for number in _FREE_DAYS) or any(offered[number] for number in _TAKEN_DAYS):
        raise Stop("an entry was not read for what it means")


def _first_date(stage: Stage, *, slot: Json, idea: Json) -> tuple[Json, Json]:
    date = stage.ana.call("POST", "/v1/dates", {"slot_id": slot["id"], "idea_id": idea["id"]})
    _wait(lambda: stage.entries(stage.ana) and stage.entries(stage.ben), "the entries in both calendars")
    told = _wait(lambda: stage.mails(stage.ben)[1:], "the mail to Ben")[0]
    stage.story.show_penciled(date, mail=_mail_facts(told), text=_text(told))
    for partner in (stage.ana, stage.ben):
        answer = {"answer": "accepted", "sequence": date["sequence"]}
        partner.call("PUT", f"/v1/dates/{date['id']}/answer", answer)
    _wait(lambda: all(_holds(stage, each, "STATUS:CONFIRMED") for each in (stage.ana, stage.ben)), "the confirmation")
    _wait(lambda: stage.mails(stage.ana), "the word to Ana")  # or the next mail to her would be taken for the reminder
    entries = {"a": stage.entries(stage.ana)[0], "b": stage.entries(stage.ben)[0]}
    final = _wait(lambda: _when_written(stage, date), "the confirmed date")
    stage.story.show_entries(final, entries)
    return final, entries


def _remind(stage: Stage, *, now: datetime) -> Json:
    quiet = [now.astimezone(ZoneInfo(stage.ana.person.zone)) + timedelta(hours=hours) for hours in (4, 12)]
    hours = "-".join(f"{each:%H:%M}" for each in quiet)
    stage.ana.change("PUT", "/v1/gestures/settings", {"per_week": 3, "quiet": hours})
    gesture = stage.ana.call("GET", "/v1/gestures")["data"][0]
    before = len(stage.mails(stage.ana))
    stage.ana.call("POST", f"/v1/gestures/{gesture['id']}/later", {"until": now.isoformat()})
    mail = _wait(lambda: stage.mails(stage.ana)[before:], "the reminder")[0]
    facts = {
        "to": mail.recipients[0],
        "subject": str(mail.message["Subject"]),
        "fired_by": _wait(lambda: _who_fired(stage.service.log), "the tick in the log"),
    }
    stage.story.show_reminder(facts, text=_text(mail))
    return facts


def _second_date(stage: Stage, *, slot: Json) -> tuple[Json, int]:
    stage.ben.change("PATCH", "/v1/me", {"prefers_email": True})
    known = len(stage.mails(stage.ben))
    date = stage.ana.call("POST", "/v1/dates", {"slot_id": slot["id"]})
    before = _wait(lambda: _with_day(stage, date), "the second entry")
    start, end = (datetime.fromisoformat(date[each]) + _MOVED_BY for each in ("start", "end"))
    moved = stage.ana.call("POST", f"/v1/dates/{date['id']}/move", {"start": start.isoformat(), "end": end.isoformat()})
    after = _wait(lambda: _with_sequence(stage, date, moved["sequence"]), "the moved entry")
    stage.ana.call("POST", f"/v1/dates/{date['id']}/cancel")
    _wait(lambda: not _with_day(stage, date), "the withdrawal")
    letters = _wait(lambda: _all_of(stage.mails(stage.ben)[known:], count=3), "the mails to Ben")
    left = len([text for each in (stage.ana, stage.ben) for text in stage.entries(each)]) - 2
    facts = {"before": before, "after": after}
    stage.story.show_moved(facts, mails=[_mail_facts(each) for each in letters], left=left)
    return facts, left


def _with_day(stage: Stage, date: Json) -> str | None:
    uid = stage.ana.api.get(f"/v1/dates/{date['id']}.ics").text.partition("UID:")[2].split()[0]
    return next((text for text in stage.entries(stage.ana) if uid in text), None)


def _with_sequence(stage: Stage, date: Json, sequence: int) -> str | None:
    entry = _with_day(stage, date)
    return entry if entry and f"SEQUENCE:{sequence}" in entry else None


def _when_written(stage: Stage, date: Json) -> Json | None:
    found = stage.ana.call("GET", f"/v1/dates/{date['id']}")
    return found if found["entry"]["state"] == "written" else None


def _holds(stage: Stage, partner: Partner, line: str) -> bool:
    return any(line in text for text in stage.entries(partner))


def _all_of(mails: list[Received], *, count: int) -> list[Received] | None:
    return mails if len(mails) >= count else None


def _who_fired(log: Path) -> str | None:
    """Return what woke the reminder, as the service's own log has it."""
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "tick" and event.get("job") == "remind":
            return str(event["clock"])
    return None


def _mail_facts(mail: Received) -> Json:
    parts = {part.get_content_type() for part in mail.message.walk()}
    return {
        "to": mail.recipients[0],
        "subject": str(mail.message["Subject"]),
        "calendar_part": "text/calendar" in parts,
    }


def _text(mail: Received) -> str:
    body = mail.message.get_body(preferencelist=("plain",))
    return str(body.get_content()).strip() if body else ""


def _wait(look: Callable[[], Found | None], what: str) -> Found:
    """Look again and again until there is something; raises `Stop` where it does not come."""
    deadline = monotonic() + _PATIENCE
    while monotonic() < deadline:
        found = look()
        if found:
            return found
        _PAUSE.wait(0.1)
    raise Stop(f"{what} did not come")
