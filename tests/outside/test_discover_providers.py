"""What is known of providers: where to begin, how an account is recognized, and who is given the password."""

from collections.abc import Callable

import httpx
import pytest

from integrations.caldav.client import Account, connect
from integrations.caldav.discover import Collection, discover, find_login
from integrations.caldav.login import Login
from integrations.caldav.providers import find_start, may_be_trusted, read_providers, recognize
from integrations.egress import Egress
from integrations.errors import AddressRefused, NotThere
from integrations.http import GuardedClient
from tests.outside.test_caldav_discover import calendar, multistatus, response
from tests.servers import CalendarServer

PRINCIPAL = "<current-user-principal><href>{}</href></current-user-principal>"
Handler = Callable[[httpx.Request], httpx.Response]


def homes(*hrefs: str) -> str:
    return f"<C:calendar-home-set>{''.join(f'<href>{href}</href>' for href in hrefs)}</C:calendar-home-set>"


async def find(
    answers: dict[str, httpx.Response], *, url: str = "", provider: str = "generic", username: str = "ana"
) -> tuple[tuple[Collection, ...], list[str]]:
    """Return what is found where only these addresses answer, and every address that saw the password."""
    trusted: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if "Authorization" in request.headers:
            trusted.append(str(request.url))
        return answers.get(str(request.url), httpx.Response(404))

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        return await discover(connect(http, Account(url, username, "secret", provider))), trusted


def test_every_provider_has_what_it_needs() -> None:
    caldav = {"icloud", "fastmail", "nextcloud", "mailbox.org", "posteo", "gmx", "yahoo", "zoho", "generic"}
    kinds = {name: provider.kind for name, provider in read_providers().items()}
    assert kinds == dict.fromkeys(caldav, "caldav") | {"google": "ics", "outlook": "ics"}
    for name, provider in read_providers().items():
        assert (provider.help or "https://").startswith("https://")
        assert provider.help or name == "generic"
        if provider.url:
            assert provider.url.startswith("https://")
            assert provider.url.endswith("/")
            assert may_be_trusted(httpx.URL(provider.url).host, name=name, start="https://elsewhere.example/")


def test_a_mail_domain_belongs_to_one_provider() -> None:
    domains = [domain for provider in read_providers().values() for domain in provider.mail_domains]
    assert len(set(domains)) == len(domains)


@pytest.mark.parametrize(
    ("url", "username", "provider"),
    [
        ("", "ana@icloud.com", "icloud"),
        ("", "Ana@ME.com", "icloud"),
        ("", "ana@fastmail.fm", "fastmail"),
        ("", "ana@gmx.de", "gmx"),
        ("", "ana@gmail.com", "google"),
        ("", "ana@hotmail.com", "outlook"),
        ("", "ana@example.org", "generic"),
        ("", "ana@evil-icloud.com", "generic"),
        ("", "icloud.com", "generic"),
        ("https://caldav.icloud.com", "ana", "icloud"),
        ("p07-caldav.icloud.com/1/", "ana", "icloud"),
        ("https://cloud.example", "ana@icloud.com", "generic"),
        ("https://icloud.com.evil.example", "ana", "generic"),
        ("https://calendar.google.com/calendar/ical/a/private-b/basic.ics", "", "google"),
        ("https://[half", "ana", "generic"),
    ],
)
def test_a_provider_is_recognized_by_its_host_or_by_the_mail_address(url: str, username: str, provider: str) -> None:
    assert recognize("generic", url=url, username=username) == provider


def test_a_provider_that_is_named_is_the_one() -> None:
    assert recognize("nextcloud", url="https://caldav.icloud.com", username="ana@gmx.net") == "nextcloud"
    with pytest.raises(NotThere):
        recognize("nobody", url="", username="")


@pytest.mark.parametrize(
    ("name", "url", "start"),
    [
        ("generic", "cloud.example", "https://cloud.example"),
        ("generic", "http://127.0.0.1:5232/", "http://127.0.0.1:5232/"),
        ("nextcloud", "https://cloud.example/", "https://cloud.example/remote.php/dav/"),
        ("nextcloud", "https://cloud.example/nc/remote.php/dav/", "https://cloud.example/nc/remote.php/dav/"),
        ("icloud", "", "https://caldav.icloud.com/"),
        ("gmx", "", "https://caldav.gmx.net/begenda/dav/ana%40gmx.net/"),
    ],
)
def test_discovery_begins_where_the_person_or_the_provider_says(name: str, url: str, start: str) -> None:
    assert find_start(name, url=url, username="ana@gmx.net") == start


