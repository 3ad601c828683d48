"""
What is known of calendar providers: where to begin, and which hosts may be given the password.

Read from ``providers.toml`` beside this file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from urllib.parse import quote, urlsplit

import httpx

from integrations.errors import AddressRefused, NotThere


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider; `hosts` are name suffixes without a leading dot."""

    url: str | None = None
    path: str = ""
    hosts: tuple[str, ...] = ()


@cache
def read_providers() -> Mapping[str, Provider]:
    table = tomllib.loads(resources.files(__package__).joinpath("providers.toml").read_text("utf-8"))
    return {name: Provider(**{**facts, "hosts": tuple(facts["hosts"])}) for name, facts in table.items()}


def find_start(name: str, *, url: str, username: str) -> str:
    """
    Return the address at which discovery begins: the person's own where they gave one, else the provider's.

    Raises `NotThere` for a provider that is not known and where neither gives an address, `AddressRefused` where the
    person's is no address at all.
    """
    provider = _find(name)
    if not url and provider.url:
        return provider.url.replace("{username}", quote(username))
    if not url:
        raise NotThere
    whole = url if "://" in url else f"https://{url}"
    try:
        bare = httpx.URL(whole).path == "/"
        urlsplit(whole)  # by which the CalDAV library reads it, and which refuses other things
    except (httpx.InvalidURL, ValueError):
        raise AddressRefused from None
    return whole.rstrip("/") + provider.path if bare and provider.path else whole


def may_be_trusted(host: str, *, name: str, start: str) -> bool:
    """Tell whether `host` may be given the password: it is the provider's, or lies under that of `start`."""
    suffixes = (*_find(name).hosts, httpx.URL(start).host)
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in suffixes if suffix)


def _find(name: str) -> Provider:
    try:
        return read_providers()[name]
    except KeyError:
        raise NotThere from None
