"""
What people do to an entry of ours in their own calendar app, as text: drag it, cancel it, write into it.

Times are written in UTC, as some apps do, whatever zone they were in before.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from service.core.interval import Interval

SECRETS: Final = "Quarterly secrets"
"""Words of a person's own, which nobody else may ever read."""

ADDED: Final[Mapping[str, tuple[str, ...]]] = {
    "title": (f"SUMMARY:{SECRETS}",),
    "place": (f"LOCATION:{SECRETS} at the old pier",),
    "alarm": ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{SECRETS} soon", "TRIGGER:-PT33M", "END:VALARM"),
}
"""What a person may add to an entry, line by line."""

_EOL = "\r\n"


def drag(text: str, *, to: Interval, by_length: bool, bumps: bool) -> str:
    """Return the entry at another time, its end said as a length or not; some apps count the change in SEQUENCE."""
    end = f"DURATION:PT{to.length // timedelta(minutes=1)}M" if by_length else f"DTEND:{_utc(to.end)}"
    return _rewrite(
        text,
        {
            "DTSTART": f"DTSTART:{_utc(to.start)}",
            "DTEND": end,
            "DURATION": end,
            "SEQUENCE": f"SEQUENCE:{sequence_of(text) + bumps}",
        },
    )


def cancel(text: str) -> str:
    return _rewrite(text, {"STATUS": "STATUS:CANCELLED"})


def write_into(text: str, what: str) -> str:
    """Return the entry with one of `ADDED` in it, once."""
    lines = ADDED[what]
    if holds(text, what):
        return text
    if what == "title":
        return _rewrite(text, {"SUMMARY": lines[0]})
    return text.replace("END:VEVENT", _EOL.join([*lines, "END:VEVENT"]))


def holds(text: str, what: str) -> bool:
    """Return whether one of `ADDED` is in the entry."""
    return _EOL.join(["", *ADDED[what], ""]) in text


def is_entry(text: str) -> bool:
    """Return whether an object is an entry of ours, and not a `meeting`."""
    return "PRODID:-//Pencil In//" in text


def uid_of(text: str) -> str:
    return _value(text, "UID")


def sequence_of(text: str) -> int:
    return int(_value(text, "SEQUENCE"))


def meeting(uid: str, *, time: Interval) -> str:
    """Return an entry of a person's own."""
    event = ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261201T000000Z", f"SUMMARY:{SECRETS}")
    times = (f"DTSTART:{_utc(time.start)}", f"DTEND:{_utc(time.end)}")
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN")
    return _EOL.join([*head, *event, *times, "END:VEVENT", "END:VCALENDAR", ""])


def _value(text: str, name: str) -> str:
    return next(line.partition(":")[2] for line in text.split(_EOL) if line.startswith(f"{name}:"))


def _rewrite(text: str, lines: Mapping[str, str]) -> str:
    """Put those lines, by the name of their property, in the place of what the event itself says now."""
    before, begin, rest = text.partition("BEGIN:VEVENT")  # the zone before it has a DTSTART of its own
    written = [lines.get(line.partition(":")[0].partition(";")[0], line) for line in rest.split(_EOL)]
    return before + begin + _EOL.join(written)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"
