"""Calendars made to hurt, and calendars that are none: each is over soon, counted, and hides nothing else."""

from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from time import perf_counter, thread_time

import pytest

from integrations.errors import IntegrationError
from integrations.ical.errors import Refused, Unreadable
from integrations.ical.screen import (
    MAX_COMPONENTS,
    MAX_DATES,
    MAX_FEED,
    MAX_FEED_PARTS,
    MAX_LINES,
    MAX_NESTING,
    MAX_OBJECT,
    screen,
)
from tests.ical.calendars import ME, calendar, event, read, utc

SECONDS_A_FILE = 4.0  # of CPU; on a machine that has nothing else to do it is a third of that
GOOD = event("DTSTART:20261201T170000Z", "DURATION:PT1H", uid="good")
LONG_AGO = ("DTSTART:16000101T100000Z", "DURATION:PT1H")
NOISE = Random(7).randbytes(1_000_000)  # noqa: S311
MILLION_DATES = ",".join(["20270101T100000Z"] * 1_000_000)
EVERY_MINUTE = f"BYHOUR={','.join(map(str, range(24)))};BYMINUTE={','.join(map(str, range(60)))}"
DENSE_ZONE = "\r\n".join(
    [
        *("BEGIN:VTIMEZONE", "TZID:Dense"),
        *("BEGIN:STANDARD", "DTSTART:16000101T000000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200"),
        *("RRULE:FREQ=DAILY", "END:STANDARD", "END:VTIMEZONE"),
    ]
)

BAD_EVENTS = {
    "a rule by the second": event(*LONG_AGO, "RRULE:FREQ=SECONDLY"),
    "a rule by the minute": event(*LONG_AGO, "RRULE:FREQ=MINUTELY;COUNT=5"),
    "an hourly rule without end": event(*LONG_AGO, "RRULE:FREQ=HOURLY"),
    "an interval of nothing": event(*LONG_AGO, "RRULE:FREQ=MONTHLY;INTERVAL=0;BYDAY=MO;BYMONTHDAY=1"),
    "a count beyond counting": event(*LONG_AGO, "RRULE:FREQ=DAILY;COUNT=1000000000"),
    "a number of ten thousand digits": event(*LONG_AGO, f"RRULE:FREQ=DAILY;COUNT={'9' * 10_000}"),
    "every minute of every day": event(*LONG_AGO, f"RRULE:FREQ=DAILY;{EVERY_MINUTE}"),
    "a rule of exceptions": event(*LONG_AGO, "RRULE:FREQ=DAILY", "EXRULE:FREQ=DAILY"),
    "a million dates": event(*LONG_AGO, f"RDATE:{MILLION_DATES}"),
    "too many dates": event(*LONG_AGO, *["RDATE:20270101T100000Z"] * (MAX_DATES + 1)),
    "too many lines": event(*LONG_AGO, *["COMMENT:x"] * MAX_LINES),
    "too many alarms": event(*LONG_AGO, *["BEGIN:VALARM\r\nEND:VALARM"] * MAX_COMPONENTS),
    "a large attachment": event(*LONG_AGO, f"ATTACH:{'x' * MAX_OBJECT}"),
    "components inside each other": event(*LONG_AGO, *["BEGIN:X"] * 100_000, *["END:X"] * 100_000),
    "one level too deep": event(*LONG_AGO, *["BEGIN:X"] * (MAX_NESTING - 1), *["END:X"] * (MAX_NESTING - 1)),
    "nul bytes in a rule": event(*LONG_AGO, "RRULE:FREQ=DAI\0LY"),
    "nul bytes in a time": event("DTSTART:2026\x001201T170000Z", "DURATION:PT1H"),
    "another time": event("DTSTART:09991201T170000Z", "DURATION:PT1H"),
    "a series of millions": event(
        *("DTSTART:16000101T000000Z", "DTEND:21990101T000000Z"),
        f"RRULE:FREQ=DAILY;BYHOUR={','.join(map(str, range(24)))}",
    ),
    "a zone whose clocks change every day": event("DTSTART;TZID=Dense:20261201T170000", "DURATION:PT1H"),
}


@pytest.mark.parametrize("bad", BAD_EVENTS.values(), ids=BAD_EVENTS.keys())
def test_an_event_made_to_hurt_is_counted_and_hides_no_other(bad: str) -> None:
    started = perf_counter()
    reading = read(calendar(DENSE_ZONE, bad, GOOD))
    assert perf_counter() - started < 5
    assert [busy.start for busy in reading.busy] == [utc(1, 17)]
    assert reading.unreadable == 1


def every_hour(rest: str) -> str:
    return f"RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYHOUR={','.join(map(str, range(24)))};{rest}"


def many(*lines: str, count: int) -> list[str]:
    return [event("DTSTART:16000101T100000Z", "DURATION:PT1H", *lines, uid=str(number)) for number in range(count)]


def costly_zone(number: int) -> str:
    rules = [f"FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO,TU;BYSETPOS={place}" for place in range(1, 20)]
    observances = DENSE_ZONE.replace("Dense", f"Dense {number}").replace("FREQ=DAILY", rules[number % len(rules)])
    return "\r\n".join([observances, event(f"DTSTART;TZID=Dense {number}:20261203T170000", uid=f"in {number}")])


