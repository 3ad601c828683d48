"""
Delivering parcels: claim, act with no transaction open, record if the parcel is still ours.

What fails for now waits and doubles its wait up to two days; what fails for good is dead, kept for the operator and
shown to the person it was for.
Mails are sent at least once under one Message-ID; reminders of gestures at most once.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from integrations.caldav.client import connect
from integrations.errors import (
    AccessRefused,
    AddressRefused,
    IntegrationError,
    LoginRefused,
    MailRefused,
    NotCalDav,
    NotThere,
)
from integrations.http import GuardedClient
from integrations.mail.smtp import Mailer
from service import ids, log
from service.actions import clashes, troubles
from service.actions.clashes import CLASH
from service.actions.connect import account_of
from service.actions.entries import describe
from service.actions.hearing import act_on
from service.actions.house import House
from service.actions.weeks import look_ahead
from service.core.dates import Date
from service.core.errors import NotFound
from service.core.hours import find_quiet_end
from service.core.interval import Interval
from service.core.retry import is_worth_retrying, wait_after
from service.store import calendars, couples, dates, entries, gestures, outbox, turns
from service.store.couples import Partner
from service.store.dates import Kept
from service.store.engine import Tx
from service.store.entries import Entry, EntryState
from service.store.gestures import Delivery
from service.store.outbox import Cause, Kind, Parcel, State
from service.store.vault import VaultError
from service.workers.entries import bring
from service.workers.helping import is_cover_still_so, write_to_helper
from service.workers.letters import Desk, Letter
from service.workers.listening import GONE_AGAIN
from service.workers.push import Pusher, Reached

LEASE = timedelta(seconds=180)  # more than three times the longest call to the outside
AT_ONCE = 10
FRESH = timedelta(minutes=10)  # a reminder is for its moment; later it would come at any hour
OFFERED_AGAIN = timedelta(minutes=1)

_CAUSES = (
    ((LoginRefused, AccessRefused, VaultError), Cause.CALENDAR_REFUSED),
    ((NotThere, NotCalDav, AddressRefused), Cause.CALENDAR_GONE),
    ((MailRefused,), Cause.MAIL_REFUSED),
)


class NoMail(IntegrationError):
    """No mail server is set."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Courier:
    """Delivers due parcels; without a `mailer` mails are dead on arrival, entries are not."""

    house: House
    http: GuardedClient
    mailer: Mailer | None
    desk: Desk
    pusher: Pusher
    owner: str

    async def run(self) -> int:
        """Deliver what is due; return how many parcels that was. One that fails in any way keeps no other from it."""
        count = 0
        while some := await self._run_some():
            count += some
        return count

    async def _run_some(self) -> int:
        now = self.house.now()
        async with self.house.database.read() as tx:
            if not await outbox.is_any_due(tx, now=now):
                return 0
        async with self.house.database.write() as tx:
            parcels = await outbox.claim(tx, owner=self.owner, now=now, lease=LEASE, limit=AT_ONCE)
        outcomes = await asyncio.gather(*(self._deliver(parcel) for parcel in parcels), return_exceptions=True)
        for parcel, outcome in zip(parcels, outcomes, strict=True):
            if isinstance(outcome, Exception):
                await self._record_failure(parcel, outcome)
        return len(parcels)

    async def _deliver(self, parcel: Parcel) -> None:
        if parcel.kind is Kind.ENTRY:
            await self._bring_entry(parcel)
            return
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=parcel.partner_id)
            together_until = await _date_now_ends(tx, partner=partner, now=self.house.now())
        if together_until is not None:
            await self._postpone(parcel, until=together_until)
        elif parcel.kind is Kind.GESTURE:
            await self._send_gesture(parcel, partner=partner)
        elif parcel.kind is Kind.PUSH:
            await self._try_out(parcel, partner=partner)
        elif parcel.kind is Kind.WEEK:
            await self._send_week(parcel, partner=partner)
        else:
            await self._send(await self._write(parcel, partner=partner))
            await self._finish(parcel, State.DONE)

    async def _bring_entry(self, parcel: Parcel) -> None:
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=parcel.partner_id)
            kept, entry = await _find(tx, parcel, partner=partner)
        if entry.calendar_id is None or entry.href is None:
            await self._finish(parcel, State.DONE)  # its owner has disconnected that calendar
            return
        async with self.house.database.read() as tx:
            access = await calendars.find_access(
                tx, partner_id=partner.id, calendar_id=entry.calendar_id, vault=self.house.vault
            )
        caldav = connect(self.http, account_of(access))
        wanted = describe(kept.date, partner=partner, entry=entry, content=self.house.library.of(partner.language))
        url = f"{access.collection.rstrip('/')}/{entry.href}"
        now = self.house.now()
        brought = await bring(caldav, url, entry=entry, date=kept.date, wanted=wanted, now=now)
        if brought.heard is not None:
            await act_on(self.house, brought.heard, partner=partner, date=kept.date, now=now)
            await self._finish(parcel, State.DONE)  # what was done about it has left parcels of its own
            return
        await self._record_entry(parcel, brought.entry, date=kept.date)

    async def _record_entry(self, parcel: Parcel, brought: Entry, *, date: Date) -> None:
        """Record what was done; where `date` moved on meanwhile, or the lease was lost, look once more."""
        async with self.house.database.write() as tx:
            before, date = date, (await dates.find(tx, couple_id=date.couple_id, date_id=date.id)).date
            await entries.save(tx, brought)
            mine = await outbox.finish(tx, parcel_id=parcel.id, owner=self.owner, state=State.DONE)
            if not mine or date.sequence != before.sequence:
                again = replace(parcel, id=ids.new_id(), created_at=self.house.now(), sequence=date.sequence)
                await outbox.post(tx, [again])
            if brought.missing_at is not None and brought.calendar_id is not None:
                at = brought.missing_at + GONE_AGAIN
                await turns.look_again(tx, partner_id=brought.partner_id, calendar_id=brought.calendar_id, at=at)

    async def _send_gesture(self, parcel: Parcel, *, partner: Partner) -> None:
        # recorded before it is sent: a reminder that comes twice is worse than one that does not come
        async with self.house.database.read() as tx:
            schedule = await gestures.find(tx, partner_id=partner.id)
        is_fresh = self.house.now() - parcel.created_at < FRESH
        if not await self._finish(parcel, State.DONE) or not is_fresh:
            return
        reached = Reached.BY_MAIL
        if schedule.delivery is Delivery.PUSH:
            reached = await self.pusher.offer(self.desk.note_about(parcel, partner=partner), partner=partner)
        if reached is Reached.AGAIN:
            await self._offer_again(parcel)
        elif reached is not Reached.TAKEN:
            from_now_on = reached is Reached.BY_MAIL_NOW
            await self._send(self.desk.gesture(parcel, partner=partner, from_now_on=from_now_on))

    async def _offer_again(self, parcel: Parcel) -> None:
        """Leave a reminder that was not taken once more, as old as it is."""
        async with self.house.database.write() as tx:
            await outbox.post(tx, [replace(parcel, id=ids.new_id())], due_at=self.house.now() + OFFERED_AGAIN)

    async def _try_out(self, parcel: Parcel, *, partner: Partner) -> None:
        await self.pusher.try_out(
            self.desk.test_note(partner=partner), partner=partner, endpoint_id=parcel.detail or ""
        )
        await self._finish(parcel, State.DONE)

    async def _send_week(self, parcel: Parcel, *, partner: Partner) -> None:
        now = self.house.now()
        async with self.house.database.read() as tx:
            schedule = await gestures.find(tx, partner_id=partner.id)
        quiet_until = find_quiet_end(now, quiet=schedule.quiet, zone=partner.zone)
        if quiet_until is not None:
            await self._postpone(parcel, until=quiet_until)
            return
        ahead = await look_ahead(self.house, partner=partner, now=now)
        await self._send(self.desk.week(parcel, ahead=ahead))
        await self._finish(parcel, State.DONE)

    async def _write(self, parcel: Parcel, *, partner: Partner) -> Letter | None:
        if parcel.kind in (Kind.HELPER, Kind.THANKS):
            return await write_to_helper(self.house, parcel, desk=self.desk, sends=self.mailer is not None)
        if parcel.date_id is not None:
            return await self._write_about_date(parcel)
        if parcel.kind is Kind.CALENDAR:
            return self.desk.calendar(parcel, partner=partner)
        opened = self.house.vault.open(parcel.secret or b"", row=f"outbox/{parcel.id}/secret").decode()
        address, _, link = opened.partition("\n")
        return self.desk.invitation(parcel, partner=partner, address=address, link=link)

    async def _write_about_date(self, parcel: Parcel) -> Letter | None:
        """Write the mail, and note an invitation before it is sent: what may have gone out is followed by its end."""
        async with self.house.database.write() as tx:
            partner = await couples.find_partner(tx, partner_id=parcel.partner_id)
            await couples.lock(tx, couple_id=partner.couple_id)  # who calls the date off now does so before, or after
            kept, entry = await _find(tx, parcel, partner=partner)
            if not await is_cover_still_so(tx, parcel, date=kept.date):
                return None
            if parcel.detail == CLASH and not await self._ask_about_clash(tx, kept, partner=partner):
                return None
            letter = self.desk.about_date(parcel, date=kept.date, partner=partner, entry=entry)
            if letter is not None and parcel.kind is not Kind.NOTICE and self.mailer is not None:
                state = EntryState.WITHDRAWN if parcel.kind is Kind.CANCEL else EntryState.OPEN
                await entries.save(tx, replace(entry, applied=parcel.sequence, state=state))
        return letter

    async def _ask_about_clash(self, tx: Tx, kept: Kept, *, partner: Partner) -> bool:
        """Return whether the partner is still to be asked, and note that they are."""
        if not await clashes.is_open(tx, partner=partner, date=kept.date):
            return False
        await clashes.mark_told(tx, partner=partner, date=kept.date, now=self.house.now())
        return True

    async def _send(self, letter: Letter | None) -> None:
        if letter is None:
            return
        if self.mailer is None:
            raise NoMail
        await self.mailer.send(letter.message, sender=letter.sender, recipient=letter.recipient)

    async def _finish(self, parcel: Parcel, state: State) -> bool:
        async with self.house.database.write() as tx:
            return await outbox.finish(tx, parcel_id=parcel.id, owner=self.owner, state=state)

    async def _record_failure(self, parcel: Parcel, error: Exception) -> None:
        now = self.house.now()
        log.trouble("delivery failed", error, job="deliver", kind=parcel.kind, attempts=parcel.attempts)
        outside = error if isinstance(error, IntegrationError) else IntegrationError()
        # a calendar that refuses today may have a new password tomorrow; a mail refused for good stays refused
        hopeless = outside.permanent and parcel.kind is not Kind.ENTRY
        if hopeless or not is_worth_retrying(since=parcel.created_at, now=now):
            await self._give_up(parcel, cause=_find_cause(error))
            return
        await self._postpone(parcel, until=now + wait_after(parcel.attempts, asked=outside.retry_after))

    async def _give_up(self, parcel: Parcel, *, cause: Cause) -> None:
        async with self.house.database.write() as tx:
            if await outbox.finish(tx, parcel_id=parcel.id, owner=self.owner, state=State.DEAD, cause=cause):
                await troubles.tell_once(tx, parcel, now=self.house.now())

    async def _postpone(self, parcel: Parcel, *, until: datetime) -> None:
        async with self.house.database.write() as tx:
            await outbox.postpone(tx, parcel_id=parcel.id, owner=self.owner, until=until)


def _find_cause(error: Exception) -> Cause:
    """Return what an error is to the person the parcel was for."""
    if isinstance(error, MailRefused) and not error.permanent:
        return Cause.NOT_DELIVERED  # not about this mail
    return next((cause for kinds, cause in _CAUSES if isinstance(error, kinds)), Cause.NOT_DELIVERED)


async def _date_now_ends(tx: Tx, *, partner: Partner, now: datetime) -> datetime | None:
    """Return when the date ends that the partner is on now: nothing is sent during a date."""
    together = await dates.live_times(tx, couple_id=partner.couple_id, during=Interval(now, now + timedelta(seconds=1)))
    return max((each.end for each in together), default=None)


async def _find(tx: Tx, parcel: Parcel, *, partner: Partner) -> tuple[Kept, Entry]:
    """Return the date that a parcel is about, with the partner's entry for it."""
    if parcel.date_id is None:
        raise NotFound
    kept = await dates.find(tx, couple_id=partner.couple_id, date_id=parcel.date_id)
    return kept, await entries.find(tx, partner_id=partner.id, date_id=parcel.date_id)
