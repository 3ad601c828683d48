"""Figures for whoever runs the service: of all couples at once, and of nobody."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from service.actions.house import House
from service.core.sync import State as CalendarState
from service.store import figures
from service.store.outbox import Kind, State


class Way(StrEnum):
    """
    How a parcel goes out.

    Which kind of mail would say too much where the service has one couple: that one of them called a date off, or has
    gestures.
    """

    CALENDAR = "calendar"
    MAIL = "mail"


@dataclass(frozen=True, slots=True)
class Figures:
    """How many parcels wait or are dead, how many calendars are in each state, how long each job's oldest is due."""

    parcels: Mapping[tuple[Way, State], int]
    calendars: Mapping[CalendarState, int]
    overdue: Mapping[str, timedelta]


async def count(house: House) -> Figures:
    """Count, by a few queries and in no more than one transaction."""
    now = house.now()
    async with house.database.read() as tx:
        parcels = await figures.count_parcels(tx)
        calendars = await figures.count_calendars(tx, now=now)
        due = await figures.find_due(tx, now=now)
    by_way = Counter({(way, state): 0 for way in Way for state in (State.WAITING, State.DEAD)})
    for (kind, state), number in parcels.items():
        by_way[Way.CALENDAR if kind is Kind.ENTRY else Way.MAIL, state] += number
    overdue = {job: timedelta(0) if since is None else now - since for job, since in due.items()}
    return Figures(by_way, calendars, overdue)
