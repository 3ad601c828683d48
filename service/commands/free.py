"""
`pencilin free`: the slots two calendars share, by the same arithmetic as the service, without a database.

It prints the exact gaps, all of them. Later times inside long gaps are for a short list to choose from, and what dates
the two have nobody knows here.
"""

import json
import sys
from dataclasses import dataclass
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from integrations.ical.busy import Kind, Policy
from service.commands.busy import utc_text
from service.commands.reading import Source, parse_moment, read_sources, times
from service.core.errors import EmptyWindow, Invalid
from service.core.hours import DAYS, Window, find_zone, parse_window, shared_hours
from service.core.interval import Interval, pad
from service.core.slots import Slot, find_slots, rank_slots

_WHOLE_DAY = "00:00-24:00"
_MOST_MINUTES = 7 * 24 * 60
_WIDTH_OF_A_FILE = 160


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line; `zones` and `me` are of the first and the second calendar."""

    start: str
    end: str
    minutes: int
    between: str | None
    days: str | None
    zones: tuple[str, str]
    buffer: int
    me: tuple[tuple[str, ...], tuple[str, ...]]
    limit: int | None
    by_time: bool


def run(place_a: str, place_b: str, *, asked: Asked, as_json: bool) -> None:
    """Print the shared slots; raises a refusal for what does not fit."""
    slots = _find(place_a, place_b, asked=asked)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    if as_json:
        console.print(json.dumps({"slots": [_as_json(slot, asked=asked) for slot in slots]}, indent=1), soft_wrap=True)
        return
    table = Table("A", "B", "minutes", "score", "why", box=None)
    for slot in slots:
        minutes = slot.time.length // timedelta(minutes=1)
        table.add_row(*_local(slot, asked=asked), str(minutes), f"{slot.score:.2f}", ", ".join(slot.why))
    console.print(table if slots else "There is no time that both share.")


def _find(place_a: str, place_b: str, *, asked: Asked) -> list[Slot]:
    if asked.minutes <= 0:
        raise EmptyWindow("A slot lasts at least a minute.")
    if asked.buffer < 0 or (asked.limit is not None and asked.limit < 0):
        raise Invalid("--buffer and --limit are not below zero.")
    if asked.minutes > _MOST_MINUTES or asked.buffer > _MOST_MINUTES:
        raise Invalid("--min and --buffer are a week at most.")
    if place_a == place_b == "-":
        raise Invalid("Standard input can be one of the calendars, not both.")
    zones = [find_zone(name) for name in asked.zones]
    start, end = (parse_moment(text, zone=zones[0]) for text in (asked.start, asked.end))
    during = Interval(start, end)
    hours = shared_hours(_windows(asked), zones=zones, during=during) if asked.between or asked.days else [during]
    buffer = timedelta(minutes=asked.buffer)
    # an entry that ends just before the first moment still needs its way back
    looked_at = Interval(start - buffer, end + buffer)
    sources = [
        Source(place, zone, me, Policy()) for place, zone, me in zip((place_a, place_b), zones, asked.me, strict=True)
    ]
    readings = read_sources(*sources, during=looked_at)
    if any(reading.unreadable for reading in readings):
        Console(stderr=True, highlight=False).print("Some entries could not be read; time that looks free may not be.")
    busy = [each for reading in readings for each in times(reading, kind=Kind.BUSY)]
    soft = [each for reading in readings for each in times(reading, kind=Kind.SOFT)]
    gaps = find_slots(hours, busy=pad(busy, before=buffer, after=buffer), shortest=timedelta(minutes=asked.minutes))
    slots = rank_slots(gaps, zones=zones, soft=soft, now=start)
    if asked.by_time:
        slots = sorted(slots, key=lambda slot: slot.time)
    return slots if asked.limit is None else slots[: asked.limit]


def _windows(asked: Asked) -> list[Window]:
    return [parse_window(asked.between or _WHOLE_DAY, days=asked.days or ",".join(DAYS))]


def _as_json(slot: Slot, *, asked: Asked) -> dict[str, object]:
    local_a, local_b = (slot.time.start.astimezone(find_zone(zone)).isoformat() for zone in asked.zones)
    return {
        "start": utc_text(slot.time.start),
        "end": utc_text(slot.time.end),
        "local_a": local_a,
        "local_b": local_b,
        "score": slot.score,
        "why": list(slot.why),
    }


def _local(slot: Slot, *, asked: Asked) -> tuple[str, str]:
    first, second = (
        f"{slot.time.start.astimezone(find_zone(zone)):%a %d %b %H:%M}"
        f" to {slot.time.end.astimezone(find_zone(zone)):%H:%M}"
        for zone in asked.zones
    )
    return first, second
