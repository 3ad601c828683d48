"""A date as the entry in one partner's calendar: with the title they chose, and no more than it says."""

from integrations.ical.invite import Entry as Object
from integrations.ical.invite import Status as ObjectStatus
from integrations.ical.invite import write_entry
from service.actions import troubles
from service.actions.house import House
from service.content import Content
from service.core.dates import Date, Origin
from service.store import dates, entries
from service.store.couples import EntryTitle, Partner
from service.store.entries import Entry


async def see(house: House, date: Date, *, partner: Partner) -> tuple[Entry, str | None]:
    """Return the partner's own entry for a date, and the code of what kept the date from it."""
    async with house.database.read() as tx:
        entry = await entries.find(tx, partner_id=partner.id, date_id=date.id)
        return entry, await troubles.find(tx, date, entry=entry, house=house)


async def write_object(house: House, *, partner: Partner, date_id: str) -> bytes:
    """Return the date as an iCalendar object, for the partner to keep wherever they like; raises `NotFound`."""
    async with house.database.read() as tx:
        kept = await dates.find(tx, couple_id=partner.couple_id, date_id=date_id)
        entry = await entries.find(tx, partner_id=partner.id, date_id=date_id)
    return write_entry(describe(kept.date, partner=partner, entry=entry, content=house.library.of(partner.language)))


def describe(date: Date, *, partner: Partner, entry: Entry, content: Content) -> Object:
    """Return the date as the partner's entry shows it; only the idea's own title comes with a description."""
    idea = content.ideas.get(date.idea_id or "") if partner.entry_title is EntryTitle.IDEA else None
    titles = content.messages.entry_titles
    phones = [content.messages.phones[idea.phones]] if idea else []
    return Object(
        uid=entry.uid,
        sequence=date.sequence,
        status=ObjectStatus[date.status.name],
        start=date.time.start,
        end=date.time.end,
        zone=partner.zone,
        title=idea.title if idea else titles["busy" if partner.entry_title is EntryTitle.BUSY else "time_together"],
        description="\n".join([idea.line, "", *idea.steps, *phones]) if idea else "",
        created=date.created_at,
        changed=date.changed_at,
        stand_in=titles["time_together"] if idea and date.origin is Origin.RHYTHM else None,
    )
