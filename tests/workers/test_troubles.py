"""What cannot be delivered: shown to whom it was for with a way out, told once by the other way, and to nobody else."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from service.actions import dates as actions
from service.actions import entries, joining
from service.actions.connect import Connector
from service.core.dates import PartStat
from service.core.invitations import Channel
from service.store.calendars import Calendar
from service.store.couples import Partner
from service.store.dates import Kept
from service.store.outbox import State
from tests.households import between
from tests.outside.test_caldav_discover import calendar, multistatus
from tests.workers.post import Post
from tests.workers.shelf import Shelf, nothing_else
from tests.workers.test_mails import method_of
from tests.workers.world import Home

SOME_HOURS = timedelta(hours=6)
FAR = between(20, 18, 20)  # still ahead when two days of trying are over
HEAD = "Not in your calendar yet: Time together"


async def pencil_in(home: Home) -> tuple[Kept, Calendar, Shelf]:
    """Let Ana pencil in a date that her calendar is about to receive."""
    calendar, shelf = await home.connect(home.ana)
    await home.sync()
    return await home.pencil_in(time=FAR), calendar, shelf


async def give_up(home: Home, post: Post | None = None) -> None:
    """Try until nothing waits any more."""
    for _ in range(12):
        await home.courier(mailer=post.mailer if post else None).run()
        home.clock.step(SOME_HOURS)


async def trouble_of(home: Home, partner: Partner, kept: Kept) -> str | None:
    date = (await actions.see(home.house, partner=partner, date_id=kept.date.id)).date
    return (await entries.see(home.house, date, partner=partner))[1]


async def see(home: Home, partner: Partner, kept: Kept) -> dict[str, Any]:
    """Return what the API shows a partner of a date."""
    token = await joining.make_token(
        home.house, partner=partner, name="eyes", scopes=frozenset({"dates:read"}), now=home.clock()
    )
    async with home.household.client(token.secret) as client:
        answer = await client.get(f"/v1/dates/{kept.date.id}")
    assert answer.status_code == httpx.codes.OK
    shown: dict[str, Any] = answer.json()
    return shown


@pytest.mark.parametrize(
    ("status", "code"), [(401, "calendar_refused"), (403, "calendar_refused"), (404, "calendar_gone"), (502, None)]
)
async def test_an_entry_that_was_given_up_is_shown_with_its_cause(home: Home, status: int, code: str | None) -> None:
    kept, _, shelf = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(status)
    await home.courier().run()
    assert await trouble_of(home, home.ana, kept) is None
    await give_up(home)
    assert await trouble_of(home, home.ana, kept) == (code or "not_delivered")
    shown = (await see(home, home.ana, kept))["entry"]["trouble"]
    assert shown["code"] == (code or "not_delivered")
    assert shown["text"] == home.house.library.of("en").messages.entry_troubles[shown["code"]]


async def test_the_partner_reads_the_same_with_and_without_it(home: Home) -> None:
    await home.connect(home.ben)
    kept, _, shelf = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(401)
    await home.courier().run()
    before = await see(home, home.ben, kept)
    await give_up(home)
    assert await trouble_of(home, home.ana, kept) == "calendar_refused"
    assert await see(home, home.ben, kept) == before


async def test_a_calendar_that_is_connected_again_gets_what_was_given_up(home: Home) -> None:
    kept, _, shelf = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(401)
    await give_up(home)
    shelf.before = nothing_else
    await home.courier().run()
    assert shelf.objects == {}
    shelf.before = lambda _: multistatus(calendar(shelf.path))  # what it says to whoever looks for calendars
    await Connector(home.house, home.http).connect(
        partner=home.ana, url=shelf.url, provider="generic", username="ana", password="new", now=home.clock()
    )
    shelf.before = nothing_else
    await home.courier().run()
    assert len(shelf.objects) == 1
    assert await trouble_of(home, home.ana, kept) is None


async def test_what_was_called_off_and_may_still_stand_in_the_calendar_is_told(home: Home) -> None:
    kept, _, shelf = await pencil_in(home)
    await home.courier().run()
    shelf.before = lambda _: httpx.Response(401)
    home.clock.step(SOME_HOURS)
    await actions.call_off(home.house, partner=home.ben, date_id=kept.date.id, version=None, now=home.clock())
    await give_up(home)
    assert await trouble_of(home, home.ana, kept) == "still_there"


async def test_what_was_never_there_needs_no_taking_out(home: Home) -> None:
    kept, _, shelf = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(401)
    home.clock.step(SOME_HOURS)
    await actions.call_off(home.house, partner=home.ben, date_id=kept.date.id, version=None, now=home.clock())
    await give_up(home)
    assert await trouble_of(home, home.ana, kept) is None


@pytest.mark.servers
async def test_whose_calendar_is_closed_gets_one_mail_and_nobody_else_does(home: Home, post: Post) -> None:
    kept, _, shelf = await pencil_in(home)
    shelf.before = lambda _: httpx.Response(401)
    await give_up(home, post)
    now = home.clock()
    await actions.answer(
        home.house, partner=home.ben, date_id=kept.date.id, partstat=PartStat.ACCEPTED, sequence=0, now=now
    )
    await give_up(home, post)
    assert post.subjects("ana").count(HEAD) == 1
    assert HEAD not in post.subjects("ben")
    [mail] = [each.message for each in post.sink.received if each.message["Subject"] == HEAD]
    assert method_of(mail) == ""
    assert f"{home.house.public_url}/d/" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert (await home.entry(home.ana, kept.date.id)).channel is Channel.CALDAV


@pytest.mark.servers
async def test_a_mail_that_is_refused_for_good_is_shown_and_nothing_more_is_mailed(home: Home, post: Post) -> None:
    post.sink.refuse("550 nobody here", at="RCPT")
    kept = await home.pencil_in()
    await post.deliver()
    assert await trouble_of(home, home.ben, kept) == "mail_refused"
    assert await home.count(State.WAITING) == 0


@pytest.mark.servers
async def test_a_mail_server_in_trouble_says_nothing_about_an_address(home: Home, post: Post) -> None:
    post.sink.refuse("451 later", at="RCPT")
    kept = await home.pencil_in(time=FAR)
    await give_up(home, post)
    assert await trouble_of(home, home.ben, kept) == "not_delivered"
