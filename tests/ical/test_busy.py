"""From events to busy times: what counts, as what, and what never changes the answer."""

from datetime import timedelta
from itertools import pairwise
from random import Random

import icalendar
import pytest
import recurring_ical_events
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.ical.busy import Busy, Kind, Policy, Treat
from integrations.ical.events import MAX_RULES
from tests.ical.calendars import BERLIN, END, START, busy_of, calendar, event, read, utc

AT_SIX = ("DTSTART;TZID=Europe/Berlin:20261201T180000", "DTEND;TZID=Europe/Berlin:20261201T190000")
ONE_HOUR = (Busy(utc(1, 17), utc(1, 18), Kind.BUSY),)
SOFT_HOUR = (Busy(utc(1, 17), utc(1, 18), Kind.SOFT),)
DAY = ("DTSTART;VALUE=DATE:20261201",)


@pytest.mark.parametrize(
    ("line", "policy"),
    [
        ("STATUS:TENTATIVE", Policy(tentative=Treat.SOFT)),
        ("ATTENDEE;PARTSTAT=TENTATIVE:mailto:alex@example.org", Policy(tentative=Treat.SOFT)),
        ("ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:alex@example.org", Policy(unanswered=Treat.SOFT)),
        ("ATTENDEE;RSVP=TRUE:mailto:alex@example.org", Policy(unanswered=Treat.SOFT)),
        ("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", Policy(tentative=Treat.SOFT)),
    ],
)
def test_an_uncertain_event_counts_as_its_owner_wants(line: str, policy: Policy) -> None:
    data = calendar(event(*AT_SIX, line))
    assert read(data).busy == ONE_HOUR
    assert read(data, policy=policy).busy == SOFT_HOUR
    free = Policy(tentative=Treat.FREE, unanswered=Treat.FREE)
    assert read(data, policy=free).busy == ()


@pytest.mark.parametrize(
    "line",
    [
        "STATUS:CANCELLED",
        "TRANSP:TRANSPARENT",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:alex@example.org",
        "ATTENDEE;PARTSTAT=declined:MAILTO:Alex@Example.ORG",
        'ATTENDEE;CN="Doe: Alex";PARTSTAT=DECLINED;EMAIL=alex@example.org:/principals/1234/',
        'ATTENDEE;PARTSTAT=DELEGATED;DELEGATED-TO="mailto:bob@example.org":mailto:alex@example.org',
    ],
)
def test_an_event_that_its_owner_does_not_attend_is_free(line: str) -> None:
    assert busy_of(event(*AT_SIX, line)) == ()


@pytest.mark.parametrize(
    "line",
    [
        "ATTENDEE;PARTSTAT=DECLINED:mailto:bob@example.org",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:notalex@example.org",
        "TRANSP:OPAQUE",
        "STATUS:CONFIRMED",
    ],
)
def test_an_event_that_others_declined_is_busy(line: str) -> None:
    assert busy_of(event(*AT_SIX, line)) == ONE_HOUR


def test_who_accepted_under_one_address_is_busy_whatever_another_says() -> None:
    data = calendar(
        event(
            *AT_SIX, "ATTENDEE;PARTSTAT=DECLINED:mailto:alex@example.org", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b.org"
        )
    )
    assert read(data).busy == ()
    reading = read(data.replace(b"a@b.org", b"alex@example.org"))
    assert reading.busy == ONE_HOUR


def test_a_whole_day_is_the_owners_day() -> None:
    assert busy_of(event(*DAY)) == (Busy(utc(30, 23, month=11), utc(1, 23), Kind.BUSY),)


def test_a_whole_day_counts_as_its_owner_wants() -> None:
    assert [busy.kind for busy in read(calendar(event(*DAY)), policy=Policy(all_day=Treat.SOFT)).busy] == [Kind.SOFT]
    assert read(calendar(event(*DAY)), policy=Policy(all_day=Treat.FREE)).busy == ()


def test_where_two_policies_apply_the_freest_does() -> None:
    data = calendar(event(*DAY, "STATUS:TENTATIVE"))
    assert read(data, policy=Policy(tentative=Treat.FREE, all_day=Treat.SOFT)).busy == ()


