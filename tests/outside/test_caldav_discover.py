"""Finding calendars, against handler functions that stand for servers of every temper."""

from collections.abc import Callable, Mapping

import httpx
import pytest

from integrations.caldav.client import Account, connect
from integrations.caldav.discover import Collection, discover
from integrations.egress import Egress
from integrations.errors import (
    AccessRefused,
    AddressRefused,
    IntegrationError,
    LoginRefused,
    NotCalDav,
    NotThere,
    Throttled,
    Unreachable,
)
from integrations.http import GuardedClient

START = "https://calendar.example/dav/"
SECRET = "Planted title"


def multistatus(*responses: str) -> httpx.Response:
    names = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    return httpx.Response(207, text=f"<multistatus {names}>{''.join(responses)}</multistatus>")


def response(href: str, props: str) -> str:
    found = f"<propstat><prop>{props}</prop><status>HTTP/1.1 200 OK</status></propstat>"
    return f"<response><href>{href}</href>{found}</response>"


def calendar(href: str, more: str = "") -> str:
    return response(href, f"<resourcetype><collection/><C:calendar/></resourcetype>{more}")


PRINCIPAL = response("/dav/", "<current-user-principal><href>/who/ana/</href></current-user-principal>")
HOME = response("/who/ana/", "<C:calendar-home-set><href>/home/ana/</href></C:calendar-home-set>")


def server(answers: Mapping[str, httpx.Response | str]) -> Callable[[httpx.Request], httpx.Response]:
    """Make a server that answers by path; a string is where it redirects to."""

    def handler(request: httpx.Request) -> httpx.Response:
        answer = answers.get(request.url.path, httpx.Response(404))
        return httpx.Response(302, headers={"Location": answer}) if isinstance(answer, str) else answer

    return handler


async def discover_at(
    handler: Callable[[httpx.Request], httpx.Response], *, url: str = START, provider: str = "generic"
) -> tuple[Collection, ...]:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        return await discover(connect(http, Account(url, "ana", "secret", provider)))


async def test_the_way_leads_from_principal_to_home_to_calendars() -> None:
    inside = multistatus(response("/home/ana/", "<resourcetype><collection/></resourcetype>"), calendar("/home/ana/a/"))
    handler = server({"/dav/": multistatus(PRINCIPAL), "/who/ana/": multistatus(HOME), "/home/ana/": inside})
    assert [each.url for each in await discover_at(handler)] == ["https://calendar.example/home/ana/a/"]


async def test_the_well_known_address_is_followed_with_the_login() -> None:
    seen: list[tuple[str, str, bool]] = []
    answer = server(
        {
            "/.well-known/caldav": "/dav/",
            "/dav/": multistatus(PRINCIPAL),
            "/who/ana/": multistatus(HOME),
            "/home/ana/": multistatus(calendar("/home/ana/a/")),
        }
    )

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url.path, "Authorization" in request.headers))
        return answer(request)

    found = await discover_at(handler, url="https://calendar.example")
    assert len(found) == 1
    assert seen == [
        ("PROPFIND", "/.well-known/caldav", True),
        ("PROPFIND", "/dav/", True),
        ("PROPFIND", "/who/ana/", True),
        ("PROPFIND", "/home/ana/", True),
    ]


async def test_a_calendar_tells_its_name_rights_and_reports() -> None:
    more = (
        "<displayname>Ours</displayname>"
        "<current-user-privilege-set><privilege><read/></privilege></current-user-privilege-set>"
        "<supported-report-set><supported-report><report><sync-collection/></report></supported-report>"
        "</supported-report-set>"
    )
    found = await discover_at(server({"/dav/": multistatus(calendar("/dav/", more))}))
    assert found == (Collection(url=START, name="Ours", writable=False, sync_collection=True),)


@pytest.mark.parametrize(
    ("privileges", "writable"),
    [
        ("<privilege><all/></privilege>", True),
        ("<privilege><write/></privilege>", True),
        ("<privilege><bind/></privilege><privilege><write-content/></privilege>", True),
        ("<privilege><write-properties/></privilege>", False),
        ("", False),
    ],
)
async def test_a_calendar_is_writable_by_its_privileges(privileges: str, writable: bool) -> None:
    more = f"<current-user-privilege-set>{privileges}</current-user-privilege-set>"
    (found,) = await discover_at(server({"/dav/": multistatus(calendar("/dav/", more))}))
    assert found.writable is writable


async def test_a_calendar_without_access_control_is_its_owners_to_write() -> None:
    (found,) = await discover_at(server({"/dav/": multistatus(calendar("/dav/"))}))
    assert found.writable


