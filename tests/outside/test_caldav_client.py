"""The library we stand on, and what is known of providers."""

import httpx
import pytest

from integrations.caldav.client import Account, CalDav, connect, refuse_dumping
from integrations.caldav.providers import find_start, may_be_trusted, read_providers
from integrations.egress import Egress
from integrations.errors import NotThere
from integrations.http import GuardedClient
from tests.outside.test_caldav_discover import START, multistatus, server


def test_every_provider_has_what_it_needs() -> None:
    expected = {"icloud", "fastmail", "nextcloud", "mailbox.org", "posteo", "gmx", "yahoo", "zoho", "generic"}
    assert set(read_providers()) == expected
    for provider in read_providers().values():
        if provider.url:
            host = httpx.URL(provider.url).host
            assert any(host == suffix or host.endswith(f".{suffix}") for suffix in provider.hosts)


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


async def test_the_library_still_takes_its_session_from_us() -> None:
    async with GuardedClient(Egress(), transport=httpx.MockTransport(server({}))) as http:
        caldav = connect(http, Account(START, "ana", "secret"))
        assert "_create_session" in vars(CalDav.__mro__[1])
        assert caldav.session is http
        await caldav.close()
        assert not http.is_closed


async def test_even_the_librarys_own_requests_go_through_our_client() -> None:
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return multistatus()

    async with GuardedClient(Egress(), transport=httpx.MockTransport(handler)) as http:
        await connect(http, Account(START, "ana", "secret")).propfind(START)
    assert seen == [httpx.BasicAuth("ana", "secret")._auth_header]


@pytest.mark.parametrize("name", ["PYTHON_CALDAV_COMMDUMP", "PYTHON_CALDAV_DEBUGMODE"])
def test_a_library_told_to_write_down_what_it_hears_is_refused(name: str) -> None:
    refuse_dumping({})
    with pytest.raises(RuntimeError, match=name):
        refuse_dumping({name: "1"})


def test_an_account_shows_nothing_of_itself() -> None:
    shown = repr(Account(START, "ana", "secret"))
    assert "secret" not in shown
    assert "ana" not in shown
