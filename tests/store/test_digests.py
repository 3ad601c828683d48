"""Who wants a mail about the week: one wish each, and due to one worker."""

from service.store import digests
from service.store.digests import Digest
from service.store.engine import Tx
from tests.store.people import DAY, NOW

THURSDAY = Digest("a", day=3, hour=20, next_at=NOW)


async def test_a_wish_is_kept_in_the_place_of_an_earlier_one_and_can_be_taken_back(tx: Tx) -> None:
    assert await digests.find(tx, partner_id="a") is None
    sunday = Digest("a", day=6, hour=9, next_at=NOW + DAY)
    for each in (THURSDAY, sunday):
        await digests.save(tx, each)
        assert await digests.find(tx, partner_id="a") == each
    await digests.remove(tx, partner_id="a")
    assert await digests.find(tx, partner_id="a") is None


async def test_what_was_moved_on_is_not_due_again(tx: Tx) -> None:
    await digests.save(tx, THURSDAY)
    await digests.save(tx, Digest("b", day=3, hour=20, next_at=NOW + DAY))
    assert await digests.due(tx, now=NOW, limit=9) == [THURSDAY]
    await digests.move_on(tx, partner_id="a", next_at=NOW + 7 * DAY)
    assert await digests.due(tx, now=NOW, limit=9) == []
