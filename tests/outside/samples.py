"""Mails in the shape in which mail and calendar apps send them; each is to one address of ours, about one object."""

from pathlib import Path

TOKEN = "0123456789abcdef0123456789abcdef"
PARCEL = "fedcba9876543210fedcba9876543210"  # the mail of ours that two of them return
DOMAIN = "dates.example.org"

_FOLDER = Path(__file__).with_name("data")


def sample(name: str) -> bytes:
    return (_FOLDER / f"{name}.eml").read_bytes().replace(b"\n", b"\r\n")
