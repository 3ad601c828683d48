"""
Couples at the real service: it runs as a process, their calendars on real servers, their mail goes to a real sink.

What is here is done as a person or an app would do it, over REST and CalDAV; times in bodies are RFC 3339.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from service.clock import now
from tests.servers import CalendarServer, Received, Service, SmtpSink, find_free_port

Json = dict[str, Any]
Found = TypeVar("Found")
PATIENCE = 20.0  # seconds
OURS = "PRODID:-//Pencil In//"
_PAUSE = threading.Event()  # never set: waiting for it is a pause


def wait_for(look: Callable[[], Found | None]) -> Found:
    """Look again and again until there is something."""
    deadline = monotonic() + PATIENCE
    while monotonic() < deadline:
        if found := look():
            return found
        _PAUSE.wait(0.05)
    raise AssertionError("it did not come about")


def evening(day: int, *, start: int = 18, hours: int = 1) -> Json:
    """Return the body of a request for some hours from `start` (UTC) on, `day` days from today."""
    begin = datetime.combine(now().date() + timedelta(days=day), time(start), UTC)
    return {"start": begin.isoformat(), "end": (begin + timedelta(hours=hours)).isoformat()}


def stamp(text: str) -> str:
    """Return an RFC 3339 time as iCalendar writes it."""
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y%m%dT%H%M%SZ}"


def make_object(*lines: str, uid: str | None = None) -> str:
    event = ("BEGIN:VEVENT", f"UID:{uid or uuid4().hex}", "DTSTAMP:20260101T000000Z", *lines, "END:VEVENT")
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//EN", *event, "END:VCALENDAR", ""])


@dataclass
class Partner:
    """One of a couple, with their calendar at its server; `answers` is every body the service gave them."""

    address: str
    api: httpx.Client
    server: CalendarServer
    user: str
    calendar: str
    answers: list[bytes] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Json | None = None, *, etag: str | None = None) -> httpx.Response:
        headers = {"If-Match": etag} if etag else {}
        answer = self.api.request(method, path, json=body, headers=headers)
        self.answers.append(answer.content)
        return answer

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Ask for something that has to succeed."""
        answer = self.ask(method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else {}

    def change(self, method: str, path: str, body: Json) -> Json:
        """Change what is there, under the ETag it has now."""
        etag = self.ask("GET", path).headers["ETag"]
        answer = self.ask(method, path, body, etag=etag)
        assert answer.is_success, answer.text
        changed: Json = answer.json()
        return changed

    def connect(self) -> Json:
        """Connect the calendar; return it as the answer to that shows it."""
        login = {"url": self.calendar, "username": self.user, "password": self.server.accounts[self.user]}
        answer = self.api.post("/v1/calendars", json={"kind": "caldav", **login})
        assert answer.is_success, answer.text
        [connected] = answer.json()["data"]
        return dict(connected)

    def see_calendar(self) -> Json:
        [found] = self.call("GET", "/v1/calendars")["data"]
        return dict(found)

    def put(self, text: str) -> None:
        """Keep an object in the calendar, as the partner's own app would."""
        self.server.put(f"{self.calendar}{uuid4().hex}.ics", text, user=self.user)

    def entries(self) -> list[str]:
        """Return the dates that stand in the calendar."""
        found = self.server.list_objects(self.calendar, user=self.user)
        return [text.replace("\r\n", "\n").replace("\n ", "") for text in found if OURS in text]

    def uid(self, date: Json) -> str:
        """Return the UID that the date has for this partner."""
        text: str = self.api.get(f"/v1/dates/{date['id']}.ics").text
        return text.partition("UID:")[2].split()[0]

    def slots(self, first: Json, last: Json) -> list[Json]:
        query = httpx.QueryParams({"from": first["start"], "to": last["end"], "limit": 12})
        found: list[Json] = self.call("GET", f"/v1/slots?{query}")["data"]
        return found


@dataclass
class Stage:
    """The service with its servers; every couple on it is a new one."""

    servers: Sequence[CalendarServer]
    sink: SmtpSink
    service: Service
    folder: Path
    exits: ExitStack

    @property
    def database(self) -> Path:
        return self.folder / "data" / "pencil-in.db"

    def settle(self, *, zones: tuple[str, str] = ("Europe/Berlin", "Europe/London")) -> tuple[Partner, Partner]:
        """Let a couple in, the second by the mail that the first one's invitation sends."""
        name = uuid4().hex[:8]
        link = self.service.run("invite", f"ana-{name}@example.org")
        ana = self._join(link, f"ana-{name}@example.org", server=self.servers[0], zone=zones[0])
        ana.call("POST", "/v1/couple/invitations", {"address": f"ben-{name}@example.org"})
        mail = wait_for(lambda: self.mails(f"ben-{name}@example.org"))[0]
        link = next(word for word in read_text(mail.message).split() if word.startswith("http"))
        return ana, self._join(link, f"ben-{name}@example.org", server=self.servers[-1], zone=zones[1])

    def connect(self, *partners: Partner) -> None:
        """Connect the calendars of both, and wait until they are read."""
        for partner in partners:
            partner.connect()
        wait_for(lambda: all(each.see_calendar()["status"] == "healthy" for each in partners))

    def mails(self, address: str) -> list[Received]:
        return [each for each in list(self.sink.received) if each.recipients == (address,)]

    def count_waiting(self) -> int:
        """Return how many parcels have not been delivered."""
        with closing(sqlite3.connect(self.database)) as database:
            [count] = database.execute("SELECT count(*) FROM outbox WHERE state = 'waiting'").fetchone()
        return int(count)

    def wait_until_delivered(self) -> None:
        wait_for(lambda: self.count_waiting() == 0)

    def _join(self, link: str, address: str, *, server: CalendarServer, zone: str) -> Partner:
        user = address.partition("-")[0]
        taken = httpx.post(link, json={"name": user.title(), "zone": zone}, trust_env=False).raise_for_status()
        headers = {"Authorization": f"Bearer {taken.json()['token']}"}
        api = httpx.Client(base_url=self.service.url, headers=headers, trust_env=False, timeout=PATIENCE)
        self.exits.enter_context(api)
        return Partner(address, api, server, user, server.make_calendar(user, uuid4().hex))


@contextmanager
def open_stage(
    folder: Path, *, servers: Sequence[CalendarServer], sink: SmtpSink, opening: str = ""
) -> Iterator[Stage]:
    """
    Run the service with SQLite in `folder`, allowed to call those servers, and what `opening` names besides.

    The first server is Ana's, the last one Ben's.
    """
    folder.mkdir(exist_ok=True)
    port = find_free_port()
    environ = {
        "PENCILIN_DATA": str(folder / "data"),
        "PENCILIN_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PENCILIN_EGRESS_ALLOW": ",".join([*(server.opening for server in servers), opening]),
        "PENCILIN_SMTP_HOST": sink.host,
        "PENCILIN_SMTP_PORT": str(sink.port),
        "PENCILIN_SMTP_TLS": "none",
        "PENCILIN_MAIL_FROM": "pencil-in@dates.example.org",
    }
    service = Service(port, environ=environ, log=folder / "service.log")
    service.start()
    with ExitStack() as exits:
        exits.callback(service.stop)
        yield Stage(servers, sink, service, folder, exits)


def read_text(mail: EmailMessage) -> str:
    body = mail.get_body(preferencelist=("plain",))
    return str(body.get_content()) if body else ""


def read_calendar(mail: EmailMessage) -> str | None:
    """Return the calendar part of a mail, unfolded, or None."""
    part = next((each for each in mail.walk() if each.get_content_type() == "text/calendar"), None)
    return None if part is None else part.get_content().replace("\r\n", "\n").replace("\n ", "")
