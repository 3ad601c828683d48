"""Published calendars: read whole or not at all, and what was read last stays while they cannot be."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from service.core.sync import EMPTY_AGAIN
from service.store import busy
from service.store.calendars import Calendar
from tests.households import between
from tests.workers.shelf import HOST, nothing_meanwhile
from tests.workers.world import Home, make_object

SOON = timedelta(minutes=20)
TWO_DAYS = timedelta(days=2)
PATH = "/secret/basic.ics"
ONE_HOUR, OTHER_HOUR = between(4, 20, 21), between(5, 20, 21)
SATURDAY = ("DTSTART:20261205T200000Z", "DURATION:PT1H")
NO_ENTRIES = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//tests//EN\r\nEND:VCALENDAR\r\n"


@dataclass
class Press:
    """A server that publishes one file, with an ETag for each edition of it."""

    text: str = NO_ENTRIES
    status: int = 200
    asked: list[str | None] = field(default_factory=list)
    meanwhile: Callable[[], Awaitable[None]] = nothing_meanwhile

    def __call__(self, request: httpx.Request) -> httpx.Response:
        condition = request.headers.get("If-None-Match")
        self.asked.append(condition)
        etag = f'"{hash(self.text)}"'
        if self.status != 200:
            return httpx.Response(self.status)
        if condition == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return httpx.Response(200, text=self.text, headers={"ETag": etag, "Content-Type": "text/calendar"})


def join(*objects: str) -> str:
    """Return one file that holds what these objects hold."""
    events = [text[text.index("BEGIN:VEVENT") : text.index("END:VCALENDAR")] for text in objects]
    return NO_ENTRIES.replace("END:VCALENDAR", "".join(events) + "END:VCALENDAR")


@pytest.fixture
async def followed(home: Home) -> tuple[Home, Press, Calendar]:
    press = Press(join(make_object(), make_object(*SATURDAY, uid="other")))
    home.shelves[PATH] = press  # type: ignore[assignment]
    calendar = await home.subscribe(home.ana, HOST + PATH)
    await home.sync()
    return home, press, calendar


async def read_after(home: Home, wait: timedelta) -> None:
    home.clock.step(wait)
    await home.sync()


async def test_a_published_calendar_is_read(followed: tuple[Home, Press, Calendar]) -> None:
    home, _, calendar = followed
    assert await home.busy_of(home.ana) == [ONE_HOUR, OTHER_HOUR]
    seen = await home.see(calendar)
    assert (seen.problem, seen.unreadable, seen.progress) == (None, 0, None)


async def test_names_of_its_objects_say_nothing(followed: tuple[Home, Press, Calendar]) -> None:
    home, _, calendar = followed
    async with home.house.database.read() as tx:
        known = await busy.known_objects(tx, calendar_id=calendar.id)
    assert len(known) == 2
    assert all(len(name) >= 32 and set(name) <= set("0123456789abcdef") for name in known)


async def test_one_that_did_not_change_is_one_request_and_nothing_read(
    followed: tuple[Home, Press, Calendar],
) -> None:
    home, press, calendar = followed
    await read_after(home, SOON)
    assert len(press.asked) == 2
    assert press.asked[-1] is not None
    assert (await home.see(calendar)).synced_at == home.clock()


async def test_what_changed_in_it_is_read_and_what_left_it_is_gone(followed: tuple[Home, Press, Calendar]) -> None:
    home, press, _ = followed
    press.text = join(make_object("DTSTART:20261204T190000Z", "DURATION:PT1H"))
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [between(4, 19, 20)]


@pytest.mark.parametrize("status", [404, 429, 500, 503])
async def test_its_last_good_copy_stays_while_it_cannot_be_read(
    followed: tuple[Home, Press, Calendar], status: int
) -> None:
    home, press, calendar = followed
    press.status = status
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR, OTHER_HOUR]
    seen = await home.see(calendar)
    assert seen.problem is not None
    assert seen.is_known(now=home.clock())


@pytest.mark.parametrize("text", ["<html>Please sign in</html>", "", "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\n"])
async def test_a_page_or_a_torso_in_its_place_changes_nothing(
    followed: tuple[Home, Press, Calendar], text: str
) -> None:
    home, press, calendar = followed
    press.text = text
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR, OTHER_HOUR]
    assert (await home.see(calendar)).problem is not None


async def test_one_that_is_suddenly_empty_is_believed_when_it_is_so_twice(
    followed: tuple[Home, Press, Calendar],
) -> None:
    home, press, _ = followed
    press.text = NO_ENTRIES
    await read_after(home, SOON)
    assert await home.busy_of(home.ana) == [ONE_HOUR, OTHER_HOUR]
    await read_after(home, EMPTY_AGAIN)
    assert await home.busy_of(home.ana) == []


async def test_once_a_day_it_is_read_whatever_its_server_says(followed: tuple[Home, Press, Calendar]) -> None:
    home, press, _ = followed
    await read_after(home, TWO_DAYS)
    assert press.asked[-1] is None
