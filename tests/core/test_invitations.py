"""Who is told what: every happening, on every pair of channels, whoever did it."""

from dataclasses import replace
from itertools import product

import pytest

from service.core.dates import Date, Happening, Origin, PartStat, Stage, pencil_in
from service.core.invitations import Channel, Invite, Notice, Reach, Withdrawal, awaits, choose_channel, decide
from tests.core.times import span, utc

PENCILLED = pencil_in(
    "d", couple_id="c", time=span(0, 90), idea_id=None, by="a", partners=("a", "b"), now=utc(2026, 11, 20)
)
STAGES_AFTER = {
    Happening.PENCILLED: Stage.PENCILLED,
    Happening.CONFIRMED: Stage.CONFIRMED,
    Happening.MOVED: Stage.MOVED,
    Happening.CHANGED: Stage.CONFIRMED,
    Happening.CALLED_OFF: Stage.CALLED_OFF,
    Happening.FILLED_IN: Stage.CONFIRMED,
}
AT_THE_SAME_TIME = (Happening.CONFIRMED, Happening.FILLED_IN)
CELLS = list(product(Happening, Channel, Channel, ("a", "b", None)))


def after(happening: Happening) -> Date:
    return replace(PENCILLED, stage=STAGES_AFTER[happening])


@pytest.mark.parametrize(("happening", "first", "second", "by"), CELLS)
def test_each_partner_gets_one_invitation_or_withdrawal_over_their_own_channel(
    happening: Happening, first: Channel, second: Channel, by: str | None
) -> None:
    channels = {"a": first, "b": second}
    decisions = decide(after(happening), happening, by=by, channels=channels)
    for partner_id, channel in channels.items():
        changes = [each for each in decisions if not isinstance(each, Notice) and each.partner_id == partner_id]
        if channel is Channel.LINK or (channel is Channel.EMAIL and happening in AT_THE_SAME_TIME):
            assert changes == []
        elif happening is Happening.CALLED_OFF:
            assert changes == [Withdrawal(partner_id, channel)]
        else:
            assert changes == [Invite(partner_id, channel)]


@pytest.mark.parametrize(("happening", "first", "second", "by"), CELLS)
def test_who_did_not_do_it_is_told_in_a_mail_where_no_invitation_tells_it(
    happening: Happening, first: Channel, second: Channel, by: str | None
) -> None:
    channels = {"a": first, "b": second}
    decisions = decide(after(happening), happening, by=by, channels=channels)
    notices = [each for each in decisions if isinstance(each, Notice)]
    told_otherwise = {
        who
        for who, channel in channels.items()
        if (channel is Channel.EMAIL and happening not in AT_THE_SAME_TIME)
        or (channel is Channel.CALDAV and happening is Happening.FILLED_IN)
    }
    assert notices == [Notice(who, happening) for who in "ab" if who != by and who not in told_otherwise]


@pytest.mark.parametrize("answer", PartStat)
@pytest.mark.parametrize("happening", [Happening.MOVED, Happening.CALLED_OFF])
def test_a_hold_that_nobody_said_yes_to_goes_without_a_word(happening: Happening, answer: PartStat) -> None:
    answers = {"a": PartStat.NEEDS_ACTION, "b": answer}
    hold = replace(after(happening), origin=Origin.RHYTHM, answers=answers)
    channels = {"a": Channel.CALDAV, "b": Channel.LINK}
    by_itself = decide(hold, happening, by=None, channels=channels)
    assert any(isinstance(each, Notice) for each in by_itself) is (answer is PartStat.ACCEPTED)
    assert Notice("b", happening) in decide(hold, happening, by="a", channels=channels)
    assert Notice("b", happening) in decide(after(happening), happening, by=None, channels=channels)


def test_a_new_hold_is_told_to_both() -> None:
    hold = replace(PENCILLED, origin=Origin.RHYTHM, answers=dict.fromkeys("ab", PartStat.NEEDS_ACTION))
    decisions = decide(hold, Happening.PENCILLED, by=None, channels={"a": Channel.CALDAV, "b": Channel.LINK})
    assert [each for each in decisions if isinstance(each, Notice)] == [
        Notice(who, Happening.PENCILLED) for who in "ab"
    ]


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


@pytest.mark.parametrize("facts", list(product((False, True), repeat=4)))
def test_the_channel_follows_from_what_is_known(facts: tuple[bool, bool, bool, bool]) -> None:
    writable, prefers_email, together, ours = facts
    channel = choose_channel(
        Reach(
            has_writable_calendar=writable,
            prefers_email=prefers_email,
            stands_with_the_other=together,
            mail_is_ours=ours,
        )
    )
    by_mail = ours and (prefers_email or not writable)
    expected = Channel.EMAIL if by_mail else Channel.CALDAV if writable and not together else Channel.LINK
    assert channel is expected


def test_only_who_was_asked_and_has_not_answered_is_awaited() -> None:
    assert [awaits(PENCILLED, who) for who in "ab"] == [False, True]
    off = replace(PENCILLED, stage=Stage.LAPSED)
    assert [awaits(off, who) for who in "ab"] == [False, False]
