"""Buffers: the time kept around entries, and every entry found whose buffer reaches into the hours."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.core.buffers import LONGEST, NO_BUFFERS, Buffers
from service.core.errors import Invalid
from service.core.interval import Interval, merge
from service.core.spans import as_interval, as_spans, lay
from tests.core.times import MINUTE, minutes, span, spans

heaps = st.lists(spans, max_size=8)
some_buffers = st.builds(
    lambda before, after: Buffers(before * MINUTE, after * MINUTE), st.integers(0, 60), st.integers(0, 60)
)


def around(buffers: Buffers, *busy: Interval) -> list[Interval]:
    return [as_interval(each) for each in buffers.around(lay(as_spans(busy)).merged)]


def test_before_is_kept_before_an_entry_and_after_comes_after_it() -> None:
    assert around(Buffers(before=30 * MINUTE, after=10 * MINUTE), span(60, 90)) == [span(30, 100)]


def test_entries_whose_buffers_meet_are_one() -> None:
    assert around(Buffers(before=5 * MINUTE, after=5 * MINUTE), span(60, 90), span(100, 120)) == [span(55, 125)]


@given(heaps)
def test_without_buffers_entries_stay_as_they_are(busy: list[Interval]) -> None:
    assert around(NO_BUFFERS, *busy) == merge(busy)


@given(heaps, some_buffers)
def test_every_minute_near_an_entry_is_kept(busy: list[Interval], buffers: Buffers) -> None:
    kept = {
        minute for each in busy for minute in minutes([Interval(each.start - buffers.before, each.end + buffers.after)])
    }
    assert minutes(around(buffers, *busy)) == kept


def test_buffers_last_up_to_three_hours() -> None:
    assert Buffers(LONGEST, LONGEST) != NO_BUFFERS
    for wrong in (LONGEST + MINUTE, timedelta(microseconds=-1)):
        with pytest.raises(Invalid):
            Buffers(before=wrong)
        with pytest.raises(Invalid):
            Buffers(after=wrong)
