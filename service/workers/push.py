"""
Handing a note to the endpoints a partner chose, and what follows where one does not take it.

One that is gone is forgotten; one that refuses twice in a row is left alone until it takes a test, and mail takes over.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from integrations.errors import IntegrationError, NotThere, TooSlow
from integrations.http import GuardedClient
from integrations.push import ntfy, plain, webpush
from integrations.push.note import Note
from integrations.push.vapid import Vapid
from integrations.push.webpush import Subscription
from service import log
from service.actions.house import House
from service.core.errors import NotFound
from service.store import push
from service.store.couples import Partner
from service.store.push import Endpoint, PushKind, Target


class Reached(StrEnum):
    """What became of a note, and so what is left to do."""

    TAKEN = "taken"  # or maybe: an answer that came too late is not asked for twice
    AGAIN = "again"
    BY_MAIL = "by_mail"
    BY_MAIL_NOW = "by_mail_now"  # from now on, which the partner is to be told


@dataclass(frozen=True, slots=True)
class Pusher:
    """Sends notes; without `vapid` no browser is reached."""

    house: House
    http: GuardedClient
    vapid: Vapid | None

    async def offer(self, note: Note, *, partner: Partner) -> Reached:
        """Send a note to every endpoint of the partner that works."""
        kept = [(each, target) for each, target in await self._endpoints(partner) if each.is_working]
        if not kept:
            return Reached.BY_MAIL
        errors = await asyncio.gather(*(self._send(note, each, target=target) for each, target in kept))
        left = [await self._record(each, error) for (each, _), error in zip(kept, errors, strict=True)]
        if any(error is None or isinstance(error, TooSlow) for error in errors):
            return Reached.TAKEN
        return Reached.AGAIN if any(left) else Reached.BY_MAIL_NOW

    async def try_out(self, note: Note, *, partner: Partner, endpoint_id: str) -> None:
        """Send a note to one endpoint, whether it works or not."""
        for endpoint, target in await self._endpoints(partner):
            if endpoint.id == endpoint_id:
                await self._record(endpoint, await self._send(note, endpoint, target=target))

    async def _endpoints(self, partner: Partner) -> list[tuple[Endpoint, Target]]:
        async with self.house.database.read() as tx:
            return await push.of_partner(tx, partner_id=partner.id, vault=self.house.vault)

    async def _send(self, note: Note, endpoint: Endpoint, *, target: Target) -> IntegrationError | None:
        """Return why an endpoint did not take the note, None where it did."""
        try:
            match endpoint.kind:
                case PushKind.NTFY:
                    await ntfy.send(self.http, target.url, token=target.token, note=note)
                case PushKind.HTTP:
                    await plain.send(self.http, target.url, token=target.token, note=note)
                case PushKind.WEB_PUSH:
                    await self._send_to_browser(note, target)
        except IntegrationError as error:
            log.trouble("push failed", error, job="deliver", kind=endpoint.kind)
            return error
        return None

    async def _send_to_browser(self, note: Note, target: Target) -> None:
        if self.vapid is None:
            raise IntegrationError(permanent=True)
        subscription = Subscription(target.url, target.p256dh or "", target.auth or "")
        await webpush.send(self.http, subscription, vapid=self.vapid, note=note, now=self.house.now())

    async def _record(self, endpoint: Endpoint, error: IntegrationError | None) -> bool:
        """Note what became of a note at an endpoint; return whether it may be asked again."""
        refusals = endpoint.refusals + 1 if error else 0
        async with self.house.database.write() as tx:
            if isinstance(error, NotThere):
                with suppress(NotFound):  # its owner was quicker
                    await push.remove(tx, partner_id=endpoint.partner_id, endpoint_id=endpoint.id)
                return False
            if refusals != endpoint.refusals:
                await push.note_refusals(tx, partner_id=endpoint.partner_id, endpoint_id=endpoint.id, refusals=refusals)
        return refusals < push.MOST_REFUSALS
