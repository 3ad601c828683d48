"""`pencilin keys`: keys that seal passwords at rest, and the one that Web Push is signed with."""

import asyncio
import sys

from integrations.push.vapid import new_vapid_line
from service.commands.doctor import check_keys
from service.commands.errors import Stop
from service.commands.findings import Finding, show
from service.commands.opening import open_existing
from service.settings import Settings, read_settings
from service.store.engine import DatabaseError
from service.store.vault import new_key_line


def print_new() -> None:
    """Print a fresh key; append older ones below it, so that what they sealed still opens."""
    sys.stdout.write(new_key_line())


def print_new_vapid() -> None:
    """Print a fresh key for Web Push; browsers that subscribed with another one have to subscribe again."""
    sys.stdout.write(new_vapid_line())


def check() -> None:
    """Print whether the keys at hand open what is sealed; ends with 1 where they do not."""
    show([asyncio.run(_check(read_settings()))])


async def _check(settings: Settings) -> Finding:
    house = open_existing(settings)
    try:
        return await check_keys(house)
    except DatabaseError:
        raise Stop("the database does not answer, or wants `pencilin migrate`") from None
    finally:
        await house.database.dispose()
