"""A gesture that was put off comes first: when it is welcome again, or at the moment that somebody named."""

from datetime import timedelta

from service.actions import gestures as own
from service.core.reminders import cues_at
from service.workers.remind import remind
from tests.households import NOW
from tests.workers.reminding import GESTURE, HOUR, come, make_due, remind_for, reminders, see, wish
from tests.workers.world import Home


async def test_a_gesture_that_was_put_off_comes_first(home: Home) -> None:
    await wish(home)
    await own.remind_later(home.house, partner=home.ana, gesture_id=GESTURE, until=NOW + HOUR, now=NOW)
    home.clock.step(HOUR)
    await remind(home.house)
    assert [parcel.detail for parcel in await reminders(home)] == [GESTURE]
    assert (await see(home)).later_gesture_id is None


async def test_a_gesture_that_was_put_off_waits_for_a_welcome_moment(home: Home) -> None:
    await wish(home)
    await make_due(home, later_gesture_id=GESTURE)
    await home.keep(home.ana, start=NOW - HOUR, end=NOW + HOUR)
    await remind(home.house)
    assert (await see(home)).later_gesture_id == GESTURE


async def test_a_touch_that_was_put_off_by_a_tap_waits_until_the_other_is_at_home_too(home: Home) -> None:
    until = NOW + timedelta(days=5)
    await home.keep(home.ben, start=NOW, end=until)
    await wish(home)
    await own.remind_later(home.house, partner=home.ana, gesture_id=GESTURE, until=None, now=NOW)
    [first, *_] = await remind_for(home, weeks=2)
    assert first[0] >= until
    assert first[1].id == GESTURE
    assert first[1].cue in cues_at(first[0], zone=home.ana.zone)


async def test_a_moment_that_somebody_named_asks_nothing_of_the_other(home: Home) -> None:
    await home.keep(home.ben, start=NOW, end=NOW + timedelta(days=5))
    await wish(home)
    await own.remind_later(home.house, partner=home.ana, gesture_id=GESTURE, until=NOW + HOUR, now=NOW)
    assert await come(home) == NOW + HOUR
    await remind(home.house)
    assert [parcel.detail for parcel in await reminders(home)] == [GESTURE]


async def test_a_gesture_that_was_put_off_and_then_refused_does_not_come(home: Home) -> None:
    await wish(home)
    await own.remind_later(home.house, partner=home.ana, gesture_id=GESTURE, until=NOW + HOUR, now=NOW)
    await own.never_again(home.house, partner=home.ana, gesture_id=GESTURE)
    home.clock.step(HOUR)
    await remind(home.house)
    assert GESTURE not in [parcel.detail for parcel in await reminders(home)]
    assert (await see(home)).later_gesture_id is None
