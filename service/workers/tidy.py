"""What is no longer needed is forgotten: delivered parcels, old links, kept answers, consents nobody came back from."""

from datetime import timedelta

from service.actions.house import House
from service.store import consents, idempotency, invitations, outbox

_DELIVERED_FOR = timedelta(days=7)


async def tidy(house: House) -> int:
    """Forget what is old; return 0, because that is nothing to speak of."""
    now = house.now()
    async with house.database.write() as tx:
        await outbox.forget_done(tx, before=now - _DELIVERED_FOR)
        await invitations.forget_expired(tx, now=now)
        await idempotency.forget_old(tx, now=now)
        await consents.forget_old(tx, now=now)
    return 0