@pytest.mark.parametrize(("name", "url"), [("generic", ""), ("nextcloud", ""), ("nobody", "https://a.example/")])
def test_no_address_to_begin_at_is_said(name: str, url: str) -> None:
    with pytest.raises(NotThere):
        find_start(name, url=url, username="ana")


@pytest.mark.parametrize(
    ("host", "trusted"),
    [
        ("icloud.com", True),
        ("p07-caldav.icloud.com", True),
        ("evil-icloud.com", False),
        ("icloud.com.evil.example", False),
    ],
)
def test_only_the_providers_own_hosts_are_trusted(host: str, trusted: bool) -> None:
    assert may_be_trusted(host, name="icloud", start="https://caldav.icloud.com/") is trusted


async def test_a_mail_address_alone_leads_to_the_calendars_of_its_domain() -> None:
    (found,), trusted = await find(
        {"https://example.org/.well-known/caldav": multistatus(calendar("/dav/ana/"))}, username="ana@example.org"
    )
    assert found.url == "https://example.org/dav/ana/"
    assert trusted == ["https://example.org/.well-known/caldav"]


@pytest.mark.parametrize("status", [200, 403, 404, 405, 500, 503])
async def test_a_web_site_at_the_mail_domain_that_asks_for_no_login_gets_none(status: int) -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(status, text="<html>a web site</html>")

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        caldav = connect(http, Account("", "ana@smallfirm.example", "hunter2"))
        assert await find_login(caldav) is Login.BASIC
        with pytest.raises(NotThere):
            await discover(caldav)
    assert seen
    assert not [request for request in seen if "Authorization" in request.headers]


async def test_a_web_site_that_leads_to_the_calendars_does_not_get_the_password_itself() -> None:
    trusted: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.host == "firm.example":
            where = "https://dav.firm.example/dav/" if request.url.path.startswith("/.well-known") else "/index.html"
            answer = httpx.Response(301, headers={"Location": where})
        elif "Authorization" in request.headers:
            answer = multistatus(calendar("/dav/ana/"))
        else:
            answer = httpx.Response(401, headers={"WWW-Authenticate": "Basic"})
        if "Authorization" in request.headers:
            trusted.append(str(request.url))
        return answer

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        (found,) = await discover(connect(http, Account("", "ana@firm.example", "secret")))
    assert found.url == "https://dav.firm.example/dav/ana/"
    assert trusted == ["https://dav.firm.example/dav/"]


async def test_a_stranger_to_whom_the_mail_domain_leads_never_gets_the_password() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.host == "firm.example":
            return httpx.Response(301, headers={"Location": "https://evil.example/"})
        return httpx.Response(401, headers={"WWW-Authenticate": "Basic"})

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        with pytest.raises(AddressRefused):
            await discover(connect(http, Account("", "ana@firm.example", "secret")))
    assert not [request for request in seen if "Authorization" in request.headers]


@pytest.mark.parametrize(
    "username", ["ana@", "ana@evil.example/path", "ana@x:y@z/", "ana@host", "ana@[::1].x", "ana@a.b?c"]
)
def test_what_is_no_mail_address_leads_nowhere(username: str) -> None:
    with pytest.raises(NotThere):
        find_start("generic", url="", username=username)


async def test_icloud_leads_to_the_host_of_the_account() -> None:
    partition = "https://p07-caldav.icloud.com:443/1/calendars/"
    (found,), trusted = await find(
        {
            "https://caldav.icloud.com/": multistatus(response("/", PRINCIPAL.format("/1/principal/"))),
            "https://caldav.icloud.com/1/principal/": multistatus(response("/1/principal/", homes(partition))),
            "https://p07-caldav.icloud.com/1/calendars/": multistatus(calendar("/1/calendars/home/")),
        },
        provider="icloud",
    )
    assert found.url == "https://p07-caldav.icloud.com/1/calendars/home/"
    assert trusted[-1] == "https://p07-caldav.icloud.com/1/calendars/"


