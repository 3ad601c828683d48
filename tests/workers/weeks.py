"""What the two do and see while weeks go by, for the tests of their rhythm."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from itertools import pairwise

from service.actions import dates as actions
from service.actions import people, rhythm
from service.core.away import Away
from service.core.dates import Date, PartStat, Status
from service.core.interval import Interval
from service.core.rhythm import Rhythm
from service.store import couples, dates, outbox
from service.store.couples import Partner
from service.store.outbox import Kind, Parcel, State
from service.workers.passing import let_dates_pass
from service.workers.rhythm import keep_rhythms
from tests.households import NOW
from tests.workers.world import Home, make_object

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
Meet = Callable[[Home, Date], Awaitable[None]]


async def switch(home: Home, *, on: bool = True, rhythm_of: Rhythm | None = None) -> None:
    kept = (await rhythm.see(home.house, partner=home.ben, now=home.clock())).kept
    wanted = rhythm_of or kept.rhythm
    await rhythm.change(
        home.house,
        partner=home.ben,
        enabled=on,
        version=kept.version,
        now=home.clock(),
        about_days=wanted.about_days,
        least_days=wanted.least_days,
        most_days=wanted.most_days,
    )


async def all_dates(home: Home) -> list[Date]:
    async with home.house.database.read() as tx:
        found = await dates.ending_after(tx, couple_id=home.ana.couple_id, since=NOW - WEEK)
    return [each.date for each in found]


async def live(home: Home) -> list[Date]:
    return [each for each in await all_dates(home) if each.status is not Status.CANCELLED]


async def hold_of(home: Home) -> Date:
    [hold] = [each for each in await live(home) if each.time.end > home.clock()]
    return hold


async def step(home: Home, by: timedelta) -> None:
    home.clock.step(by)
    await let_dates_pass(home.house)
    await keep_rhythms(home.house)


async def see(home: Home, date_id: str) -> Date:
    return (await actions.see(home.house, partner=home.ana, date_id=date_id)).date


async def say(home: Home, partner: Partner, hold: Date, partstat: PartStat) -> None:
    await actions.answer(
        home.house, partner=partner, date_id=hold.id, partstat=partstat, sequence=hold.sequence, now=home.clock()
    )


async def agree(home: Home, hold: Date) -> None:
    for partner in (home.ana, home.ben):
        await say(home, partner, hold, PartStat.ACCEPTED)


async def decline(home: Home, hold: Date) -> None:
    await say(home, home.ben, hold, PartStat.DECLINED)


async def move_on(home: Home, hold: Date) -> None:
    later = Interval(hold.time.start + 2 * DAY, hold.time.end + 2 * DAY)
    await actions.move(home.house, partner=home.ana, date_id=hold.id, time=later, version=None, now=home.clock())
    await say(home, home.ben, await see(home, hold.id), PartStat.ACCEPTED)


async def say_nothing(home: Home, hold: Date) -> None:
    """Leave it alone."""


async def live_on(home: Home, *, weeks: int, meet: Meet) -> list[Date]:
    """Let the two meet every new hold in one way for some weeks; return all dates that began in them, in order."""
    end, met = home.clock() + weeks * WEEK, set[str]()
    while home.clock() < end:
        for each in await all_dates(home):
            if each.is_open and each.id not in met:
                met.add(each.id)
                await meet(home, each)
        await step(home, 12 * HOUR)
    return [each for each in await all_dates(home) if each.time.start < home.clock()]


def days_between(found: list[Date]) -> list[int]:
    return [(later.time.start.date() - earlier.time.start.date()).days for earlier, later in pairwise(found)]


async def fill_evenings(home: Home, partner: Partner, *days: int, start: int = 17, end: int = 23) -> None:
    """Let something stand in the partner's calendar on those evenings, counted from today."""
    midnight = NOW.replace(hour=0)
    lines = [
        (f"{midnight + day * DAY + start * HOUR:%Y%m%dT%H%M%SZ}", f"{midnight + day * DAY + end * HOUR:%Y%m%dT%H%M%SZ}")
        for day in days
    ]
    _, shelf = await home.connect_beside(partner, f"evenings-{days[0]}")
    for number, (first, last) in enumerate(lines):
        shelf.put(f"{number}.ics", make_object(f"DTSTART:{first}", f"DTEND:{last}", uid=f"busy-{number}"))
    await home.sync()


async def read_parcels(home: Home, kind: Kind) -> list[Parcel]:
    """Take all parcels as if they were delivered, and return those of that kind."""
    taken: list[Parcel] = []
    async with home.house.database.write() as tx:
        while found := await outbox.claim(tx, owner="test", now=home.clock() + WEEK, lease=HOUR, limit=500):
            for each in found:
                await outbox.finish(tx, parcel_id=each.id, owner="test", state=State.DONE)
            taken += found
    return [each for each in taken if each.kind is kind]


async def go_away(home: Home, partner: Partner, first: date, last: date) -> None:
    async with home.house.database.read() as tx:
        found = await couples.find_partner(tx, partner_id=partner.id)
    await people.change_me(home.house, partner=found, version=found.version, away=(Away(first, last),))
