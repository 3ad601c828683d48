"""
Answers that come by mail: accept, decline and "propose another time" of a mail app, and invitations that came back.

The address an answer goes to is the right to give it: who knows ``date+UID@…`` answers for that entry, whoever they
write as. Answering twice changes nothing, so a mail that is read again is harmless. Nothing of a mail is kept or
logged.
"""

import asyncio
from dataclasses import dataclass, field, replace

from integrations.errors import IntegrationError, MailUnreadable
from integrations.ical.errors import Refused, Unreadable
from integrations.ical.events import Answer
from integrations.ical.reply import Method, Reply, read_reply
from integrations.mail.inbox import Batch, Bookmark, Mailbox
from integrations.mail.incoming import find_tokens, read_mail
from service import log
from service.actions import dates as actions
from service.actions.hearing import propose, tell_stale
from service.actions.house import House
from service.core.dates import PartStat, Via
from service.core.errors import Refusal, StaleReply
from service.core.interval import Interval
from service.core.invitations import Channel
from service.core.retry import Breaker
from service.store import couples, entries, outbox
from service.store.couples import Partner
from service.store.engine import DatabaseError
from service.store.entries import Entry

_PARTSTATS = {Answer.ACCEPTED: PartStat.ACCEPTED, Answer.DECLINED: PartStat.DECLINED}


@dataclass(slots=True)
class Inbox:
    """
    Visits the mailbox and does what its mails say; `domain` is that of our per-date addresses.

    Where it is in the mailbox, and when it comes again after trouble, is remembered in this process only.
    """

    house: House
    mailbox: Mailbox
    domain: str
    _bookmark: Bookmark | None = field(default=None, init=False)
    _breaker: Breaker = field(default=Breaker(), init=False)

    async def run(self) -> int:
        """Read what is new; return how many mails were for us. A mailbox in trouble is left alone for a while."""
        now = self.house.now()
        if self._breaker.is_open(now=now):
            return 0
        try:
            batch = await self.mailbox.read(after=self._bookmark, is_ours=self._is_ours)
            taken = await self._take_all(batch)
            if taken:
                await self.mailbox.mark_seen(taken, validity=batch.bookmark.validity)
        except IntegrationError as error:
            self._breaker = self._breaker.after_failure(now=now, trips_at=1, asked=error.retry_after)
            log.trouble("mailbox trouble", error, job="inbox", attempts=self._breaker.failures)
            return 0
        self._breaker = Breaker()
        return len(taken)

    async def take(self, content: bytes) -> None:
        """Do what one mail says, from its octets. Raises `DatabaseError`; then the mail is to be taken again."""
        try:
            mail = read_mail(content, domain=self.domain)
        except MailUnreadable:
            return
        for token in mail.tokens:
            async with self.house.database.read() as tx:
                entry = await entries.find_by_uid(tx, uid=token)
            if entry is None or entry.channel is not Channel.EMAIL:
                continue
            if mail.returned:
                await self._bury(mail.returned, entry=entry)
            elif not mail.is_automatic:
                await self._hear(mail.calendars, entry=entry)

    def _is_ours(self, headers: str) -> bool:
        return bool(find_tokens(headers, domain=self.domain))

    async def _take_all(self, batch: Batch) -> list[int]:
        """
        Take every mail; return the UIDs of those to be marked as seen.

        One that meets a mistake of ours is left unseen, and keeps no other from being taken. Where the database is
        away the rest waits for the next visit.
        """
        if batch.too_large:
            log.event("mail too large", job="inbox", count=batch.too_large)
        taken: list[int] = []
        self._bookmark = batch.bookmark
        for mail in batch.mails:
            [outcome] = await asyncio.gather(self.take(mail.content), return_exceptions=True)
            if isinstance(outcome, DatabaseError):
                self._bookmark = replace(batch.bookmark, uid=mail.uid - 1)
                log.trouble("mail not taken", outcome, job="inbox")
                break
            if isinstance(outcome, BaseException):
                log.trouble("mail not understood", outcome, job="inbox")
            else:
                taken.append(mail.uid)
        return taken

    async def _bury(self, parcel_ids: tuple[str, ...], *, entry: Entry) -> None:
        async with self.house.database.write() as tx:
            buried = [await outbox.bury(tx, parcel_id=each, partner_id=entry.partner_id) for each in parcel_ids]
        if any(buried):
            log.event("mail returned", job="inbox")

    async def _hear(self, calendars: tuple[bytes, ...], *, entry: Entry) -> None:
        """Do what the first calendar part that is about the entry says; the others say it again."""
        async with self.house.database.read() as tx:
            partner = await couples.find_partner(tx, partner_id=entry.partner_id)
        try:
            reply = next(filter(None, (_read(each, entry=entry, partner=partner) for each in calendars)), None)
            if reply is not None:
                await self._follow(reply, entry=entry, partner=partner)
        except StaleReply:
            await tell_stale(self.house, partner=partner, date_id=entry.date_id, now=self.house.now())
        except Refusal as refusal:  # the date is over, or there is no such moment in its life: nothing is left to say
            log.event("answer passed over", job="inbox", code=refusal.code)

    async def _follow(self, reply: Reply, *, entry: Entry, partner: Partner) -> None:
        if reply.method is Method.COUNTER:
            await self._propose(reply, entry=entry, partner=partner)
        elif reply.answer in _PARTSTATS:
            await actions.answer(
                self.house,
                partner=partner,
                date_id=entry.date_id,
                partstat=_PARTSTATS[reply.answer],
                sequence=reply.sequence,
                now=self.house.now(),
                via=Via.MAIL,
            )

    async def _propose(self, reply: Reply, *, entry: Entry, partner: Partner) -> None:
        date = (await actions.see(self.house, partner=partner, date_id=entry.date_id)).date
        start, end = reply.start, reply.end
        if start is not None and end is None:
            end = start + date.time.length
        time = None if start is None or end is None else Interval(start, end)
        if time == date.time:
            return
        await propose(
            self.house,
            partner=partner,
            date_id=date.id,
            time=time,
            sequence=reply.sequence,
            via=Via.MAIL,
            now=self.house.now(),
        )


def _read(calendar: bytes, *, entry: Entry, partner: Partner) -> Reply | None:
    try:
        return read_reply(calendar, uid=entry.uid, zone=partner.zone)
    except (Refused, Unreadable):
        return None
