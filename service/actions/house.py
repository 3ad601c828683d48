"""What every action and worker needs, made once in `service.app` and handed down."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from service.actions.links import Links
from service.content.library import Library
from service.store.engine import Database
from service.store.vault import Vault


@dataclass(frozen=True, slots=True)
class House:
    """The database, the vault, our words, the clock, and how people reach us."""

    database: Database
    vault: Vault
    library: Library
    now: Callable[[], datetime]
    public_url: str
    sends_mail: bool
    mailboxes: frozenset[str] = frozenset()
    """The addresses mail goes out from, in lower case and without what follows a ``+``."""
    push_key: str | None = None
    """The public key that browsers are given for Web Push; None where it is not offered."""

    @property
    def links(self) -> Links:
        return Links(self.vault, self.public_url)