def test_a_change_far_away_is_moved_into_the_window() -> None:
    series = event("DTSTART:20200101T100000Z", "DTEND:20200101T110000Z", "RRULE:FREQ=YEARLY;COUNT=2")
    moved = event("RECURRENCE-ID:20210101T100000Z", "DTSTART:20261201T170000Z", "DTEND:20261201T180000Z")
    assert busy_of(series, moved) == ONE_HOUR


def test_a_change_onwards_moves_instances_into_the_window_from_outside() -> None:
    series = event("DTSTART:20260901T170000Z", "DTEND:20260901T180000Z", "RRULE:FREQ=DAILY;COUNT=3")
    onwards = event("RECURRENCE-ID;RANGE=THISANDFUTURE:20260902T170000Z", "DTSTART:20261201T170000Z", "DURATION:PT30M")
    assert busy_of(series, onwards) == (
        Busy(utc(1, 17), utc(1, 17, 30), Kind.BUSY),
        Busy(utc(2, 17), utc(2, 17, 30), Kind.BUSY),
    )


def test_a_single_change_beats_a_change_onwards() -> None:
    series = event("DTSTART:20261201T170000Z", "DTEND:20261201T180000Z", "RRULE:FREQ=DAILY;COUNT=3")
    onwards = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261202T170000Z", "DTSTART:20261202T170000Z", "STATUS:CANCELLED"
    )
    single = event("RECURRENCE-ID:20261203T170000Z", "DTSTART:20261203T200000Z", "DURATION:PT1H")
    assert busy_of(series, onwards, single) == (*ONE_HOUR, Busy(utc(3, 20), utc(3, 21), Kind.BUSY))


def test_a_whole_series_of_days_can_be_skipped_by_times() -> None:
    series = event(*DAY, "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;TZID=Europe/Berlin:20261202T000000")
    assert len(busy_of(series)) == 1
    assert busy_of(series)[0].end == utc(1, 23)


def test_floating_times_are_in_the_zone_that_the_calendar_names() -> None:
    floating = event("DTSTART:20261201T120000", "DURATION:PT1H")
    assert busy_of("X-WR-TIMEZONE:America/New_York", floating) == ONE_HOUR
    assert busy_of("X-WR-TIMEZONE:Nowhere/Land", floating) == (Busy(utc(1, 11), utc(1, 12), Kind.BUSY),)


def test_two_calendars_in_one_file_are_both_read() -> None:
    other = event("DTSTART:20261202T170000Z", "DURATION:PT1H")
    reading = read(calendar(event(*AT_SIX)) + calendar(other))
    assert len(reading.busy) == 2


def test_an_event_without_its_end_is_told_by_the_next_one() -> None:
    cut = event(*AT_SIX, uid="cut").removesuffix("\r\nEND:VEVENT")
    assert len(busy_of(cut, event("DTSTART:20261202T170000Z", "DURATION:PT1H"))) == 2


def test_a_calendar_that_breaks_off_is_read_up_to_there_and_counted() -> None:
    whole = calendar(event(*AT_SIX), event("DTSTART:20261202T170000Z", "DURATION:PT1H", uid="two"))
    reading = read(whole[: whole.index(b"DURATION")])
    assert (reading.busy, reading.unreadable) == (ONE_HOUR, 1)


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20261399T170000Z", "DURATION:PT1H"),
        ("DTSTART:20261201T250000Z", "DURATION:PT1H"),
        ("DTSTART:tomorrow", "DURATION:PT1H"),
        ("DTSTART:12001201T170000Z", "DURATION:PT1H"),
        ("DTSTART;TZID=Nowhere/Land:20261201T170000", "DURATION:PT1H"),
        ("DTSTART:20201201T170000Z", "DTEND:20201301T180000Z"),
        ("DTSTART;TZID=Nowhere/Land:20201201T170000", "DTEND:20201201T180000Z"),
        ("DTSTART:20261201T170000Z", "DURATION:PT"),
        ("DTSTART:20261201T170000Z", "DURATION:P999999D", "RRULE:FREQ=DAILY"),
        ("DTSTART:20261201T170000Z", "DURATION:PT1H", "EXRULE:FREQ=DAILY"),
        ("DTSTART:20261201T170000Z", "DURATION:PT1H", *["RRULE:FREQ=DAILY"] * (MAX_RULES + 1)),
    ],
)
def test_one_bad_event_is_counted_and_hides_no_other(lines: tuple[str, ...]) -> None:
    reading = read(calendar(event(*lines, uid="bad"), event(*AT_SIX)))
    assert (reading.busy, reading.unreadable) == (ONE_HOUR, 1)


