"""Answers by mail, the whole way: the invitation at a real mail server, the answer in a real mailbox, then the date."""

import re
from datetime import timedelta

import pytest

from service.actions import entries
from service.core.dates import PartStat, Status
from service.core.interval import Interval
from service.store.outbox import State
from tests.outside.samples import PARCEL, TOKEN, sample
from tests.workers.post import Post, answer_to
from tests.workers.test_mails import calendar_part, methods
from tests.workers.world import DOMAIN, EVENING, LATER

pytestmark = pytest.mark.servers


async def test_a_yes_by_mail_confirms_the_date_and_the_other_is_told(post: Post) -> None:
    kept, invitation = await post.invite()
    assert await post.receive(answer_to(invitation, "ACCEPTED")) == 1
    assert (await post.see(kept)).date.status is Status.CONFIRMED
    assert list(post.server.flags().values()) == [True]
    await post.deliver()
    assert post.subjects("ana")[-1] == "It is a date: Time together"


async def test_a_no_by_mail_calls_it_off(post: Post) -> None:
    kept, invitation = await post.invite()
    await post.receive(answer_to(invitation, "DECLINED"))
    assert (await post.see(kept)).date.status is Status.CANCELLED
    await post.deliver()
    assert post.subjects("ana")[-1] == "Another time: Time together"


@pytest.mark.parametrize("partstat", ["TENTATIVE", "DELEGATED", "NEEDS-ACTION"])
async def test_a_maybe_is_no_answer_yet(post: Post, partstat: str) -> None:
    kept, invitation = await post.invite()
    assert await post.receive(answer_to(invitation, partstat)) == 1
    assert await post.see(kept) == kept


async def test_another_time_that_suits_both_moves_the_date(post: Post) -> None:
    kept, invitation = await post.invite()
    await post.receive(answer_to(invitation, "TENTATIVE", propose=LATER))
    date = (await post.see(kept)).date
    assert (date.time, date.answers[post.home.ben.id]) == (LATER, PartStat.ACCEPTED)
    await post.deliver()
    assert b"SEQUENCE:1" in calendar_part(post.latest_request())


async def test_another_time_without_an_end_lasts_as_long_as_before(post: Post) -> None:
    kept, invitation = await post.invite()
    mail = answer_to(invitation, "TENTATIVE", propose=LATER)
    await post.receive(re.sub(rb"DTEND:.*\r\n", b"", mail))
    assert (await post.see(kept)).date.time == LATER


async def test_another_time_that_does_not_suit_is_answered_kindly_and_once(post: Post) -> None:
    kept, invitation = await post.invite()
    night = Interval(LATER.start + timedelta(hours=10), LATER.end + timedelta(hours=10))
    mail = answer_to(invitation, "TENTATIVE", propose=night)
    await post.receive(mail, mail)
    await post.receive(mail)
    assert await post.see(kept) == kept
    await post.deliver()
    assert post.subjects("ben")[1:] == ["That time did not work out"]


async def test_who_proposes_without_end_gets_no_mail_without_end(post: Post) -> None:
    _, invitation = await post.invite()
    nights = [Interval(LATER.start + timedelta(hours=h), LATER.end + timedelta(hours=h)) for h in range(8, 14)]
    await post.receive(*(answer_to(invitation, "TENTATIVE", propose=night) for night in nights))
    await post.deliver()
    assert len(post.subjects("ben")) == 1 + 3


async def test_a_proposal_that_was_followed_changes_nothing_when_it_comes_again(post: Post) -> None:
    kept, invitation = await post.invite()
    mail = answer_to(invitation, "TENTATIVE", propose=LATER)
    await post.receive(mail)
    moved = await post.see(kept)
    await post.receive(mail)
    assert await post.see(kept) == moved
    await post.deliver()
    assert methods(post.sink, post.home.ben.address) == ["REQUEST", "REQUEST"]


