"""What a sync has to fetch and to read, when it is believed, and how far a calendar can be relied on."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.sync import (
    EMPTY_AGAIN,
    LAST_KNOWN_COUNTS,
    SILENCE_IS_NEWS,
    Known,
    Listed,
    Plan,
    State,
    find_gone,
    find_state,
    find_wanted,
    is_believed_empty,
    is_due_whole,
    is_emptied,
    is_news,
    plan,
)
from tests.core.times import utc

NOW = utc(2026, 12, 1, 9)
SECOND = timedelta(seconds=1)

hrefs = st.sampled_from("abcdef")
knowns = st.builds(Known, st.sampled_from(("1", "2")), st.sampled_from((b"x", b"y")))
kept = st.dictionaries(hrefs, knowns)
some = st.frozensets(hrefs)
etags = st.dictionaries(hrefs, st.sampled_from(("1", "2", "")))
spreads = st.floats(0, 1, exclude_max=True)


@given(kept, kept)
def test_everything_that_arrived_is_read_or_touched(known: dict[str, Known], arrived: dict[str, Known]) -> None:
    planned = plan(known, arrived=arrived)
    assert planned.read | planned.touch == frozenset(arrived)
    assert not planned.read & planned.touch


@given(kept, kept)
def test_only_what_has_the_bytes_we_know_is_not_read(known: dict[str, Known], arrived: dict[str, Known]) -> None:
    planned = plan(known, arrived=arrived)
    unchanged = {href for href, here in arrived.items() if href in known and known[href].digest == here.digest}
    assert planned.touch == unchanged


@given(kept)
def test_what_a_sync_brought_is_not_read_again(known: dict[str, Known]) -> None:
    assert plan(known, arrived=known) == Plan(read=frozenset(), touch=frozenset(known))


def test_new_bytes_are_read_and_a_new_etag_alone_is_noted() -> None:
    known = {"same": Known("1", b"x"), "changed": Known("1", b"x"), "other": Known("1", b"x")}
    arrived = {"same": Known("2", b"x"), "changed": Known("2", b"y"), "new": Known("1", b"z")}
    assert plan(known, arrived=arrived) == Plan(read=frozenset({"changed", "new"}), touch=frozenset({"same"}))


@given(kept, etags, some, some, st.booleans())
def test_what_is_not_fetched_has_the_etag_we_know_and_was_not_named(
    known: dict[str, Known], here: dict[str, str], named: frozenset[str], gone: frozenset[str], whole: bool
) -> None:
    listed = Listed(etags=here, named=named, gone=gone, whole=whole)
    wanted = find_wanted(known, listed=listed)
    assert wanted <= here.keys()
    for name in here.keys() - wanted:
        assert name not in named
        assert known[name].etag == here[name] != ""


@given(kept, etags, some)
def test_a_whole_list_tells_what_is_gone_by_what_it_lacks_and_another_only_what_it_names(
    known: dict[str, Known], here: dict[str, str], gone: frozenset[str]
) -> None:
    whole = Listed(etags=here, gone=gone, whole=True)
    assert find_gone(known, listed=whole) == known.keys() - here.keys()
    part = Listed(etags=here, gone=gone)
    assert find_gone(known, listed=part) == (known.keys() & gone) - here.keys()


@given(kept, etags, some, some, st.booleans())
def test_a_calendar_is_emptied_where_something_was_and_nothing_but_our_own_is_left(
    known: dict[str, Known], here: dict[str, str], gone: frozenset[str], own: frozenset[str], whole: bool
) -> None:
    listed = Listed(etags=here, gone=gone, whole=whole)
    left = (known.keys() - find_gone(known, listed=listed)) | here.keys()
    assert is_emptied(known, listed=listed, own=own) is (bool(known.keys() - own) and not left - own)


@pytest.mark.parametrize(
    ("before", "believed"),
    [(None, False), (timedelta(0), False), (EMPTY_AGAIN - SECOND, False), (EMPTY_AGAIN, True)],
)
def test_an_empty_calendar_is_believed_some_minutes_after_it_was_first_seen(
    before: timedelta | None, believed: bool
) -> None:
    emptied_at = None if before is None else NOW - before
    assert is_believed_empty(emptied_at=emptied_at, now=NOW) is believed


@given(spreads, st.integers(0, 3), st.timedeltas(timedelta(0), timedelta(days=3)))
def test_all_is_compared_about_daily_and_about_hourly_where_something_is_unread(
    spread: float, unreadable: int, ago: timedelta
) -> None:
    due = is_due_whole(compared_at=NOW - ago, unreadable=unreadable, now=NOW, spread=spread)
    every = timedelta(hours=1) if unreadable else timedelta(days=1)
    assert due or ago < 1.2 * every
    assert not due or ago >= 0.8 * every


def test_what_was_never_compared_is_due() -> None:
    assert is_due_whole(compared_at=None, unreadable=0, now=NOW, spread=0.5)


@pytest.mark.parametrize(
    ("ago", "is_failing", "state"),
    [
        (None, False, State.NEW),
        (None, True, State.FAILING),
        (timedelta(0), False, State.HEALTHY),
        (timedelta(0), True, State.FAILING),
        (LAST_KNOWN_COUNTS - SECOND, False, State.HEALTHY),
        (LAST_KNOWN_COUNTS - SECOND, True, State.FAILING),
        (LAST_KNOWN_COUNTS, False, State.UNKNOWN),
        (LAST_KNOWN_COUNTS, True, State.UNKNOWN),
    ],
)
def test_every_state_of_a_calendar(ago: timedelta | None, is_failing: bool, state: State) -> None:
    synced_at: datetime | None = None if ago is None else NOW - ago
    assert find_state(synced_at=synced_at, is_failing=is_failing, now=NOW) is state


@pytest.mark.parametrize(
    ("for_good", "failing_for", "told", "news"),
    [
        (False, timedelta(0), False, False),
        (False, SILENCE_IS_NEWS - SECOND, False, False),
        (False, SILENCE_IS_NEWS, False, True),
        (False, SILENCE_IS_NEWS, True, False),
        (True, timedelta(0), False, True),
        (True, timedelta(0), True, False),
    ],
)
def test_every_moment_at_which_an_owner_is_told(for_good: bool, failing_for: timedelta, told: bool, news: bool) -> None:
    told_at = NOW - SECOND if told else None
    assert is_news(for_good=for_good, failing_since=NOW - failing_for, told_at=told_at, now=NOW) is news


def test_a_silent_server_is_told_well_before_its_times_count_no_more() -> None:
    assert SILENCE_IS_NEWS + timedelta(hours=8) < LAST_KNOWN_COUNTS  # eight hours are more than the longest wait
