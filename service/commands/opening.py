"""Opening the service for a command: what does not fit in its settings ends the command with one plain line."""

from service.actions.house import House
from service.app import Works, make_house, make_works, spare_the_collector
from service.commands.errors import Stop
from service.provisions import database_file, key_file
from service.settings import Settings
from service.store.vault import VaultError


def open_house(settings: Settings) -> House:
    """Build what actions need; raises `Stop`."""
    try:
        return make_house(settings)
    except (VaultError, ValueError) as wrong:
        raise Stop(str(wrong)) from None
    except OSError:
        raise Stop("the key file in PENCILIN_DATA cannot be read") from None


def open_existing(settings: Settings) -> House:
    """Build what actions need of what is there already, and make nothing; raises `Stop`."""
    if settings.database_url is None and not database_file(settings).is_file():
        raise Stop("nothing is there yet: the first `pencilin serve` makes the database, and a key")
    if settings.key is None and not key_file(settings).exists():
        raise Stop("the key file is gone from PENCILIN_DATA: put it back, or set PENCILIN_KEY_FILE")
    return open_house(settings)


def open_works(settings: Settings) -> Works:
    """Build the whole service; raises `Stop`."""
    try:
        works = make_works(settings)
    except (VaultError, ValueError, RuntimeError) as wrong:
        raise Stop(str(wrong)) from None
    spare_the_collector()
    return works
