"""What calendars mean beyond a beginning and an end: changes onwards, the way there, times of others, and odd text."""

from datetime import timedelta

import pytest

from integrations.ical.busy import Busy, Kind, Policy, Treat
from tests.ical.calendars import busy_of, calendar, event, read, utc

DAILY = event("DTSTART:20261201T170000Z", "DTEND:20261201T180000Z", "RRULE:FREQ=DAILY;COUNT=5")


def onwards(day: int, *lines: str) -> str:
    return event(f"RECURRENCE-ID;RANGE=THISANDFUTURE:202612{day:02}T170000Z", *lines)


def hours(*found: tuple[int, float, float]) -> tuple[Busy, ...]:
    """Return busy times by day of December and hours in UTC."""
    midnight = utc(1, 0)
    days = [(midnight + timedelta(days=day - 1), begin, end) for day, begin, end in found]
    return tuple(Busy(day + timedelta(hours=a), day + timedelta(hours=b), Kind.BUSY) for day, a, b in days)


def test_a_change_onwards_moves_and_lengthens_the_rest() -> None:
    change = onwards(3, "DTSTART:20261203T190000Z", "DTEND:20261203T203000Z")
    expected = hours((1, 17, 18), (2, 17, 18), (3, 19, 20.5), (4, 19, 20.5), (5, 19, 20.5))
    assert busy_of(DAILY, change) == expected
    assert busy_of(change, DAILY) == expected


def test_of_two_changes_onwards_the_nearest_earlier_one_applies() -> None:
    first = onwards(2, "DTSTART:20261202T080000Z", "DURATION:PT1H")
    second = onwards(4, "DTSTART:20261204T200000Z", "DURATION:PT2H")
    expected = hours((1, 17, 18), (2, 8, 9), (3, 8, 9), (4, 20, 22), (5, 20, 22))
    assert busy_of(DAILY, second, first) == expected


def test_a_later_single_change_beats_a_change_onwards() -> None:
    change = onwards(2, "DTSTART:20261202T080000Z", "DURATION:PT1H")
    single = event("RECURRENCE-ID:20261204T170000Z", "DTSTART:20261204T200000Z", "DURATION:PT1H")
    assert busy_of(DAILY, change, single) == hours((1, 17, 18), (2, 8, 9), (3, 8, 9), (4, 20, 21), (5, 8, 9))


def test_a_single_change_of_the_instance_where_a_change_onwards_begins_beats_it_there() -> None:
    change = onwards(4, "DTSTART:20261204T080000Z", "DURATION:PT1H")
    single = event("RECURRENCE-ID:20261204T170000Z", "DTSTART:20261204T200000Z", "DURATION:PT1H")
    expected = hours((1, 17, 18), (2, 17, 18), (3, 17, 18), (4, 20, 21), (5, 8, 9))
    assert busy_of(DAILY, single, change) == expected
    assert busy_of(DAILY, change, single) == expected


@pytest.mark.parametrize(
    "line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "ATTENDEE;PARTSTAT=DECLINED:mailto:alex@example.org"]
)
def test_a_change_onwards_can_end_busy_time(line: str) -> None:
    assert busy_of(DAILY, onwards(3, "DTSTART:20261203T170000Z", line)) == hours((1, 17, 18), (2, 17, 18))


def test_what_ended_onwards_can_begin_again_onwards() -> None:
    ended = onwards(2, "DTSTART:20261202T170000Z", "STATUS:CANCELLED")
    again = onwards(5, "DTSTART:20261205T100000Z", "DURATION:PT1H")
    assert busy_of(DAILY, ended, again) == hours((1, 17, 18), (5, 10, 11))


def test_dates_are_skipped_by_their_first_time_even_where_a_change_onwards_moved_them() -> None:
    series = DAILY.replace("RRULE", "EXDATE:20261204T170000Z\r\nRRULE")
    change = onwards(3, "DTSTART:20261203T190000Z", "DURATION:PT1H")
    assert busy_of(series, change) == hours((1, 17, 18), (2, 17, 18), (3, 19, 20), (5, 19, 20))


