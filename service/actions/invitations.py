"""
What a date sends out: each partner's one entry and channel, and the parcels that a step in its life leaves.

All of it is written in the transaction of that step.
"""

from dataclasses import replace

from service import ids
from service.actions.cover import let_helper_go
from service.actions.house import House
from service.core import dates as life
from service.core.dates import Date, Happening
from service.core.invitations import Channel, Decision, Invite, Notice, Reach, Withdrawal, choose_channel, decide
from service.store import calendars, entries, outbox, rhythms
from service.store.calendars import Calendar
from service.store.couples import Couple, Partner
from service.store.engine import Tx
from service.store.entries import Entry
from service.store.outbox import Kind, Parcel


async def add_entries(tx: Tx, date: Date, *, couple: Couple, house: House) -> None:
    """Choose how the date reaches each partner, once and for good."""
    written: set[str] = set()  # the collections that hold it already
    for partner in couple.partners:
        kept = await calendars.of_partner(tx, partner_id=partner.id)
        target = next((each for each in kept if each.receives_dates and each.writable), None)
        place = None if target is None else await _find_place(tx, target, house=house)
        reach = Reach(
            has_writable_calendar=target is not None,
            prefers_email=partner.prefers_email,
            stands_with_the_other=place in written,
            mail_is_ours=_mail_is_ours(house, couple=couple),
        )
        entry = _new_entry(date, partner=partner, channel=choose_channel(reach))
        if entry.channel is Channel.CALDAV and target is not None and place is not None:
            written.add(place)
            # some servers name an object after its UID, whatever they are asked to name it
            entry = replace(entry, calendar_id=target.id, href=f"{entry.uid}.ics")
        await entries.add(tx, entry)


async def post_step(tx: Tx, before: Date | None, after: Date, *, by: str | None) -> None:
    """
    Leave what has to go out because of a step; `by` is the id of the partner who took it, None for time itself.

    The rhythm of the couple is looked at anew.
    """
    happening = life.happened(before, after)
    if happening is None:
        return
    await rhythms.wake(tx, couple_id=after.couple_id, at=after.changed_at)
    channels = await entries.channels(tx, couple_id=after.couple_id, date_id=after.id)
    await outbox.post(tx, [as_parcel(each, date=after) for each in decide(after, happening, by=by, channels=channels)])
    if happening is Happening.CALLED_OFF:
        await let_helper_go(tx, after)


def as_parcel(decision: Decision, *, date: Date) -> Parcel:
    match decision:
        case Invite(channel=Channel.CALDAV) | Withdrawal(channel=Channel.CALDAV):
            kind, detail = Kind.ENTRY, None
        case Invite():
            kind, detail = Kind.REQUEST, None
        case Withdrawal():
            kind, detail = Kind.CANCEL, None
        case Notice(happening=happening):
            kind, detail = Kind.NOTICE, happening.value
    return Parcel(
        id=ids.new_id(),
        partner_id=decision.partner_id,
        kind=kind,
        created_at=date.changed_at,
        date_id=date.id,
        sequence=date.sequence,
        detail=detail,
    )


def plain_address(address: str) -> str:
    """Return the mailbox an address leads to, as far as can be told: in lower case, without what follows a ``+``."""
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


async def _find_place(tx: Tx, target: Calendar, *, house: House) -> str:
    """Return where a calendar is; two of them may be one collection, which both partners connected."""
    return (
        await calendars.find_access(tx, partner_id=target.partner_id, calendar_id=target.id, vault=house.vault)
    ).collection


def _mail_is_ours(house: House, *, couple: Couple) -> bool:
    theirs = {plain_address(each.address) for each in couple.partners}
    return house.sends_mail and not theirs & house.mailboxes


def _new_entry(date: Date, *, partner: Partner, channel: Channel) -> Entry:
    uid = ids.new_id()  # random, and without a host (RFC 7986, 5.3)
    return Entry(date_id=date.id, partner_id=partner.id, channel=channel, calendar_id=None, uid=uid, href=None)
