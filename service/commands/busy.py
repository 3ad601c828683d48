"""`pencilin busy`: the busy times of one calendar."""

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console

from integrations.ical.busy import Policy, Reading, Treat
from service.commands.reading import Source, parse_choice, parse_moment, read_sources
from service.core.hours import find_zone
from service.core.interval import Interval


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked on the command line, as text."""

    start: str
    end: str
    zone: str
    me: tuple[str, ...]
    tentative: str
    unanswered: str
    all_day: str


def run(place: str, *, asked: Asked, as_json: bool) -> None:
    """Print the busy times; raises a refusal for what does not fit."""
    zone = find_zone(asked.zone)
    during = Interval(parse_moment(asked.start, zone=zone), parse_moment(asked.end, zone=zone))
    policy = Policy(
        tentative=parse_choice(asked.tentative, of=Treat),
        unanswered=parse_choice(asked.unanswered, of=Treat),
        all_day=parse_choice(asked.all_day, of=Treat),
    )
    (reading,) = read_sources(Source(place, zone, asked.me, policy), during=during)
    console = Console(highlight=False)
    if as_json:
        console.print(json.dumps(_as_json(reading), indent=1), soft_wrap=True, markup=False)
        return
    for each in reading.busy:
        console.print(f"{_say(each.start, zone)} to {_say(each.end, zone)}  {each.kind}")
    if reading.unreadable:
        entries = "1 entry" if reading.unreadable == 1 else f"{reading.unreadable} entries"
        console.print(f"{entries} could not be read; time that looks free may not be.")


def utc_text(moment: datetime) -> str:
    """Return a moment as JSON has it: UTC, with a Z."""
    return moment.isoformat().replace("+00:00", "Z")


def _as_json(reading: Reading) -> dict[str, object]:
    return {
        "busy": [
            {"start": utc_text(each.start), "end": utc_text(each.end), "kind": each.kind.value} for each in reading.busy
        ],
        "unreadable": reading.unreadable,
    }


def _say(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %d %b %Y %H:%M}"