async def test_an_answer_to_an_earlier_time_counts_for_nothing_and_is_told_once(post: Post) -> None:
    kept, invitation = await post.invite()
    await post.move(kept)
    moved = await post.see(kept)
    await post.receive(answer_to(invitation, "ACCEPTED"), answer_to(invitation, "DECLINED"))
    await post.receive(answer_to(invitation, "TENTATIVE", propose=EVENING))
    assert await post.see(kept) == moved
    await post.deliver()
    assert post.subjects("ben").count("About your answer: Time together") == 1


async def test_the_same_answer_twice_changes_nothing(post: Post) -> None:
    kept, invitation = await post.invite()
    mail = answer_to(invitation, "ACCEPTED")
    await post.receive(mail)
    confirmed = await post.see(kept)
    await post.receive(mail, mail)
    assert await post.see(kept) == confirmed
    await post.deliver()
    assert post.subjects("ana").count("It is a date: Time together") == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("gmail_accepted", Status.CONFIRMED),
        ("outlook_accepted", Status.CONFIRMED),
        ("thunderbird_accepted", Status.CONFIRMED),
        ("apple_declined", Status.CANCELLED),
        ("yahoo_tentative", Status.TENTATIVE),
        ("out_of_office", Status.TENTATIVE),
        ("delayed", Status.TENTATIVE),
        ("returned_whole", Status.TENTATIVE),
    ],
)
async def test_what_apps_and_machines_really_send_is_followed_or_not(post: Post, name: str, status: Status) -> None:
    kept, _ = await post.invite()
    await post.rename(kept, TOKEN)
    assert await post.receive(sample(name)) == 1
    assert (await post.see(kept)).date.status is status


async def test_an_invitation_that_came_back_is_a_dead_parcel_and_nobody_is_written_to(post: Post) -> None:
    kept, invitation = await post.invite()
    await post.rename(kept, TOKEN)
    sent = invitation["Message-ID"].strip("<>").partition("@")[0]
    mails = len(post.sink.received)
    await post.receive(sample("returned_whole"))
    assert await post.home.count(State.DEAD) == 0
    await post.receive(sample("returned_whole").replace(PARCEL.encode(), sent.encode()))
    assert await post.home.count(State.DEAD) == 1
    _, trouble = await entries.see(post.home.house, kept.date, partner=post.home.ben)
    assert trouble == "mail_returned"
    await post.deliver()
    assert len(post.sink.received) == mails
    assert await post.see(kept) == kept


async def test_who_has_the_date_in_their_calendar_does_not_answer_by_mail(post: Post) -> None:
    await post.home.connect(post.home.ben)
    await post.home.sync()
    kept = await post.home.pencil_in()
    await post.rename(kept, TOKEN)
    await post.receive(sample("gmail_accepted"))
    assert await post.see(kept) == kept


async def test_the_address_and_the_object_must_mean_the_same_entry(post: Post) -> None:
    kept, invitation = await post.invite()
    await post.rename(kept, TOKEN)
    for to in (f"date+{TOKEN}@{DOMAIN}", f"date+{'f' * 32}@{DOMAIN}", str(invitation["From"])):
        assert await post.receive(answer_to(invitation, "ACCEPTED", to=to)) == 1
    assert await post.see(kept) == kept


async def test_an_answer_after_the_date_is_passed_over(post: Post) -> None:
    kept, invitation = await post.invite()
    post.home.clock.moment = EVENING.end
    sent = len(post.sink.received)
    await post.receive(answer_to(invitation, "DECLINED"), answer_to(invitation, "TENTATIVE", propose=LATER))
    assert await post.see(kept) == kept
    await post.deliver()
    assert len(post.sink.received) == sent


async def test_other_peoples_mail_stays_unseen(post: Post) -> None:
    _, invitation = await post.invite()
    assert await post.receive(answer_to(invitation, "ACCEPTED", to="ana@example.org")) == 0
    assert list(post.server.flags().values()) == [False]


async def test_a_huge_mail_keeps_no_answer_from_counting(post: Post) -> None:
    kept, invitation = await post.invite()
    mail = answer_to(invitation, "ACCEPTED")
    assert await post.receive(mail + b"x" * 30_000_000, mail) == 1
    assert (await post.see(kept)).date.status is Status.CONFIRMED
    assert list(post.server.flags().values()) == [False, True]
