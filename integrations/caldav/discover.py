"""
Finds a person's calendars from an address, a provider's name or a mail address (RFC 6764, 6; RFC 4791, 6.2).

The way goes from the start (or ``/.well-known/caldav``) to the principal, to the calendar home, to the calendars in it.
The password goes along only to hosts `may_be_trusted` names: a server may not send us elsewhere with it. A start that
only the mail address's domain told may be a mere web site, which gets no password that it did not ask for.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

import httpx

from integrations.caldav.client import CalDav, read_answer, xml_headers
from integrations.caldav.login import Login, choose
from integrations.caldav.multistatus import CALDAV, DAV, Entry, Multistatus
from integrations.caldav.providers import may_be_trusted
from integrations.errors import (
    AccessRefused,
    AddressRefused,
    IntegrationError,
    LoginRefused,
    NotCalDav,
    NotThere,
    Unreachable,
)

# One question serves at every step, so that the start may be any of them.
_PROPS = (
    b'<propfind xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:S="http://calendarserver.org/ns/"><prop>'
    b"<current-user-principal/><C:calendar-home-set/><resourcetype/><displayname/><current-user-privilege-set/>"
    b"<supported-report-set/><C:supported-calendar-component-set/><S:getctag/></prop></propfind>"
)

CALENDARSERVER = "{http://calendarserver.org/ns/}"
_WRITE = frozenset({f"{DAV}all", f"{DAV}write"})
_WRITE_PARTS = frozenset({f"{DAV}bind", f"{DAV}write-content"})


@dataclass(frozen=True, slots=True)
class Collection:
    """
    One calendar that may hold events; `name` is shown to its owner only, and never kept.

    `sync_collection` tells that the server reports changes (RFC 6578), `ctag` that a tag moves with every change.
    """

    url: str
    name: str
    writable: bool
    sync_collection: bool
    ctag: bool = False


async def discover(caldav: CalDav) -> tuple[Collection, ...]:
    """
    Return the account's calendars, in the server's order; the start may itself be one, and is then the only one.

    Raises `LoginRefused`, `AccessRefused`, `NotThere` (no such place, or no calendar in it), `NotCalDav`,
    `AddressRefused`, `TooSlow`, `TooLarge`, `Unreachable` or `Throttled`.
    """
    failure: IntegrationError = NotThere()
    for url in _find_starts(caldav):
        try:
            return await _discover_from(caldav, await _find_asking(caldav, url) if caldav.is_guess else url)
        except (AccessRefused, AddressRefused, NotCalDav, NotThere) as error:
            if url == caldav.start:
                failure = error  # what is wrong with the address the person gave is what helps them
    raise failure


async def find_login(caldav: CalDav) -> Login:
    """
    Return how the server wants its people to sign in, asked without a login; Basic where it does not say.

    Raises `MethodRefused` where it wants something we cannot do, `TooSlow`, `TooLarge`.
    """
    for url in _find_starts(caldav):
        try:
            answer = await caldav.call("PROPFIND", url, body=_PROPS, headers=xml_headers(0), with_login=False)
        except (AddressRefused, Unreachable):
            continue  # some servers hang up on strangers; what is really wrong is found with the login
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            return choose(answer)
    return Login.BASIC


def _find_starts(caldav: CalDav) -> tuple[str, str]:
    """Return the start and the well-known address beside it, in the order to try them."""
    start = httpx.URL(caldav.start)
    well_known = str(start.join("/.well-known/caldav"))
    return (well_known, caldav.start) if start.path == "/" else (caldav.start, well_known)


async def _find_asking(caldav: CalDav, url: str) -> str:
    """Return the address behind `url` that asks for a login, or answers without one; raises `NotThere`."""
    answer = await caldav.call("PROPFIND", url, body=_PROPS, headers=xml_headers(0), with_login=False)
    if answer.status_code not in {httpx.codes.UNAUTHORIZED, httpx.codes.MULTI_STATUS}:
        raise NotThere
    return _join(caldav, url, str(answer.url))


async def _discover_from(caldav: CalDav, start: str) -> tuple[Collection, ...]:
    first, url = await _look(caldav, start, depth=0)
    if calendars := tuple(_read_calendars(first, base=url, caldav=caldav)):
        return calendars
    homes = _find_homes(first)
    for principal in _find_principals(first) if not homes else ():
        about, url = await _look(caldav, _join(caldav, url, principal), depth=0)
        homes = _find_homes(about)
    return await _look_into(caldav, homes, base=url)


async def _look_into(caldav: CalDav, homes: Iterable[str], *, base: str) -> tuple[Collection, ...]:
    """Return the calendars in `homes`; one home that cannot be opened hides no other."""
    found: dict[str, Collection] = {}
    failure: IntegrationError = NotThere()
    for home in homes:
        try:
            inside, url = await _look(caldav, _join(caldav, base, home), depth=1)
            found.update((each.url, each) for each in _read_calendars(inside, base=url, caldav=caldav))
        except (AccessRefused, AddressRefused, NotCalDav, NotThere) as error:
            failure = error
    if not found:
        raise failure
    return tuple(found.values())


async def _look(caldav: CalDav, url: str, *, depth: int) -> tuple[Multistatus, str]:
    """
    Ask about `url`, and return the answer with the address it came from.

    A redirect to another origin went without the password; where that host may have it, it is asked again. After any
    redirect Digest is, since it signs the very path.
    """
    answer = await caldav.call("PROPFIND", url, body=_PROPS, headers=xml_headers(depth))
    landed = str(answer.url)
    needs_path = caldav.account.login is Login.DIGEST and answer.url != httpx.URL(url)
    if "Authorization" not in answer.request.headers or needs_path:
        landed = _join(caldav, url, landed)
        answer = await caldav.call("PROPFIND", landed, body=_PROPS, headers=xml_headers(depth))
    return await read_answer(answer), landed


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
        if f"{CALDAV}calendar" not in entry.names(f"{DAV}resourcetype") or not _holds_events(entry):
            continue
        with suppress(AddressRefused):  # one that lies at a stranger's, such as a subscription, hides no other
            url = _join(caldav, base, entry.href)
            yield Collection(
                url=url,
                name=entry.text(f"{DAV}displayname") or unquote(url.rstrip("/").rpartition("/")[2]),
                writable=_is_writable(entry),
                sync_collection=f"{DAV}sync-collection" in entry.names(f"{DAV}supported-report-set"),
                ctag=bool(entry.text(f"{CALENDARSERVER}getctag")),
            )


def _holds_events(entry: Entry) -> bool:
    """Tell whether events may lie there; a calendar that does not say takes everything (RFC 4791, section 5.2.3)."""
    kinds = entry.props.get(f"{CALDAV}supported-calendar-component-set")
    if kinds is None or isinstance(kinds, str):
        return kinds is None
    return any(each.get("name", "").upper() == "VEVENT" for each in kinds.iterfind(f"{CALDAV}comp"))


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
