"""
Calendars that nobody meant to write: sound structures, strange values, and then octets cut, doubled and swapped.

Whatever comes in: only errors of the codec go out, in seconds of CPU; times are inside the window, sorted and merged;
a title is in no error. `read_any` says all of that, so that a longer run outside the tests can ask the same.
"""

import traceback
from datetime import UTC, datetime
from itertools import pairwise
from time import thread_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integrations.errors import IntegrationError
from integrations.ical.busy import Kind, Policy, Reading, Treat, read_busy
from integrations.ical.stripped import read_stripped, strip
from tests.ical.calendars import ME

TITLE = "Xyzzyplugh"  # planted where titles are, and where they are not
START, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC)
SECONDS, SECONDS_A_FILE = 1.0, 2.0
HOME = ZoneInfo("Europe/Berlin")
SOFT = Policy(tentative=Treat.SOFT, unanswered=Treat.FREE, all_day=Treat.SOFT)

DATES = st.sampled_from(
    ["20261201", "20260229", "20280229", "16000101", "22001231", "00000000", "99991231", "20261025", "20270328", TITLE]
)
CLOCKS = st.sampled_from(["", "T180000", "T180000Z", "T023000", "T235960", "T240000Z", "T1800", "T", "t080000z", TITLE])
MOMENTS = st.tuples(DATES, CLOCKS).map("".join)
LENGTHS = st.sampled_from(
    ["PT1H", "P1D", "P1W", "-PT1H", "P", "PT", "P99999W", "P999999D", "PT999999999S", "P1DT", "PT0S", "+P2D", TITLE]
)
PERIODS = st.tuples(MOMENTS, st.one_of(MOMENTS, LENGTHS)).map("/".join)
NUMBERS = st.one_of(st.integers(-400, 400).map(str), st.sampled_from(["0", "00", "+1", "1e3", "٣", "9" * 30, TITLE]))
WEEKDAYS = st.tuples(st.one_of(st.just(""), NUMBERS), st.sampled_from(["MO", "TU", "SU", "mo", "XX", " FR"])).map(
    "".join
)
RULE_PARTS = st.one_of(
    st.tuples(st.sampled_from(["INTERVAL", "COUNT", "BYHOUR", "BYMINUTE", "BYSECOND", "X-A", "RSCALE"]), NUMBERS).map(
        "=".join
    ),
    st.tuples(
        st.sampled_from(["BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR"]),
        st.lists(NUMBERS, max_size=6).map(",".join),
    ).map("=".join),
    st.lists(WEEKDAYS, max_size=6).map(lambda days: f"BYDAY={','.join(days)}"),
    MOMENTS.map(lambda moment: f"UNTIL={moment}"),
    st.sampled_from(["WKST=SU", "WKST=", "=", "", "COUNT", f"{TITLE}=1", "SKIP=OMIT"]),
)
FREQS = st.sampled_from(
    ["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY", "SECONDLY", "daily", "", TITLE]
).map(lambda freq: f"FREQ={freq}")
RULES = st.tuples(FREQS, st.lists(RULE_PARTS, max_size=5)).map(lambda parts: ";".join([parts[0], *parts[1]]))

ZONES = st.sampled_from(
    [
        *("Europe/Berlin", "Office", "office", '"/mozilla.org/1/Europe/Berlin"', "W. Europe Standard Time", "GMT+1"),
        *("UTC", "GMT+99", "", '"', "../../etc/passwd", "Europe", "/", "localtime", "A" * 300, TITLE),
    ]
)
PARAMS = st.one_of(
    st.just(""),
    ZONES.map(lambda zone: f";TZID={zone}"),
    st.sampled_from([";VALUE=DATE", ";VALUE=PERIOD", ";RANGE=THISANDFUTURE", ";", ";X", ";X=", ';X="', f";X={TITLE}"]),
)


def lines(names: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(names), PARAMS, st.just(":"), values).map("".join)


