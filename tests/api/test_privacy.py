"""What one partner can see of the other: a name, a zone, shared hours, and how a date stands. Nothing else."""

from typing import Any

import httpx
import pytest

from service.actions import calendars
from service.content import load_content
from service.store.calendars import Calendar, Role
from tests.households import Household, Person, between

TIME = {"start": "2026-12-03T18:00:00Z", "end": "2026-12-03T20:00:00Z"}
WINDOW = {"from": "2026-12-01T00:00:00Z", "to": "2026-12-20T00:00:00Z"}
READS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/v1/me", {}),
    ("/v1/me/tastes", {}),
    ("/v1/couple", {}),
    ("/v1/couple/invitations", {}),
    ("/v1/calendars", {}),
    ("/v1/busy", WINDOW),
    ("/v1/slots", WINDOW),
    ("/v1/slots/explain", {"day": "2026-12-09"}),
    ("/v1/ideas", {"slot_id": "20261204T180000Z-20261204T213000Z"}),
    ("/v1/dates", {}),
    ("/v1/dates/next", {}),
    ("/v1/rhythm", {}),
    ("/v1/gestures", {}),
    ("/v1/gestures/settings", {}),
    ("/v1/tokens", {}),
    ("/v1/helpers", {}),
)

# one that no deck of an evening holds anyway
UNWANTED = next(
    idea.id for idea in load_content().ideas.values() if idea.kind == "touch" and "evening" not in idea.dayparts
)


async def read_everything(client: httpx.AsyncClient, date_id: str) -> str:
    """Return what every GET answers, headers and all."""
    paths = (*READS, (f"/v1/dates/{date_id}", {}), (f"/v1/dates/{date_id}.ics", {}), (f"/v1/dates/{date_id}/cover", {}))
    answers = [await client.get(path, params=params) for path, params in paths]
    assert {answer.status_code for answer in answers} == {200}
    return "\n".join(f"{answer.headers!r}\n{answer.text}" for answer in answers)


async def test_nothing_planted_at_one_partner_shows_at_the_other(home: Household) -> None:
    ana = await home.let_in("Ana", address="ana.secret-address@example.org")
    ben = await home.do_without(await home.invite(ana, "Ben"))
    calendar = await home.fill(ana, between(9, 17.1, 22.9), soft=[between(10, 18.7, 18.9)])
    await home.add_calendar(ana, problem="calendar_auth", unreadable=7)
    async with home.client(ana) as client:
        made = (await client.post("/v1/dates", json=TIME)).json()
        away = [{"from": "2026-12-09", "to": "2026-12-17"}]
        await client.patch("/v1/me", json={"entry_title": "busy", "away": away}, headers={"If-Match": '"1"'})
        await client.patch(f"/v1/calendars/{calendar.id}", json={"receives_dates": True}, headers={"If-Match": '"1"'})
        gestures = (await client.get("/v1/gestures")).json()["data"]
        await client.post(f"/v1/gestures/{gestures[0]['id']}/never")
        await client.put(
            "/v1/gestures/settings", json={"per_week": 5, "quiet": "20:17-08:43"}, headers={"If-Match": '"0"'}
        )
        await client.patch("/v1/me", json={"avoid_if": ["motion_sickness"]}, headers={"If-Match": '"2"'})
        taste = {"level": "not_for_me", "less_like_this": True}
        assert (await client.put(f"/v1/ideas/{UNWANTED}/taste", json=taste)).status_code == 204
        await client.post("/v1/tokens", json={"name": "her diary app", "scopes": ["gestures"]})
        hers = await read_everything(client, made["id"])
    async with home.client(ben) as client:
        his = await read_everything(client, made["id"])
    planted = (
        "secret-address",
        calendar.id,
        "calendar_auth",
        "entries_unreadable",
        "20:17-08:43",
        "her diary app",
        "2026-12-17",
        "2026-12-09T17:06",
        "2026-12-10T18:42",
        '"on":false',
        "motion_sickness",
        UNWANTED,
        '"less":["touch"]',
    )
    assert [each for each in planted if each not in hers] == []
    assert [each for each in planted if each in his] == []
    assert ana.partner.id not in his


async def ask(client: httpx.AsyncClient, step: str, date: dict[str, Any]) -> None:
    path = f"/v1/dates/{date['id']}"
    if step == "cancel":
        answer = await client.post(f"{path}/cancel")
    else:
        answer = await client.put(f"{path}/answer", json={"answer": step, "sequence": date["sequence"]})
    assert answer.status_code == 200, answer.text


async def end_a_date(home: Household, couple: tuple[Person, Person], *, confirmed: bool, by: int, step: str) -> str:
    """Let Ana pencil in a date, and one of them end it; return what Ana then sees, without its name."""
    ana, ben = couple
    async with home.client(ana) as hers, home.client(ben) as his:
        date = (await hers.post("/v1/dates", json=TIME)).json()
        if confirmed:
            await ask(his, "accepted", date)
        await ask((hers, his)[by], step, date)
        seen = await hers.get(f"/v1/dates/{date['id']}")
        headers = {key: value for key, value in seen.headers.items() if key != "content-length"}
        return seen.text.replace(date["id"], "ID") + repr(headers)


@pytest.mark.parametrize("confirmed", [False, True])
async def test_a_date_that_came_to_nothing_does_not_tell_how(
    home: Household, couple: tuple[Person, Person], confirmed: bool
) -> None:
    ways = {
        await end_a_date(home, couple, confirmed=confirmed, by=1, step="declined"),
        await end_a_date(home, couple, confirmed=confirmed, by=1, step="cancel"),
        await end_a_date(home, couple, confirmed=confirmed, by=0, step="cancel"),
    }
    assert len(ways) == 1


async def test_both_views_of_a_date_have_one_shape(ana: httpx.AsyncClient, ben: httpx.AsyncClient) -> None:
    date = (await ana.post("/v1/dates", json=TIME)).json()
    await ask(ben, "declined", date)
    views = [(await each.get(f"/v1/dates/{date['id']}")).json() for each in (ana, ben)]
    assert views[0].keys() == views[1].keys()
    assert views[0]["status"] == views[1]["status"] == "cancelled"


async def ignore(home: Household, person: Person, calendar: Calendar) -> None:
    await calendars.change_calendar(
        home.house,
        partner=person.partner,
        calendar_id=calendar.id,
        version=calendar.version,
        choices=calendars.Choices(role=Role.IGNORE),
    )


async def test_a_taken_time_sounds_alike_whoever_is_busy_or_unknown(home: Household) -> None:
    ana, ben = await home.settle()
    answers = []
    for person in (ana, ben):
        calendar = await home.fill(person, between(3, 17, 21))
        async with home.client(ana) as client:
            answers.append((await client.post("/v1/dates", json=TIME)).content)
        await ignore(home, person, calendar)
    for person in (ana, ben):
        calendar = await home.add_calendar(person, synced_at=None)
        async with home.client(ana) as client:
            answers.append((await client.post("/v1/dates", json=TIME)).content)
        await ignore(home, person, calendar)
    assert len(set(answers)) == 1
    async with home.client(ana) as client:
        assert (await client.post("/v1/dates", json=TIME)).status_code == 201
