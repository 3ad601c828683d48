"""The first start: processes that begin at once on an empty folder come to hold the same key."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import cast

from service.app import make_house
from service.settings import Settings
from service.store.vault import Vault, VaultError

AT_ONCE = 2
ROUNDS = 25


def start(data: Path, together: Barrier) -> str:
    """Start on that folder at the same moment as the others, and return the id of the key that seals."""
    together.wait()
    try:
        return make_house(Settings(data=data)).vault.current
    except (VaultError, OSError) as error:
        return type(error).__name__


def test_two_processes_that_start_at_once_make_one_key(tmp_path: Path) -> None:
    context = get_context("spawn")
    with context.Manager() as manager, ProcessPoolExecutor(AT_ONCE, mp_context=context) as processes:
        for number in range(ROUNDS):
            data, together = tmp_path / str(number), manager.Barrier(AT_ONCE)
            running = [processes.submit(start, data, cast(Barrier, together)) for _ in range(AT_ONCE)]
            held = {each.result(timeout=60) for each in running}
            assert held == {Vault.from_text((data / "key").read_text()).current}


def test_a_first_key_is_nobody_elses_to_read_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    make_house(Settings(data=tmp_path))
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("key")] == ["key"]
