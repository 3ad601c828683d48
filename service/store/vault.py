"""
Secrets at rest: AES-256-GCM, each bound to the row it belongs to.

A sealed secret is ``version (1) | key id (4) | nonce (12) | ciphertext and tag``. The row's identity is associated data
(NIST SP 800-38D), so what is copied to another row does not open there.

What goes out in a link is signed instead, and the same each time: HMAC-SHA256 (RFC 2104), cut to 128 bits, under a key
derived for that purpose (RFC 5869).
"""

import hmac
import secrets
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_VERSION = b"\x01"
_KEY_ID = 4
HEADER = 1 + _KEY_ID
_NONCE = 12
_KEY = 32
_MAC = 16


class VaultError(Exception):
    """A secret could not be opened: another key, another row, or changed bytes."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Keys by their id; `current` seals, all of them open."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """
        Read a key file: a line ``id:base64`` each, the first one seals.

        Raises `VaultError` where it holds no key or something else.
        """
        try:
            pairs = [line.strip().split(":") for line in text.splitlines() if line.strip()]
            keys = {bytes.fromhex(key_id).hex(): b64decode(encoded, validate=True) for key_id, encoded in pairs}
        except ValueError:
            raise VaultError("the key file is not in the form that `pencilin keys new` writes") from None
        if not keys or any(len(key) != _KEY or len(key_id) != 2 * _KEY_ID for key_id, key in keys.items()):
            raise VaultError("the key file holds no key of 256 bits")
        if len(keys) < len(pairs):
            raise VaultError("the key file names two keys alike")
        return cls(current=next(iter(keys)), keys=keys)

    def seal(self, secret: bytes, *, row: str) -> bytes:
        """Return `secret` sealed for the row named `row`, such as ``calendars/ID/account``."""
        header = _VERSION + bytes.fromhex(self.current)
        nonce = secrets.token_bytes(_NONCE)
        return header + nonce + AESGCM(self.keys[self.current]).encrypt(nonce, secret, header + row.encode())

    def open(self, sealed: bytes, *, row: str) -> bytes:
        """Return the secret; raises `VaultError`."""
        header, rest = sealed[:HEADER], sealed[HEADER:]
        key = self.keys.get(key_of(sealed))
        if header[:1] != _VERSION or key is None:
            raise VaultError("the key of this secret is not in the key file")
        try:
            return AESGCM(key).decrypt(rest[:_NONCE], rest[_NONCE:], header + row.encode())
        except (InvalidTag, ValueError):  # the latter where even the nonce is cut short
            raise VaultError("this secret does not belong here, or was changed") from None

    def sign(self, content: bytes, *, purpose: str) -> str:
        """Return `content` as a text that fits into an address and that only this service can have written."""
        return _encode(content + self._mac(self.current, content, purpose=purpose))

    def read_signed(self, text: str, *, purpose: str) -> bytes:
        """Return what was signed for that purpose; raises `VaultError`."""
        try:
            signed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except ValueError:
            raise VaultError("that was not signed here") from None
        content, mac = signed[:-_MAC], signed[-_MAC:]
        if _encode(signed) != text:  # base64 can be written in more than one way
            raise VaultError("that was not signed here")
        if not any(hmac.compare_digest(mac, self._mac(each, content, purpose=purpose)) for each in self.keys):
            raise VaultError("that was not signed here")
        return content

    def _mac(self, key_id: str, content: bytes, *, purpose: str) -> bytes:
        derived = HKDF(SHA256(), length=_KEY, salt=None, info=b"links/" + purpose.encode()).derive(self.keys[key_id])
        return hmac.digest(derived, content, "sha256")[:_MAC]


def _encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def key_of(sealed: bytes) -> str:
    """Return the id of the key that a sealed secret, or only its header, names."""
    return sealed[1:HEADER].hex()


def new_key_line() -> str:
    """Return a line for the key file with a fresh key."""
    return f"{secrets.token_hex(_KEY_ID)}:{b64encode(secrets.token_bytes(_KEY)).decode()}\n"
