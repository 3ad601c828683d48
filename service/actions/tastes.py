"""What a partner says of ideas, for themself alone: the other learns nothing, not even that something was said."""

from collections.abc import Collection, Mapping
from datetime import datetime

from service.actions.house import House
from service.core.dates import Status
from service.core.errors import Invalid, NotFound
from service.core.ideas import CONCERNS
from service.core.tastes import (
    CONCERN,
    LESS,
    Taste,
    latest_taste,
    may_ask,
    say,
    subject_of_concern,
    subject_of_idea,
    subject_of_kind,
)
from service.store import dates, tastes
from service.store.couples import Partner
from service.store.engine import Tx


async def say_of_idea(
    house: House, *, partner: Partner, idea_id: str, level: str | None, less_like_this: bool | None, now: datetime
) -> None:
    """
    Keep what a partner thinks of an idea; None takes it back.

    With `less_like_this` its whole kind comes less often, without it as often as others, and None leaves that as it
    is. Raises `NotFound`, `Invalid`.
    """
    idea = house.library.ideas.get(idea_id)
    if idea is None:
        raise NotFound("There is no idea under that name.")
    said: dict[str, str | None] = {subject_of_idea(idea_id): level}
    if less_like_this is not None:
        said[subject_of_kind(idea.kind)] = LESS if less_like_this else None
    async with house.database.write() as tx:
        await _keep(tx, said, partner=partner, now=now)


async def say_concerns(tx: Tx, *, partner: Partner, concerns: Collection[str], now: datetime) -> None:
    """Keep which concerns a partner has, and that they have no others. Raises `Invalid`."""
    if not set(concerns) <= set(CONCERNS):
        raise Invalid(f"Ideas can be avoided because of: {', '.join(CONCERNS)}.")
    wanted = {subject_of_concern(each): CONCERN for each in concerns}
    kept = latest_taste(await tastes.of_partner(tx, partner_id=partner.id)).concerns
    over: dict[str, str | None] = {subject_of_concern(each): None for each in kept}
    await _keep(tx, over | wanted, partner=partner, now=now)


async def see(house: House, *, partner: Partner) -> Taste:
    """Return all that the partner said themself."""
    async with house.database.read() as tx:
        return latest_taste(await tastes.of_partner(tx, partner_id=partner.id))


async def ask(house: House, *, partner: Partner, date_id: str, now: datetime) -> bool:
    """Return whether the partner is to be asked about that date now, and note that they are: once, or never."""
    async with house.database.write() as tx:
        date = (await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)).date
        said = await tastes.of_partner(tx, partner_id=partner.id)
        if date.status is not Status.CONFIRMED or not may_ask(
            house.library.ideas.get(date.idea_id or ""),
            ended_at=date.time.end,
            asked=await tastes.was_asked(tx, partner_id=partner.id, date_id=date_id),
            said=[each.subject for each in said],
            now=now,
        ):
            return False
        return await tastes.note_asked(tx, partner_id=partner.id, date_id=date_id, now=now)


async def _keep(tx: Tx, said: Mapping[str, str | None], *, partner: Partner, now: datetime) -> None:
    for subject, answer in said.items():
        earlier = await tastes.find(tx, partner_id=partner.id, subject=subject)
        await tastes.save(tx, say(subject, answer, earlier=earlier, now=now), partner_id=partner.id)