def test_only_one_instance_is_tentative_where_only_its_change_says_so() -> None:
    single = event("RECURRENCE-ID:20261202T170000Z", "DTSTART:20261202T170000Z", "DURATION:PT1H", "STATUS:TENTATIVE")
    busy = read(calendar(DAILY, single), policy=Policy(tentative=Treat.SOFT)).busy
    assert [each.kind for each in busy] == [Kind.BUSY, Kind.SOFT, Kind.BUSY, Kind.BUSY, Kind.BUSY]


def test_a_cancelled_instance_is_free() -> None:
    single = event("RECURRENCE-ID:20261202T170000Z", "DTSTART:20261202T170000Z", "DURATION:PT1H", "STATUS:CANCELLED")
    assert len(busy_of(DAILY, single)) == 4


def test_an_extra_date_has_a_zone_and_a_length_of_its_own() -> None:
    series = event(
        *("DTSTART:20261201T170000Z", "DTEND:20261201T180000Z"),
        "RDATE;TZID=America/New_York;VALUE=PERIOD:20261202T120000/PT2H,20261203T120000/20261203T123000",
    )
    assert busy_of(series) == hours((1, 17, 18), (2, 17, 19), (3, 17, 17.5))


def test_a_period_beats_the_rule_where_both_begin() -> None:
    series = DAILY.replace("RRULE", "RDATE;VALUE=PERIOD:20261202T170000Z/PT3H\r\nRRULE").replace("COUNT=5", "COUNT=2")
    assert busy_of(series) == hours((1, 17, 18), (2, 17, 20))


def test_of_two_versions_of_a_series_the_newer_counts_wherever_it_stands() -> None:
    older = event("SEQUENCE:1", "DTSTART:20261201T100000Z", "DURATION:PT1H")
    newer = event("SEQUENCE:2", "DTSTART:20261202T100000Z", "DURATION:PT1H")
    assert busy_of(older, newer) == busy_of(newer, older) == hours((2, 10, 11))


def test_of_two_equally_new_versions_both_are_busy() -> None:
    one = event("DTSTART:20261201T100000Z", "DURATION:PT1H")
    other = event("DTSTART:20261202T100000Z", "DURATION:PT1H")
    assert busy_of(one, one, other) == hours((1, 10, 11), (2, 10, 11))


TRAVEL = "X-APPLE-TRAVEL-DURATION;VALUE=DURATION:PT30M"


def test_the_way_there_is_busy_too() -> None:
    assert busy_of(event("DTSTART:20261201T170000Z", "DURATION:PT1H", TRAVEL)) == hours((1, 16.5, 18))
    series = DAILY.replace("RRULE", f"{TRAVEL}\r\nRRULE").replace("COUNT=5", "COUNT=2")
    assert busy_of(series) == hours((1, 16.5, 18), (2, 16.5, 18))


def test_the_way_to_an_event_behind_the_window_reaches_into_it() -> None:
    start, end = utc(1, 0), utc(1, 17)
    for rule in ("STATUS:CONFIRMED", "RRULE:FREQ=YEARLY"):
        data = calendar(event("DTSTART:20261201T171500Z", "DURATION:PT1H", TRAVEL, rule))
        assert read(data, start=start, end=end).busy == hours((1, 16.75, 17))


@pytest.mark.parametrize("length", ["-PT30M", "PT0S"])
def test_there_is_no_way_back_in_time(length: str) -> None:
    line = f"X-APPLE-TRAVEL-DURATION;VALUE=DURATION:{length}"
    assert busy_of(event("DTSTART:20261201T170000Z", "DURATION:PT1H", line)) == hours((1, 17, 18))


def test_the_way_takes_at_most_a_day_and_none_to_a_whole_day() -> None:
    far = "X-APPLE-TRAVEL-DURATION:P99999D"
    assert busy_of(event("DTSTART:20261202T170000Z", "DURATION:PT1H", far)) == hours((1, 17, 42))
    assert busy_of(event("DTSTART;VALUE=DATE:20261202", TRAVEL)) == hours((1, 23, 47))