hours = st.integers(0, 24 * 130)
lengths = st.integers(0, 72)


@st.composite
def events(draw: st.DrawFn, answers: st.SearchStrategy[str] = st.just("ACCEPTED")) -> str:  # noqa: B008
    start = START - timedelta(days=5) + timedelta(hours=draw(hours))
    length = draw(lengths)
    end = f"DTEND;TZID=Europe/Berlin:{start + timedelta(hours=length):%Y%m%dT%H%M%S}"
    rule = draw(st.sampled_from(["", "RRULE:FREQ=DAILY;COUNT=3", "RRULE:FREQ=WEEKLY;INTERVAL=2", "RRULE:FREQ=MONTHLY"]))
    return event(
        f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}",
        draw(st.sampled_from([end, f"DURATION:PT{length}H"])),
        *([rule] if rule else []),
        f"STATUS:{draw(st.sampled_from(['CONFIRMED', 'TENTATIVE']))}",
        f"ATTENDEE;PARTSTAT={draw(answers)}:mailto:alex@example.org",
        uid=str(draw(st.integers())),
    )


SOFTLY = Policy(tentative=Treat.SOFT)


@given(st.lists(events(), max_size=8))
def test_busy_times_are_sorted_merged_by_kind_and_inside_the_window(parts: list[str]) -> None:
    busy = read(calendar(*parts), policy=SOFTLY).busy
    assert list(busy) == sorted(busy)
    assert all(START <= each.start < each.end <= END for each in busy)
    for kind in Kind:
        alike = [each for each in busy if each.kind is kind]
        assert all(earlier.end < later.start for earlier, later in pairwise(alike))


@given(st.lists(events(), max_size=6), st.randoms())
def test_the_order_of_events_changes_nothing(parts: list[str], random: Random) -> None:
    shuffled = random.sample(parts, len(parts))
    assert read(calendar(*shuffled), policy=SOFTLY) == read(calendar(*parts), policy=SOFTLY)


@given(st.lists(events(), max_size=4), events(answers=st.just("DECLINED")))
def test_a_declined_event_changes_nothing(parts: list[str], declined: str) -> None:
    apart = declined.replace("UID:", "UID:declined-")
    assert read(calendar(*parts, apart)) == read(calendar(*parts))


@given(st.lists(events(), max_size=4), st.integers(0, 119), st.integers(1, 119))
def test_a_smaller_window_shows_the_same_times_clipped(parts: list[str], skipped: int, days: int) -> None:
    start = START + timedelta(days=skipped)
    end = min(END, start + timedelta(days=days))
    clipped = [
        Busy(max(each.start, start), min(each.end, end), each.kind)
        for each in read(calendar(*parts)).busy
        if each.start < end and start < each.end
    ]
    assert list(read(calendar(*parts), start=start, end=end).busy) == clipped


@settings(deadline=None)
@given(
    hours=st.integers(0, 24 * 90),
    rule=st.sampled_from(["DAILY;INTERVAL=3", "WEEKLY;BYDAY=MO,TH", "WEEKLY;INTERVAL=2", "MONTHLY;BYDAY=-1FR"]),
)
def test_a_plain_series_is_read_as_recurring_ical_events_reads_it(hours: int, rule: str) -> None:
    first = utc(1, 0, month=9) + timedelta(hours=hours)
    data = calendar(
        event(
            f"DTSTART;TZID=Europe/Berlin:{first:%Y%m%dT%H%M%S}",
            "DURATION:PT20M",
            f"RRULE:FREQ={rule};UNTIL=20270215T000000Z",
        )
    )
    expected = recurring_ical_events.of(icalendar.Calendar.from_ical(data)).between(START, END)
    ours = [busy.start for busy in read(data).busy if busy.start != first.replace(tzinfo=BERLIN)]
    # It leaves out a first moment that its rule does not match.
    assert ours == [each.start for each in expected if each.start != first.replace(tzinfo=BERLIN)]