@pytest.mark.parametrize(("kinds", "count"), [("VEVENT", 1), ("vevent", 1), ("VTODO", 0)])
async def test_only_calendars_that_hold_events_count(kinds: str, count: int) -> None:
    more = f'<C:supported-calendar-component-set><C:comp name="{kinds}"/></C:supported-calendar-component-set>'
    home = response("/dav/", "<C:calendar-home-set><href>/home/</href></C:calendar-home-set>")
    handler = server(
        {"/dav/": multistatus(home), "/home/": multistatus(calendar("/home/a/", more), calendar("/home/b/"))}
    )
    assert len(await discover_at(handler)) == count + 1


@pytest.mark.parametrize(
    "href", ["https://evil.example/home/", "http://calendar.example/home/", "//evil.example/", "https://["]
)
async def test_a_home_elsewhere_never_gets_the_password(href: str) -> None:
    hosts: set[tuple[str, str]] = set()
    home = response("/dav/", f"<C:calendar-home-set><href>{href}</href></C:calendar-home-set>")
    answer = server({"/dav/": multistatus(home)})

    def handler(request: httpx.Request) -> httpx.Response:
        hosts.add((request.url.scheme, request.url.host))
        return answer(request)

    with pytest.raises(AddressRefused):
        await discover_at(handler)
    assert hosts == {("https", "calendar.example")}


async def test_a_home_on_another_host_of_the_provider_is_followed() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "Authorization" in request.headers
        if request.url.host == "caldav.icloud.com":
            home = (
                "<C:calendar-home-set><href>https://p07-caldav.icloud.com:443/1/calendars/</href></C:calendar-home-set>"
            )
            return multistatus(response("/", home))
        return multistatus(calendar("/1/calendars/home/"))

    (found,) = await discover_at(handler, url="", provider="icloud")
    assert found.url == "https://p07-caldav.icloud.com/1/calendars/home/"


async def test_a_redirect_to_a_trusted_host_is_asked_again_with_the_login() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "calendar.example":
            return httpx.Response(301, headers={"Location": "https://dav.calendar.example/all/"})
        if "Authorization" not in request.headers:
            return httpx.Response(401)
        return multistatus(calendar("/all/"))

    (found,) = await discover_at(handler)
    assert found.url == "https://dav.calendar.example/all/"


async def test_a_redirect_to_a_stranger_is_refused_without_the_login() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "calendar.example":
            return httpx.Response(301, headers={"Location": "https://evil.example/"})
        assert "Authorization" not in request.headers
        return httpx.Response(401)

    with pytest.raises(AddressRefused):
        await discover_at(handler)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401), LoginRefused),
        (httpx.Response(403), AccessRefused),
        (httpx.Response(404), NotThere),
        (httpx.Response(405), NotCalDav),
        (httpx.Response(501), NotCalDav),
        (httpx.Response(429), Throttled),
        (httpx.Response(500), Unreachable),
        (httpx.Response(200, html=f"<html><p>{SECRET}"), NotCalDav),
        (httpx.Response(207, html=f"<html><p>{SECRET}</html>"), NotCalDav),
        (httpx.Response(207, content=b""), NotCalDav),
        (httpx.Response(207, text=f"<multistatus xmlns='DAV:'>{SECRET}"), NotCalDav),
        (multistatus(), NotThere),
        (
            multistatus(response("/dav/", "<current-user-principal><unauthenticated/></current-user-principal>")),
            LoginRefused,
        ),
    ],
)
async def test_each_cause_has_its_own_error_which_quotes_nothing(
    answer: httpx.Response, error: type[IntegrationError]
) -> None:
    with pytest.raises(error) as raised:
        await discover_at(server({"/dav/": answer}))
    assert SECRET not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize(
    ("retry", "seconds"),
    [
        ("120", 120),
        ("999999", 3600),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("9" * 5000, None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
async def test_how_long_to_wait_is_read_and_capped(retry: str, seconds: int | None) -> None:
    with pytest.raises(Throttled) as raised:
        await discover_at(server({"/dav/": httpx.Response(503, headers={"Retry-After": retry})}))
    wait = raised.value.retry_after
    assert (None if wait is None else wait.total_seconds()) == seconds


async def test_a_date_to_wait_for_counts_from_the_servers_own_clock() -> None:
    headers = {"Retry-After": "Wed, 21 Oct 2026 07:30:00 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    with pytest.raises(Throttled) as raised:
        await discover_at(server({"/dav/": httpx.Response(429, headers=headers)}))
    assert raised.value.retry_after is not None
    assert raised.value.retry_after.total_seconds() == 120


async def test_entities_are_neither_expanded_nor_fetched() -> None:
    bomb = (
        '<!DOCTYPE m [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
        + calendar("/dav/", "<displayname>&b;&f;</displayname>")
        + "</multistatus>"
    )
    (found,) = await discover_at(server({"/dav/": httpx.Response(207, text=bomb)}))
    assert found.name == "dav"
