"""
Finds a person's calendars from an address or a provider's name (RFC 6764, section 6; RFC 4791, section 6.2).

The way goes from the start (or ``/.well-known/caldav``) to the principal, to the calendar home, to the calendars in it.
The password goes along only to hosts `may_be_trusted` names: a server may not send us elsewhere with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

import httpx

from integrations.caldav.client import CalDav, read_answer, xml_headers
from integrations.caldav.multistatus import CALDAV, DAV, Entry, Multistatus
from integrations.caldav.providers import may_be_trusted
from integrations.errors import AccessRefused, AddressRefused, IntegrationError, LoginRefused, NotCalDav, NotThere

# One question serves at every step, so that the start may be any of them.
_PROPS = (
    b'<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><prop>'
    b"<current-user-principal/><C:calendar-home-set/><resourcetype/><displayname/><current-user-privilege-set/>"
    b"<supported-report-set/><C:supported-calendar-component-set/></prop></propfind>"
)

_WRITE = frozenset({f"{DAV}all", f"{DAV}write"})
_WRITE_PARTS = frozenset({f"{DAV}bind", f"{DAV}write-content"})


@dataclass(frozen=True, slots=True)
class Collection:
    """One calendar that may hold events; `name` is shown to its owner only, and never kept."""

    url: str
    name: str
    writable: bool
    sync_collection: bool


async def discover(caldav: CalDav) -> tuple[Collection, ...]:
    """
    Return the account's calendars, in the server's order; the start may itself be one, and is then the only one.

    Raises `LoginRefused`, `AccessRefused`, `NotThere` (no such place, or no calendar in it), `NotCalDav`,
    `AddressRefused`, `TooSlow`, `TooLarge`, `Unreachable` or `Throttled`.
    """
    well_known = str(httpx.URL(caldav.start).copy_with(raw_path=b"/.well-known/caldav", fragment=""))
    bare = httpx.URL(caldav.start).path == "/"
    failure: IntegrationError = NotThere()
    for url in (well_known, caldav.start) if bare else (caldav.start, well_known):
        try:
            return await _discover_from(caldav, url)
        except (AccessRefused, AddressRefused, NotCalDav, NotThere) as error:
            if url == caldav.start:
                failure = error  # what is wrong with the address the person gave is what helps them
    raise failure


async def _discover_from(caldav: CalDav, start: str) -> tuple[Collection, ...]:
    first, url = await _look(caldav, start, depth=0)
    if calendars := tuple(_read_calendars(first, base=url, caldav=caldav)):
        return calendars
    homes = _find_homes(first)
    for principal in _find_principals(first) if not homes else ():
        about, url = await _look(caldav, _join(caldav, url, principal), depth=0)
        homes = _find_homes(about)
    found: dict[str, Collection] = {}
    for home in homes:
        inside, base = await _look(caldav, _join(caldav, url, home), depth=1)
        found.update((each.url, each) for each in _read_calendars(inside, base=base, caldav=caldav))
    if not found:
        raise NotThere
    return tuple(found.values())


async def _look(caldav: CalDav, url: str, *, depth: int) -> tuple[Multistatus, str]:
    """
    Ask about `url`, and return the answer with the address it came from.

    A redirect to another origin went without the password; where that host may have it, it is asked again.
    """
    answer = await caldav.call("PROPFIND", url, body=_PROPS, headers=xml_headers(depth))
    landed = str(answer.url)
    if "Authorization" not in answer.request.headers:
        landed = _join(caldav, url, landed)
        answer = await caldav.call("PROPFIND", landed, body=_PROPS, headers=xml_headers(depth))
    return read_answer(answer), landed


def _find_homes(answer: Multistatus) -> list[str]:
    return [href for entry in answer.entries for href in entry.hrefs(f"{CALDAV}calendar-home-set") if href]


def _find_principals(answer: Multistatus) -> list[str]:
    """Return the principal's href; raises `LoginRefused` where the server knows us as nobody (RFC 5397)."""
    name = f"{DAV}current-user-principal"
    principals = [href for entry in answer.entries for href in entry.hrefs(name) if href]
    if not principals and any(f"{DAV}unauthenticated" in entry.names(name) for entry in answer.entries):
        raise LoginRefused
    return principals[:1]


def _read_calendars(answer: Multistatus, *, base: str, caldav: CalDav) -> Iterator[Collection]:
    for entry in answer.entries:
        if f"{CALDAV}calendar" in entry.names(f"{DAV}resourcetype") and _holds_events(entry):
            url = _join(caldav, base, entry.href)
            yield Collection(
                url=url,
                name=entry.text(f"{DAV}displayname") or unquote(url.rstrip("/").rpartition("/")[2]),
                writable=_is_writable(entry),
                sync_collection=f"{DAV}sync-collection" in entry.names(f"{DAV}supported-report-set"),
            )


def _holds_events(entry: Entry) -> bool:
    """Tell whether events may lie there; a calendar that does not say takes everything (RFC 4791, section 5.2.3)."""
    kinds = entry.props.get(f"{CALDAV}supported-calendar-component-set")
    return kinds is None or any(each.get("name", "").upper() == "VEVENT" for each in kinds.iterfind(f"{CALDAV}comp"))


def _is_writable(entry: Entry) -> bool:
    """Tell whether we may add and change entries; a server without access control lets the owner."""
    name = f"{DAV}current-user-privilege-set"
    granted = entry.names(name)
    return name not in entry.props or bool(granted & _WRITE) or granted >= _WRITE_PARTS


def _join(caldav: CalDav, base: str, href: str) -> str:
    """Return `href` as a whole URL; raises `AddressRefused` where the password may not go there."""
    try:
        here, there = httpx.URL(base), httpx.URL(base).join(href)
    except (httpx.InvalidURL, ValueError):
        raise AddressRefused from None
    downgraded = there.scheme not in {here.scheme, "https"}
    if downgraded or not may_be_trusted(there.host, name=caldav.account.provider, start=caldav.start):
        raise AddressRefused
    return str(there)
