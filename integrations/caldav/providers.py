"""
What is known of calendar providers: where to begin, which hosts may be given the password, and what people have to do.

Read from ``providers.toml`` beside this file. An account that names no provider is recognized by the host it gives, or
by the domain of its mail address.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpx

from integrations.errors import AddressRefused, NotThere
from integrations.oauth import Server

GENERIC = "generic"
_DOMAIN = re.compile(r"[^\s/:?#@\[\]\\]+\.[^\s/:?#@\[\]\\]+")


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider, as the head of ``providers.toml`` explains; `hosts` are name suffixes without a leading dot."""

    name: str
    kind: Literal["caldav", "ics"] = "caldav"
    url: str | None = None
    path: str = ""
    hosts: tuple[str, ...] = ()
    mail_domains: tuple[str, ...] = ()
    username: Literal["mail address", "user name"] = "mail address"
    app_password: bool = False
    help: str | None = None
    oauth: Server | None = None


@cache
def read_providers() -> Mapping[str, Provider]:
    table = tomllib.loads(resources.files(__package__).joinpath("providers.toml").read_text("utf-8"))
    return {name: _read(facts) for name, facts in table.items()}


def recognize(name: str, *, url: str, username: str) -> str:
    """
    Return the provider meant by an account: the one it names, else the one whose host or mail domain it gives.

    One that nobody recognizes stays the generic one. Raises `NotThere` for a name that is not known.
    """
    find_provider(name)
    if name != GENERIC:
        return name
    if url:
        host = _host_of(url)
        return next((each for each, facts in read_providers().items() if _lies_under(host, facts.hosts)), GENERIC)
    domain = _domain_of(username)
    return next((each for each, facts in read_providers().items() if domain in facts.mail_domains), GENERIC)


def find_start(name: str, *, url: str, username: str) -> str:
    """
    Return the address at which discovery begins: the person's own, else the provider's, else their mail domain's.

    Raises `NotThere` for a provider that is not known and where nothing gives an address, `AddressRefused` where the
    person's is no address at all.
    """
    provider = find_provider(name)
    if not url and provider.url:
        return provider.url.replace("{username}", quote(username))
    if not url and name == GENERIC and _DOMAIN.fullmatch(domain := _domain_of(username)):
        return f"https://{domain}/"
    if not url:
        raise NotThere
    whole = _as_whole(url)
    try:
        bare = httpx.URL(whole).path == "/"
        urlsplit(whole)  # by which the CalDAV library reads it, and which refuses other things
    except (httpx.InvalidURL, ValueError):
        raise AddressRefused from None
    return whole.rstrip("/") + provider.path if bare and provider.path else whole


def may_be_trusted(host: str, *, name: str, start: str) -> bool:
    """Tell whether `host` may be given the password: it is the provider's, or lies under that of `start`."""
    return _lies_under(host, (*find_provider(name).hosts, httpx.URL(start).host))


def find_provider(name: str) -> Provider:
    """Return the provider by its id; raises `NotThere`."""
    try:
        return read_providers()[name]
    except KeyError:
        raise NotThere from None


def _read(facts: Mapping[str, Any]) -> Provider:
    lists = {key: tuple(facts.get(key, ())) for key in ("hosts", "mail_domains")}
    server = {"oauth": Server(**facts["oauth"])} if "oauth" in facts else {}
    return Provider(**{**facts, **lists, **server})


def _lies_under(host: str, suffixes: tuple[str, ...]) -> bool:
    return any(host == suffix or host.endswith(f".{suffix}") for suffix in suffixes if suffix)


def _as_whole(url: str) -> str:
    return url if "://" in url else f"https://{url}"


def _host_of(url: str) -> str:
    try:
        return httpx.URL(_as_whole(url)).host
    except (httpx.InvalidURL, ValueError):
        return ""


def _domain_of(username: str) -> str:
    """Return the domain of a mail address, empty where `username` is none."""
    return username.strip().rpartition("@")[2].lower() if "@" in username else ""
