"""
Couples before the storm: let in, their calendars connected and read.

Each partner receives dates in a calendar or by mail, and the couples are every mixture of the two. A partner with a
calendar has an account of two collections, of which one must hold all the dates.
"""

import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from time import monotonic

import httpx
from pydantic import SecretStr

from service.actions import joining
from service.actions.house import House
from service.app import make_house
from service.settings import Settings
from tests.servers import CalendarServer

COLLECTIONS = ("dates", "other")
PASSWORD = "secret"
ZONES = ("Europe/Berlin", "Europe/London")
_MIXTURES = ((True, True), (True, False), (False, True), (False, False))
_READ_WITHIN = 120.0  # seconds
_PAUSE = threading.Event()  # never set: waiting for it is a pause


@dataclass(frozen=True, slots=True)
class Person:
    """A partner: their address, which is also the name of their account, and a client with their token."""

    address: str
    has_calendar: bool
    api: httpx.Client

    @property
    def account(self) -> str:
        return self.address.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Couple:
    """Two partners."""

    ana: Person
    ben: Person


def name_partners(couples: int) -> dict[str, bool]:
    """Return the addresses of the partners of so many couples, two by two, and whether each has a calendar."""
    return {
        f"{which}-{number}@example.org": has_calendar
        for number in range(couples)
        for which, has_calendar in zip(("ana", "ben"), _MIXTURES[number % len(_MIXTURES)], strict=True)
    }


def accounts_of(partners: Mapping[str, bool]) -> dict[str, str]:
    """Return the accounts at the calendar server, with their passwords."""
    return {address.partition("@")[0]: PASSWORD for address, has_calendar in partners.items() if has_calendar}


async def let_in(database: str, *, key: str, partners: Mapping[str, bool]) -> dict[str, str]:
    """Let the couples in, and return the token of each partner by their address."""
    house = make_house(Settings(database_url=SecretStr(database), key=SecretStr(key)))
    tokens: dict[str, str] = {}
    addresses = list(partners)
    try:
        for ana, ben in zip(addresses[::2], addresses[1::2], strict=True):
            tokens[ana] = await _take(house, await joining.let_in(house, address=ana, now=house.now()), which=0)
            partner, _ = await joining.sign_in(house, secret=tokens[ana])
            link = await joining.invite_partner(house, partner=partner, address=ben, now=house.now())
            tokens[ben] = await _take(house, link, which=1)
    finally:
        await house.database.dispose()
    return tokens


async def _take(house: House, link: joining.Link, *, which: int) -> str:
    secret = link.url.rpartition("/")[2]
    name = ("Ana", "Ben")[which]
    return (
        await joining.take(house, secret=secret, name=name, zone=ZONES[which], language="en", now=house.now())
    ).secret


def make_couples(
    tokens: Mapping[str, str], *, partners: Mapping[str, bool], url: str, exits: ExitStack
) -> list[Couple]:
    """Return the couples, with clients that are closed by `exits`."""
    people = [
        Person(address, partners[address], exits.enter_context(_open_client(url, token=token)))
        for address, token in tokens.items()
    ]
    return [Couple(*pair) for pair in zip(people[::2], people[1::2], strict=True)]


def _open_client(url: str, *, token: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=20)


def connect(couples: Iterable[Couple], *, calendars: CalendarServer) -> None:
    """Connect the account of everybody who has one, and wait until all of it is read; the others say they have none."""
    people = [partner for couple in couples for partner in (couple.ana, couple.ben)]
    for person in people:
        if not person.has_calendar:
            etag = person.api.get("/v1/me").headers["ETag"]
            change = person.api.patch("/v1/me", json={"keeps_calendar": False}, headers={"If-Match": etag})
            change.raise_for_status()
            continue
        for name in COLLECTIONS:
            calendars.make_calendar(person.account, name)
        login = {"url": f"{calendars.url}{person.account}/", "username": person.account, "password": PASSWORD}
        person.api.post("/v1/calendars", json={"kind": "caldav", **login}).raise_for_status()
    deadline = monotonic() + _READ_WITHIN
    while not all(_is_read(person) for person in people):
        if monotonic() > deadline:
            raise RuntimeError("the calendars were not read in time")
        _PAUSE.wait(0.2)


def _is_read(person: Person) -> bool:
    found = person.api.get("/v1/calendars").raise_for_status().json()["data"]
    return all(each["status"] == "healthy" for each in found)
