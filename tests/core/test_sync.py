"""What a sync has to read: everything whose bytes are new, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from service.core.sync import Known, Plan, plan

hrefs = st.sampled_from("abcdef")
knowns = st.builds(Known, st.sampled_from(("1", "2")), st.sampled_from((b"x", b"y")))
kept = st.dictionaries(hrefs, knowns)
some = st.frozensets(hrefs)


@given(kept, kept, some, some, st.booleans())
def test_every_href_that_arrived_is_read_or_touched_unless_it_is_our_own(
    known: dict[str, Known], arrived: dict[str, Known], gone: frozenset[str], own: frozenset[str], anew: bool
) -> None:
    planned = plan(known, arrived=arrived, gone=gone, own=own, anew=anew)
    assert planned.read | planned.touch == frozenset(arrived) - own
    assert not planned.read & planned.touch
    if anew:
        assert not planned.touch
    assert all(arrived[href].digest == known[href].digest for href in planned.touch)


@given(kept, kept, some, some, st.booleans())
def test_only_what_is_kept_is_dropped(
    known: dict[str, Known], arrived: dict[str, Known], gone: frozenset[str], own: frozenset[str], anew: bool
) -> None:
    planned = plan(known, arrived=arrived, gone=gone, own=own, anew=anew)
    assert planned.drop == frozenset(known) & (gone | own)


@given(kept, some)
def test_what_a_sync_brought_is_not_read_again(known: dict[str, Known], own: frozenset[str]) -> None:
    clean = {href: each for href, each in known.items() if href not in own}
    again = plan(clean, arrived=clean, gone=(), own=own, anew=False)
    assert again == Plan(read=frozenset(), touch=frozenset(clean), drop=frozenset())


def test_new_bytes_are_read_and_a_new_etag_alone_is_noted() -> None:
    known = {"same": Known("1", b"x"), "changed": Known("1", b"x"), "gone": Known("1", b"x")}
    arrived = {"same": Known("2", b"x"), "changed": Known("2", b"y"), "new": Known("1", b"z")}
    assert plan(known, arrived=arrived, gone=["gone"], own=(), anew=False) == Plan(
        read=frozenset({"changed", "new"}), touch=frozenset({"same"}), drop=frozenset({"gone"})
    )


def test_our_own_entry_is_no_busy_time_and_leaves_where_it_was_read_before_it_was_known() -> None:
    known = {"ours": Known("1", b"x")}
    planned = plan(known, arrived={"ours": Known("2", b"y")}, gone=(), own={"ours"}, anew=True)
    assert planned == Plan(read=frozenset(), touch=frozenset(), drop=frozenset({"ours"}))
