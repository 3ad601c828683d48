"""
Delivering parcels: claim, act with no transaction open, record if the parcel is still ours.

What fails for now waits and doubles its wait up to two days; what fails for good is dead and kept for the operator.
Mails are sent at least once under one Message-ID; reminders of gestures at most once.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from integrations.caldav.client import Account, connect
from integrations.errors import IntegrationError
from integrations.http import GuardedClient
from integrations.mail.smtp import Mailer
from service import log
from service.actions.entries import describe
from service.actions.house import House
from service.core.dates import Status
from service.core.errors import NotFound
from service.core.retry import is_worth_retrying, wait_after
from service.store import calendars, couples, dates, outbox
from service.store.couples import Partner
from service.store.dates import Entry, Kept
from service.store.outbox import Kind, Parcel, State
from service.workers.entries import bring
from service.workers.letters import Desk, Letter

LEASE = timedelta(seconds=180)  # more than three times the longest call to the outside
AT_ONCE = 10


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
    owner: str

    async def run(self) -> int:
        """Deliver what is due; return how many parcels that was."""
        now = self.house.now()
        async with self.house.database.write() as tx:
            parcels = await outbox.claim(tx, owner=self.owner, now=now, lease=LEASE, limit=AT_ONCE)
        await asyncio.gather(*(self._deliver(parcel) for parcel in parcels))
        return len(parcels)

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            match parcel.kind:
                case Kind.ENTRY:
                    await self._bring_entry(parcel)
                case Kind.GESTURE:
                    await self._send_gesture(parcel)
                case _:
                    await self._send(await self._write(parcel))
                    await self._finish(parcel, State.DONE)
        except IntegrationError as error:
            await self._record_failure(parcel, error)

    async def _bring_entry(self, parcel: Parcel) -> None:
        kept, partner, entry = await self._load(parcel)
        if entry.calendar_id is None or entry.href is None:
            await self._finish(parcel, State.DONE)  # its owner has disconnected that calendar
            return
        async with self.house.database.read() as tx:
            access = await calendars.find_access(
                tx, partner_id=partner.id, calendar_id=entry.calendar_id, vault=self.house.vault
            )
        caldav = connect(self.http, Account(access.url, access.username, access.password, access.provider))
        wanted = describe(kept.date, partner=partner, entry=entry, content=self.house.content)
        is_live = kept.date.status is not Status.CANCELLED
        url = f"{access.collection.rstrip('/')}/{entry.href}"
        brought = await bring(caldav, url, entry=entry, wanted=wanted, is_live=is_live)
        async with self.house.database.write() as tx:
            if await outbox.finish(tx, parcel_id=parcel.id, owner=self.owner, state=State.DONE):
                await dates.save_entry(tx, brought)

    async def _send_gesture(self, parcel: Parcel) -> None:
        # recorded before it is sent: a reminder that comes twice is worse than one that does not come
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=parcel.partner_id)
        if await self._finish(parcel, State.DONE):
            await self._send(self.desk.gesture(parcel, partner=partner))

    async def _write(self, parcel: Parcel) -> Letter | None:
        if parcel.date_id is not None:
            kept, partner, entry = await self._load(parcel)
            return self.desk.about_date(parcel, date=kept.date, partner=partner, entry=entry)
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=parcel.partner_id)
        if parcel.kind is Kind.CALENDAR:
            return self.desk.calendar(parcel, partner=partner)
        opened = self.house.vault.open(parcel.secret or b"", row=f"outbox/{parcel.id}/secret").decode()
        address, _, link = opened.partition("\n")
        return self.desk.invitation(parcel, partner=partner, address=address, link=link)

    async def _send(self, letter: Letter | None) -> None:
        if letter is None:
            return
        if self.mailer is None:
            raise NoMail
        await self.mailer.send(letter.message, sender=letter.sender, recipient=letter.recipient)

    async def _load(self, parcel: Parcel) -> tuple[Kept, Partner, Entry]:
        if parcel.date_id is None:
            raise NotFound
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=parcel.partner_id)
            kept = await dates.find(tx, couple_id=partner.couple_id, date_id=parcel.date_id)
            entry = await dates.find_entry(tx, partner_id=partner.id, date_id=parcel.date_id)
        return kept, partner, entry

    async def _finish(self, parcel: Parcel, state: State) -> bool:
        async with self.house.database.write() as tx:
            return await outbox.finish(tx, parcel_id=parcel.id, owner=self.owner, state=state)

    async def _record_failure(self, parcel: Parcel, error: IntegrationError) -> None:
        now = self.house.now()
        log.trouble("delivery failed", error, job="deliver", kind=parcel.kind, attempts=parcel.attempts)
        if error.permanent or not is_worth_retrying(since=parcel.created_at, now=now):
            await self._finish(parcel, State.DEAD)
            return
        until = now + wait_after(parcel.attempts, asked=error.retry_after)
        async with self.house.database.write() as tx:
            await outbox.postpone(tx, parcel_id=parcel.id, owner=self.owner, until=until)
