"""`pencilin demo`: the main job, run for real on real servers, and told as a short story."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from service import clock
from service.commands.errors import Stop


def run(seen: Path | None) -> None:
    """Run the demo and print it; with `seen` also write what it saw there as JSON. Raises `Stop`."""
    try:
        from service.commands.demo import play
    except ModuleNotFoundError:
        raise Stop("the demo needs its extra: pip install 'pencil-in[demo]'") from None
    with TemporaryDirectory(prefix="pencil-in-") as folder:
        facts = play.play(Path(folder), console=Console(highlight=False, width=100), now=clock.now())
    if seen is not None:
        seen.parent.mkdir(parents=True, exist_ok=True)
        seen.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
