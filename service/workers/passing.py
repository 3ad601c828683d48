"""
What time alone does to dates: without two answers they lapse, and a date whose time has come is over.

A helper who was asked and does not answer is not waited for until the evening itself.
"""

from datetime import datetime

from service import log
from service.actions.dates import let_pass
from service.actions.helping import stop_waiting
from service.actions.house import House
from service.core.errors import Refusal
from service.store import covers, dates

AT_ONCE = 100


async def let_dates_pass(house: House) -> int:
    """Let time do what is due; return how many dates that was. One that cannot be keeps no other from it."""
    now = house.now()
    async with house.database.read() as tx:
        due = await dates.due(tx, now=now, limit=AT_ONCE)
    for couple_id, date_id in due:
        await _let_one_pass(house, couple_id=couple_id, date_id=date_id, now=now)
    return len(due)


async def stop_waiting_for_helpers(house: House) -> int:
    """Wait no longer for helpers who did not answer in time; return of how many dates."""
    now = house.now()
    async with house.database.read() as tx:
        due = await covers.due(tx, now=now, limit=AT_ONCE)
    for couple_id, date_id in due:
        try:
            await stop_waiting(house, couple_id=couple_id, date_id=date_id, now=now)
        except Refusal as refused:  # as above
            log.trouble("helper still waited for", refused, job="helpers")
    return len(due)


async def _let_one_pass(house: House, *, couple_id: str, date_id: str, now: datetime) -> None:
    try:
        await let_pass(house, couple_id=couple_id, date_id=date_id, now=now)
    except Refusal as refused:  # it went, or changed, meanwhile
        log.trouble("date not passed", refused, job="dates")
