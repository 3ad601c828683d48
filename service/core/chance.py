"""Repeatable chance: the core has no randomness, so a draw is a hash of what it is drawn for."""

from hashlib import sha256

_SPAN = 2**48  # of 64 bits a float keeps 53, and would round the largest draw up to 1


def draw(*parts: str) -> float:
    """Return a number in [0, 1), the same for the same `parts` on every machine, as good as random for others."""
    # each part carries its length, or ("a", "bc") and ("ab", "c") would draw alike
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return int.from_bytes(sha256(text.encode()).digest()[:6]) / _SPAN
