"""
A calendar server as the suite sees it: where it is, two accounts, and what sets its kind apart.

`FACTS` is what was measured of each kind; the defaults are what the RFCs ask for. Here the owner's own calendar app
speaks, over plain httpx and in the clear on loopback: nothing in this module is the code under test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

import httpx

from integrations.caldav.multistatus import CALDAV, DAV, read_multistatus
from integrations.errors import AccessRefused, Conflict, IntegrationError, NotThere, Unreachable

OWNER, STRANGER = "ana", "ben"
ACCOUNTS: Mapping[str, str] = {OWNER: "secret", STRANGER: "secret"}
PATIENCE = 30.0  # seconds
_EVERYTHING = (
    '<C:calendar-query xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop><getetag/><C:calendar-data/></prop>'
    '<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/></C:comp-filter></C:filter>'
    "</C:calendar-query>"
)


class Repeats(StrEnum):
    """When a server tells again of changes that it has told of."""

    NEVER = "never"
    WITH_OTHERS = "with others"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a kind of server does.

    `home` is where an account's calendars lie, below the server's address. `stale_token` is a sync token it has never
    given, in its own form. `same_uid` and `foreign` are what it refuses a second object of one UID with, and a look at
    somebody else's object; None where it does not refuse. `etags_return` tells that an object deleted and made anew may
    have the ETag of the old one.
    """

    home: str
    stale_token: str
    refuses_stale_token: bool = True
    keeps_bytes: bool = True
    honors_if_none_match: bool = True
    honors_if_match_delete: bool = True
    etags_return: bool = False
    repeats: Repeats = Repeats.NEVER
    same_uid: type[IntegrationError] | None = Conflict
    foreign: type[IntegrationError] = AccessRefused


FACTS: Mapping[str, Facts] = {
    "radicale": Facts(
        home="{user}/",
        stale_token=f"http://radicale.org/ns/sync/{'0' * 64}",
        keeps_bytes=False,
    ),
    "xandikos": Facts(
        home="{user}/calendars/",
        stale_token="0" * 40,
        keeps_bytes=False,
        foreign=Unreachable,
    ),
    "cyrus": Facts(
        home="calendars/user/{user}/",
        stale_token="data:,0-0",
        same_uid=AccessRefused,
    ),
    "davical": Facts(
        home="{user}/",
        stale_token="data:,999999",
        refuses_stale_token=False,
        repeats=Repeats.WITH_OTHERS,
        same_uid=None,
    ),
    "sogo": Facts(
        home="{user}/Calendar/",
        stale_token="9999999999",
        refuses_stale_token=False,
        keeps_bytes=False,
        honors_if_none_match=False,
        honors_if_match_delete=False,
        etags_return=True,
        repeats=Repeats.ALWAYS,
        foreign=NotThere,
    ),
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, asked as the owner's calendar app would; `url` is where discovery begins."""

    name: str
    url: str
    facts: Facts
    http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=PATIENCE), repr=False)

    @property
    def opening(self) -> str:
        """What the operator's list must hold for the service to reach this server."""
        return opening_of(self.url)

    def make_calendar(self, *, user: str = OWNER) -> str:
        url = f"{self.url}{self.facts.home.format(user=user)}{uuid4().hex}/"
        self.send("MKCALENDAR", url, user=user)
        return url

    def put(self, url: str, text: str, *, user: str = OWNER) -> None:
        self.send("PUT", url, user=user, content=text.encode(), headers={"Content-Type": "text/calendar"})

    def get(self, url: str, *, user: str = OWNER) -> str:
        return self.send("GET", url, user=user).text

    def delete(self, url: str, *, user: str = OWNER) -> None:
        self.send("DELETE", url, user=user)

    def objects(self, url: str, *, user: str = OWNER) -> dict[str, str]:
        """Return the iCalendar text of every object in a calendar, by name (RFC 4791, section 7.8)."""
        headers = {"Content-Type": "application/xml", "Depth": "1"}
        answer = self.send("REPORT", url, user=user, content=_EVERYTHING.encode(), headers=headers)
        found = [each for each in read_multistatus(answer.content).entries if f"{DAV}getetag" in each.props]
        return {each.href.rpartition("/")[2]: each.text(f"{CALDAV}calendar-data") for each in found}

    def send(self, method: str, url: str, *, user: str = OWNER, **rest: Any) -> httpx.Response:
        """Send a request that has to succeed, once more where the server had dropped an idle connection."""
        try:
            answer = self.http.request(method, url, auth=(user, ACCOUNTS[user]), **rest)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            answer = self.http.request(method, url, auth=(user, ACCOUNTS[user]), **rest)
        return answer.raise_for_status()


def opening_of(url: str) -> str:
    return f"{httpx.URL(url).host}:{httpx.URL(url).port}"
