"""`pencilin migrate`: bring the database to the newest step."""

import asyncio

from service.commands.errors import Stop
from service.commands.opening import open_house
from service.settings import Settings, read_settings
from service.store.engine import DatabaseError
from service.store.schema import migrate


def run() -> None:
    asyncio.run(_migrate(read_settings()))


async def _migrate(settings: Settings) -> None:
    house = open_house(settings)
    try:
        await migrate(house.database)
    except DatabaseError:
        raise Stop("the database does not answer") from None
    finally:
        await house.database.dispose()
