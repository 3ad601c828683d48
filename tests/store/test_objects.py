"""What is known of a calendar's objects, asked for by their names."""

import pytest

from service.core.sync import Known
from service.store import busy, objects
from service.store.busy import NOTHING, Laid, Read
from service.store.engine import Tx
from tests.store.people import add_calendar

MANY = 1_200  # more than one statement asks for


@pytest.fixture
async def names(tx: Tx) -> list[str]:
    """Keep many objects in a calendar, and return their names."""
    await add_calendar(tx)
    names = [f"{number}.ics" for number in range(MANY)]
    read = {name: Read(Known(name, b"x"), b"", laid=Laid(NOTHING, unreadable=0)) for name in names}
    await busy.replace(tx, calendar_id="cal", read=read, touched={}, dropped=())
    return names


async def test_only_those_that_are_asked_for_are_told(tx: Tx, names: list[str]) -> None:
    known = await objects.known_among(tx, calendar_id="cal", names=["7.ics", "never.ics"])
    assert known == {"7.ics": Known("7.ics", b"x")}
    assert await objects.known_among(tx, calendar_id="other", names=["7.ics"]) == {}
    assert await objects.known_among(tx, calendar_id="cal", names=[]) == {}
    assert names


async def test_however_many_are_asked_for_are_told(tx: Tx, names: list[str]) -> None:
    assert (await objects.known_among(tx, calendar_id="cal", names=names)).keys() == set(names)


async def test_whether_there_are_others(tx: Tx, names: list[str]) -> None:
    assert await objects.are_all(tx, calendar_id="cal", names=names)
    assert not await objects.are_all(tx, calendar_id="cal", names=names[1:])
    assert not await objects.are_all(tx, calendar_id="cal", names=[])
