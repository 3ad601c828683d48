"""Whether the service can do its work."""

from service.actions.house import House
from service.store.engine import DatabaseError
from service.store.schema import is_current


async def find_trouble(house: House) -> str | None:
    """Return what keeps the database from being used, in one sentence, or None."""
    try:
        async with house.database.read() as tx:
            return None if await is_current(tx) else "The database wants `pencilin migrate`."
    except DatabaseError:
        return "The database does not answer."
