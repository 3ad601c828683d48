"""
Who minds the children during a date: found as it is pencilled in or moved, and looked at again when a source changes.

All of it happens in the transaction of its cause. A helper is asked, and told that they are not needed, by parcels of
their own; what both partners are told of it names nobody. Couples without children pay for none of this.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from service import ids
from service.actions.house import House
from service.core.cover import (
    Cover,
    DateCover,
    Place,
    Sources,
    State,
    answer_by,
    find_cover,
    look_again,
    place_of,
    settle,
)
from service.core.dates import Date
from service.core.errors import CoverSettled, NotCovered
from service.core.ideas import Idea
from service.core.interval import Interval
from service.store import busy, calendars, couples, covers, dates, helpers, outbox
from service.store.couples import Couple
from service.store.covers import Ask, KeptCover
from service.store.engine import Tx
from service.store.helpers import Helper
from service.store.outbox import Kind, Parcel

NOTICE_OF = {
    State.COVERED: "cover_found",
    State.ASKED: "cover_asked",
    State.ARRANGED: "cover_arranged",
    State.LOST: "cover_lost",
}
"""What partners are told about a date whose cover came to stand so; true as long as it does."""


async def sources_of(tx: Tx, *, couple: Couple, now: datetime | None) -> Sources:
    """
    Return what may cover the couple's time; a calendar that is not known at `now` covers nothing.

    Without `now` what was last known counts: that a calendar cannot be read takes nobody's cover away.
    """
    sources = Sources(couple.cover, frozenset(each.zone for each in couple.partners))
    if not couple.cover.children:
        return sources
    covering = await busy.covering(tx, couple_id=couple.id)
    if covering and now is not None:
        kept = await calendars.of_couple(tx, couple_id=couple.id)
        known = {each.id for each in kept if each.is_known(now=now)}
        covering = {calendar_id: times for calendar_id, times in covering.items() if calendar_id in known}
    can_ask = await helpers.count(tx, couple_id=couple.id) > 0
    return replace(sources, calendars=tuple(covering.values()), can_ask=can_ask)


def find_place(date: Date, *, house: House) -> Place:
    """Return where the date's idea takes the two; without an idea they are at home."""
    return place_of(house.library.ideas.get(date.idea_id or ""))


async def require(tx: Tx, *, couple: Couple, time: Interval, idea: Idea | None, now: datetime) -> Cover:
    """Return what covers a date of that idea then; raises `NotCovered`."""
    sources = await sources_of(tx, couple=couple, now=now)
    found = find_cover(time, place=place_of(idea), sources=sources)
    if found is None:
        raise NotCovered
    return found


async def begin(tx: Tx, date: Date, *, house: House, found: Cover) -> None:
    """Note what covers a date at its new time; where nothing does yet, ask the helper who comes first."""
    kept = await covers.find(tx, couple_id=date.couple_id, date_id=date.id)
    if found is Cover.NONE_NEEDED and kept.version == 0:
        return
    helper = await find_next_helper(tx, date, before=kept.cover) if found is Cover.TO_ASK else None
    if found is Cover.TO_ASK and helper is None:
        raise NotCovered
    now = date.changed_at
    after = settle(
        kept.cover,
        found,
        helper_id=None if helper is None else helper.id,
        answer_by=None if helper is None else answer_by(date.time, now=now),
    )
    await put(tx, date, house=house, kept=kept, after=after, now=now)


async def find_next_helper(tx: Tx, date: Date, *, before: DateCover) -> Helper | None:
    """Return whom to ask next: who was to come before the date moved, else the first who was not asked for its time."""
    asked = await covers.asked(tx, date_id=date.id, timed=date.timed)
    left = [each for each in await helpers.of_couple(tx, couple_id=date.couple_id) if each.id not in asked]
    return min(left, key=lambda each: not before.is_with(each.id), default=None)


async def put(tx: Tx, date: Date, *, house: House, kept: KeptCover, after: DateCover, now: datetime) -> None:
    """Write how a date is covered, with what its helpers have to know; raises `CoverSettled` if another was quicker."""
    if not await covers.save(tx, after, date_id=date.id, version=kept.version):
        raise CoverSettled
    before = kept.cover.helper_id
    if before is not None and kept.cover.is_with(before) and after.helper_id != before:
        await outbox.post(tx, [_to_helper(Kind.THANKS, date, helper_id=before, now=now)])
    if after.state is State.ASKED and after.helper_id is not None:
        await _ask(tx, date, house=house, helper_id=after.helper_id, now=now)


async def tell(tx: Tx, date: Date, *, cover: DateCover, now: datetime, but: str | None = None) -> None:
    """Leave word for both partners, or for one alone, of how the date's cover stands now."""
    parcels = [
        Parcel(
            ids.new_id(),
            partner_id,
            Kind.NOTICE,
            created_at=now,
            date_id=date.id,
            sequence=date.sequence,
            detail=NOTICE_OF[cover.state],
        )
        for partner_id in sorted(date.answers)
        if partner_id != but
    ]
    await outbox.post(tx, parcels)


async def notice(tx: Tx, *, house: House, couple_id: str, now: datetime) -> None:
    """
    Compare how the couple's dates ahead are covered with their sources, after one of these changed.

    It takes no lock on the couple, which a sync could wait for in vain: who writes first about a date wins.
    """
    couple = await couples.find(tx, couple_id=couple_id)
    sources = await sources_of(tx, couple=couple, now=None)
    for each in await dates.live_ahead(tx, couple_id=couple_id, now=now):
        date = each.date
        kept = await covers.find(tx, couple_id=couple_id, date_id=date.id)
        after = look_again(kept.cover, time=date.time, place=find_place(date, house=house), sources=sources)
        if after == kept.cover:
            continue
        with suppress(CoverSettled):
            await put(tx, date, house=house, kept=kept, after=after, now=now)
            if after.state in NOTICE_OF and State.LOST in {after.state, kept.cover.state}:
                await tell(tx, date, cover=after, now=now)


async def let_helper_go(tx: Tx, date: Date) -> None:
    """Tell the helper of a date that is called off that they are not needed."""
    cover = (await covers.find(tx, couple_id=date.couple_id, date_id=date.id)).cover
    if cover.helper_id is not None and cover.is_with(cover.helper_id):
        await outbox.post(tx, [_to_helper(Kind.THANKS, date, helper_id=cover.helper_id, now=date.changed_at)])


async def _ask(tx: Tx, date: Date, *, house: House, helper_id: str, now: datetime) -> None:
    known = await covers.find_ask(tx, date_id=date.id, helper_id=helper_id)
    await covers.save_ask(tx, Ask(date.id, helper_id, timed=date.timed, told=known is not None and known.told))
    helper = await helpers.find(tx, couple_id=date.couple_id, helper_id=helper_id)
    if reaches(helper, house=house):
        await outbox.post(tx, [_to_helper(Kind.HELPER, date, helper_id=helper_id, now=now)])


def reaches(helper: Helper, *, house: House) -> bool:
    """Return whether a mail reaches the helper; where none does, the couple hands them their link."""
    return house.sends_mail and helper.address is not None


def _to_helper(kind: Kind, date: Date, *, helper_id: str, now: datetime) -> Parcel:
    owner = min(date.answers)  # a parcel is somebody's and goes with them
    return Parcel(ids.new_id(), owner, kind, created_at=now, date_id=date.id, sequence=date.sequence, detail=helper_id)
