"""
Links that open one thing for one person, without an account: signed, the same each time, and never in the database.

A link names what it opens by ids only. Looking at it changes nothing (mail scanners follow links), and it opens nothing
any more once that row is gone. Of a date it opens what its partner, or a helper who was asked for it, may see and do.
"""

from dataclasses import dataclass
from enum import StrEnum

from service.core.errors import NotFound
from service.store.vault import Vault, VaultError

_ID = 16  # bytes


class Purpose(StrEnum):
    """What a link opens; the first part of its path."""

    DATE = "d"
    HELPER = "h"
    GESTURE = "g"
    WEEK = "w"


@dataclass(frozen=True, slots=True)
class Links:
    """Writes links below `public_url`, and reads their last part."""

    vault: Vault
    public_url: str

    def write(self, purpose: Purpose, *ids: str) -> str:
        """Return the address that opens the thing and the person those ids name."""
        signed = self.vault.sign(b"".join(map(bytes.fromhex, ids)), purpose=purpose)
        return f"{self.public_url.rstrip('/')}/{purpose}/{signed}"

    def read(self, purpose: Purpose, signed: str) -> tuple[str, str]:
        """Return the two ids that the last part of a link names; raises `NotFound` for what was not written here."""
        try:
            content = self.vault.read_signed(signed, purpose=purpose)
        except VaultError:
            raise NotFound from None
        if len(content) != 2 * _ID:
            raise NotFound
        return content[:_ID].hex(), content[_ID:].hex()
