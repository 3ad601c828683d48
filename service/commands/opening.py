"""Opening the service for a command: what does not fit in its settings ends the command with one plain line."""

from service.actions.house import House
from service.app import Works, make_house, make_works
from service.commands.errors import Stop
from service.settings import Settings
from service.store.vault import VaultError


def open_house(settings: Settings) -> House:
    """Build what actions need; raises `Stop`."""
    try:
        return make_house(settings)
    except VaultError as wrong:
        raise Stop(str(wrong)) from None


def open_works(settings: Settings) -> Works:
    """Build the whole service; raises `Stop`."""
    try:
        return make_works(settings)
    except (VaultError, ValueError, RuntimeError) as wrong:
        raise Stop(str(wrong)) from None
