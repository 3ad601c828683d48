"""The rhythms of all couples, looked at when they are due: each in a transaction of its own, and harmless twice."""

from datetime import datetime, timedelta

from service import log
from service.actions.house import House
from service.actions.rhythm import keep
from service.core.errors import Refusal
from service.store import rhythms

AT_ONCE = 100
LEASE = timedelta(minutes=5)


async def keep_rhythms(house: House) -> int:
    """Look at the rhythms that are due; return how many. One that cannot be kept keeps no other from it."""
    now, count = house.now(), 0
    while True:
        async with house.database.write() as tx:
            due = await rhythms.claim(tx, now=now, lease=LEASE, limit=AT_ONCE)
        for couple_id in due:
            await _keep_one(house, couple_id=couple_id, now=now)
        count += len(due)
        if len(due) < AT_ONCE:
            return count


async def _keep_one(house: House, *, couple_id: str, now: datetime) -> None:
    try:
        await keep(house, couple_id=couple_id, now=now)
    except Refusal as refused:  # the couple went, or changed something, meanwhile
        log.trouble("rhythm not kept", refused, job="rhythm")
