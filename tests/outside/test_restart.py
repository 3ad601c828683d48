"""A calendar server that dies and comes back, for real."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.caldav.client import Account, connect
from integrations.caldav.objects import read, write
from integrations.egress import Egress
from integrations.errors import Unreachable
from integrations.http import GuardedClient
from tests.outside.suite.places import make_event
from tests.servers import radicale

pytestmark = pytest.mark.servers


async def test_a_server_that_dies_is_unreachable_and_works_again_when_it_is_back(tmp_path: Path) -> None:
    with radicale(tmp_path, accounts={"ana": "secret"}) as server:
        url = server.make_calendar("ana", "calendar")
        async with GuardedClient(Egress.parse(server.opening), deadline=timedelta(seconds=5)) as http:
            caldav = connect(http, Account(server.url, "ana", "secret"))
            etag = await write(caldav, url + "date.ics", data=make_event().encode(), etag=None)
            await asyncio.to_thread(server.stop)
            with pytest.raises(Unreachable):
                await read(caldav, url + "date.ics")
            await asyncio.to_thread(server.start)
            assert (await read(caldav, url + "date.ics")).etag == etag
