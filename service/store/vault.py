"""
Secrets at rest: AES-256-GCM, each bound to the row it belongs to.

A sealed secret is ``version (1) | key id (4) | nonce (12) | ciphertext and tag``. The row's identity is associated data
(NIST SP 800-38D), so what is copied to another row does not open there.
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_KEY_ID = 4
_NONCE = 12
_KEY = 32


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
        header, rest = sealed[: 1 + _KEY_ID], sealed[1 + _KEY_ID :]
        key = self.keys.get(header[1:].hex())
        if header[:1] != _VERSION or key is None:
            raise VaultError("the key of this secret is not in the key file")
        try:
            return AESGCM(key).decrypt(rest[:_NONCE], rest[_NONCE:], header + row.encode())
        except (InvalidTag, ValueError):  # the latter where even the nonce is cut short
            raise VaultError("this secret does not belong here, or was changed") from None


def new_key_line() -> str:
    """Return a line for the key file with a fresh key."""
    return f"{secrets.token_hex(_KEY_ID)}:{b64encode(secrets.token_bytes(_KEY)).decode()}\n"
