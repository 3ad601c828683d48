"""An invitation in Thunderbird: shown with its buttons, answered, moved, called off, as its reader meets it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service.actions import dates as actions
from service.core.dates import Status
from tests.interop.clients.mails import find_calendar, find_header
from tests.interop.clients.reading import BEN, NAME, RESULTS, ZONE, Invited, Reading
from tests.interop.postoffice import Mail
from tests.workers.world import EVENING, LATER

pytestmark = pytest.mark.servers

ACCEPT, TENTATIVE, DECLINE, DELETE = (f"imip{word}Button" for word in ("Accept", "Tentative", "Decline", "Delete"))


@pytest.mark.step("invitation")
async def test_an_invitation_is_shown_with_its_buttons(reading: Reading, how: Callable[[object], None]) -> None:
    await reading.invite()
    bar = await reading.receive()
    assert bar.buttons.keys() >= {ACCEPT, TENTATIVE, DECLINE}
    shown = reading.thunderbird.read_mail()
    assert "Pencil In has invited you to A walk to the river" in shown
    assert "Friday, December 4, 2026, 20:00" in shown  # by Thunderbird's own clock
    assert "Friday 4 December, 20:00 to 22:00 (Europe/Athens)" in shown
    assert f"{NAME} <{BEN}>" in shown
    reading.thunderbird.take_picture(RESULTS / "invitation.png")
    how(", ".join(bar.buttons[each] for each in (ACCEPT, TENTATIVE, DECLINE)))


@pytest.mark.step("accept")
async def test_a_yes_confirms_the_date_and_the_entry_is_in_the_calendar(reading: Reading) -> None:
    invited = await reading.invite()
    await reading.receive()
    reading.thunderbird.press(ACCEPT)
    [reply] = reading.wait_for_replies(invited, count=1)
    check_reply(reply, invited=invited, partstat="ACCEPTED", sequence=0, keep_as="accepted")
    assert await reading.hand_over(reply, invited=invited) is Status.CONFIRMED
    [item] = reading.list_items(invited)
    assert (item.title, item.time, item.zone) == ("A walk to the river", EVENING, ZONE)
    assert item.partstats == ("ACCEPTED",)


@pytest.mark.step("tentative")
async def test_a_maybe_leaves_the_date_as_it_is(reading: Reading) -> None:
    invited = await reading.invite()
    await reading.receive()
    reading.thunderbird.press(TENTATIVE)
    [reply] = reading.wait_for_replies(invited, count=1)
    check_reply(reply, invited=invited, partstat="TENTATIVE", sequence=0, keep_as="tentative")
    assert await reading.hand_over(reply, invited=invited) is Status.TENTATIVE


@pytest.mark.step("decline")
async def test_a_no_calls_the_date_off_and_the_entry_goes_with_the_cancellation(
    reading: Reading, how: Callable[[object], None]
) -> None:
    invited = await reading.invite()
    await reading.receive()
    reading.thunderbird.press(DECLINE)
    [reply] = reading.wait_for_replies(invited, count=1)
    check_reply(reply, invited=invited, partstat="DECLINED", sequence=0, keep_as="declined")
    [item] = reading.list_items(invited)
    assert item.partstats == ("DECLINED",)
    assert await reading.hand_over(reply, invited=invited) is Status.CANCELLED
    await reading.receive()
    reading.thunderbird.press(DELETE)
    assert reading.list_items(invited) == []
    how("entry kept until the cancellation")


@pytest.mark.step("delete the entry")
async def test_who_deletes_the_entry_has_said_no(reading: Reading) -> None:
    invited = await reading.invite()
    await reading.receive()
    reading.thunderbird.press(ACCEPT)
    reading.thunderbird.delete_item(invited.uid)
    _, reply = reading.wait_for_replies(invited, count=2)
    check_reply(reply, invited=invited, partstat="DECLINED", sequence=0, keep_as="deleted")
    assert await reading.hand_over(reply, invited=invited) is Status.CANCELLED
    bar = await reading.receive()
    assert bar.buttons == {}
    assert reading.list_items(invited) == []


@pytest.mark.step("move")
async def test_a_new_time_is_shown_as_an_update_and_moves_the_one_entry(
    reading: Reading, how: Callable[[object], None]
) -> None:
    invited = await reading.invite()
    await reading.receive()
    reading.thunderbird.press(ACCEPT)
    [reply] = reading.wait_for_replies(invited, count=1)
    await reading.hand_over(reply, invited=invited)
    home = reading.home
    home.clock.step(timedelta(minutes=5))
    await actions.move(
        home.house, partner=home.ana, date_id=invited.date_id, time=LATER, version=None, now=home.clock()
    )
    bar = await reading.receive()
    assert "update" in bar.says
    reading.thunderbird.press(ACCEPT)
    reply = reading.wait_for_replies(invited, count=2)[-1]
    check_reply(reply, invited=invited, partstat="ACCEPTED", sequence=2, keep_as="moved")
    assert await reading.hand_over(reply, invited=invited) is Status.CONFIRMED
    [item] = reading.list_items(invited)
    assert (item.time, item.sequence, item.partstats) == (LATER, 2, ("ACCEPTED",))
    how("one entry")


@pytest.mark.step("call off")
async def test_a_date_that_is_called_off_leaves_the_calendar(reading: Reading, how: Callable[[object], None]) -> None:
    invited = await reading.invite()
    await reading.receive()
    reading.thunderbird.press(ACCEPT)
    home = reading.home
    await actions.call_off(home.house, partner=home.ana, date_id=invited.date_id, version=None, now=home.clock())
    bar = await reading.receive()
    assert "cancellation" in bar.says
    reading.thunderbird.press(DELETE)
    assert reading.list_items(invited) == []
    how("entry deleted")


def check_reply(reply: Mail, *, invited: Invited, partstat: str, sequence: int, keep_as: str) -> None:
    """Check what Thunderbird sent, and keep it as a sample of that name."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{keep_as}.eml").write_bytes(reply.content)
    assert find_header(reply.content, "To") == f"Pencil In <{invited.address}>"
    calendar = find_calendar(reply.content)
    assert calendar["METHOD"] == "REPLY"
    [event] = calendar.walk("VEVENT")
    assert (event["UID"], event["SEQUENCE"]) == (invited.uid, sequence)
    assert event["ATTENDEE"] == f"mailto:{BEN}"
    assert event["ATTENDEE"].params["PARTSTAT"] == partstat
