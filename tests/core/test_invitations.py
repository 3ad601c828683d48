"""Who is told what: every happening, on every pair of channels, whoever did it."""

from dataclasses import replace
from itertools import product

import pytest

from service.core.dates import Date, Happening, PartStat, Status, pencil_in
from service.core.invitations import Channel, Invite, Notice, Withdrawal, awaits, choose_channel, decide
from tests.core.times import span, utc

PENCILLED = pencil_in(
    "d", couple_id="c", time=span(0, 90), idea_id=None, by="a", partners=("a", "b"), now=utc(2026, 11, 20)
)
STATUS_AFTER = {
    Happening.PENCILLED: Status.TENTATIVE,
    Happening.CONFIRMED: Status.CONFIRMED,
    Happening.MOVED: Status.TENTATIVE,
    Happening.CALLED_OFF: Status.CANCELLED,
}
CELLS = list(product(Happening, Channel, Channel, "ab"))


def after(happening: Happening) -> Date:
    return replace(PENCILLED, status=STATUS_AFTER[happening])


@pytest.mark.parametrize(("happening", "first", "second", "by"), CELLS)
def test_each_partner_gets_one_invitation_or_withdrawal_over_their_own_channel(
    happening: Happening, first: Channel, second: Channel, by: str
) -> None:
    channels = {"a": first, "b": second}
    decisions = decide(after(happening), happening, by=by, channels=channels)
    for partner_id, channel in channels.items():
        changes = [each for each in decisions if not isinstance(each, Notice) and each.partner_id == partner_id]
        if channel is Channel.EMAIL and happening is Happening.CONFIRMED:
            assert changes == []
        elif happening is Happening.CALLED_OFF:
            assert changes == [Withdrawal(partner_id, channel)]
        else:
            assert changes == [Invite(partner_id, channel)]


@pytest.mark.parametrize(("happening", "first", "second", "by"), CELLS)
def test_only_the_other_is_told_in_a_mail_and_only_where_no_invitation_tells_it(
    happening: Happening, first: Channel, second: Channel, by: str
) -> None:
    channels = {"a": first, "b": second}
    other = "b" if by == "a" else "a"
    notices = [
        each for each in decide(after(happening), happening, by=by, channels=channels) if isinstance(each, Notice)
    ]
    invited_by_mail = channels[other] is Channel.EMAIL and happening is not Happening.CONFIRMED
    assert notices == ([] if invited_by_mail else [Notice(other, happening)])


@pytest.mark.parametrize("happening", Happening)
def test_who_has_a_writable_calendar_is_never_sent_a_calendar_part(happening: Happening) -> None:
    decisions = decide(after(happening), happening, by="a", channels=dict.fromkeys("ab", Channel.CALDAV))
    assert all(isinstance(each, Notice) or each.channel is Channel.CALDAV for each in decisions)


@pytest.mark.parametrize("happening", Happening)
def test_the_order_of_the_partners_changes_nothing(happening: Happening) -> None:
    channels = {"a": Channel.CALDAV, "b": Channel.EMAIL}
    backwards = dict(reversed(channels.items()))
    first, second = (decide(after(happening), happening, by="a", channels=each) for each in (channels, backwards))
    assert first == second


def test_a_decline_by_mail_is_withdrawn_like_any_other_end() -> None:
    declined = replace(after(Happening.CALLED_OFF), answers={"a": PartStat.ACCEPTED, "b": PartStat.DECLINED})
    decisions = decide(declined, Happening.CALLED_OFF, by="b", channels={"a": Channel.CALDAV, "b": Channel.EMAIL})
    assert decisions == (
        Withdrawal("a", Channel.CALDAV),
        Notice("a", Happening.CALLED_OFF),
        Withdrawal("b", Channel.EMAIL),
    )


@pytest.mark.parametrize(
    ("has_writable_calendar", "prefers_email", "channel"),
    [
        (True, False, Channel.CALDAV),
        (True, True, Channel.EMAIL),
        (False, False, Channel.EMAIL),
        (False, True, Channel.EMAIL),
    ],
)
def test_a_date_goes_into_the_calendar_where_one_can_be_written_and_mail_is_not_preferred(
    has_writable_calendar: bool, prefers_email: bool, channel: Channel
) -> None:
    assert choose_channel(has_writable_calendar=has_writable_calendar, prefers_email=prefers_email) is channel


def test_only_who_was_asked_and_has_not_answered_is_awaited() -> None:
    assert [awaits(PENCILLED, who) for who in "ab"] == [False, True]
    off = replace(PENCILLED, status=Status.CANCELLED)
    assert [awaits(off, who) for who in "ab"] == [False, False]
