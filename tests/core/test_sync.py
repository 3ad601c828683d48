"""What a sync has to read: everything whose bytes are new, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from service.core.sync import Known, Plan, plan

hrefs = st.sampled_from("abcdef")
knowns = st.builds(Known, st.sampled_from(("1", "2")), st.sampled_from((b"x", b"y")))
kept = st.dictionaries(hrefs, knowns)
some = st.frozensets(hrefs)


@given(kept, kept, some)
def test_everything_that_arrived_is_read_or_touched_and_only_what_is_kept_is_dropped(
    known: dict[str, Known], arrived: dict[str, Known], gone: frozenset[str]
) -> None:
    planned = plan(known, arrived=arrived, gone=gone)
    assert planned.read | planned.touch == frozenset(arrived)
    assert not planned.read & planned.touch
    assert planned.drop == frozenset(known) & gone


@given(kept, kept, some)
def test_only_what_has_the_bytes_we_know_is_not_read(
    known: dict[str, Known], arrived: dict[str, Known], gone: frozenset[str]
) -> None:
    planned = plan(known, arrived=arrived, gone=gone)
    unchanged = {href for href, here in arrived.items() if href in known and known[href].digest == here.digest}
    assert planned.touch == unchanged


@given(kept)
def test_what_a_sync_brought_is_not_read_again(known: dict[str, Known]) -> None:
    again = plan(known, arrived=known, gone=())
    assert again == Plan(read=frozenset(), touch=frozenset(known), drop=frozenset())


def test_new_bytes_are_read_and_a_new_etag_alone_is_noted() -> None:
    known = {"same": Known("1", b"x"), "changed": Known("1", b"x"), "gone": Known("1", b"x")}
    arrived = {"same": Known("2", b"x"), "changed": Known("2", b"y"), "new": Known("1", b"z")}
    assert plan(known, arrived=arrived, gone=["gone"]) == Plan(
        read=frozenset({"changed", "new"}), touch=frozenset({"same"}), drop=frozenset({"gone"})
    )
