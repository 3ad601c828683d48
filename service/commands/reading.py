"""Reading calendars for the command line: the service's own path from bytes to busy times, without a database."""

import asyncio
import sys
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from inspect import cleandoc
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from integrations.egress import Egress
from integrations.errors import IntegrationError
from integrations.feeds.reader import is_feed_address, read_feed
from integrations.http import GuardedClient
from integrations.ical.bounded import BoundedReader
from integrations.ical.busy import Kind, Policy, Reading
from service.commands.errors import Stop
from service.core.errors import CalendarNotFound, Invalid
from service.core.interval import Interval
from service.settings import read_settings

Choice = TypeVar("Choice", bound=StrEnum)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


@dataclass(frozen=True, slots=True)
class Source:
    """A calendar and how its owner reads it; `place` is a file, ``-`` or the address of a feed."""

    place: str
    zone: ZoneInfo
    me: Collection[str]
    policy: Policy


def read_sources(*sources: Source, during: Interval) -> list[Reading]:
    """Return the busy times of each source inside `during`; raises a refusal, an `IntegrationError` or `Stop`."""
    return asyncio.run(_read(sources, during=during))


def times(reading: Reading, *, kind: Kind) -> list[Interval]:
    return [Interval(each.start, each.end) for each in reading.busy if each.kind is kind]


def parse_moment(text: str, *, zone: ZoneInfo) -> datetime:
    """Read an RFC 3339 time, or a day in `zone`, which begins it; raises `Invalid`."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        moment = _parse_time(text)
    else:
        moment = datetime.combine(day, time(0), zone)
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        raise Invalid(f"Times lie between the years {_FIRST_YEAR} and {_LAST_YEAR}.")
    return moment.astimezone(UTC)


def parse_choice(text: str, *, of: type[Choice]) -> Choice:
    try:
        return of(text)
    except ValueError:
        raise Invalid(f"Choose one of: {', '.join(of)}.") from None


def _parse_time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("Times look like 2026-12-04T18:00:00Z, days like 2026-12-04.") from None
    if moment.tzinfo is None:
        raise Invalid("A time needs its offset, such as 2026-12-04T18:00:00Z.")
    return moment


async def _read(sources: Collection[Source], *, during: Interval) -> list[Reading]:
    contents = [await _fetch(source.place) for source in sources]
    reader = BoundedReader()
    try:
        return [
            await reader.read(
                content,
                start=during.start,
                end=during.end,
                zone=source.zone,
                me=source.me,
                policy=source.policy,
            )
            for source, content in zip(sources, contents, strict=True)
        ]
    finally:
        reader.stop()


async def _fetch(place: str) -> bytes:
    return await _download(place) if is_feed_address(place) else _read_file(place)


def _read_file(place: str) -> bytes:
    if place == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(place).read_bytes()
    except OSError:
        raise Stop(f"{place} cannot be read") from None


async def _download(url: str) -> bytes:
    async with GuardedClient(Egress.parse(read_settings().egress_allow)) as http:
        try:
            feed = await read_feed(http, url)
        except IntegrationError as error:
            raise Stop(cleandoc(type(error).__doc__ or "")) from None
    if feed is None:  # a server that says "not modified" to who did not ask
        raise CalendarNotFound
    return feed.data
