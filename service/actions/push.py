"""Where a partner's reminders go besides their mail. No address is shown again, to them neither."""

import re
from base64 import urlsafe_b64decode
from datetime import datetime
from urllib.parse import urlsplit

from service import ids
from service.actions.house import House
from service.core.errors import Invalid, NotFound
from service.store import outbox, push
from service.store.couples import Partner
from service.store.outbox import Kind, Parcel
from service.store.push import Endpoint, PushKind, Target

MOST_ENDPOINTS = 10
_URL = re.compile(r"[!-~]{1,2048}")
_POINT, _SECRET = 65, 16  # bytes (RFC 8291, section 2)


async def list_endpoints(house: House, *, partner: Partner) -> list[Endpoint]:
    async with house.database.read() as tx:
        kept = await push.of_partner(tx, partner_id=partner.id, vault=house.vault)
    return [endpoint for endpoint, _ in kept]


async def add_endpoint(house: House, *, partner: Partner, kind: PushKind, target: Target, now: datetime) -> Endpoint:
    """Keep an endpoint, and try it at once; raises `Invalid`."""
    _check_url(target.url)
    if kind is PushKind.WEB_PUSH:
        if house.push_key is None:
            raise Invalid("Web Push is not set up here; ntfy and HTTP are other ways.")
        _check_keys(target)
    endpoint = Endpoint(ids.new_id(), partner.id, kind)
    async with house.database.write() as tx:
        if len(await push.of_partner(tx, partner_id=partner.id, vault=house.vault)) >= MOST_ENDPOINTS:
            raise Invalid(f"There is room for {MOST_ENDPOINTS}; take one away first.")
        await push.add(tx, endpoint, target=target, vault=house.vault, now=now)
        await outbox.post(tx, [_try_out(endpoint, now=now)])
    return endpoint


async def test_endpoint(house: House, *, partner: Partner, endpoint_id: str, now: datetime) -> Endpoint:
    """Send a word to an endpoint; one that takes it works again. Raises `NotFound`."""
    async with house.database.write() as tx:
        kept = await push.of_partner(tx, partner_id=partner.id, vault=house.vault)
        endpoint = next((each for each, _ in kept if each.id == endpoint_id), None)
        if endpoint is None:
            raise NotFound
        await outbox.post(tx, [_try_out(endpoint, now=now)])
    return endpoint


async def remove_endpoint(house: House, *, partner: Partner, endpoint_id: str) -> None:
    """Forget an endpoint; raises `NotFound`."""
    async with house.database.write() as tx:
        await push.remove(tx, partner_id=partner.id, endpoint_id=endpoint_id)


def _try_out(endpoint: Endpoint, *, now: datetime) -> Parcel:
    return Parcel(ids.new_id(), endpoint.partner_id, Kind.PUSH, created_at=now, detail=endpoint.id)


def _check_url(url: str) -> None:
    """Raise `Invalid` for what can be told from the address alone; where it leads is checked at connecting."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    except ValueError:
        fits = False
    if not fits or not _URL.fullmatch(url):
        raise Invalid("That is not an address of the form https://example.org/topic.")


def _check_keys(target: Target) -> None:
    point, secret = _decode(target.p256dh), _decode(target.auth)
    if len(point) != _POINT or point[:1] != b"\x04" or len(secret) != _SECRET:
        raise Invalid("The keys are not as a browser gives them out.")


def _decode(text: str | None) -> bytes:
    try:
        bare = (text or "").rstrip("=")
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except ValueError:
        return b""
