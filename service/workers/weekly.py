"""The mails about the week: claim the due moments, move each on, and leave a parcel, in one transaction."""

from service.actions import weeks
from service.actions.house import House

AT_ONCE = 100


async def post_weeks(house: House) -> int:
    """Leave the mails that are due; return how many moments that was."""
    count, some = 0, AT_ONCE
    while some == AT_ONCE:
        async with house.database.write() as tx:
            some = await weeks.post_due(tx, now=house.now(), limit=AT_ONCE)
        count += some
    return count
