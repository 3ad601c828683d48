"""What is known of the objects of a calendar: enough to tell what changed, and no more of them than changed."""

from collections.abc import Collection

from sqlalchemy import bindparam, select

from service.core.sync import Known
from service.store.engine import Tx
from service.store.tables import objects

_AT_ONCE = 500
# built once: building a statement costs as much as running it
_KNOWN_AMONG = select(objects.c.name, objects.c.etag, objects.c.digest).where(
    objects.c.calendar_id == bindparam("calendar"), objects.c.name.in_(bindparam("names", expanding=True))
)


async def known_among(tx: Tx, *, calendar_id: str, names: Collection[str]) -> dict[str, Known]:
    """Return what is known of those objects of the calendar that have one of `names`."""
    wanted = list(names)
    found: dict[str, Known] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = wanted[start : start + _AT_ONCE]
        rows = await tx.execute(_KNOWN_AMONG, {"calendar": calendar_id, "names": some})
        found.update((row.name, Known(row.etag, row.digest)) for row in rows)
    return found


async def are_all(tx: Tx, *, calendar_id: str, names: Collection[str]) -> bool:
    """Return whether the calendar has no objects but those of `names`."""
    rows = await tx.execute(
        # one more than there are names is enough to know
        select(objects.c.name).where(objects.c.calendar_id == calendar_id).limit(len(names) + 1)
    )
    return all(row.name in names for row in rows)
