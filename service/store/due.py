"""What is due: rows of a table with a moment each, taken by one worker at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, select

from service.store.engine import Tx


async def take(tx: Tx, moment: Column[datetime], *, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """
    Take up to `limit` rows whose `moment` has come, the longest due first, locked until the transaction ends.

    Each must be moved on in the same transaction, so that no other worker finds it due again.
    """
    chosen = select(moment.table).where(moment <= now).order_by(moment).limit(limit)
    return (await tx.execute(chosen.with_for_update(skip_locked=True))).all()
