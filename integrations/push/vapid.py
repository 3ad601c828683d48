"""
Who sends a Web Push: a key pair of the service, and a token signed with it for each push service (RFC 8292).

The key is P-256; in text it is its 32 private bytes, in unpadded base64url (RFC 4648, section 5).
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

_LASTS = timedelta(hours=12)  # at most 24 h (section 2)
_SCALAR = 32  # bytes


class VapidError(Exception):
    """A text is no key for Web Push."""


@dataclass(frozen=True, slots=True)
class Vapid:
    """The key of this service, and `contact`: a mailto or https address at which its operator is reached."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str

    @classmethod
    def from_text(cls, text: str, *, contact: str) -> Self:
        """Read a key; raises `VapidError`."""
        try:
            private = decode(text.strip())
            number = int.from_bytes(private) if len(private) == _SCALAR else 0  # which no key is
            return cls(ec.derive_private_key(number, ec.SECP256R1()), contact)
        except ValueError:
            raise VapidError("that is no key as `pencilin keys vapid` prints it") from None

    @property
    def public(self) -> str:
        """The public key, as browsers want to be given it."""
        return encode(public_bytes(self.key.public_key()))

    def authorize(self, url: str, *, now: datetime) -> str:
        """Return the Authorization header for a push to `url` (section 3)."""
        parts = urlsplit(url)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + _LASTS).timestamp()),
            "sub": self.contact,
        }
        content = ".".join(encode(json.dumps(each).encode()) for each in ({"typ": "JWT", "alg": "ES256"}, claims))
        # a JWT holds the two numbers side by side, not the DER that is signed with (RFC 7518, section 3.4)
        numbers = decode_dss_signature(self.key.sign(content.encode(), ec.ECDSA(SHA256())))
        signature = b"".join(number.to_bytes(_SCALAR) for number in numbers)
        return f"vapid t={content}.{encode(signature)}, k={self.public}"


def new_vapid_line() -> str:
    """Return a line with a fresh private key."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return encode(number.to_bytes(_SCALAR)) + "\n"


def public_bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return a public key as an uncompressed point of 65 bytes."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def decode(text: str) -> bytes:
    """Return the bytes of unpadded or padded base64url; raises `ValueError`."""
    return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
