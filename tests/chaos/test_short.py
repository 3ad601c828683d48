"""The short run of `make chaos`: as many dates as one evening sees, and a process that dies about every second."""

from pathlib import Path

import pytest

from tests.chaos.run import Plan, run
from tests.chaos.verdict import Verdict

pytestmark = pytest.mark.servers

DATES = 20


@pytest.mark.parametrize("seed", [1])
def test_nothing_is_lost_and_nothing_doubled_where_processes_die(seed: int, tmp_path: Path) -> None:
    plan = Plan(seed, dates=DATES, seconds=8, pauses=(0.5, 1.5), waits=False)
    outcome = run(plan, folder=tmp_path)
    verdict = outcome.verdict
    assert verdict == Verdict((), (), repeats_same_id=verdict.repeats_same_id, repeats_other_id=0)
    assert (outcome.troubles, outcome.dates, outcome.dead_parcels) == ((), DATES, 0)
    assert outcome.kills >= 1
