"""Times as people say them, on the clock of whoever reads them."""

from datetime import datetime
from zoneinfo import ZoneInfo

from service.core.interval import Interval


def say_when(time: Interval, *, zone: ZoneInfo) -> str:
    """Say when on the partner's clock, such as ``Friday 4 December, 19:00 to 21:00 (Europe/Berlin)``."""
    return f"{say_time(time, zone=zone)} ({zone.key})"


def say_time(time: Interval, *, zone: ZoneInfo) -> str:
    """Say the same where the reader knows whose clock it is."""
    start, end = time.start.astimezone(zone), time.end.astimezone(zone)
    last = f"{end:%H:%M}" if start.date() == end.date() else f"{_say_day(end)}, {end:%H:%M}"
    return f"{_say_day(start)}, {start:%H:%M} to {last}"


def _say_day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B}"
