"""
The demo's acts: what is done over REST, and what is then read back from the calendars and the mailbox.

Nothing is printed that was not read from a server. The facts returned are what `--json` writes.
"""

import re
import secrets
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console

from service.commands.demo.calendars import Person, make_people
from service.commands.demo.servers import CalendarServer, Service, pencil_in, radicale, smtp_sink
from service.commands.demo.stage import (
    PATIENCE,
    Json,
    Partner,
    Stage,
    all_of,
    holds,
    link_in,
    mail_facts,
    text_of,
    wait,
    when_written,
    who_fired,
    with_day,
    with_sequence,
)
from service.commands.demo.story import Story
from service.commands.errors import Stop

_FREE_DAYS = (1, 3, 9)  # the note that does not block, the declined party, the choir's usual evening
_TAKEN_DAYS = (4, 8, 10)  # the trip, the review and the choir where they moved to
_MOVED_BY = timedelta(minutes=30)
_FACE = "%Y%m%dT%H%M%S"


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
            invited = wait(lambda: next(iter(list(mail.received)), None), "the invitation mail")
            ben = Partner(people[1], calendars[1], _join(service, link_in(invited), people[1]))
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
    moved, proposal, left = _second_date(stage, slot=slots[1])
    mails = [mail_facts(each) for each in stage.mail.received]
    stage.story.close(mails)
    return {
        "slots": slots,
        "ideas": ideas,
        "date": date,
        "entries": entries,
        "mails": mails,
        "reminder": reminder,
        "moved": moved,
        "proposal": proposal,
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
    return httpx.Client(base_url=service.url, headers=headers, trust_env=False, timeout=PATIENCE)


def _connect(stage: Stage) -> None:
    for partner in (stage.ana, stage.ben):
        person = partner.person
        login = {"url": stage.server.url, "username": person.user, "password": person.password}
        connected = partner.call("POST", "/v1/calendars", {"kind": "caldav", **login})["data"]
        wait(partial(_is_healthy, partner), "the first sync")
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
    wait(lambda: stage.entries(stage.ana) and stage.entries(stage.ben), "the entries in both calendars")
    told = wait(lambda: stage.mails(stage.ben)[1:], "the mail to Ben")[0]
    stage.story.show_penciled(date, mail=mail_facts(told), text=text_of(told))
    for partner in (stage.ana, stage.ben):
        answer = {"answer": "accepted", "sequence": date["sequence"]}
        partner.call("PUT", f"/v1/dates/{date['id']}/answer", answer)
    wait(lambda: all(holds(stage, each, "STATUS:CONFIRMED") for each in (stage.ana, stage.ben)), "the confirmation")
    wait(lambda: stage.mails(stage.ana), "the word to Ana")  # or the next mail to her would be taken for the reminder
    entries = {"a": stage.entries(stage.ana)[0], "b": stage.entries(stage.ben)[0]}
    final = wait(lambda: when_written(stage, date), "the confirmed date")
    stage.story.show_entries(final, entries)
    return final, entries


def _remind(stage: Stage, *, now: datetime) -> Json:
    quiet = [now.astimezone(ZoneInfo(stage.ana.person.zone)) + timedelta(hours=hours) for hours in (4, 12)]
    hours = "-".join(f"{each:%H:%M}" for each in quiet)
    stage.ana.change("PUT", "/v1/gestures/settings", {"per_week": 3, "quiet": hours})
    gesture = stage.ana.call("GET", "/v1/gestures")["data"][0]
    before = len(stage.mails(stage.ana))
    stage.ana.call("POST", f"/v1/gestures/{gesture['id']}/later", {"until": now.isoformat()})
    mail = wait(lambda: stage.mails(stage.ana)[before:], "the reminder")[0]
    facts = {
        "to": mail.recipients[0],
        "subject": str(mail.message["Subject"]),
        "fired_by": wait(lambda: who_fired(stage.service.log), "the tick in the log"),
    }
    stage.story.show_reminder(facts, text=text_of(mail))
    return facts


def _second_date(stage: Stage, *, slot: Json) -> tuple[Json, Json, int]:
    stage.ben.change("PATCH", "/v1/me", {"prefers_email": True})
    known = len(stage.mails(stage.ben))
    date = stage.ana.call("POST", "/v1/dates", {"slot_id": slot["id"]})
    before = wait(lambda: with_day(stage, date), "the second entry")
    wait(lambda: stage.mails(stage.ben)[known:], "the invitation to Ben")
    _drag(stage, before, by=_MOVED_BY)
    proposal = wait(lambda: _proposal(stage, date), "the proposal to Ben")
    update = wait(lambda: all_of(stage.mails(stage.ben)[known:], count=2), "the new time in Ben's mail")[1]
    _tap_yes(link_in(update), sequence=proposal["sequence"])
    agreed = wait(lambda: _agreed(stage, date), "Ben's yes")
    after = wait(lambda: with_sequence(stage, date, agreed["sequence"]), "the moved entry")
    stage.ana.call("POST", f"/v1/dates/{date['id']}/cancel")
    wait(lambda: not with_day(stage, date), "the withdrawal")
    letters = wait(lambda: all_of(stage.mails(stage.ben)[known:], count=3), "the mails to Ben")
    left = len([text for each in (stage.ana, stage.ben) for text in stage.entries(each)]) - 2
    facts = {"before": before, "after": after}
    asked = {"start": proposal["start"], "end": proposal["end"], "awaits": "ben", "answered": agreed["status"]}
    stage.story.show_moved(facts, asked, mails=[mail_facts(each) for each in letters], left=left)
    return facts, asked, left


def _drag(stage: Stage, entry: str, *, by: timedelta) -> None:
    """Let Ana drag the entry in her calendar app, and let the service look there at once."""
    uid = entry.partition("UID:")[2].split()[0]

    def later(found: re.Match[str]) -> str:
        return f"{found[1]}{datetime.strptime(found[2], _FACE) + by:{_FACE}}"  # noqa: DTZ007 - a face on a clock

    moved = re.sub(r"(DT(?:START|END);TZID=[^:]+:)(\d{8}T\d{6})", later, entry)
    stage.server.put(f"{stage.ana.calendar}{uid}.ics", moved, user=stage.ana.person.user)
    for calendar in stage.ana.call("GET", "/v1/calendars")["data"]:
        stage.ana.call("POST", f"/v1/calendars/{calendar['id']}/sync")


def _proposal(stage: Stage, date: Json) -> Json | None:
    """Return the date as Ben sees it, once he is asked about another time."""
    found = stage.ben.call("GET", f"/v1/dates/{date['id']}")
    return found if found["awaits_me"] and found["start"] != date["start"] else None


def _agreed(stage: Stage, date: Json) -> Json | None:
    found = stage.ana.call("GET", f"/v1/dates/{date['id']}")
    return found if found["status"] == "confirmed" else None


def _tap_yes(link: str, *, sequence: int) -> None:
    """Tap on yes behind a link, as a browser does: no account, no script."""
    answer = httpx.post(link, data={"do": "yes", "sequence": str(sequence)}, trust_env=False, timeout=PATIENCE)
    if answer.status_code != httpx.codes.SEE_OTHER:
        raise Stop("the page did not take the answer")
