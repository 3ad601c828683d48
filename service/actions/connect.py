"""
Connecting a calendar: the one action that waits for the outside, before its transaction and never inside it.

What goes wrong outside becomes a refusal with one plain sentence. The names of calendars pass through to their owner
and are kept nowhere.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from integrations.caldav.client import Account, connect
from integrations.caldav.discover import Collection, discover, find_login
from integrations.caldav.login import Login
from integrations.caldav.providers import GENERIC, Provider, find_provider, read_providers, recognize
from integrations.errors import (
    AccessRefused,
    AddressRefused,
    IntegrationError,
    LoginRefused,
    MethodRefused,
    NotAFeed,
    NotCalDav,
    NotThere,
    Throttled,
    TooLarge,
    TooSlow,
    Unreachable,
)
from integrations.feeds.reader import as_https, read_feed
from integrations.http import GuardedClient
from integrations.ical.errors import Refused, Unreadable
from integrations.ical.split import split
from service import ids
from service.actions.house import House
from service.actions.troubles import bring_again
from service.core.errors import (
    AddressNotAllowed,
    AppPasswordNeeded,
    CalendarAuth,
    CalendarForbidden,
    CalendarLinkNeeded,
    CalendarMethod,
    CalendarNotFound,
    CalendarRefusal,
    CalendarTooSlow,
    CalendarUnreachable,
    ConsentRefused,
    NotACalendar,
)
from service.store import calendars, couples
from service.store.access import Access
from service.store.calendars import Calendar, Role, Treat
from service.store.couples import Partner
from service.store.engine import Tx

FEED = "ics"
_CONSENT_ENDED = "Your provider no longer takes your consent; give it once more, and your calendars go on as before."
REFUSALS = MappingProxyType(
    {
        LoginRefused: CalendarAuth,
        MethodRefused: CalendarMethod,
        AccessRefused: CalendarForbidden,
        NotThere: CalendarNotFound,
        AddressRefused: AddressNotAllowed,
        NotCalDav: NotACalendar,
        NotAFeed: NotACalendar,
        Unreadable: NotACalendar,
        Refused: NotACalendar,
        TooLarge: NotACalendar,
        TooSlow: CalendarTooSlow,
        Unreachable: CalendarUnreachable,
        Throttled: CalendarUnreachable,
    }
)
# Where the provider's own page helps: it tells how to make an app password, or where to find the link.
_HELPED: Mapping[str, frozenset[type[CalendarRefusal]]] = MappingProxyType(
    {
        "caldav": frozenset({CalendarAuth, AppPasswordNeeded}),
        FEED: frozenset({CalendarLinkNeeded, CalendarNotFound, CalendarForbidden, NotACalendar}),
    }
)


@dataclass(frozen=True, slots=True)
class Connected:
    """A calendar with its name at its server, which only the answer to connecting tells; a feed has none."""

    calendar: Calendar
    name: str | None


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
        account, found = await self._find(Account(url, username, password, provider))
        return await self._keep(found, partner=partner, account=account, now=now)

    async def connect_consented(
        self, *, partner: Partner, url: str, provider: str, refresh_token: str, now: datetime
    ) -> list[Connected]:
        """
        Find and keep the calendars at `url` that a person has consented to, as `connect` does.

        Raises `ConsentRefused` where the consent does not open them, or a `CalendarRefusal`; then nothing is kept.
        """
        account = Account(url, partner.id, refresh_token, provider, Login.BEARER)
        try:
            found = await discover(connect(self.http, account))
        except (LoginRefused, AccessRefused):
            raise ConsentRefused from None
        except IntegrationError as error:
            raise as_refusal(error) from None
        return await self._keep(found, partner=partner, account=account, now=now)

    async def _keep(
        self, found: tuple[Collection, ...], *, partner: Partner, account: Account, now: datetime
    ) -> list[Connected]:
        async with self.house.database.write() as tx:
            await couples.lock(tx, couple_id=partner.couple_id)
            return await _keep(tx, found, house=self.house, partner=partner, account=account, now=now)

    async def connect_feed(self, *, partner: Partner, url: str, provider: str, now: datetime) -> Connected:
        """Keep a published calendar, which is only ever read; raises a `CalendarRefusal`, then nothing is kept."""
        url = as_https(url)
        provider = _recognize(provider, url=url, username="")
        await self._check_feed(url, provider=provider)
        access = Access(url, username="", password="", provider=provider, collection=url, sync_collection=False)
        new = replace(_new(partner=partner, writable=False, receives_dates=False), kind=FEED)
        async with self.house.database.write() as tx:
            await couples.lock(tx, couple_id=partner.couple_id)
            return Connected(await _keep_one(tx, new, access=access, house=self.house, now=now), name=None)

    async def test(self, *, partner: Partner, calendar_id: str) -> None:
        """Read at the calendar's server as a sync would; raises a `CalendarRefusal`, `NotFound`."""
        async with self.house.database.read() as tx:
            calendar = await calendars.find(tx, partner_id=partner.id, calendar_id=calendar_id)
            access = await calendars.find_access(
                tx, partner_id=partner.id, calendar_id=calendar_id, vault=self.house.vault
            )
        if calendar.kind == FEED:
            await self._check_feed(access.collection, provider=access.provider)
        else:
            await self._look(replace(account_of(access), url=access.collection))

    async def _find(self, account: Account) -> tuple[Account, tuple[Collection, ...]]:
        """Return the account as its provider wants it, and its calendars."""
        provider = _recognize(account.provider, url=account.url, username=account.username)
        if find_provider(provider).kind == FEED:
            raise _with_help(CalendarLinkNeeded, find_provider(provider))
        account = replace(account, provider=provider)
        try:
            account = replace(account, login=await find_login(connect(self.http, account)))
        except IntegrationError as error:
            raise as_refusal(error, provider=provider) from None
        return account, await self._look(account)

    async def _look(self, account: Account) -> tuple[Collection, ...]:
        try:
            return await discover(connect(self.http, account))
        except IntegrationError as error:
            raise as_refusal(error, provider=account.provider) from None

    async def _check_feed(self, url: str, *, provider: str) -> None:
        try:
            if feed := await read_feed(self.http, url):
                await asyncio.to_thread(split, feed.data)
        except IntegrationError as error:
            raise as_refusal(error, provider=provider) from None


