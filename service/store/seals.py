"""
What is sealed in the database, and whether the keys at hand open it.

A sealed secret names its key (see `service.store.vault`), so counting by key reads no secret; a sample is opened too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import LargeBinary, func, select

from service.store.engine import Tx
from service.store.tables import calendars, consents, outbox
from service.store.vault import HEADER, Vault, VaultError, key_of

_SEALED = (calendars.c.account, consents.c.verifier, outbox.c.secret)
_SAMPLE = 20  # of each column


@dataclass(frozen=True, slots=True)
class Seals:
    """How many secrets each key sealed, by its id; how many name no key at hand; of a sample, how many do not open."""

    by_key: Mapping[str, int]
    without_key: int
    closed: int

    @property
    def count(self) -> int:
        return sum(self.by_key.values())


async def check(tx: Tx, *, vault: Vault) -> Seals:
    """Look at all that is sealed, which is quick: no secret but those of the sample leaves the database."""
    by_key: Counter[str] = Counter()
    closed = 0
    for column in _SEALED:
        header = func.substr(column, 1, HEADER, type_=LargeBinary).label("header")
        counted = select(header, func.count().label("number")).where(column.is_not(None)).group_by(header)
        for row in await tx.execute(counted):
            by_key[key_of(row.header)] += row.number
        ids = column.table.c.id
        sample = select(ids.label("id"), column.label("sealed")).where(column.is_not(None)).order_by(ids).limit(_SAMPLE)
        for row in await tx.execute(sample):
            has_key = key_of(row.sealed) in vault.keys
            closed += has_key and not _opens(row.sealed, row=f"{column.table}/{row.id}/{column.name}", vault=vault)
    lost = sum(count for key, count in by_key.items() if key not in vault.keys)
    return Seals(by_key=by_key, without_key=lost, closed=closed)


def _opens(sealed: bytes, *, row: str, vault: Vault) -> bool:
    try:
        vault.open(sealed, row=row)
    except VaultError:
        return False
    return True