FILES = {
    "one of thousands of moments": calendar(*many(every_hour("BYSETPOS=1;COUNT=5000"), count=2000), GOOD),
    "moments that never come": calendar(*many("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9", count=2000), GOOD),
    "weeks that few years have": calendar(*many(every_hour("BYWEEKNO=53;COUNT=5000"), count=2000), GOOD),
    "many calendars": b"".join(
        calendar(each) for each in [*many("RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=9", count=2000), GOOD]
    ),
    "zones that cost much": calendar(*map(costly_zone, range(2000)), GOOD),
    "many long lists": calendar(*many("RDATE:" + ",".join(["16000102T100000Z"] * MAX_DATES), count=500), GOOD),
    "many periods": calendar(
        *["BEGIN:VFREEBUSY\r\nFREEBUSY:" + ",".join(["16000102T100000Z/PT1H"] * 20_000) + "\r\nEND:VFREEBUSY"] * 30,
        GOOD,
    ),
    "many answers": calendar(*many(*[f"ATTENDEE:{ME[0]}"] * 100, count=5000), GOOD),
}


@pytest.mark.parametrize("data", FILES.values(), ids=FILES.keys())
def test_a_file_made_to_hurt_is_over_soon_and_hides_no_sound_event(data: bytes) -> None:
    began = thread_time()
    reading = read(data)
    assert thread_time() - began < SECONDS_A_FILE
    assert [busy.start for busy in reading.busy if busy.start < utc(2, 0)] == [utc(1, 17)]
    assert reading.unreadable > 0


def test_who_asks_about_centuries_is_answered() -> None:
    series = [event("DTSTART:20261201T170000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", uid=uid) for uid in "abc"]
    end = datetime(2200, 1, 1, tzinfo=UTC)
    reading = read(calendar(*series), end=end)
    assert (len(reading.busy), reading.unreadable) == ((end - utc(1, 0)).days, 0)


@pytest.mark.parametrize("freq", ["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"])
def test_a_rule_that_never_matches_ends(freq: str) -> None:
    started = perf_counter()
    reading = read(calendar(event(*LONG_AGO, f"RRULE:FREQ={freq};BYMONTH=2;BYMONTHDAY=30;COUNT=9"), GOOD))
    assert perf_counter() - started < 5
    assert (len(reading.busy), reading.unreadable) == (1, 0)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", Unreadable),
        (b"<!doctype html><title>Sign in</title>", Unreadable),
        (NOISE, Unreadable),
        (calendar(event(*LONG_AGO, "SUMMARY:" + "x" * (30 * 1024 * 1024))), Refused),
        (calendar() + b"x" * MAX_FEED, Refused),
        (calendar() + b"x\n" * 1_000_001, Refused),
        (calendar(*["BEGIN:VEVENT"] * MAX_FEED_PARTS), Refused),
        (calendar() * (MAX_FEED_PARTS + 1), Refused),
    ],
    ids=[
        *("nothing", "a web page", "noise", "a line of 30 MiB", "too large", "too many lines"),
        *("too many entries", "too many calendars"),
    ],
)
def test_what_is_no_calendar_is_never_taken_for_an_empty_one(data: bytes, error: type[IntegrationError]) -> None:
    started = perf_counter()
    with pytest.raises(error):
        read(data)
    assert perf_counter() - started < 5


@pytest.mark.parametrize("seed", range(20))
def test_noise_inside_a_calendar_raises_nothing_that_is_not_ours(seed: int) -> None:
    random = Random(seed)  # noqa: S311
    data = bytearray(calendar(DENSE_ZONE, *BAD_EVENTS["a rule by the second"].split("\r\n"), GOOD))
    for _ in range(random.randrange(1, 40)):
        data[random.randrange(len(data))] = random.randrange(256)
    with suppress(Refused, Unreadable):
        read(bytes(data))


def test_quotes_that_never_close_take_no_time() -> None:
    started = perf_counter()
    read(calendar(event('ATTENDEE;X="' + '":"' * 100_000, "DTSTART;X=" + '"a' * 100_001, uid="quotes"), GOOD))
    assert perf_counter() - started < 5


PLANTED = "Couples therapy"


def test_what_does_not_decide_busy_time_does_not_pass_the_screen() -> None:
    planted = event(
        *("DTSTART:20261201T170000Z", "DURATION:PT1H", f"SUMMARY:{PLANTED}", f"DESCRIPTION:{PLANTED}"),
        *(f"LOCATION:{PLANTED}", f"X-NOTE:{PLANTED}", f"ATTENDEE;CN={PLANTED}:mailto:alex@example.org"),
        *(f"ORGANIZER;CN={PLANTED}:mailto:bob@example.org", f"SUMMARY;LANGUAGE=de:{PLANTED}"),
        *("BEGIN:VALARM", f"DESCRIPTION:{PLANTED}", "END:VALARM"),
    )
    screened = repr(screen(calendar(f"X-WR-CALNAME:{PLANTED}", planted), me=["alex@example.org"]))
    assert "20261201T170000Z" in screened
    assert PLANTED not in screened
    assert "example.org" not in screened


@pytest.mark.parametrize("name", ["DTSTART", "RRULE", "DURATION", "EXDATE", "RDATE", "RECURRENCE-ID", "DTSTART;TZID=x"])
def test_a_title_in_a_place_of_times_is_in_no_value_and_no_error(name: str) -> None:
    lines = ("DTSTART:20261202T170000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2")
    others = [line for line in lines if not line.startswith(name.partition(";")[0])]
    reading = read(calendar(event(*others, f"{name}:{PLANTED}")))
    assert reading.unreadable == 1
    assert PLANTED not in repr(reading)
    with pytest.raises(Unreadable) as caught:
        read(PLANTED.encode())
    assert PLANTED not in str(caught.value)
