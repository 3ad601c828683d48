"""What partners said of ideas, as it is kept; on both databases."""

from dataclasses import replace

from service.core.tastes import Said
from service.store import dates, tastes
from service.store.engine import Tx
from tests.store.people import DAY, NOW, make_date

LOVE = Said("idea:tea", "love", NOW)


async def test_what_was_said_comes_back_as_it_was(tx: Tx) -> None:
    no = Said("kind:touch", None, NOW + DAY, before="less")
    for said in (LOVE, no):
        await tastes.save(tx, said, partner_id="a")
        assert await tastes.find(tx, partner_id="a", subject=said.subject) == said
    assert await tastes.of_partner(tx, partner_id="a") == [LOVE, no]


async def test_what_is_said_again_takes_the_place_of_what_was_said(tx: Tx) -> None:
    changed = replace(LOVE, answer="not_for_me", at=NOW + DAY, before="love")
    for said in (LOVE, changed):
        await tastes.save(tx, said, partner_id="a")
    assert await tastes.of_partner(tx, partner_id="a") == [changed]


async def test_each_said_their_own_and_whoever_said_nothing_is_there_too(tx: Tx) -> None:
    await tastes.save(tx, LOVE, partner_id="a")
    await tastes.save(tx, LOVE, partner_id="x")
    assert await tastes.of_couple(tx, couple_id="c") == {"a": [LOVE], "b": []}
    assert await tastes.of_partner(tx, partner_id="b") == []
    assert await tastes.find(tx, partner_id="b", subject="idea:tea") is None


async def test_a_question_is_asked_for_the_first_time_once(tx: Tx) -> None:
    await dates.add(tx, make_date())
    assert not await tastes.was_asked(tx, partner_id="a", date_id="date")
    first = [await tastes.note_asked(tx, partner_id="a", date_id="date", now=NOW) for _ in range(2)]
    assert first == [True, False]
    assert await tastes.was_asked(tx, partner_id="a", date_id="date")
    assert not await tastes.was_asked(tx, partner_id="b", date_id="date")
