"""
What other libraries read out of an object: the same few facts from each, to be compared with what we meant.

Times are instants in UTC. Each library reads the VTIMEZONE in its own way.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any

import icalendar
import vobject

from tests.ical.golden import Facts


def read_by_icalendar(data: bytes) -> Facts:
    calendar = icalendar.Calendar.from_ical(data)
    (event,) = calendar.walk("VEVENT")
    attendee = event.get("attendee")
    return Facts(
        method=_text(calendar.get("method")),
        uid=str(event["uid"]),
        sequence=event.decoded("sequence"),
        status=str(event["status"]),
        start=event.decoded("dtstart").astimezone(UTC),
        end=event.decoded("dtend").astimezone(UTC),
        title=str(event["summary"]),
        description=str(event.get("description", "")),
        partstat=_text(attendee and attendee.params["PARTSTAT"]),
        attendee=_text(attendee and attendee.params["CN"]),
    )


def read_by_vobject(data: bytes) -> Facts:
    calendar = vobject.readOne(data.decode())
    event = calendar.vevent
    attendee = getattr(event, "attendee", None)
    return Facts(
        method=_value(calendar, "method"),
        uid=event.uid.value,
        sequence=int(event.sequence.value),
        status=event.status.value,
        start=event.dtstart.value.astimezone(UTC),
        end=event.dtend.value.astimezone(UTC),
        title=event.summary.value,
        description=_value(event, "description") or "",
        partstat=attendee and attendee.partstat_param,
        attendee=attendee and attendee.cn_param,
    )


READERS: Mapping[str, Callable[[bytes], Facts]] = {"icalendar": read_by_icalendar, "vobject": read_by_vobject}


def _text(value: object) -> str | None:
    return str(value) if value else None


def _value(component: Any, name: str) -> str | None:
    line = getattr(component, name, None)
    return None if line is None else str(line.value)
