"""Shapes that several resources share. Times go out in UTC, and beside them as each partner's clock shows them."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

from service.core.errors import NotFound
from service.core.interval import Interval
from service.store.couples import Couple, Partner

_ID = re.compile("[0-9a-f]{32}")
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def _check_printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("characters that cannot be printed")
    return text


def _check_id(text: str) -> str:
    """Return an id in the form ours have; raises `NotFound`, because nothing can be there under another."""
    if not _ID.fullmatch(text):
        raise NotFound
    return text


def _to_utc(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        raise ValueError("too far away")
    return moment.astimezone(UTC)


Word = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(_check_printable),
]
Id = Annotated[str, AfterValidator(_check_id)]
Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A time with its offset as it comes in; in UTC from then on."""


class Asked(BaseModel):
    """The body of a request: what is not named in it is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class Local(BaseModel):
    """A stretch of time on one clock."""

    start: datetime
    end: datetime
    zone: str


class Locals(BaseModel):
    """A stretch of time on both clocks."""

    me: Local
    partner: Local | None


class Stretch(Asked):
    """A stretch of time with offsets."""

    start: Moment
    end: Moment


def locals_of(time: Interval, *, couple: Couple, me: Partner) -> Locals:
    other = next((each for each in couple.partners if each.id != me.id), None)
    return Locals(me=_local(time, partner=me), partner=_local(time, partner=other) if other else None)


def _local(time: Interval, *, partner: Partner) -> Local:
    zone = partner.zone
    return Local(start=time.start.astimezone(zone), end=time.end.astimezone(zone), zone=zone.key)
