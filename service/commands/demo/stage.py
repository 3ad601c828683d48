"""The demo's stage: the two of them at work, the servers around them, and how one looks at what those hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any, TypeVar

import httpx

from service.commands.demo.calendars import Person
from service.commands.demo.servers import CalendarServer, Received, Service, SmtpSink
from service.commands.demo.story import Story
from service.commands.errors import Stop

Json = dict[str, Any]
Found = TypeVar("Found")
PATIENCE = 20.0  # seconds
_PAUSE = Event()  # never set: waiting for it is a pause
_OURS = "PRODID:-//Pencil In//"


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


def with_day(stage: Stage, date: Json) -> str | None:
    uid = stage.ana.api.get(f"/v1/dates/{date['id']}.ics").text.partition("UID:")[2].split()[0]
    return next((text for text in stage.entries(stage.ana) if uid in text), None)


def with_sequence(stage: Stage, date: Json, sequence: int) -> str | None:
    entry = with_day(stage, date)
    return entry if entry and f"SEQUENCE:{sequence}" in entry else None


def when_written(stage: Stage, date: Json) -> Json | None:
    found = stage.ana.call("GET", f"/v1/dates/{date['id']}")
    return found if found["entry"]["state"] == "written" else None


def holds(stage: Stage, partner: Partner, line: str) -> bool:
    return any(line in text for text in stage.entries(partner))


def all_of(mails: list[Received], *, count: int) -> list[Received] | None:
    return mails if len(mails) >= count else None


def who_fired(log: Path) -> str | None:
    """Return what woke the reminder, as the service's own log has it."""
    for line in log.read_text(encoding="utf-8").splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") == "tick" and event.get("job") == "remind":
            return str(event["clock"])
    return None


def mail_facts(mail: Received) -> Json:
    parts = {part.get_content_type() for part in mail.message.walk()}
    return {
        "to": mail.recipients[0],
        "subject": str(mail.message["Subject"]),
        "calendar_part": "text/calendar" in parts,
    }


def text_of(mail: Received) -> str:
    body = mail.message.get_body(preferencelist=("plain",))
    return str(body.get_content()).strip() if body else ""


def link_in(mail: Received) -> str:
    """Return the first link that a mail holds."""
    return next(word for word in text_of(mail).split() if word.startswith("http"))


def wait(look: Callable[[], Found | None], what: str) -> Found:
    """Look again and again until there is something; raises `Stop` where it does not come."""
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        found = look()
        if found:
            return found
        _PAUSE.wait(0.1)
    raise Stop(f"{what} did not come")
