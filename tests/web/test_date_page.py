"""The page behind a link in a mail: looking changes nothing, a tap answers, and it says no more than one may know."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import httpx
import pytest

from service import ids
from service.actions import clashes, dates
from service.actions.links import Links, Purpose
from service.core.dates import PartStat, Stage, Via
from service.core.interval import Interval
from service.core.invitations import Channel
from service.core.slots import parse_slot_id
from service.store import entries, outbox
from service.store.outbox import Cause, Kind, Parcel, State
from tests.households import between
from tests.web.conftest import EVENING, Evening


def offered(page: str) -> list[Interval]:
    """Return the other times that a page offers."""
    return [parse_slot_id(found) for found in re.findall(r'name="slot" value="([^"]+)"', page)]


def taps(page: str) -> list[str]:
    return re.findall(r'name="do" value="([^"]+)"', page)


async def test_looking_changes_nothing(evening: Evening) -> None:
    before, rows = await evening.date(), await evening.home.count_rows()
    for _ in range(2):
        await evening.guest(evening.ben).see()
        await evening.browser.head(evening.guest(evening.ben).path)
    assert (await evening.date(), await evening.home.count_rows()) == (before, rows)


async def test_whoever_is_asked_sees_the_time_on_their_own_clock_and_can_say_yes(evening: Evening) -> None:
    page = await evening.guest(evening.ben).see()
    assert "18:00 to 20:00 (Europe/Lisbon)" in page
    assert "A foot rub each" in page
    assert taps(page)[0] == "yes"
    assert "19:00 to 21:00 (Europe/Berlin)" in await evening.guest(evening.ana).see()


async def test_a_tap_on_yes_confirms_and_comes_back_to_the_page(evening: Evening) -> None:
    guest = evening.guest(evening.ben)
    answer = await guest.tap("yes")
    assert (answer.status_code, answer.headers["Location"]) == (httpx.codes.SEE_OTHER, guest.path)
    date = await evening.date()
    assert (date.stage, date.ways[evening.ben.partner.id]) == (Stage.CONFIRMED, Via.LINK)
    assert "It is a date" in await guest.see()
    await guest.tap("yes")
    assert await evening.date() == date


async def test_a_no_reads_another_time_to_both_and_to_both_alike(evening: Evening) -> None:
    await evening.guest(evening.ben).tap("no")
    assert (await evening.date()).stage is Stage.CALLED_OFF
    pages = [await evening.guest(each).see() for each in (evening.ana, evening.ben)]
    zones = ("Europe/Berlin", "Europe/Lisbon")
    heads = [
        page[: page.index(zone)].replace("19:00 to 21:00", "18:00 to 20:00")
        for page, zone in zip(pages, zones, strict=True)
    ]
    assert all("Another time" in page for page in pages)
    assert heads[0] == heads[1]


async def test_three_other_times_are_offered_each_as_long_as_the_date(evening: Evening) -> None:
    times = offered(await evening.guest(evening.ben).see())
    assert len(times) == 3
    assert times == sorted(times)
    assert {each.length for each in times} == {EVENING.length}
    assert not any(each.overlaps(EVENING) for each in times)


async def test_a_tap_on_another_time_moves_the_date_and_asks_the_other(evening: Evening) -> None:
    guest = evening.guest(evening.ben)
    time = offered(await guest.see())[1]
    assert (await guest.tap("move", time=time)).status_code == httpx.codes.SEE_OTHER
    date = await evening.date()
    assert (date.stage, date.time) == (Stage.MOVED, time)
    assert date.answers[evening.ana.partner.id] is PartStat.NEEDS_ACTION
    assert "yes" in taps(await evening.guest(evening.ana).see())
    assert "yes" not in taps(await guest.see())


async def test_what_was_called_off_can_be_pencilled_in_anew_once(evening: Evening) -> None:
    guest = evening.guest(evening.ana)
    await guest.tap("no")
    time = offered(await guest.see())[0]
    assert (await guest.tap("again", time=time)).status_code == httpx.codes.SEE_OTHER
    assert (await guest.tap("again", time=time)).status_code == httpx.codes.CONFLICT
    kept = await dates.see_next(evening.home.house, partner=evening.ben.partner, now=evening.now())
    assert (kept.date.time, kept.date.idea_id) == (time, "a_foot_rub_each")


async def test_a_tap_on_what_has_changed_since_says_so_and_shows_how_it_stands(evening: Evening) -> None:
    later = between(5, 18, 20)
    await dates.move(
        evening.home.house,
        partner=evening.ana.partner,
        date_id=evening.date_id,
        time=later,
        version=None,
        now=evening.now(),
    )
    for what in ("yes", "move"):
        answer = await evening.guest(evening.ben).tap(what, sequence=0, time=between(6, 18, 20))
        assert answer.status_code == httpx.codes.CONFLICT
        assert "changed since" in answer.text
        assert "Saturday 5 December" in answer.text
    assert (await evening.date()).answers[evening.ben.partner.id] is PartStat.NEEDS_ACTION


async def test_a_time_that_was_taken_meanwhile_is_refused_and_others_shown(evening: Evening) -> None:
    guest = evening.guest(evening.ben)
    time = offered(await guest.see())[0]
    await evening.home.fill(evening.ana, time)
    answer = await guest.tap("move", time=time)
    assert answer.status_code == httpx.codes.CONFLICT
    assert time not in offered(answer.text)
    assert (await evening.date()).time == EVENING


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"do": "yes"},
        {"do": "yes", "sequence": "-1"},
        {"do": "yes", "sequence": "9" * 30},
        {"do": "everything", "sequence": "0"},
        {"do": "move", "sequence": "0"},
        {"do": "move", "sequence": "0", "slot": "soon"},
        {"do": "yes", "sequence": "0", "more": "x" * 5000},
    ],
)
async def test_what_no_form_of_ours_sends_changes_nothing(evening: Evening, form: dict[str, str]) -> None:
    before = await evening.date()
    answer = await evening.browser.post(evening.guest(evening.ben).path, data=form)
    assert answer.status_code == httpx.codes.CONFLICT
    assert await evening.date() == before


async def test_after_the_date_nothing_can_be_tapped(evening: Evening) -> None:
    guest = evening.guest(evening.ben)
    await guest.tap("yes")
    evening.home.clock.step(EVENING.end - evening.now())
    await dates.let_pass(
        evening.home.house, couple_id=evening.ana.partner.couple_id, date_id=evening.date_id, now=evening.now()
    )
    page = await guest.see()
    assert "That was your time together" in page
    assert taps(page) == []
    assert (await guest.tap("no", sequence=1)).status_code == httpx.codes.CONFLICT


async def test_a_clash_shows_to_whom_it_concerns_and_to_nobody_else(evening: Evening) -> None:
    await evening.guest(evening.ben).tap("yes")
    await evening.home.fill(evening.ben, EVENING)
    async with evening.home.house.database.write() as tx:
        await clashes.notice(tx, partner=evening.ben.partner, now=evening.now())
    page = await evening.guest(evening.ben).see()
    assert taps(page)[:2] == ["keep", "small"]
    assert not {"keep", "small"} & set(taps(await evening.guest(evening.ana).see()))
    await evening.guest(evening.ben).tap("keep")
    assert "keep" not in taps(await evening.guest(evening.ben).see())


async def test_small_moves_the_date_to_twenty_minutes(evening: Evening) -> None:
    await evening.guest(evening.ben).tap("yes")
    await evening.home.fill(evening.ben, EVENING)
    assert (await evening.guest(evening.ben).tap("small", sequence=1)).status_code == httpx.codes.SEE_OTHER
    assert (await evening.date()).time.length == timedelta(minutes=20)


async def test_a_link_that_was_changed_or_made_up_opens_nothing(evening: Evening) -> None:
    house = evening.home.house
    true = evening.guest(evening.ben).path
    links = Links(house.vault, "")
    forged = [
        "/d/",
        "/d/x",
        f"{true}A",
        true[:-1] + ("A" if true[-1] != "A" else "B"),
        links.write(Purpose.DATE, evening.date_id),
        links.write(Purpose.DATE, evening.ben.partner.id, evening.date_id),
        links.write(Purpose.DATE, "0" * 32, evening.ben.partner.id),
        f"/d/{house.vault.sign(bytes.fromhex(evening.date_id + evening.ben.partner.id), purpose='other')}",
    ]
    for path in forged:
        for answer in (
            await evening.browser.get(path),
            await evening.browser.post(path, data={"do": "yes", "sequence": "0"}),
        ):
            assert answer.status_code == httpx.codes.NOT_FOUND
    assert (await evening.date()).stage is Stage.PENCILLED


async def test_a_page_needs_nothing_from_elsewhere_and_tells_nobody_its_address(evening: Evening) -> None:
    answer = await evening.browser.get(evening.guest(evening.ben).path)
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="([^"]+)"', answer.text) == [
        "/static/pencil-in.css",
        f"{evening.guest(evening.ben).path}.ics",
    ]
    sheet = await evening.browser.get("/static/pencil-in.css")
    assert sheet.status_code == httpx.codes.OK
    assert "url(" not in sheet.text


async def test_a_page_names_neither_address_nor_partner(evening: Evening) -> None:
    page = await evening.guest(evening.ben).see()
    assert not any(word in page for word in ("Ana", "Ben", "@", evening.ana.partner.id, evening.date_id))


def files(page: str) -> list[str]:
    return re.findall(r'href="(/d/[^"]+\.ics)"', page)


async def test_whoever_holds_a_date_by_its_link_gets_it_as_a_file(evening: Evening) -> None:
    guest = evening.guest(evening.ben)
    [path] = files(await guest.see())
    assert path == f"{guest.path}.ics"
    before, rows = await evening.date(), await evening.home.count_rows()
    answer = await evening.browser.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (httpx.codes.OK, "text/calendar; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "METHOD" not in answer.text
    async with evening.home.client(evening.ben) as client:
        assert answer.content == (await client.get(f"/v1/dates/{evening.date_id}.ics")).content
    assert (await evening.date(), await evening.home.count_rows()) == (before, rows)


async def test_a_date_that_stands_in_a_calendar_is_offered_as_a_file_only_in_trouble(evening: Evening) -> None:
    date_id, ana = evening.date_id, evening.ana.partner
    entry = Parcel(ids.new_id(), ana.id, Kind.ENTRY, created_at=evening.now(), date_id=date_id)
    async with evening.home.house.database.write() as tx:
        kept = await entries.find(tx, partner_id=ana.id, date_id=date_id)
        await entries.save(tx, replace(kept, channel=Channel.CALDAV))
        await outbox.post(tx, [entry])
    page = await evening.guest(evening.ana).see()
    assert files(page) == []
    async with evening.home.house.database.write() as tx:
        await outbox.claim(tx, owner="one", now=evening.now(), lease=timedelta(minutes=1), limit=9)
        await outbox.finish(tx, parcel_id=entry.id, owner="one", state=State.DEAD, cause=Cause.CALENDAR_GONE)
    in_trouble = await evening.guest(evening.ana).see()
    assert len(files(in_trouble)) == 1
    assert evening.home.house.library.of("en").messages.entry_troubles["calendar_gone"] in unescape(in_trouble)


async def test_what_is_off_or_was_not_signed_here_is_no_file(evening: Evening) -> None:
    guest = evening.guest(evening.ben)
    await guest.tap("no")
    assert files(await guest.see()) == []
    for path in (f"{guest.path}.ics", f"{guest.path}x.ics", "/d/x.ics"):
        assert (await evening.browser.get(path)).status_code == httpx.codes.NOT_FOUND
