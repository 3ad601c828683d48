"""What the benchmark asks for: shared evenings of at least an hour within 90 days, on the clocks of Berlin."""

from datetime import UTC, datetime, time, timedelta

from service.core.hours import find_zone, parse_window, shared_hours
from service.core.interval import Interval

ZONE = "Europe/Berlin"
HOURS = "17:00-23:00"
SHORTEST = timedelta(hours=1)
AHEAD = timedelta(days=90)


def next_days(now: datetime) -> Interval:
    """Return the 90 days from the coming midnight, UTC."""
    start = datetime.combine(now.date() + timedelta(days=1), time(0), UTC)
    return Interval(start, start + AHEAD)


def evenings(during: Interval) -> list[Interval]:
    zone = find_zone(ZONE)
    return shared_hours([parse_window(HOURS)], zones=[zone, zone], during=during)
