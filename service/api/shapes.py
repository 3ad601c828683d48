"""Shapes that several resources share. Times go out in UTC, and beside them as each partner's clock shows them."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, StringConstraints

from service.core.interval import Interval
from service.store.couples import Couple, Partner

Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]


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

    start: AwareDatetime
    end: AwareDatetime


def as_interval(start: datetime, end: datetime) -> Interval:
    """Return the time between two moments of a request; raises `EmptyWindow`."""
    return Interval(start.astimezone(UTC), end.astimezone(UTC))


def locals_of(time: Interval, *, couple: Couple, me: Partner) -> Locals:
    other = next((each for each in couple.partners if each.id != me.id), None)
    return Locals(me=_local(time, partner=me), partner=_local(time, partner=other) if other else None)


def _local(time: Interval, *, partner: Partner) -> Local:
    zone = partner.zone
    return Local(start=time.start.astimezone(zone), end=time.end.astimezone(zone), zone=zone.key)