def test_a_whole_day_of_outlook_is_one_although_it_has_times() -> None:
    times = (
        "DTSTART;TZID=W. Europe Standard Time:20261202T000000",
        "DTEND;TZID=W. Europe Standard Time:20261203T000000",
    )
    data = calendar(event(*times, "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE"))
    assert read(data).busy == hours((1, 23, 47))
    assert read(data, policy=Policy(all_day=Treat.FREE)).busy == ()
    assert read(data.replace(b"TRUE", b"FALSE"), policy=Policy(all_day=Treat.FREE)).busy == hours((1, 23, 47))


def free_busy(*lines: str) -> str:
    head = ("BEGIN:VFREEBUSY", "UID:one", "DTSTART:20261101T000000Z", "DTEND:20270301T000000Z")
    return "\r\n".join([*head, *lines, "END:VFREEBUSY"])


def test_published_times_count_by_their_kind() -> None:
    lines = (
        "FREEBUSY:20261201T100000Z/PT1H,20261201T120000Z/20261201T130000Z",
        "FREEBUSY;FBTYPE=BUSY:20261202T100000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261203T100000Z/PT1H",
        "FREEBUSY;FBTYPE=FREE:20261204T100000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261205T100000Z/PT1H",
        "FREEBUSY;FBTYPE=X-ELSEWHERE:20261206T100000Z/PT1H",
    )
    found = read(calendar(free_busy(*lines)), policy=Policy(tentative=Treat.FREE))
    sure = hours((1, 10, 11), (1, 12, 13), (2, 10, 11), (3, 10, 11), (6, 10, 11))
    assert (found.busy, found.unreadable) == (sure, 0)
    assert len(busy_of(free_busy(*lines))) == 6


def test_published_times_stand_beside_events_of_the_same_name() -> None:
    assert busy_of(DAILY.replace("COUNT=5", "COUNT=1"), free_busy("FREEBUSY:20261202T100000Z/PT1H")) == hours(
        (1, 17, 18), (2, 10, 11)
    )


@pytest.mark.parametrize("period", ["20261201T100000Z", "soon/later", "20261201T100000Z/never"])
def test_published_times_that_cannot_be_read_are_counted(period: str) -> None:
    assert read(calendar(free_busy(f"FREEBUSY:{period}"))).unreadable == 1


def test_asking_for_times_is_no_time() -> None:
    assert busy_of(free_busy()) == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"DTSTART", b"DTST\r\n ART"),
        (b"DTSTART", b"\r\n DTSTART"),
        (b"BEGIN:VEVENT", b"BEGIN:VEV\n\tENT"),
        (b"20261201T170000Z", b"2026\r\n 1201T1\r\n\t70000Z"),
        (b"\r\n", b"\n"),
        (b"\r\n", b"\r"),
        (b"\r\n", b"\r\n\r\n"),
        (b"DURATION:PT1H", b"SUMMARY:\xff\xfe\r\nduration:pt1h\x20"),
        (b"BEGIN:VCALENDAR", b"BEG\r\n IN:VCAL\r\n ENDAR"),
        (b"BEGIN:VCALENDAR", b"BEGIN:VCAL\r\n ENDAR"),
        (b"BEGIN:VCALENDAR", b"\xef\xbb\xbfBEGIN:VCALENDAR"),
        (b"END:VCALENDAR", b"END:VCALENDAR\r\n\xef\xbb\xbfBEGIN:VCALENDAR\r\nEND:VCALENDAR"),
    ],
)
def test_text_is_read_however_it_is_broken_into_lines(old: bytes, new: bytes) -> None:
    data = calendar(event("DTSTART:20261201T170000Z", "DURATION:PT1H"))
    assert read(data.replace(old, new)).busy == hours((1, 17, 18))


def test_an_event_below_too_many_levels_is_counted() -> None:
    deep = "\r\n".join(["BEGIN:X"] * 20)
    reading = read(calendar(deep, event("DTSTART:20261201T170000Z"), event("DTSTART:20261201T170000Z", uid="two")))
    assert reading.unreadable >= 2


def test_a_definition_named_with_backslashes_is_found_without_them() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:(UTC-05:00) Here\\, There\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\n"
    zone += "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    for name in ('"(UTC-05:00) Here, There"', '"(UTC-05:00) Here\\, There"'):
        times = busy_of(zone, event(f"DTSTART;TZID={name}:20261201T120000", "DURATION:PT1H"))
        assert times == hours((1, 17, 18))
