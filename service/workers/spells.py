"""
Spells of trouble: from the first sync that fails to the first that works. Its owner is told once, the partner never.

A refused login or address ends the polling until its owner acts, and a login that cannot be opened is as good as
refused. Anything else may pass by itself and is tried again, ever more rarely; so is what nobody asked about. Recovery
needs no word: the next sync that works ends the spell.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from integrations.caldav.providers import GENERIC
from integrations.errors import AddressRefused, IntegrationError, LoginRefused
from service import ids, log
from service.actions.connect import as_refusal
from service.actions.house import House
from service.core.chance import draw
from service.core.errors import CalendarRefusal
from service.core.retry import wait_after
from service.core.sync import is_news
from service.store import calendars, outbox, turns
from service.store.access import Access
from service.store.calendars import Calendar
from service.store.engine import Tx
from service.store.outbox import Kind, Parcel
from service.store.vault import Vault, VaultError
from service.workers.manners import Resting

SILENT = "calendar_silent"
_STOPS = (LoginRefused, AddressRefused)  # trying a refused password again locks accounts


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong at one sync; `was_asked` is False where nobody asked, as it would have been in vain."""

    cause: IntegrationError
    code: str
    was_asked: bool

    @property
    def stops(self) -> bool:
        return isinstance(self.cause, _STOPS)


def find_trouble(error: Exception, *, provider: str) -> Trouble:
    """Return what an error is to the calendar's owner."""
    if isinstance(error, Resting):
        return Trouble(error, _code(error.cause, provider=provider), was_asked=False)
    unforeseen = LoginRefused() if isinstance(error, VaultError) else IntegrationError()
    cause = error if isinstance(error, IntegrationError) else unforeseen
    return Trouble(cause, _code(cause, provider=provider), was_asked=True)


def add_failure(calendar: Calendar, trouble: Trouble, *, now: datetime) -> Calendar:
    """Return the calendar after a sync that failed: when it is tried again, and whether its owner is told now."""
    attempts = calendar.attempts + 1 if trouble.was_asked else calendar.attempts
    since = calendar.failing_since or now
    told = is_news(for_good=trouble.cause.permanent, failing_since=since, told_at=calendar.told_at, now=now)
    wait = wait_after(
        attempts if trouble.was_asked else 1,
        asked=trouble.cause.retry_after,
        spread=draw(calendar.id, "again", now.isoformat()),
    )
    return replace(
        calendar,
        problem=trouble.code,
        attempts=attempts,
        failing_since=since,
        told_at=now if told else calendar.told_at,
        next_sync_at=None if trouble.stops else now + wait,
    )


def end_spell(calendar: Calendar) -> Calendar:
    """Return the calendar after a sync that worked."""
    return replace(calendar, problem=None, attempts=0, failing_since=None, told_at=None, emptied_at=None)


async def record_failure(house: House, calendar: Calendar, *, error: Exception, owner: str) -> None:
    """Write down that a sync failed, and leave a word for the calendar's owner where that is news."""
    now = house.now()
    mine = {"partner_id": calendar.partner_id, "calendar_id": calendar.id}
    async with house.database.write() as tx:
        if not await turns.holds(tx, owner=owner, **mine):
            return
        access = await _find_access(tx, calendar, vault=house.vault)
        trouble = find_trouble(error, provider=access.provider if access else GENERIC)
        kept = await calendars.find(tx, **mine)  # the account's other calendars may have been told of, or stopped it
        failed = add_failure(replace(calendar, told_at=kept.told_at), trouble, now=now)
        if kept.next_sync_at is None:
            failed = kept
        await turns.record_spell(tx, failed, owner=owner, due_at=calendar.next_sync_at)
        siblings = await turns.find_siblings(tx, failed, access=access, vault=house.vault)
        if kept.told_at is None and failed.told_at is not None:
            await turns.mark_told(tx, siblings, partner_id=failed.partner_id, told_at=failed.told_at)
            await outbox.post(tx, _tell(failed, trouble=trouble, now=now))
        if isinstance(trouble.cause, LoginRefused):
            await turns.stop(tx, siblings, failed=failed)
    if trouble.was_asked:
        log.trouble("sync failed", error, job="sync", code=trouble.code, attempts=failed.attempts)


async def _find_access(tx: Tx, calendar: Calendar, *, vault: Vault) -> Access | None:
    """Return what opens the calendar; None where that cannot be opened itself."""
    try:
        return await calendars.find_access(tx, partner_id=calendar.partner_id, calendar_id=calendar.id, vault=vault)
    except VaultError:
        return None


def _tell(failed: Calendar, *, trouble: Trouble, now: datetime) -> list[Parcel]:
    """Return the word for the owner."""
    detail = trouble.code if trouble.cause.permanent else SILENT
    return [Parcel(ids.new_id(), failed.partner_id, Kind.CALENDAR, created_at=now, detail=detail)]


def _code(error: IntegrationError, *, provider: str) -> str:
    refusal: CalendarRefusal = as_refusal(error, provider=provider)
    return refusal.code
