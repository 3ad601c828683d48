"""Dates and evenings for the tests of the rhythm, counted from a Tuesday, and couples and rhythms of all kinds."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from service.core.dates import Date, Origin, Stage, pencil_in
from service.core.interval import Interval
from service.core.rhythm import Rhythm
from service.core.slots import Slot
from tests.core.times import utc, zones

NOW = utc(2026, 12, 1, 9)  # a Tuesday
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WEEKLY = Rhythm()
BERLIN, LISBON = ZoneInfo("Europe/Berlin"), ZoneInfo("Europe/Lisbon")
OURS = (BERLIN, LISBON)
couples = st.tuples(zones, zones)
rhythms = (
    st.lists(st.integers(1, 20), min_size=3, max_size=3)
    .map(sorted)
    .map(lambda days: Rhythm(days[1], least_days=days[0], most_days=days[2]))
)
hours = st.integers(-24 * 40, 24 * 40)


def on(hour: int, *, length: timedelta = HOUR, stage: Stage = Stage.PENCILLED, origin: Origin = Origin.RHYTHM) -> Date:
    """Return a date that begins so many hours after now, which nobody has answered."""
    start = NOW + hour * HOUR
    date = pencil_in(
        f"at {hour}",
        couple_id="c",
        time=Interval(start, start + length),
        idea_id=None,
        by=None,
        partners="ab",
        now=start - 30 * DAY,
        origin=origin,
    )
    return replace(date, stage=stage)


def day(number: int, *, hour: int = 18, stage: Stage = Stage.PENCILLED) -> Date:
    """Return the same on a day counted from today."""
    return on(number * 24 + hour - NOW.hour, stage=stage)


def evening(number: int, *, length: timedelta = 4 * HOUR, hour: int = 18, score: float = 0.5) -> Slot:
    start = NOW.replace(hour=hour) + number * DAY
    return Slot(Interval(start, start + length), score, ())


dates = st.lists(
    st.builds(
        lambda hour, stage: on(hour, stage=stage),
        hours,
        st.sampled_from([Stage.PENCILLED, Stage.CONFIRMED, Stage.CALLED_OFF, Stage.LAPSED]),
    ),
    max_size=4,
    unique_by=lambda each: each.time,
)
slots = st.lists(
    st.builds(
        lambda quarter, minutes, score: Slot(
            Interval(NOW + quarter * HOUR / 4, NOW + quarter * HOUR / 4 + timedelta(minutes=minutes)), score / 1000, ()
        ),
        st.integers(0, 4 * 24 * 30),
        st.integers(5, 300),
        st.integers(0, 1000),
    ),
    max_size=25,
)
lengths = st.integers(4, 16).map(lambda quarters: quarters * HOUR / 4)
