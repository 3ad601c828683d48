"""Names and secrets drawn at random: 128 bits for an id, 256 for a secret."""

import secrets
from hashlib import sha256

TOKEN_PREFIX = "pi_"  # noqa: S105 - the public beginning of a token, not a secret


def new_id() -> str:
    """Return an id of 32 hexadecimal digits, which also serves as the local part of a Message-ID."""
    return secrets.token_hex(16)


def id_of(text: str) -> str:
    """Return the id that always belongs to `text`, for what must not be made twice."""
    return sha256(text.encode()).hexdigest()[:32]


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Return what is kept of a secret: with 256 random bits a plain hash cannot be searched."""
    return sha256(secret.encode()).digest()
