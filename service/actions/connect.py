"""
Connecting a calendar: the one action that waits for the outside, before its transaction and never inside it.

What goes wrong outside becomes a refusal with one plain sentence. The names of calendars pass through to their owner
and are kept nowhere.
"""

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from integrations.caldav.client import Account, connect
from integrations.caldav.discover import Collection, discover
from integrations.errors import (
    AccessRefused,
    AddressRefused,
    IntegrationError,
    LoginRefused,
    NotCalDav,
    NotThere,
    Throttled,
    TooLarge,
    TooSlow,
    Unreachable,
)
from integrations.http import GuardedClient
from service import ids
from service.actions.house import House
from service.core.errors import (
    AddressNotAllowed,
    CalendarAuth,
    CalendarNotFound,
    CalendarRefusal,
    CalendarUnreachable,
    NotACalendar,
)
from service.store import calendars, couples
from service.store.access import Access
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.store.engine import Tx

REFUSALS = MappingProxyType(
    {
        LoginRefused: CalendarAuth,
        AccessRefused: CalendarAuth,
        NotThere: CalendarNotFound,
        AddressRefused: AddressNotAllowed,
        NotCalDav: NotACalendar,
        TooLarge: NotACalendar,
        TooSlow: CalendarUnreachable,
        Unreachable: CalendarUnreachable,
        Throttled: CalendarUnreachable,
    }
)


@dataclass(frozen=True, slots=True)
class Connected:
    """A calendar with its name at its server, which only the answer to connecting tells."""

    calendar: Calendar
    name: str


@dataclass(frozen=True, slots=True)
class Connector:
    """The way out to calendar servers."""

    house: House
    http: GuardedClient

    async def connect(
        self, *, partner: Partner, url: str, provider: str, username: str, password: str, now: datetime
    ) -> list[Connected]:
        """
        Find an account's calendars and keep them; those that are known get the new login.

        Dates go into the first one that can be written to, unless another receives them already. Raises a
        `CalendarRefusal`; then nothing is kept.
        """
        account = Account(url, username, password, provider)
        found = await self._look(account)
        async with self.house.database.write() as tx:
            await couples.lock(tx, couple_id=partner.couple_id)
            return await _keep(tx, found, house=self.house, partner=partner, account=account, now=now)

    async def test(self, *, partner: Partner, calendar_id: str) -> None:
        """Log in at the calendar's server as a sync would; raises a `CalendarRefusal`, `NotFound`."""
        async with self.house.database.read() as tx:
            access = await calendars.find_access(
                tx, partner_id=partner.id, calendar_id=calendar_id, vault=self.house.vault
            )
        await self._look(Account(access.collection, access.username, access.password, access.provider))

    async def _look(self, account: Account) -> tuple[Collection, ...]:
        try:
            return await discover(connect(self.http, account))
        except IntegrationError as error:
            raise as_refusal(error) from None


def as_refusal(error: IntegrationError) -> CalendarRefusal:
    """Return what an error outside is to the calendar's owner."""
    return REFUSALS.get(type(error), CalendarUnreachable)()


async def _keep(
    tx: Tx, found: tuple[Collection, ...], *, house: House, partner: Partner, account: Account, now: datetime
) -> list[Connected]:
    receives = any(each.receives_dates for each in await calendars.of_partner(tx, partner_id=partner.id))
    connected: list[Connected] = []
    for collection in found:
        access = Access(
            url=account.url,
            username=account.username,
            password=account.password,
            provider=account.provider,
            collection=collection.url,
            sync_collection=collection.sync_collection,
        )
        calendar = await calendars.reconnect(tx, partner_id=partner.id, access=access, vault=house.vault, now=now)
        if calendar is None:
            calendar = _new(collection, partner=partner, receives_dates=collection.writable and not receives)
            await calendars.add(tx, calendar, access=access, vault=house.vault, now=now)
        receives = receives or calendar.receives_dates
        connected.append(Connected(calendar, collection.name))
    return connected


def _new(collection: Collection, *, partner: Partner, receives_dates: bool) -> Calendar:
    return Calendar(
        id=ids.new_id(),
        partner_id=partner.id,
        role=Role.BUSY,
        writable=collection.writable,
        receives_dates=receives_dates,
        tentative=Treat.BUSY,
        unanswered=Treat.BUSY,
        all_day=Treat.BUSY,
    )