async def test_a_principal_on_another_host_of_the_provider_is_followed() -> None:
    (found,), _ = await find(
        {
            "https://caldav.icloud.com/": multistatus(
                response("/", PRINCIPAL.format("https://p07-caldav.icloud.com/1/principal/"))
            ),
            "https://p07-caldav.icloud.com/1/principal/": multistatus(response("/1/principal/", homes("/1/all/"))),
            "https://p07-caldav.icloud.com/1/all/": multistatus(calendar("/1/all/home/")),
        },
        provider="icloud",
    )
    assert found.url == "https://p07-caldav.icloud.com/1/all/home/"


async def test_a_principal_at_a_strangers_never_gets_the_password() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return multistatus(response("/", PRINCIPAL.format("https://evil-icloud.com/1/")))

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        with pytest.raises(AddressRefused):
            await discover(connect(http, Account("", "ana", "secret", "icloud")))
    assert {request.url.host for request in seen} == {"caldav.icloud.com"}


async def test_fastmail_is_asked_with_its_slash() -> None:
    (found,), trusted = await find(
        {
            "https://caldav.fastmail.com/dav/": multistatus(response("/dav/", homes("/dav/calendars/user/ana/"))),
            "https://caldav.fastmail.com/dav/calendars/user/ana/": multistatus(
                calendar("/dav/calendars/user/ana/one/")
            ),
        },
        provider="fastmail",
    )
    assert trusted[0] == "https://caldav.fastmail.com/dav/"
    assert found.url == "https://caldav.fastmail.com/dav/calendars/user/ana/one/"


async def test_nextcloud_is_asked_below_its_own_path() -> None:
    (found,), trusted = await find(
        {
            "https://cloud.example/remote.php/dav/": multistatus(
                response("/", homes("/remote.php/dav/calendars/ana/"))
            ),
            "https://cloud.example/remote.php/dav/calendars/ana/": multistatus(
                response("/remote.php/dav/calendars/ana/inbox/", "<resourcetype><C:schedule-inbox/></resourcetype>"),
                calendar("/remote.php/dav/calendars/ana/personal/"),
            ),
        },
        url="https://cloud.example",
        provider="nextcloud",
    )
    assert trusted[0] == "https://cloud.example/remote.php/dav/"
    assert found.url == "https://cloud.example/remote.php/dav/calendars/ana/personal/"


async def test_every_home_is_looked_into_and_a_strangers_is_left_out() -> None:
    hrefs = ("https://evil.example/home/", "/closed/", "/one/", "/two/")
    found, trusted = await find(
        {
            "https://a.example/dav/": multistatus(response("/dav/", homes(*hrefs))),
            "https://a.example/closed/": httpx.Response(403),
            "https://a.example/one/": multistatus(calendar("/one/a/"), calendar("https://evil.example/b/")),
            "https://a.example/two/": multistatus(calendar("/two/c/")),
        },
        url="https://a.example/dav/",
    )
    assert [each.url for each in found] == ["https://a.example/one/a/", "https://a.example/two/c/"]
    assert not [each for each in trusted if "evil" in each]


async def test_a_calendar_tells_whether_a_tag_moves_with_it() -> None:
    tag = '<getctag xmlns="http://calendarserver.org/ns/">3</getctag>'
    found, _ = await find(
        {"https://a.example/dav/": multistatus(calendar("/dav/a/", tag), calendar("/dav/b/"))},
        url="https://a.example/dav/",
    )
    assert [each.ctag for each in found] == [True, False]


@pytest.mark.servers
@pytest.mark.parametrize("name", ["radicale", "xandikos"])
async def test_a_real_server_tells_how_to_sign_in_and_what_it_can(name: str, request: pytest.FixtureRequest) -> None:
    server: CalendarServer = request.getfixturevalue(f"{name}_server")
    if name == "radicale":
        server.make_calendar("ana", "discovered")
    async with GuardedClient(Egress.parse(server.opening)) as http:
        caldav = connect(http, Account(server.url, "ana", "secret"))
        assert await find_login(caldav) is Login.BASIC
        found = await discover(caldav)
    assert found
    assert {(each.writable, each.sync_collection, each.ctag) for each in found} == {(True, True, True)}