TIMES = lines(["DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE", "dtstart"], MOMENTS)
LINES = st.one_of(
    TIMES,
    TIMES,
    lines(["RDATE", "EXDATE", "FREEBUSY"], st.lists(st.one_of(MOMENTS, PERIODS), max_size=4).map(",".join)),
    lines(["DURATION", "X-APPLE-TRAVEL-DURATION"], LENGTHS),
    lines(["RRULE", "RRULE", "EXRULE"], RULES),
    lines(["SEQUENCE"], NUMBERS),
    lines(["STATUS", "TRANSP", "CLASS"], st.sampled_from(["CANCELLED", "TENTATIVE", "TRANSPARENT", "", TITLE])),
    lines(["UID"], st.sampled_from(["a", "b", "", TITLE])),
    lines(["SUMMARY", "DESCRIPTION", "LOCATION", "X-WR-CALNAME", TITLE], st.text(max_size=20).map(TITLE.__add__)),
    st.sampled_from(
        [
            f"ATTENDEE;CN={TITLE};PARTSTAT=TENTATIVE:mailto:alex@example.org",
            f'ATTENDEE;CN="{TITLE};PARTSTAT=DECLINED:mailto:alex@example.org',
            f"X-MICROSOFT-CDO-BUSYSTATUS:{TITLE}",
            "X-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261201T100000Z/PT1H",
            TITLE,
            ":",
            "",
        ]
    ),
)
OBSERVANCE_LINES = st.one_of(
    st.tuples(
        st.sampled_from(["TZOFFSETFROM:", "TZOFFSETTO:"]),
        st.sampled_from(["+0100", "-0800", "+2359", "-9999", "+01", "+010030", "", TITLE]),
    ).map("".join),
    lines(["DTSTART", "RDATE"], MOMENTS),
    lines(["RRULE"], RULES),
)


def component(kind: str, *parts: str) -> str:
    return "\n".join([f"BEGIN:{kind}", *parts, f"END:{kind}"])


@st.composite
def events(draw: st.DrawFn) -> str:
    """Draw an event that has what events need, and more; sometimes with another component inside."""
    sound = [f"UID:{draw(st.sampled_from('abc'))}", f"SUMMARY:{TITLE}"]
    if draw(st.integers(0, 5)):
        sound += [f"DTSTART;TZID={draw(st.sampled_from(['Europe/Berlin', 'Office']))}:20261201T180000", "DURATION:PT1H"]
    strange = draw(st.lists(LINES, max_size=6))
    inner = draw(st.sampled_from([(), (), (component("VALARM", "DURATION:PT8H", f"DESCRIPTION:{TITLE}"),)]))
    return component(draw(st.sampled_from(["VEVENT", "VEVENT", "VEVENT", "VFREEBUSY"])), *sound, *strange, *inner)


ZONE_TEXTS = st.lists(
    st.tuples(st.sampled_from(["STANDARD", "DAYLIGHT"]), st.lists(OBSERVANCE_LINES, max_size=6)).map(
        lambda part: component(part[0], "DTSTART:19701025T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", *part[1])
    ),
    max_size=3,
).map(lambda parts: component("VTIMEZONE", "TZID:Office", *parts))


@st.composite
def calendars(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.one_of(events(), events(), ZONE_TEXTS), max_size=5))
    text = component("VCALENDAR", *draw(st.lists(LINES, max_size=2)), *parts)
    return text.replace("\n", draw(st.sampled_from(["\r\n", "\n", "\r"]))).encode(errors="surrogateescape")


