"""
Ways in: the operator's first link, one partner inviting the other, and the tokens of other apps.

A link holds a secret of 256 bits, works once, and for 48 hours. Looking at it changes nothing; taking it gives a token.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from service import ids
from service.actions.house import House
from service.core.errors import Invalid, NotSignedIn
from service.core.hours import EVERY_DAY, Window, find_zone
from service.store import couples, invitations, outbox, tokens
from service.store.couples import EntryTitle, Partner
from service.store.engine import Tx
from service.store.invitations import Invitation
from service.store.outbox import Kind, Parcel
from service.store.tokens import Token

SCOPES = frozenset({"me", "calendars", "slots", "dates:read", "dates:write", "ideas", "gestures", "webhooks", "feeds"})
LINK_WORKS_FOR = timedelta(hours=48)
_FIRST_WINDOWS = (Window(EVERY_DAY, time(18), time(22, 30)),)
_SHORTEST = timedelta(hours=1)
_LONGEST_ADDRESS = 254  # RFC 5321, 4.5.3.1.3


@dataclass(frozen=True, slots=True)
class Link:
    """An invitation with the secret address that opens it, which is told once."""

    invitation: Invitation
    url: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A token with its secret, which is told once."""

    token: Token
    secret: str


async def let_in(house: House, *, address: str, now: datetime) -> Link:
    """Make a link for the person with that mail address: into a new couple, or back to the one they are in."""
    async with house.database.write() as tx:
        partner = await couples.find_partner_by_address(tx, address=check_address(address))
        invitation, secret = _new_invitation(address, now=now, partner=partner)
        await invitations.add(tx, invitation, secret_digest=ids.digest(secret), now=now)
    return Link(invitation, _url(house, secret))


async def invite_partner(house: House, *, partner: Partner, address: str, now: datetime) -> Link:
    """
    Invite the second partner, by mail where mail goes out.

    Raises `Invalid` where the two are both here, or where that address is somebody's already.
    """
    async with house.database.write() as tx:
        await couples.lock(tx, couple_id=partner.couple_id)
        couple = await couples.find(tx, couple_id=partner.couple_id)
        if len(couple.partners) > 1:
            raise Invalid("You are both here already.")
        if await couples.find_partner_by_address(tx, address=check_address(address)) is not None:
            raise Invalid("That address cannot be invited.")
        invitation, secret = _new_invitation(address, now=now, couple_id=couple.id)
        await invitations.add(tx, invitation, secret_digest=ids.digest(secret), now=now)
        if house.sends_mail:
            await outbox.post(tx, [_join_parcel(house, partner, address=invitation.address, secret=secret, now=now)])
    return Link(invitation, _url(house, secret))


async def list_invitations(house: House, *, partner: Partner, now: datetime) -> list[Invitation]:
    async with house.database.read() as tx:
        return await invitations.open_of(tx, couple_id=partner.couple_id, now=now)


async def withdraw_invitation(house: House, *, partner: Partner, invitation_id: str) -> None:
    async with house.database.write() as tx:
        await invitations.withdraw(tx, couple_id=partner.couple_id, invitation_id=invitation_id)


async def look_at(house: House, *, secret: str, now: datetime) -> Invitation:
    """Return the invitation behind a link without taking it; raises `NotFound`."""
    async with house.database.read() as tx:
        return await invitations.find(tx, secret_digest=ids.digest(secret), now=now)


async def take(house: House, *, secret: str, name: str, zone: str, language: str, now: datetime) -> Handed:
    """
    Take an invitation: join, and get a token with every scope.

    A sign-in link needs neither name, zone nor language, which stay as they are. Raises `NotFound`, `UnknownZone`,
    `Invalid`.
    """
    async with house.database.write() as tx:
        invitation = await invitations.find(tx, secret_digest=ids.digest(secret), now=now)
        await invitations.use(tx, secret_digest=ids.digest(secret), now=now)
        partner_id = invitation.partner_id
        if partner_id is None:
            language = house.library.check_language(language)
            partner = await _join(tx, invitation, name=_named(name), zone=find_zone(zone), language=language, now=now)
            partner_id = partner.id
        handed = _new_token(partner_id, name="sign-in", scopes=SCOPES, now=now)
        await tokens.add(tx, handed.token, secret_digest=ids.digest(handed.secret))
    return handed


