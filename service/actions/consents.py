"""
Connecting calendars by consent: a person is sent to their provider, and comes back with a code (RFC 6749, section 4.1).

The browser comes back without a token. What binds it to the person who asked is the `state`, 256 bits that work once
and for ten minutes. It says nothing about who sits at that browser, though: anybody could be sent the address at which
to consent, the other partner first of all. So coming back connects nothing; it shows for whom the calendars would be
connected, and whoever consented decides.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from integrations.errors import IntegrationError, LoginRefused
from integrations.oauth import OAuthClient, find_registration, write_request
from service import ids
from service.actions.connect import Connector, as_refusal
from service.actions.house import House
from service.core.errors import (
    ConsentDeclined,
    ConsentNotOffered,
    ConsentOver,
    ConsentRefused,
    ConsentTooShort,
    NotFound,
)
from service.store import consents, couples
from service.store.consents import Consent
from service.store.couples import Partner

WORKS_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Way:
    """The address at which a person gives their consent, and when that way closes."""

    url: str
    expires_at: datetime


def is_offered(connector: Connector, provider: str) -> bool:
    """Tell whether the operator has registered this service with the provider."""
    return find_registration(connector.http, provider) is not None


async def begin(connector: Connector, *, partner: Partner, provider: str, now: datetime) -> Way:
    """Open a way to the provider's consent; raises `ConsentNotOffered`."""
    registration = find_registration(connector.http, provider)
    if registration is None:
        raise ConsentNotOffered
    house, state = connector.house, ids.new_secret()
    consent = Consent(
        ids.new_id(), partner.id, provider=provider, verifier=ids.new_secret(), expires_at=now + WORKS_FOR
    )
    async with house.database.write() as tx:
        await consents.add(tx, consent, state_digest=ids.digest(state), vault=house.vault)
    redirect_uri = _redirect_uri(house, provider)
    url = write_request(registration, redirect_uri=redirect_uri, state=state, verifier=consent.verifier)
    return Way(url, consent.expires_at)


async def look_at(house: House, *, provider: str, state: str, now: datetime) -> Partner:
    """Return for whom calendars would be connected, and change nothing; raises `ConsentOver`."""
    try:
        async with house.database.read() as tx:
            consent = await consents.find(
                tx, state_digest=ids.digest(state), provider=provider, now=now, vault=house.vault
            )
            return await couples.find_partner(tx, partner_id=consent.partner_id)
    except NotFound:
        raise ConsentOver from None


async def decline(house: House, *, provider: str, state: str, said_no: bool, now: datetime) -> None:
    """
    Forget a consent that was not given; `said_no` tells that it was the person who said so.

    Raises `ConsentDeclined` or `ConsentRefused`, whichever it was, and `ConsentOver`.
    """
    await _use(house, provider=provider, state=state, now=now)
    raise ConsentDeclined if said_no else ConsentRefused


async def finish(connector: Connector, *, provider: str, state: str, code: str, now: datetime) -> Partner:
    """
    Exchange the code, connect the calendars it opens to the person who asked, and return that person.

    Raises `ConsentOver`, `ConsentRefused`, `ConsentDeclined` (they left out the calendars), `ConsentTooShort` (no
    refresh token came) or a `CalendarRefusal`; then nothing is kept.
    """
    house, http = connector.house, connector.http
    partner, verifier = await _use(house, provider=provider, state=state, now=now)
    if not isinstance(http, OAuthClient) or provider not in http.registrations:
        raise ConsentNotOffered
    redirect_uri = _redirect_uri(house, provider)
    try:
        granted = await http.exchange(provider, code=code, verifier=verifier, redirect_uri=redirect_uri)
    except LoginRefused:
        raise ConsentRefused from None
    except IntegrationError as error:
        raise as_refusal(error) from None
    if not granted.in_full:
        raise ConsentDeclined
    if not granted.refresh_token:
        raise ConsentTooShort
    url = http.registrations[provider].server.resource
    await connector.connect_consented(
        partner=partner, url=url, provider=provider, refresh_token=granted.refresh_token, now=now
    )
    return partner


async def _use(house: House, *, provider: str, state: str, now: datetime) -> tuple[Partner, str]:
    """Take the consent away, and return whose it was and its verifier; raises `ConsentOver`."""
    try:
        async with house.database.write() as tx:
            consent = await consents.use(
                tx, state_digest=ids.digest(state), provider=provider, now=now, vault=house.vault
            )
            return await couples.find_partner(tx, partner_id=consent.partner_id), consent.verifier
    except NotFound:
        raise ConsentOver from None


def _redirect_uri(house: House, provider: str) -> str:
    return f"{house.public_url.rstrip('/')}/v1/consents/{provider}"
