"""Who is deleted leaves nothing behind; what belongs to the other stays."""

from dataclasses import replace

from sqlalchemy import delete, func, select

from service.core.cover import DateCover, State
from service.core.interval import Interval
from service.core.invitations import Channel
from service.core.sync import Known
from service.core.tastes import Said
from service.store import (
    busy,
    clashes,
    consents,
    couples,
    covers,
    dates,
    digests,
    entries,
    gestures,
    helpers,
    idempotency,
    invitations,
    outbox,
    push,
    rhythms,
    tastes,
    tokens,
)
from service.store.busy import Heap, Laid, Read
from service.store.clashes import Clash
from service.store.consents import Consent
from service.store.covers import Ask
from service.store.digests import Digest
from service.store.engine import Tx
from service.store.entries import Entry
from service.store.gestures import Schedule
from service.store.helpers import Helper
from service.store.invitations import Invitation
from service.store.outbox import Kind, Parcel
from service.store.push import Endpoint, PushKind, Target
from service.store.tables import couples as couples_table
from service.store.tables import metadata, partners
from service.store.tokens import Token
from tests.store.people import BEN, CALENDAR, DAY, HOUR, NOW, VAULT, add_calendar, make_date

OF_A_PARTNER = [table for table in metadata.sorted_tables if "partner_id" in table.c]


async def fill(tx: Tx, partner_id: str) -> None:
    """Leave something of the partner in every table."""
    calendar = await add_calendar(tx, replace(CALENDAR, id=f"cal-{partner_id}", partner_id=partner_id))
    read = Read(Known("1", bytes(32)), b"", Laid(Heap((Interval(NOW, NOW + HOUR),), ()), unreadable=0))
    await busy.replace(tx, calendar_id=calendar.id, read={"one.ics": read}, touched={}, dropped=())
    await entries.add(
        tx, Entry("date", partner_id, Channel.CALDAV, calendar.id, uid=f"{partner_id}@pencil-in", href="x.ics")
    )
    await clashes.add(tx, Clash("date", partner_id, seen_at=NOW))
    await gestures.save(tx, Schedule(partner_id, per_week=3, next_due_at=NOW))
    await gestures.mark(tx, partner_id=partner_id, gesture_id="tea", latest_at=NOW)
    await gestures.save_likes(tx, {"tea"}, partner_id=partner_id)
    endpoint = Endpoint(f"e-{partner_id}", partner_id, PushKind.NTFY)
    await push.add(tx, endpoint, target=Target("https://ntfy.example.org/t"), vault=VAULT, now=NOW)
    await digests.save(tx, Digest(partner_id, day=3, hour=20, next_at=NOW))
    await tastes.save(tx, Said("idea:tea", "love", NOW), partner_id=partner_id)
    await tastes.note_asked(tx, partner_id=partner_id, date_id="date", now=NOW)
    await outbox.post(tx, [Parcel(f"p-{partner_id}", partner_id, Kind.NOTICE, created_at=NOW, date_id="date")])
    token = Token(f"t-{partner_id}", partner_id, "phone", frozenset({"me"}), NOW)
    await tokens.add(tx, token, secret_digest=partner_id.encode() * 32)
    sign_in = Invitation(f"i-{partner_id}", "me@example.org", "c", partner_id, expires_at=NOW + DAY)
    await invitations.add(tx, sign_in, secret_digest=partner_id.encode() * 32, now=NOW)
    consent = Consent(f"c-{partner_id}", partner_id, "google", "verifier", expires_at=NOW + DAY)
    await consents.add(tx, consent, state_digest=partner_id.encode() * 32, vault=VAULT)
    await idempotency.begin(tx, partner_id=partner_id, key="k", request_digest=bytes(32), now=NOW, vault=VAULT)


async def count_rows(tx: Tx, partner_id: str) -> dict[str, int]:
    counts = {}
    for table in OF_A_PARTNER:
        query = select(func.count()).select_from(table).where(table.c.partner_id == partner_id)
        counts[table.name] = (await tx.execute(query)).scalar_one()
    counts["objects"] = len(await busy.known_objects(tx, calendar_id=f"cal-{partner_id}"))
    return counts


async def test_everything_of_a_partner_goes_with_them_and_nothing_of_the_other(tx: Tx) -> None:
    await dates.add(tx, make_date())
    for partner_id in "ab":
        await fill(tx, partner_id)
        assert set((await count_rows(tx, partner_id)).values()) == {1}
    await tx.execute(delete(partners).where(partners.c.id == "a"))
    assert set((await count_rows(tx, "a")).values()) == {0}
    assert set((await count_rows(tx, "b")).values()) == {1}
    assert (await couples.find(tx, couple_id="c")).partners == (BEN,)
    assert set((await dates.find(tx, couple_id="c", date_id="date")).date.answers) == {"b"}


async def test_everything_of_a_couple_goes_with_it(tx: Tx) -> None:
    await dates.add(tx, make_date())
    await rhythms.save(tx, rhythms.Kept("c", enabled=True, next_at=NOW))
    await dates.add(tx, make_date("theirs", couple_id="d"))
    for partner_id in "ab":
        await fill(tx, partner_id)
    await helpers.add(tx, Helper("g", "c", name="Grandma", rank=1, address="grandma@example.org"), now=NOW)
    await covers.save(tx, DateCover(State.ASKED, helper_id="g"), date_id="date", version=0)
    await covers.save_ask(tx, Ask("date", "g", timed=0))
    await tx.execute(delete(couples_table).where(couples_table.c.id == "c"))
    left = {
        table.name: (await tx.execute(select(func.count()).select_from(table))).scalar_one()
        for table in metadata.sorted_tables
    }
    assert {name: count for name, count in left.items() if count} == {
        "couples": 1,
        "partners": 2,
        "dates": 1,
        "answers": 2,
    }
