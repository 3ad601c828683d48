"""The library we stand on."""

import httpx
import pytest

from integrations.caldav.client import Account, CalDav, connect, refuse_dumping
from integrations.egress import Egress
from integrations.http import GuardedClient
from tests.outside.test_caldav_discover import START, multistatus, server


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
