"""A mailbox, a database or a mail in trouble: no answer is lost, none holds up another, and the log tells of nobody."""

import logging
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from service.core.dates import Status
from service.store.engine import Tx
from tests.workers.post import Post, answer_to
from tests.workers.world import LATER

pytestmark = pytest.mark.servers


async def test_a_mailbox_that_was_away_is_read_when_it_is_back(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    kept, invitation = await post.invite()
    post.server.server.stop()
    assert await post.inbox.run() == 0
    post.server.server.start()
    post.server.append(answer_to(invitation, "ACCEPTED"))
    assert await post.inbox.run() == 0  # left alone for half a minute
    post.home.clock.step(timedelta(seconds=30))
    assert await post.inbox.run() == 1
    assert (await post.see(kept)).date.status is Status.CONFIRMED
    assert [record.message for record in caplog.records if record.name == "pencilin"].count("mailbox trouble") == 1


@dataclass(frozen=True, slots=True)
class Shaky:
    """A database that cannot be read, with `error`."""

    error: Exception

    def read(self) -> "Shaky":
        return self

    async def __aenter__(self) -> Tx:
        raise self.error

    async def __aexit__(self, *_: object) -> None:
        return


async def test_a_mail_that_meets_trouble_here_is_taken_again(post: Post) -> None:
    kept, invitation = await post.invite()
    away = OperationalError("", None, Exception())
    post.inbox.house = replace(post.home.house, database=Shaky(away))  # type: ignore[arg-type]
    assert await post.receive(answer_to(invitation, "ACCEPTED")) == 0
    assert list(post.server.flags().values()) == [False]
    post.inbox.house = post.home.house
    assert await post.inbox.run() == 1
    assert (await post.see(kept)).date.status is Status.CONFIRMED


async def test_a_mail_that_meets_a_mistake_of_ours_keeps_no_other_from_being_taken(post: Post) -> None:
    kept, invitation = await post.invite()
    post.inbox.house = replace(post.home.house, database=Shaky(KeyError()))  # type: ignore[arg-type]
    assert await post.receive(answer_to(invitation, "DECLINED")) == 0
    post.inbox.house = post.home.house
    assert await post.receive(answer_to(invitation, "ACCEPTED")) == 1
    assert (await post.see(kept)).date.status is Status.CONFIRMED
    assert list(post.server.flags().values()) == [False, True]


async def test_no_line_of_the_log_tells_who_wrote_what(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="pencilin")
    kept, invitation = await post.invite()
    await post.move(kept)
    await post.receive(answer_to(invitation, "ACCEPTED"), answer_to(invitation, "DECLINED") + b"x" * 2_000_000)
    post.home.clock.moment = LATER.end
    await post.receive(answer_to(invitation, "ACCEPTED"))
    lines = " ".join(f"{record.getMessage()} {record.__dict__.get('fields')}" for record in caplog.records)
    uid = (await post.home.entry(post.home.ben, kept.date.id)).uid
    assert "answer passed over" in lines
    assert not any(word in lines for word in ("example.", "Xyzzyplugh", uid, "Time together"))
