"""A browser that subscribed to pushes: it gives out its keys, and reads what was encrypted for it."""

import secrets
from base64 import urlsafe_b64encode

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from integrations.push.vapid import public_bytes
from integrations.push.webpush import Subscription


class Browser:
    """One browser, with keys of its own."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._secret = secrets.token_bytes(16)

    def subscription(self, url: str) -> Subscription:
        point = public_bytes(self._key.public_key())
        return Subscription(url, *(urlsafe_b64encode(each).rstrip(b"=").decode() for each in (point, self._secret)))

    def read(self, body: bytes) -> bytes:
        """Return what was encrypted; raises `http_ece.ECEException` for what was not meant for it."""
        content: bytes = http_ece.decrypt(body, private_key=self._key, auth_secret=self._secret, version="aes128gcm")
        return content
