"""`pencilin invite`: a one-time link for one person."""

import asyncio

from rich.console import Console

from service.actions import joining
from service.commands.errors import Stop
from service.commands.opening import open_house
from service.settings import Settings, read_settings
from service.store.engine import DatabaseError
from service.store.schema import migrate


def run(address: str) -> None:
    """Print the link; it works once, for two days."""
    url = asyncio.run(_make_link(read_settings(), address=address))
    Console(highlight=False).print(url, soft_wrap=True, markup=False)


async def _make_link(settings: Settings, *, address: str) -> str:
    house = open_house(settings)
    try:
        if settings.database_url is None:
            await migrate(house.database)
        link = await joining.let_in(house, address=address, now=house.now())
    except DatabaseError:
        raise Stop("the database does not answer, or wants `pencilin migrate`") from None
    finally:
        await house.database.dispose()
    return link.url