async def make_token(house: House, *, partner: Partner, name: str, scopes: frozenset[str], now: datetime) -> Handed:
    """Make a token for another app; raises `Invalid` for a scope that does not exist."""
    if not scopes or not scopes <= SCOPES:
        raise Invalid(f"Scopes are: {', '.join(sorted(SCOPES))}.")
    handed = _new_token(partner.id, name=_named(name), scopes=scopes, now=now)
    async with house.database.write() as tx:
        await tokens.add(tx, handed.token, secret_digest=ids.digest(handed.secret))
    return handed


async def list_tokens(house: House, *, partner: Partner) -> list[Token]:
    async with house.database.read() as tx:
        return await tokens.of_partner(tx, partner_id=partner.id)


async def revoke_token(house: House, *, partner: Partner, token_id: str) -> None:
    async with house.database.write() as tx:
        await tokens.revoke(tx, partner_id=partner.id, token_id=token_id)


async def sign_in(house: House, *, secret: str) -> tuple[Partner, frozenset[str]]:
    """Return whose token this is and what it opens; raises `NotSignedIn`."""
    async with house.database.read() as tx:
        token = await tokens.find_by_secret(tx, secret_digest=ids.digest(secret))
        if token is None:
            raise NotSignedIn
        return await couples.find_partner(tx, partner_id=token.partner_id), token.scopes


async def _join(tx: Tx, invitation: Invitation, *, name: str, zone: ZoneInfo, language: str, now: datetime) -> Partner:
    couple_id = invitation.couple_id
    if couple_id is None:
        couple_id = ids.new_id()
        await couples.add(tx, couple_id=couple_id, windows=_FIRST_WINDOWS, shortest=_SHORTEST, now=now)
    await couples.lock(tx, couple_id=couple_id)
    if len((await couples.find(tx, couple_id=couple_id)).partners) > 1:
        raise Invalid("You are both here already.")
    partner = Partner(
        id=ids.new_id(),
        couple_id=couple_id,
        name=name,
        address=invitation.address,
        zone=zone,
        language=language,
        entry_title=EntryTitle.IDEA,
        prefers_email=False,
        version=1,
    )
    await couples.add_partner(tx, partner, now=now)
    return partner


def _new_invitation(
    address: str, *, now: datetime, couple_id: str | None = None, partner: Partner | None = None
) -> tuple[Invitation, str]:
    invitation = Invitation(
        id=ids.new_id(),
        address=check_address(address),
        couple_id=partner.couple_id if partner else couple_id,
        partner_id=partner.id if partner else None,
        expires_at=now + LINK_WORKS_FOR,
    )
    return invitation, ids.new_secret()


def _new_token(partner_id: str, *, name: str, scopes: frozenset[str], now: datetime) -> Handed:
    return Handed(Token(ids.new_id(), partner_id, name, scopes, now), ids.TOKEN_PREFIX + ids.new_secret())


def _join_parcel(house: House, partner: Partner, *, address: str, secret: str, now: datetime) -> Parcel:
    parcel_id = ids.new_id()
    sealed = house.vault.seal(f"{address}\n{_url(house, secret)}".encode(), row=f"outbox/{parcel_id}/secret")
    return Parcel(id=parcel_id, partner_id=partner.id, kind=Kind.JOIN, created_at=now, secret=sealed)


def _url(house: House, secret: str) -> str:
    return f"{house.public_url.rstrip('/')}/v1/join/{secret}"


def check_address(address: str) -> str:
    """Return a mail address in the one form we keep; only its shape can be checked, the rest a mail shows."""
    local, at, domain = address.strip().lower().rpartition("@")
    if (
        not local
        or not at
        or not domain
        or len(address) > _LONGEST_ADDRESS
        or any(each.isspace() or not each.isprintable() for each in address.strip())
    ):
        raise Invalid("That is not a mail address.")
    return f"{local}@{domain}"


def _named(name: str) -> str:
    kept = " ".join(name.split())
    if not 1 <= len(kept) <= 80 or not kept.isprintable():  # noqa: PLR2004 - the width of the column
        raise Invalid("A name has 1 to 80 characters.")
    return kept
