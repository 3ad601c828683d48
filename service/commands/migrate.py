"""`pencilin migrate`: bring the database to the newest step."""

import asyncio

from service.app import make_house
from service.commands.errors import Stop
from service.settings import Settings, read_settings
from service.store.engine import DatabaseError
from service.store.schema import migrate
from service.store.vault import VaultError


def run() -> None:
    asyncio.run(_migrate(read_settings()))


async def _migrate(settings: Settings) -> None:
    try:
        house = make_house(settings)
    except VaultError as wrong:
        raise Stop(str(wrong)) from None
    try:
        await migrate(house.database)
    except DatabaseError:
        raise Stop("the database does not answer") from None
    finally:
        await house.database.dispose()
