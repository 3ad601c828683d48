"""
Web Push: a note encrypted for one browser (RFC 8291, as RFC 8188 writes it) and handed to its push service (RFC 8030).

The push service sees neither title nor link. `pywebpush` would bring two HTTP clients of its own, past our guarded
one, so these few steps stand here; the tests read what they make with another implementation.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from integrations.errors import IntegrationError
from integrations.http import GuardedClient
from integrations.push.note import Note, check_taken
from integrations.push.vapid import Vapid, decode, public_bytes

LASTS = timedelta(minutes=10)  # a reminder is for its moment
_RECORD = 4096  # bytes; all that a push service has to take (RFC 8030, section 7.2)
_LAST_RECORD = b"\x02"  # the delimiter of RFC 8188, section 2


@dataclass(frozen=True, slots=True)
class Subscription:
    """Where one browser is reached, and its keys, in the base64url that it gives them out in."""

    url: str
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)


async def send(http: GuardedClient, subscription: Subscription, *, vapid: Vapid, note: Note, now: datetime) -> None:
    """Send a note to a browser; raises `IntegrationError`, permanent where its keys are none."""
    content = json.dumps({"title": note.title, "text": note.text, "link": note.link}).encode()
    body = encrypt(
        content, subscription=subscription, salt=secrets.token_bytes(16), key=ec.generate_private_key(ec.SECP256R1())
    )
    headers = {
        "Authorization": vapid.authorize(subscription.url, now=now),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(LASTS.total_seconds())),
        "Urgency": "normal",
    }
    check_taken(await http.post(subscription.url, content=body, headers=headers))


def encrypt(content: bytes, *, subscription: Subscription, salt: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return `content` as only that browser reads it; `salt` and `key` are fresh for each message."""
    try:
        secret, theirs = decode(subscription.auth), decode(subscription.p256dh)
        browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
    except ValueError:
        raise IntegrationError(permanent=True) from None
    ours = public_bytes(key.public_key())
    shared = key.exchange(ec.ECDH(), browser)
    keying = _derive(shared, salt=secret, info=b"WebPush: info\0" + theirs + ours, length=32)
    cipher = AESGCM(_derive(keying, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16))
    nonce = _derive(keying, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + _RECORD.to_bytes(4) + len(ours).to_bytes(1) + ours
    return header + cipher.encrypt(nonce, content + _LAST_RECORD, None)


def _derive(keying: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length=length, salt=salt, info=info).derive(keying)
