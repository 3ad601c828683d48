"""What opens a calendar: sealed at rest, bound to its row, absent from every representation."""

import json
from dataclasses import asdict, dataclass
from typing import Self
from urllib.parse import urlsplit

from service.store.vault import Vault


@dataclass(frozen=True, slots=True, repr=False)
class Access:
    """
    What opens a calendar: a login and the collection it leads to, or the secret address of a feed.

    `url` is the address its owner gave. `login` is how the server wants to be signed in to; `sync_collection` and
    `ctag` are what it can do to tell of changes. A feed has no login, and its address is its `collection`. Of a consent
    the `password` is the refresh token; it tells no user name, and its owner's id stands for that.
    """

    url: str
    username: str
    password: str
    provider: str
    collection: str
    sync_collection: bool
    login: str = "basic"
    ctag: bool = False

    @property
    def host(self) -> tuple[str, ...]:
        return (urlsplit(self.collection).netloc,)

    @property
    def account(self) -> tuple[str, ...]:
        """Whose account it is, and where; a secret address is an account of its own."""
        return (*self.host, self.username or self.collection)

    @property
    def secret(self) -> tuple[str, ...]:
        """The account with what opens it: the same for all calendars that one login opens."""
        return (*self.account, self.password)

    @classmethod
    def open(cls, sealed: bytes, *, calendar_id: str, vault: Vault) -> Self:
        """Open what `seal` made for that calendar; raises `VaultError`."""
        return cls(**json.loads(vault.open(sealed, row=_row(calendar_id))))

    def seal(self, *, calendar_id: str, vault: Vault) -> bytes:
        return vault.seal(json.dumps(asdict(self)).encode(), row=_row(calendar_id))


def _row(calendar_id: str) -> str:
    return f"calendars/{calendar_id}/account"