def account_of(access: Access) -> Account:
    """Return the login that was kept."""
    return Account(access.url, access.username, access.password, access.provider, Login(access.login))


def as_refusal(error: IntegrationError, *, provider: str = GENERIC) -> CalendarRefusal:
    """Return what an error outside is to the calendar's owner, with their provider's help where it has some."""
    refusal = REFUSALS.get(type(error), CalendarUnreachable)
    facts = read_providers().get(provider) or find_provider(GENERIC)
    if refusal is CalendarAuth and facts.app_password:
        refusal = AppPasswordNeeded
    if refusal is CalendarAuth and facts.oauth is not None:
        return CalendarAuth(_CONSENT_ENDED)
    return _with_help(refusal, facts)


def list_providers() -> Mapping[str, Provider]:
    """Return what is known of providers, by the id that `connect` takes."""
    return read_providers()


def _recognize(provider: str, *, url: str, username: str) -> str:
    try:
        return recognize(provider, url=url, username=username)
    except IntegrationError as error:
        raise as_refusal(error) from None


def _with_help(refusal: type[CalendarRefusal], provider: Provider) -> CalendarRefusal:
    if provider.help and refusal in _HELPED[provider.kind]:
        return refusal(f"{refusal()} See {provider.help} for how.")
    return refusal()


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
            login=account.login,
            ctag=collection.ctag,
        )
        new = _new(
            partner=partner,
            writable=collection.writable,
            receives_dates=collection.writable and not receives,
        )
        calendar = await _keep_one(tx, new, access=access, house=house, now=now)
        await bring_again(tx, partner=partner, calendar_id=calendar.id, now=now)
        receives = receives or calendar.receives_dates
        connected.append(Connected(calendar, collection.name))
    return connected


async def _keep_one(tx: Tx, new: Calendar, *, access: Access, house: House, now: datetime) -> Calendar:
    """Return the calendar that is kept at that place: `new`, or the one its owner had there, with the new login."""
    known = await calendars.reconnect(tx, partner_id=new.partner_id, access=access, vault=house.vault, now=now)
    if known is not None:
        return known
    await calendars.add(tx, new, access=access, vault=house.vault, now=now)
    return new


def _new(*, partner: Partner, writable: bool, receives_dates: bool) -> Calendar:
    return Calendar(
        id=ids.new_id(),
        partner_id=partner.id,
        role=Role.BUSY,
        writable=writable,
        receives_dates=receives_dates,
        tentative=Treat.BUSY,
        unanswered=Treat.BUSY,
        all_day=Treat.BUSY,
    )
