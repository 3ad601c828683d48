"""What a run would tell of: each thing that must not happen is seen where it does, and nothing where all is well."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.verdict import Date, Entry, Evidence, Kept, Mail, Verdict, judge

START = datetime(2026, 12, 4, 18, tzinfo=UTC)
END = START + timedelta(hours=1)
DATE = Date("date", "confirmed", 2, START, END)
DEAD = replace(DATE, status="cancelled", sequence=3)
ENTRY = Entry("date", "ana@example.org", "caldav", "one")
BY_MAIL = Entry("date", "ben@example.org", "email", "two")
OBJECT = Kept("ana", "dates", "one", 2, "CONFIRMED", START, END)
REQUEST = Mail("ben@example.org", "<a@here>", "two", "REQUEST", 1, START, END)
CANCEL = replace(REQUEST, message_id="<b@here>", method="CANCEL", sequence=3)
NOTICE = Mail("ana@example.org", "<c@here>")
WELL = Evidence(dates={"date": DATE}, entries=[ENTRY, BY_MAIL], objects=[OBJECT], mails=[REQUEST, NOTICE])
OVER = Evidence(dates={"date": DEAD}, entries=[ENTRY, BY_MAIL], objects=[], mails=[REQUEST, CANCEL])


def find(evidence: Evidence, *, date: Date = DATE) -> tuple[int, int]:
    """Return how much is lost and how much doubled where `date` was acknowledged."""
    verdict = judge({date.id: date}, evidence=evidence)
    return len(verdict.lost), len(verdict.doubled)


@pytest.mark.parametrize(("evidence", "date"), [(WELL, DATE), (OVER, DEAD)], ids=["live", "called off"])
def test_where_all_is_well_there_is_nothing_to_tell(evidence: Evidence, date: Date) -> None:
    assert judge({"date": date}, evidence=evidence) == Verdict((), (), 0, 0)


def test_nobody_need_be_told_of_the_end_of_what_they_never_heard_of() -> None:
    assert find(replace(OVER, mails=[]), date=DEAD) == (0, 0)


@pytest.mark.parametrize(
    "evidence",
    [
        replace(WELL, dates={"date": replace(DATE, status="tentative")}),
        replace(WELL, objects=[]),
        replace(WELL, objects=[replace(OBJECT, start=START - timedelta(hours=1))]),
        replace(WELL, objects=[replace(OBJECT, end=END + timedelta(hours=1))]),
        replace(WELL, objects=[replace(OBJECT, sequence=1)]),
        replace(WELL, objects=[replace(OBJECT, account="ben")]),
        replace(WELL, mails=[]),
        replace(WELL, mails=[replace(REQUEST, start=START - timedelta(hours=1))]),
        replace(WELL, mails=[REQUEST, CANCEL]),
        replace(WELL, mails=[replace(REQUEST, recipient="ana@example.org")]),
        replace(WELL, entries=[ENTRY], mails=[]),
    ],
)
def test_what_did_not_arrive_is_lost(evidence: Evidence) -> None:
    lost, doubled = find(evidence)
    assert (lost >= 1, doubled) == (True, 0)


def test_an_acknowledged_date_that_is_not_kept_is_lost() -> None:
    assert find(Evidence({}, [], [], [])) == (1, 0)


def test_a_cancellation_that_never_came_is_lost() -> None:
    assert find(replace(OVER, mails=[REQUEST]), date=DEAD) == (1, 0)


@pytest.mark.parametrize(
    "evidence",
    [
        replace(WELL, objects=[OBJECT, OBJECT]),
        replace(WELL, objects=[OBJECT, replace(OBJECT, collection="other")]),
        replace(WELL, objects=[OBJECT, replace(OBJECT, uid="two", account="ben")]),
        replace(WELL, objects=[OBJECT, replace(OBJECT, uid="stranger")]),
        replace(WELL, mails=[REQUEST, replace(REQUEST, uid="one", recipient="ana@example.org")]),
    ],
)
def test_what_is_there_too_often_is_doubled(evidence: Evidence) -> None:
    assert find(evidence) == (0, 1)


def test_an_entry_that_outlives_its_date_is_doubled() -> None:
    assert find(replace(OVER, objects=[OBJECT]), date=DEAD) == (0, 1)


def test_a_date_that_nobody_was_told_of_is_doubled() -> None:
    assert judge({}, evidence=WELL).doubled == ("date date was never acknowledged",)


def test_repeats_are_told_apart_by_their_message_id() -> None:
    again = replace(REQUEST, message_id="<d@here>")
    verdict = judge({"date": DATE}, evidence=replace(WELL, mails=[REQUEST, REQUEST, again, NOTICE, NOTICE]))
    assert (verdict.repeats_same_id, verdict.repeats_other_id) == (2, 1)


def test_a_mail_that_comes_late_does_not_count() -> None:
    late = replace(REQUEST, message_id="<d@here>", sequence=0, start=START - timedelta(days=1))
    assert find(replace(WELL, mails=[REQUEST, late])) == (0, 0)