PIECES = st.sampled_from(
    [
        *(b"\r\n ", b"\n", b"\r", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b'"', b":", b";", b"=", b","),
        *(b"BEGIN:VEVENT\r\n", b"END:VEVENT\r\n", b"BEGIN:VCALENDAR\r\n", b"END:VCALENDAR\r\n"),
        *(TITLE.encode(), b"9" * 40),
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Draw a calendar to which a few accidents happened."""
    data = draw(calendars())
    for _ in range(draw(st.integers(1, 4))):
        at, to = sorted(draw(st.tuples(st.integers(0, len(data)), st.integers(0, len(data)))))
        to = min(to, at + 200)
        match draw(st.sampled_from(["cut", "double", "insert", "swap"])):
            case "cut":
                data = data[:at] + data[to:]
            case "double":
                data = data[:to] + data[at:]
            case "insert":
                data = data[:at] + draw(PIECES) + data[at:]
            case _:
                data = data[:at] + data[at:to][::-1] + data[to:]
    return data


def read_any(data: bytes, *, policy: Policy = SOFT) -> None:
    """Read `data`, and fail where one of the promises does not hold."""
    began = thread_time()
    reading, error = _try_to_read(data, policy=policy)
    assert thread_time() - began < SECONDS
    assert TITLE not in error
    assert reading.unreadable >= 0
    assert list(reading.busy) == sorted(reading.busy)
    assert all(START <= each.start < each.end <= END for each in reading.busy)
    for kind in Kind:
        same = [each for each in reading.busy if each.kind is kind]
        assert all(one.end < other.start for one, other in pairwise(same))


def _try_to_read(data: bytes, *, policy: Policy) -> tuple[Reading, str]:
    """Return what was read, and all that a log could show of why it was not."""
    try:
        return read_busy(data, start=START, end=END, zone=HOME, me=ME, policy=policy), ""
    except IntegrationError as error:
        return Reading((), 0), "".join([*traceback.format_exception(error), repr(error.args)])


BOLD = settings(
    max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@BOLD
@given(calendars())
def test_a_strange_calendar_is_read_or_refused_in_time_and_in_silence(data: bytes) -> None:
    read_any(data)


@BOLD
@given(damaged())
def test_a_damaged_calendar_is_read_or_refused_in_time_and_in_silence(data: bytes) -> None:
    read_any(data)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300))
def test_octets_are_read_or_refused_in_time(data: bytes) -> None:
    read_any(data)
    read_any(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n" + data)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(events(), max_size=4))
def test_a_strange_neighbor_hides_no_sound_event(parts: list[str]) -> None:
    sound = component("VEVENT", "UID:sound", "DTSTART:20270115T100000Z", "DTEND:20270115T110000Z")
    data = component("VCALENDAR", *parts, sound).encode(errors="surrogateescape")
    reading = read_busy(data, start=START, end=END, zone=HOME)
    wanted = datetime(2027, 1, 15, 10, tzinfo=UTC), datetime(2027, 1, 15, 11, tzinfo=UTC)
    assert any(each.start <= wanted[0] and wanted[1] <= each.end for each in reading.busy)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(damaged())
def test_the_stripped_form_of_a_damaged_calendar_has_no_title_and_reads_the_same(data: bytes) -> None:
    reading, _ = _try_to_read(data, policy=SOFT)
    try:
        content = strip(data, me=ME).content
    except IntegrationError:
        assert reading == Reading((), 0)
        return
    assert TITLE.encode() not in content
    assert read_stripped(content, start=START, end=END, zone=HOME, policy=SOFT) == reading


@pytest.mark.parametrize(
    "slow",
    [
        pytest.param(
            ("DTSTART:19000101T120000Z", "DTEND:20261101T120000Z", "RRULE:FREQ=DAILY"), id="as long as a life"
        ),
        pytest.param(
            ("DTSTART:16000101T120000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=5000;BYMONTH=2;BYMONTHDAY=29"),
            id="counted over centuries",
        ),
    ],
)
def test_many_slow_series_in_a_small_calendar_take_little_time_and_hide_no_sound_event(slow: tuple[str, ...]) -> None:
    events = [component("VEVENT", f"UID:{number}", *slow) for number in range(20)]
    sound = component("VEVENT", "UID:sound", "DTSTART:20270115T100000Z", "DTEND:20270115T110000Z")
    began = thread_time()
    reading = read_busy(component("VCALENDAR", *events, sound).encode(), start=START, end=END, zone=HOME)
    assert thread_time() - began < SECONDS_A_FILE
    assert any(each.start <= datetime(2027, 1, 15, 10, tzinfo=UTC) < each.end for each in reading.busy)
