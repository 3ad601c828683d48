"""Ideas to test with, and strategies that draw more of them, of occasions and of tastes. Times are UTC."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from service.core.ideas import BELONGINGS, CONCERNS, KINDS, LIGHTS, PLACES, Idea, Minutes, Occasion
from service.core.interval import Interval
from service.core.seasons import DAYPARTS, SEASONS
from service.core.tastes import Taste

BERLIN = ZoneInfo("Europe/Berlin")
LISBON = ZoneInfo("Europe/Lisbon")
SYDNEY = ZoneInfo("Australia/Sydney")
AUCKLAND = ZoneInfo("Pacific/Auckland")
EVENING = datetime(2026, 12, 4, 18, 0, tzinfo=UTC)  # 19:00 in Berlin, 18:00 in Lisbon

TEA = Idea(
    id="tea",
    title="Tea",
    line="Two cups.",
    steps=("Make tea.",),
    kind="rest",
    minutes=Minutes(20, typical=30, most=45),
    place="doorstep",
    outdoors=True,
    cost="free",
    seasons=frozenset(SEASONS),
    dayparts=frozenset(DAYPARTS),
    weather="any",
    light="any",
    energy="gentle",
    needs=frozenset(),
    sleeping_children_ok=True,
    minutes_to_prepare=0,
    novelty="familiar",
    touch="none",
    only_if_welcome=False,
    phones="in_a_drawer",
    accessible_for=frozenset(),
    avoid_if=frozenset(),
    evidence=("a_fact",),
)
COOK = replace(TEA, id="cook", kind="make", minutes=Minutes(45, typical=75, most=120), cost="low")


def slot(start: datetime, *, minutes: int) -> Interval:
    return Interval(start, start + timedelta(minutes=minutes))


def occasion(start: datetime = EVENING, *, minutes: int = 240) -> Occasion:
    return Occasion(slot(start, minutes=minutes), (BERLIN, BERLIN))


ideas = st.builds(
    replace,
    st.just(TEA),
    id=st.text("abcdef", min_size=1, max_size=2),
    kind=st.sampled_from(KINDS),
    place=st.sampled_from(PLACES),
    seasons=st.frozensets(st.sampled_from(SEASONS), min_size=2),
    dayparts=st.frozensets(st.sampled_from(DAYPARTS), min_size=2),
    light=st.sampled_from(LIGHTS),
    needs=st.frozensets(st.sampled_from(("sitter", *BELONGINGS)), max_size=1),
    sleeping_children_ok=st.booleans(),
    minutes_to_prepare=st.sampled_from((0, 15)),
    avoid_if=st.frozensets(st.sampled_from(CONCERNS), max_size=2),
    cost=st.sampled_from(("free", "low")),
    energy=st.sampled_from(("rest", "gentle")),
    minutes=st.sampled_from((Minutes(20, typical=30, most=30), Minutes(45, typical=60, most=90))),
)
catalogs = st.lists(ideas, max_size=12, unique_by=lambda idea: idea.id)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
pairs = st.tuples(st.sampled_from((BERLIN, LISBON, SYDNEY)), st.sampled_from((BERLIN, LISBON, AUCKLAND)))
occasions = st.builds(
    Occasion,
    st.builds(slot, moments, minutes=st.integers(15, 300)),
    pairs,
    has=st.frozensets(st.sampled_from(BELONGINGS)),
    concerns=st.frozensets(st.sampled_from(CONCERNS), max_size=1),
    children_asleep=st.booleans(),
)
tastes = st.builds(
    Taste,
    loved=st.frozensets(st.text("abcdef", min_size=1, max_size=2), max_size=3),
    vetoed=st.frozensets(st.text("abcdef", min_size=1, max_size=2), max_size=3),
    less=st.frozensets(st.sampled_from(KINDS), max_size=2),
)
